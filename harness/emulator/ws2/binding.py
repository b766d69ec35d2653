"""bind, getsockname, getpeername, shutdown."""

from harness.emulator.ws2.api import Winsock, winsock
from harness.emulator.ws2.constants import SD_BOTH, SD_RECEIVE, SD_SEND
from harness.emulator.ws2.errors import (
    WSAEACCES,
    WSAEFAULT,
    WSAEINVAL,
    WSAENOTCONN,
    WinsockError,
)
from harness.emulator.ws2.sockaddr import BROADCAST, family_of, unpack
from harness.emulator.ws2.sockets import State


@winsock("bind", "s name namelen", provider="WSPBind")
def bind(ws: Winsock, s: int, name: int, namelen: int) -> int:
    """Give a socket its address (aa450301).

    WSANOTINITIALISED, WSAENETDOWN, WSAENOTSOCK; WSAEFAULT (memory, length, or a family that is not the
    socket's: on CE that is no WSAEAFNOSUPPORT); WSAEINVAL (already bound, or an option set before bind was
    bad); WSAEACCES (the broadcast address without SO_BROADCAST); WSAEADDRNOTAVAIL; WSAEADDRINUSE; WSAENOBUFS.
    """
    sock = ws.socket(s)
    data = ws.address_bytes(name, namelen)
    if family_of(data) != sock.family:
        raise WinsockError(WSAEFAULT)
    wanted = unpack(data)
    if sock.local is not None or sock.bad_option:
        raise WinsockError(WSAEINVAL)
    if wanted.address == BROADCAST and not sock.broadcast:
        raise WinsockError(WSAEACCES)
    sock.claim(wanted)
    return 0


@winsock("getsockname", "s name namelen", provider="WSPGetSockName")
def getsockname(ws: Winsock, s: int, name: int, namelen: int) -> int:
    """The local address (ms890293): WSAENOTSOCK, WSAEINVAL (not bound), WSAEFAULT.

    The page also lists WSAEINVAL for a socket bound to any address and not connected; the device answers
    with the port and the unspecified address there, as its port could not be learned otherwise.
    """
    sock = ws.socket(s)
    if sock.local is None:
        raise WinsockError(WSAEINVAL)
    ws.put_address(name, namelen, sock.local)
    return 0


@winsock("getpeername", "s name namelen", provider="WSPGetPeerName")
def getpeername(ws: Winsock, s: int, name: int, namelen: int) -> int:
    """The peer given by connect or accept, never one of sendto (aa450420).

    WSAENOTSOCK, WSAENOTCONN, WSAEFAULT.
    """
    sock = ws.socket(s)
    if sock.remote is None or sock.state is not State.CONNECTED:
        raise WinsockError(WSAENOTCONN)
    ws.put_address(name, namelen, sock.remote)
    return 0


@winsock("shutdown", "s how", provider="WSPShutdown")
def shutdown(ws: Winsock, s: int, how: int) -> int:
    """End one direction or both; never blocks, keeps the descriptor (aa450939).

    WSAENOTSOCK, WSAEINVAL (how), WSAENOTCONN (a stream socket that is not connected).
    """
    sock = ws.socket(s)
    if how not in (SD_RECEIVE, SD_SEND, SD_BOTH):
        raise WinsockError(WSAEINVAL)
    if sock.is_stream and (sock.state is not State.CONNECTED or sock.stream is None):
        raise WinsockError(WSAENOTCONN)
    if how in (SD_RECEIVE, SD_BOTH):
        sock.shut_read = True
    if how in (SD_SEND, SD_BOTH) and not sock.shut_write:
        sock.shut_write = True
        if sock.stream is not None:
            sock.stream.peer.finish()
    sock.changed()
    return 0
