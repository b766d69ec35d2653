"""Functions whose service this device does not have; each gives the error its CE page documents."""

import struct

from harness.emulator.ws2.api import Winsock, winsock
from harness.emulator.ws2.catalog import NO_PROVIDER
from harness.emulator.ws2.constants import INVALID_SOCKET
from harness.emulator.ws2.errors import (
    WSA_INVALID_HANDLE,
    WSAEACCES,
    WSAEFAULT,
    WSAEINVAL,
    WSAEOPNOTSUPP,
    WSANO_DATA,
    WSASERVICE_NOT_FOUND,
    WSASYSCALLFAILURE,
    WinsockError,
)

LUP_CONTAINERS = 0x2
RNRSERVICE_REGISTER = 0
QUERYSET_SIZE = 60
NS_DNS = 12
NAMESPACE_INFO_SIZE = 32
NAMESPACE_NAME = "DNS"


@winsock(
    "WSAJoinLeaf",
    "s name namelen lpCallerData lpCalleeData lpSQOS lpGQOS dwFlags",
    failure=INVALID_SOCKET,
    provider="WSPJoinLeaf",
)
def wsa_join_leaf(
    ws: Winsock, s: int, name: int, namelen: int, caller: int, callee: int, sqos: int, gqos: int, flags: int
) -> int:
    """Built-in providers do not support it: always WSASYSCALLFAILURE (ms898746, note under the table).

    WSANOTINITIALISED and WSAENOTSOCK come before it.
    """
    ws.socket(s)
    raise WinsockError(WSASYSCALLFAILURE)


# --- name spaces: DNS is listed, and knows no service -----------------------------------------------------


@winsock("WSAEnumNameSpaceProvidersW", "lpdwBufferLength lpnspBuffer")
def wsa_enum_name_space_providers(ws: Winsock, length_pointer: int, buffer: int) -> int:
    """One WSANAMESPACE_INFO, for DNS (ms898737). WSAEFAULT with the size needed when the buffer is too
    small.
    """
    name = NAMESPACE_NAME.encode("utf-16-le") + b"\0\0"
    needed = NAMESPACE_INFO_SIZE + len(name)
    given = ws.memory.u32(length_pointer)
    if given < needed:
        ws.memory.set_u32(length_pointer, needed)
        raise WinsockError(WSAEFAULT)
    place = buffer + NAMESPACE_INFO_SIZE
    ws.memory.write(buffer, struct.pack("<16s4I", NO_PROVIDER.bytes_le, NS_DNS, 1, 1, place) + name)
    return 1


@winsock("WSALookupServiceBeginW", "lpqsRestrictions dwControlFlags lphLookup")
def wsa_lookup_service_begin(ws: Winsock, restrictions: int, flags: int, result: int) -> int:
    """WSAEINVAL (a parameter missing), WSANO_DATA (LUP_CONTAINERS, which DNS does not take), else
    WSASERVICE_NOT_FOUND (ms898748).
    """
    if not ws.memory.readable(restrictions, QUERYSET_SIZE) or not ws.memory.writable(result, 4):
        raise WinsockError(WSAEINVAL)
    raise WinsockError(WSANO_DATA if flags & LUP_CONTAINERS else WSASERVICE_NOT_FOUND)


@winsock("WSALookupServiceNextW", "hLookup dwControlFlags lpdwBufferLength lpqsResults")
def wsa_lookup_service_next(ws: Winsock, lookup: int, flags: int, length: int, results: int) -> int:
    """No lookup is ever open: WSA_INVALID_HANDLE (ms898752)."""
    raise WinsockError(WSA_INVALID_HANDLE)


@winsock("WSALookupServiceEnd", "hLookup")
def wsa_lookup_service_end(ws: Winsock, lookup: int) -> int:
    """No lookup is ever open: WSA_INVALID_HANDLE (ms898750)."""
    raise WinsockError(WSA_INVALID_HANDLE)


@winsock("WSASetServiceW", "lpqsRegInfo essOperation dwControlFlags")
def wsa_set_service(ws: Winsock, information: int, operation: int, flags: int) -> int:
    """The DNS name space takes no registrations (ms898772).

    WSAEINVAL (no structure, unknown operation), WSAEACCES (register), WSASERVICE_NOT_FOUND (deregister,
    delete).
    """
    if not ws.memory.readable(information, QUERYSET_SIZE) or operation > 2:
        raise WinsockError(WSAEINVAL)
    raise WinsockError(WSAEACCES if operation == RNRSERVICE_REGISTER else WSASERVICE_NOT_FOUND)


# --- answers by window message: there are no windows. CE exports the names; no CE page of them was found
# -----


@winsock("WSAAsyncGetHostByName", "hWnd wMsg name buf buflen", failure=0)
def wsa_async_get_host_by_name(
    ws: Winsock, window: int, message: int, name: int, buffer: int, length: int
) -> int:
    """WSAEOPNOTSUPP."""
    raise WinsockError(WSAEOPNOTSUPP)


@winsock("WSAAsyncGetAddrInfo", "hWnd wMsg nodename servname ...", failure=0)
def wsa_async_get_addr_info(ws: Winsock, window: int, message: int, node: int, service: int) -> int:
    """WSAEOPNOTSUPP."""
    raise WinsockError(WSAEOPNOTSUPP)


@winsock("WSACancelAsyncRequest", "hAsyncTaskHandle")
def wsa_cancel_async_request(ws: Winsock, task: int) -> int:
    """No task is ever running: WSAEINVAL."""
    raise WinsockError(WSAEINVAL)


@winsock("WSAAsyncSelect", "s hWnd wMsg lEvent", provider="WSPAsyncSelect")
def wsa_async_select(ws: Winsock, s: int, window: int, message: int, mask: int) -> int:
    """WSAENOTSOCK, else WSAEOPNOTSUPP."""
    ws.socket(s)
    raise WinsockError(WSAEOPNOTSUPP)
