"""connect and WSAConnect."""

from collections.abc import Callable
from functools import partial

from harness.emulator.ws2 import api, edge, procedures, streams, transfer
from harness.emulator.ws2.api import Waiting, Winsock, winsock
from harness.emulator.ws2.constants import FD_CONNECT
from harness.emulator.ws2.errors import (
    WSAEADDRNOTAVAIL,
    WSAEAFNOSUPPORT,
    WSAEALREADY,
    WSAECONNREFUSED,
    WSAEINVAL,
    WSAEISCONN,
    WSAENETUNREACH,
    WSAEPROTONOSUPPORT,
    WSAETIMEDOUT,
    WSAEWOULDBLOCK,
    WinsockError,
)
from harness.emulator.ws2.network import Network, Route, Transport
from harness.emulator.ws2.sockaddr import Endpoint, family_of, unpack
from harness.emulator.ws2.sockets import Socket, State
from harness.emulator.ws2.streams import StreamEnd


@winsock("connect", "s name namelen", provider=procedures.connect)
def connect(ws: Winsock, s: int, name: int, namelen: int) -> Waiting[int]:
    """Connect a stream socket, or give a datagram socket its peer (ms887913). See `_connect`."""
    return (yield from _connect(ws, s, name, namelen))


@winsock("WSAConnect", "s name namelen lpCallerData lpCalleeData lpSQOS lpGQOS", provider="WSPConnect")
def wsa_connect(
    ws: Winsock, s: int, name: int, namelen: int, caller: int, callee: int, sqos: int, gqos: int
) -> Waiting[int]:
    """The same (ms898733). WSAEPROTONOSUPPORT: the built-in provider does not carry connect data.

    lpSQOS and lpGQOS are reserved and not looked at; a callee buffer is told that nothing came.
    """
    ws.socket(s)
    if caller:
        raise WinsockError(WSAEPROTONOSUPPORT)
    if callee:
        ws.need_writable(callee, 8)
    result = yield from _connect(ws, s, name, namelen)
    if callee:
        ws.memory.set_u32(callee, 0)
    return result


def _connect(ws: Winsock, s: int, name: int, namelen: int) -> Waiting[int]:
    """WSANOTINITIALISED, WSAENETDOWN, WSAENOTSOCK, then in this order:

    WSAEFAULT (memory, length), WSAEAFNOSUPPORT, WSAEINVAL (listening), WSAEALREADY, WSAEISCONN,
    WSAEADDRNOTAVAIL (any address, or port 0), WSAENETUNREACH; WSAECONNREFUSED and WSAETIMEDOUT when it ends;
    WSAEWOULDBLOCK on a nonblocking socket; WSAEINTR when the socket is closed meanwhile; WSAEACCES for a
    datagram socket and the broadcast address.
    """
    sock = ws.socket(s)
    data = ws.address_bytes(name, namelen)
    family = family_of(data)
    if not sock.is_stream and not any(data):
        _disconnect(sock)
        return 0
    if family != sock.family:
        raise WinsockError(WSAEAFNOSUPPORT)
    remote = unpack(data)
    if sock.transport is not Transport.TCP:
        set_peer(sock, remote)
        return 0
    start(
        sock,
        remote,
        ws.device.io.after,
        ws.device.network.settings.connect_timeout,
        partial(edge.dial, ws.call),
    )
    while sock.state is State.CONNECTING:
        if sock.nonblocking:
            raise WinsockError(WSAEWOULDBLOCK)
        yield from api.wait_change(sock)
    if sock.state is not State.CONNECTED:
        code, sock.error = sock.error, 0
        raise WinsockError(code)
    return 0


def set_peer(sock: Socket, remote: Endpoint) -> None:
    """Give a datagram socket its default peer; what others had sent to it is dropped."""
    transfer.check_destination(sock, remote)
    local = sock.need_local()
    if local.is_any:
        sock.local = Endpoint(sock.network.source_for(remote.address), local.port)
    sock.remote, sock.state = remote, State.CONNECTED
    kept = [one for one in sock.inbox if one.source == remote]
    sock.inbox.clear()
    sock.inbox.extend(kept)
    sock.inbox_bytes = sum(len(one.data) for one in kept)


def _disconnect(sock: Socket) -> None:
    """A name of family 0, such as an all-zero one, takes a datagram socket's peer away (ms898733)."""
    sock.remote, sock.state = None, State.IDLE
    sock.local = sock.claimed


def start(
    sock: Socket,
    remote: Endpoint,
    after: Callable[[float, Callable[[], object]], object],
    patience: float,
    outward: Callable[[Socket, Endpoint, float], object],
) -> None:
    """Begin to connect. The socket is CONNECTING until `after` has run what decides it.

    A connection inside the device is decided at once for a blocking socket, at the scheduler's next turn for
    a nonblocking one, whose caller is promised WSAEWOULDBLOCK; a silent host after `patience` seconds; what
    lies outside the device is for `outward` to reach.
    """
    if sock.state is State.LISTENING:
        raise WinsockError(WSAEINVAL)
    if sock.state is State.CONNECTING:
        raise WinsockError(WSAEALREADY)
    if sock.state is State.CONNECTED:
        raise WinsockError(WSAEISCONN)
    if remote.is_any or remote.port == 0:
        raise WinsockError(WSAEADDRNOTAVAIL)
    route = sock.network.route(remote.address)
    outside = remote in sock.network.outside
    if not outside and route in (Route.UNREACHABLE, Route.BROADCAST, Route.MULTICAST):
        raise WinsockError(WSAENETUNREACH)
    sock.need_local()
    sock.error = sock.connect_failed = 0
    sock.state = State.CONNECTING
    sock.rearm(FD_CONNECT)
    if outside:
        outward(sock, remote, patience)
    elif route is Route.SILENT:
        after(patience, partial(sock.refused, WSAETIMEDOUT))
    elif sock.nonblocking:
        after(0.0, partial(_establish, sock, remote))
    else:
        _establish(sock, remote)


def _establish(sock: Socket, remote: Endpoint) -> None:
    """Find the listener and make both ends; refused when there is none or its queue is full."""
    if sock.closed or sock.state is not State.CONNECTING:
        return
    assert sock.local is not None
    network = sock.network
    address = network.source_for(remote.address) if sock.local.is_any else sock.local.address
    here = Endpoint(address, sock.local.port)
    listener = find_listener(network, remote)
    if listener is None:
        sock.refused(WSAECONNREFUSED)
        return
    client = StreamEnd(here, remote, sock.receive_buffer, listener.send_buffer)
    server = StreamEnd(remote, here, listener.receive_buffer, sock.send_buffer)
    streams.connect_ends(client, server)
    if not listener.offer(server):
        sock.refused(WSAECONNREFUSED)
        return
    sock.attach(client)


def find_listener(network: Network, remote: Endpoint) -> Socket | None:
    """The socket that listens for connections to an address of the device."""
    for owner in network.owners(Transport.TCP, remote):
        if owner.state is State.LISTENING:
            return owner
    return None
