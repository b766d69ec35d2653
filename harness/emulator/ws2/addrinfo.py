"""getaddrinfo, freeaddrinfo, getnameinfo: names and numbers of the device itself, no resolver."""

import struct
from ipaddress import IPv6Address

from harness.emulator.exports import Call, GuestFault, export, export_variable
from harness.emulator.ws2.api import ProcessState, Winsock, signed
from harness.emulator.ws2.constants import (
    AF_INET,
    AF_INET6,
    AF_UNSPEC,
    AI_CANONNAME,
    AI_NUMERICHOST,
    AI_PASSIVE,
    NI_DGRAM,
    NI_NAMEREQD,
    NI_NOFQDN,
    NI_NUMERICHOST,
    NI_NUMERICSERV,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCK_STREAM,
)
from harness.emulator.ws2.errors import (
    WSA_NOT_ENOUGH_MEMORY,
    WSAEAFNOSUPPORT,
    WSAEFAULT,
    WSAEINVAL,
    WSAHOST_NOT_FOUND,
    WSANO_DATA,
    WSANO_RECOVERY,
    WSATYPE_NOT_FOUND,
    WinsockError,
)
from harness.emulator.ws2.names import addresses_of, name_of
from harness.emulator.ws2.services import service_by_name, service_by_port
from harness.emulator.ws2.sockaddr import ANY, LOOPBACK, SIZES, Address, Endpoint
from harness.emulator.ws2.text import parse_ipv4

ADDRINFO_SIZE = 32
MOST_ADDRESSES = 15
"""Addresses that one name can give on CE (aa450395)."""
_FLAGS = AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST
_NAME_FLAGS = NI_NOFQDN | NI_NUMERICHOST | NI_NAMEREQD | NI_NUMERICSERV | NI_DGRAM

export_variable("ws2!in6addr_any", ANY[AF_INET6].packed)
export_variable("ws2!in6addr_loopback", LOOPBACK[AF_INET6].packed)


@export("ws2!getaddrinfo", "nodename servname hints res")
def getaddrinfo(call: Call, node: int, service: int, hints: int, result: int) -> int:
    """Returns its code (aa450395); no WSAStartup is asked for.

    WSAEINVAL (flags), WSANO_RECOVERY (members of hints that have to be zero), WSAEAFNOSUPPORT,
    WSATYPE_NOT_FOUND (service or socket type), WSAHOST_NOT_FOUND, WSANO_DATA (no address of that family),
    WSA_NOT_ENOUGH_MEMORY, WSAEFAULT.
    """
    ws = Winsock(call, ProcessState.of(call))
    try:
        ws.need_writable(result, 4)
        name = ws.memory.ansi(node, 1025).decode("latin-1") if node else None
        wanted = ws.memory.ansi(service, 64).decode("latin-1") if service else None
        given = struct.unpack("<8I", ws.memory.read(hints, ADDRINFO_SIZE)) if hints else (0,) * 8
        flags, family, kind, protocol = given[:4]
        endpoints = resolve(ws, name, wanted, flags, family, kind, any(given[4:]))
        canonical = (name or ws.device.name) if flags & AI_CANONNAME else None
        first = 0
        for endpoint in reversed(endpoints):
            first = _entry(ws, endpoint, kind, protocol, canonical, first)
        ws.memory.set_u32(result, first)
    except WinsockError as error:
        return error.code
    except GuestFault:
        return WSAEFAULT
    return 0


def resolve(
    ws: Winsock, name: str | None, service: str | None, flags: int, family: int, kind: int, filled: bool
) -> list[Endpoint]:
    """The addresses for a name and a service. Raises what getaddrinfo returns."""
    if flags & ~_FLAGS or (flags & AI_CANONNAME and name is None):
        raise WinsockError(WSAEINVAL)
    if filled:
        raise WinsockError(WSANO_RECOVERY)
    if family not in (AF_UNSPEC, AF_INET, AF_INET6):
        raise WinsockError(WSAEAFNOSUPPORT)
    if kind not in (0, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW):
        raise WinsockError(WSATYPE_NOT_FOUND)
    if not name and not service:
        raise WinsockError(WSAHOST_NOT_FOUND)
    port = _port(service, kind)
    found: list[Address]
    if not name:
        table = ANY if flags & AI_PASSIVE else LOOPBACK
        found = [table[AF_INET], table[AF_INET6]]
    else:
        numeric = _numeric(name)
        if numeric is not None:
            found = [numeric]
        elif flags & AI_NUMERICHOST:
            raise WinsockError(WSAHOST_NOT_FOUND)
        else:
            found = addresses_of(ws.device, name)
        if not found:
            raise WinsockError(WSAHOST_NOT_FOUND)
    endpoints = [Endpoint(address, port) for address in found]
    chosen = [endpoint for endpoint in endpoints if family in (AF_UNSPEC, endpoint.family)]
    if not chosen:
        raise WinsockError(WSANO_DATA)
    return chosen[:MOST_ADDRESSES]


