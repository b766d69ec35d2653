"""Sending and receiving, one attempt at a time: what every form of send and recv comes down to.

An attempt returns None when it would block. The calls decide what that means: wait, WSAEWOULDBLOCK, or an
overlapped operation that is tried again whenever the socket changes.
"""

from dataclasses import dataclass

from harness.emulator.ws2 import raw
from harness.emulator.ws2.constants import MSG_DONTROUTE, MSG_OOB, MSG_PARTIAL, MSG_PEEK
from harness.emulator.ws2.errors import (
    WSAEACCES,
    WSAEADDRNOTAVAIL,
    WSAEAFNOSUPPORT,
    WSAEDESTADDRREQ,
    WSAEINVAL,
    WSAEMSGSIZE,
    WSAENETUNREACH,
    WSAENOTCONN,
    WSAEOPNOTSUPP,
    WSAESHUTDOWN,
    WinsockError,
)
from harness.emulator.ws2.network import Route, Transport
from harness.emulator.ws2.sockaddr import Endpoint
from harness.emulator.ws2.sockets import Datagram, Socket, State
from harness.emulator.ws2.streams import StreamEnd


@dataclass(frozen=True, slots=True)
class Received:
    """What one receive got. `truncated`: the message was longer, the rest is lost."""

    data: bytes
    source: Endpoint | None
    truncated: bool = False


def connected_stream(sock: Socket) -> StreamEnd:
    """The connection of a stream socket. Raises WSAENOTCONN."""
    if sock.state is not State.CONNECTED or sock.stream is None:
        raise WinsockError(WSAENOTCONN)
    return sock.stream


# --- receiving --------------------------------------------------------------------------------------------


def check_receive(sock: Socket, flags: int) -> None:
    """What a receive refuses before it looks for data (CE pages of recv and recvfrom).

    Raises WSAEOPNOTSUPP (out-of-band or partial data: the built-in provider has neither), WSAEINVAL (unknown
    flag, unbound), WSAENOTCONN, WSAESHUTDOWN.
    """
    if flags & (MSG_OOB | MSG_PARTIAL):
        raise WinsockError(WSAEOPNOTSUPP)
    if flags & ~MSG_PEEK:
        raise WinsockError(WSAEINVAL)
    transport = sock.transport
    if transport is Transport.TCP:
        connected_stream(sock)
    elif sock.local is None:
        raise WinsockError(WSAEINVAL)
    if sock.shut_read:
        raise WinsockError(WSAESHUTDOWN)


def try_receive(sock: Socket, size: int, flags: int) -> Received | None:
    """One attempt, after `check_receive`. Raises the error that broke the connection."""
    peek = bool(flags & MSG_PEEK)
    if sock.shut_read:
        raise WinsockError(WSAESHUTDOWN)
    if sock.is_stream:
        data = connected_stream(sock).read(size, peek=peek)
        return None if data is None else Received(data, sock.remote)
    if sock.error:
        code, sock.error = sock.error, 0
        raise WinsockError(code)
    if not sock.inbox:
        return None
    datagram = sock.inbox[0]
    if not peek:
        sock.inbox.popleft()
        sock.inbox_bytes -= len(datagram.data)
    return Received(datagram.data[:size], datagram.source, truncated=len(datagram.data) > size)


# --- sending ------------------------------------------------------------------------------------------------


def check_send(sock: Socket, size: int, flags: int, to: Endpoint | None, *, addressed: bool) -> None:
    """What a send refuses before it sends (CE pages of send and sendto). `addressed`: a sendto form.

    Raises WSAEOPNOTSUPP, WSAEINVAL (unknown flag), WSAENOTCONN, WSAEDESTADDRREQ, WSAESHUTDOWN, WSAEMSGSIZE,
    WSAEAFNOSUPPORT, WSAEADDRNOTAVAIL, WSAEACCES, WSAENETUNREACH. MSG_DONTROUTE is ignored.
    """
    if flags & (MSG_OOB | MSG_PARTIAL):
        raise WinsockError(WSAEOPNOTSUPP)
    if flags & ~MSG_DONTROUTE:
        raise WinsockError(WSAEINVAL)
    if sock.transport is Transport.TCP:
        connected_stream(sock)
        if sock.shut_write:
            raise WinsockError(WSAESHUTDOWN)
        return
    destination = to or sock.remote
    if destination is None:
        raise WinsockError(WSAEDESTADDRREQ if addressed else WSAENOTCONN)
    if sock.shut_write:
        raise WinsockError(WSAESHUTDOWN)
    if size > sock.entry.message_size:
        raise WinsockError(WSAEMSGSIZE)
    check_destination(sock, destination)


def check_destination(sock: Socket, destination: Endpoint) -> Route:
    """Can this datagram socket send there? Raises what `check_send` says."""
    if destination.family != sock.family:
        raise WinsockError(WSAEAFNOSUPPORT)
    if destination.is_any or (destination.port == 0 and sock.transport is not Transport.RAW):
        raise WinsockError(WSAEADDRNOTAVAIL)
    route = sock.network.route(destination.address)
    if route is Route.BROADCAST and not sock.broadcast:
        raise WinsockError(WSAEACCES)
    if route is Route.UNREACHABLE:
        raise WinsockError(WSAENETUNREACH)
    return route


def try_send(sock: Socket, data: bytes | memoryview, to: Endpoint | None) -> int | None:
    """One attempt, after `check_send`: bytes taken, None when there is no room. Datagrams never wait."""
    if sock.is_stream:
        if sock.shut_write:
            raise WinsockError(WSAESHUTDOWN)
        taken = connected_stream(sock).write(data)
        return taken if taken or not data else None
    if sock.error:
        code, sock.error = sock.error, 0
        raise WinsockError(code)
    destination = to or sock.remote
    if destination is None:
        raise WinsockError(WSAENOTCONN)
    _send_datagram(sock, bytes(data), destination)
    return len(data)


def _send_datagram(sock: Socket, data: bytes, destination: Endpoint) -> None:
    """Deliver inside the device; what goes elsewhere is lost, as datagrams may be."""
    local = sock.need_local()
    address = sock.network.source_for(destination.address) if local.is_any else local.address
    source = Endpoint(address, local.port)
    if sock.transport is Transport.RAW:
        raw.send(sock, data, source, destination)
        return
    datagram = Datagram(data, source)
    network = sock.network
    route = network.route(destination.address)
    if route is Route.OWN:
        receivers = list(network.owners(Transport.UDP, destination))
        if not receivers and sock.remote == destination:
            sock.port_unreachable()
        for receiver in receivers:
            if receiver.take(datagram):
                return
    elif route in (Route.BROADCAST, Route.MULTICAST):
        for receiver in network.all_on_port(Transport.UDP, destination):
            if route is Route.BROADCAST or destination.address in receiver.groups:
                receiver.take(datagram)
