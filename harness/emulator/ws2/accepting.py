"""listen, accept and WSAAccept."""

from harness.emulator.exports import GuestCall
from harness.emulator.ws2 import api, edge, procedures
from harness.emulator.ws2.api import Waiting, Winsock, signed, winsock
from harness.emulator.ws2.constants import CF_ACCEPT, CF_DEFER, CF_REJECT, FD_ACCEPT, INVALID_SOCKET
from harness.emulator.ws2.errors import (
    WSAECONNREFUSED,
    WSAEFAULT,
    WSAEINTR,
    WSAEINVAL,
    WSAEISCONN,
    WSAEOPNOTSUPP,
    WSAEWOULDBLOCK,
    WSATRY_AGAIN,
    WinsockError,
)
from harness.emulator.ws2.selection import Selection
from harness.emulator.ws2.sockaddr import SIZES
from harness.emulator.ws2.sockets import Socket, State
from harness.emulator.ws2.streams import StreamEnd


@winsock("listen", "s backlog", provider="WSPListen")
def listen(ws: Winsock, s: int, backlog: int) -> int:
    """Take connections (ms894564). The queue is clamped silently to what the device has, at least 1.

    WSAENOTSOCK, WSAEOPNOTSUPP (no stream socket), WSAEINVAL (not bound), WSAEISCONN.
    """
    sock = ws.socket(s)
    if not sock.is_stream:
        raise WinsockError(WSAEOPNOTSUPP)
    if sock.local is None:
        raise WinsockError(WSAEINVAL)
    if sock.state in (State.CONNECTED, State.CONNECTING):
        raise WinsockError(WSAEISCONN)
    sock.backlog_limit = min(max(signed(backlog), 1), ws.device.limits.backlog)
    if sock.state is not State.LISTENING:
        sock.state = State.LISTENING
        edge.publish(ws.call, sock)
    return 0


@winsock("accept", "s addr addrlen", failure=INVALID_SOCKET, provider=procedures.accept)
def accept(ws: Winsock, s: int, addr: int, addrlen: int) -> Waiting[int]:
    """The next connection (aa450277).

    WSAENOTSOCK, WSAEOPNOTSUPP (no stream socket), WSAEINVAL (not listening), WSAEFAULT (memory, or addrlen
    too small), WSAEWOULDBLOCK, WSAEINTR, WSAEMFILE and WSAENOBUFS (a connection waits, but there is no
    descriptor or no memory for it; it stays in the queue).
    """
    sock = ws.socket(s)
    yield from _pending(ws, sock, addr, addrlen)
    return _take(ws, sock, addr, addrlen)


@winsock(
    "WSAAccept",
    "s addr addrlen lpfnCondition dwCallbackData",
    failure=INVALID_SOCKET,
    provider="WSPAccept",
)
def wsa_accept(
    ws: Winsock, s: int, addr: int, addrlen: int, condition: int, callback_data: int
) -> Waiting[int]:
    """accept with a condition function, which runs on the calling thread (ms898727).

    Also WSAECONNREFUSED (CF_REJECT), WSATRY_AGAIN (CF_DEFER: the connection stays first in the queue),
    WSAEINVAL (another answer), WSAEFAULT (lpfnCondition not readable).
    """
    sock = ws.socket(s)
    if condition:
        ws.need_readable(condition, 4)
    end = yield from _pending(ws, sock, addr, addrlen)
    if condition:
        answer = yield from _ask(ws, end, condition, callback_data)
        if sock.closed:
            raise WinsockError(WSAEINTR)
        if not sock.backlog or sock.backlog[0] is not end:
            raise WinsockError(WSAEWOULDBLOCK)
        if answer == CF_REJECT:
            sock.backlog.popleft().close(reset=True)
            raise WinsockError(WSAECONNREFUSED)
        if answer == CF_DEFER:
            raise WinsockError(WSATRY_AGAIN)
        if answer != CF_ACCEPT:
            raise WinsockError(WSAEINVAL)
    return _take(ws, sock, addr, addrlen)


def _pending(ws: Winsock, sock: Socket, addr: int, addrlen: int) -> Waiting[StreamEnd]:
    """Wait until a connection is at the head of the queue."""
    if not sock.is_stream:
        raise WinsockError(WSAEOPNOTSUPP)
    if sock.state is not State.LISTENING:
        raise WinsockError(WSAEINVAL)
    if addr:
        room = signed(ws.memory.u32(addrlen))
        if room < SIZES.get(sock.family, 0):
            raise WinsockError(WSAEFAULT)
        ws.need_writable(addr, room)
        ws.need_writable(addrlen, 4)
    while not sock.backlog:
        if sock.nonblocking:
            raise WinsockError(WSAEWOULDBLOCK)
        yield from api.wait_change(sock)
    return sock.backlog[0]


def _take(ws: Winsock, sock: Socket, addr: int, addrlen: int) -> int:
    """A descriptor for the connection at the head of the queue; it has the listener's properties."""
    selection = Selection(sock.entry, sock.type, sock.protocol)
    handle, accepted = ws.process.create(selection, overlapped=sock.overlapped)
    end = sock.backlog.popleft()
    accepted.inherit(sock)
    accepted.attach(end)
    if addr:
        ws.put_address(addr, addrlen, end.remote)
    sock.rearm(FD_ACCEPT)
    return handle


def _ask(ws: Winsock, end: StreamEnd, condition: int, callback_data: int) -> Waiting[int]:
    """Call the guest's condition function with the caller's and callee's addresses in WSABUFs."""
    remote, local = end.remote.pack(), end.local.pack()
    block = ws.process.heap.allocate(16 + len(remote) + len(local) + 4)
    caller, callee, group = block, block + 8, block + 16 + len(remote) + len(local)
    try:
        place = block + 16
        for buffer, data in ((caller, remote), (callee, local)):
            ws.memory.set_u32(buffer, len(data))
            ws.memory.set_u32(buffer + 4, place)
            ws.memory.write(place, data)
            place += len(data)
        arguments = (caller, 0, 0, 0, callee, 0, group, callback_data)
        woke = yield GuestCall(condition, arguments)
        return woke.value
    finally:
        ws.process.heap.free(block)