def _numeric(name: str) -> Address | None:
    try:
        return IPv6Address(name) if ":" in name else parse_ipv4(name)
    except ValueError:
        return None


def _port(service: str | None, kind: int) -> int:
    if not service:
        return 0
    if service.isascii() and service.isdigit():
        return int(service) & 0xFFFF
    known = service_by_name(service, {SOCK_STREAM: "tcp", SOCK_DGRAM: "udp"}.get(kind))
    if known is None or kind == SOCK_RAW:
        raise WinsockError(WSATYPE_NOT_FOUND)
    return known.port


def _entry(
    ws: Winsock, endpoint: Endpoint, kind: int, protocol: int, canonical: str | None, following: int
) -> int:
    """One addrinfo with its address and name behind it, in one block. Raises WSA_NOT_ENOUGH_MEMORY."""
    address = endpoint.pack()
    name = b"" if canonical is None else canonical.encode("latin-1", "replace") + b"\0"
    block = ws.process.heap.allocate(ADDRINFO_SIZE + len(address) + len(name))
    if block == 0:
        raise WinsockError(WSA_NOT_ENOUGH_MEMORY)
    place = block + ADDRINFO_SIZE
    head = struct.pack(
        "<8I",
        0,
        endpoint.family,
        kind,
        protocol,
        len(address),
        place + len(address) if name else 0,
        place,
        following,
    )
    ws.memory.write(block, head + address + name)
    return block


@export("ws2!freeaddrinfo", "ai")
def freeaddrinfo(call: Call, first: int) -> None:
    """Give a list back. What is no list of getaddrinfo is left alone (aa450383: no errors)."""
    ws = Winsock(call, ProcessState.of(call))
    while first:
        try:
            following = ws.memory.u32(first + 28)
        except GuestFault:
            return
        if not ws.process.heap.free(first):
            return
        first = following


@export("ws2!getnameinfo", "sa salen host hostlen serv servlen flags")
def getnameinfo(
    call: Call,
    address: int,
    length: int,
    host: int,
    host_length: int,
    serv: int,
    serv_length: int,
    flags: int,
) -> int:
    """0, or a code that WSAGetLastError gives too (aa450416; the codes are those of the desktop page).

    WSAEFAULT (address), WSAEAFNOSUPPORT, WSAEINVAL (flags; no room for either name), WSAHOST_NOT_FOUND.
    """
    ws = Winsock(call, ProcessState.of(call))
    try:
        _name_info(ws, address, length, (host, host_length), (serv, serv_length), flags)
    except WinsockError as error:
        return call.wsa_fail(error.code, error.code)
    except GuestFault:
        return call.wsa_fail(WSAEFAULT, WSAEFAULT)
    return 0


def _name_info(
    ws: Winsock, address: int, length: int, host: tuple[int, int], serv: tuple[int, int], flags: int
) -> None:
    if signed(length) >= 2 and ws.memory.u16(address) not in SIZES:
        raise WinsockError(WSAEAFNOSUPPORT)
    endpoint = ws.address(address, length)
    if flags & ~_NAME_FLAGS:
        raise WinsockError(WSAEINVAL)
    if not host[0] and not serv[0]:
        raise WinsockError(WSAHOST_NOT_FOUND)
    if host[0] and host[1]:
        name = None if flags & NI_NUMERICHOST else name_of(ws.device, endpoint.address)
        if name is None and flags & NI_NAMEREQD:
            raise WinsockError(WSAHOST_NOT_FOUND)
        _put_text(ws, host, name or str(endpoint.address))
    if serv[0] and serv[1]:
        known = service_by_port(endpoint.port, "udp" if flags & NI_DGRAM else "tcp")
        numeric = flags & NI_NUMERICSERV or known is None
        _put_text(ws, serv, str(endpoint.port) if numeric or known is None else known.name)


def _put_text(ws: Winsock, place: tuple[int, int], text: str) -> None:
    data = text.encode("latin-1", "replace") + b"\0"
    if place[1] < len(data):
        raise WinsockError(WSAEINVAL)
    ws.memory.write(place[0], data)
