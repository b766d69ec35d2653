"""send, sendto, WSASend, WSASendTo."""

from harness.emulator.ws2 import api, procedures, transfer
from harness.emulator.ws2 import buffers as vectors
from harness.emulator.ws2 import overlapped as operations
from harness.emulator.ws2.api import Waiting, Winsock, winsock
from harness.emulator.ws2.constants import FD_WRITE
from harness.emulator.ws2.errors import (
    WSAEFAULT,
    WSAEWOULDBLOCK,
    WinsockError,
)
from harness.emulator.ws2.sockaddr import Endpoint
from harness.emulator.ws2.sockets import Socket


@winsock("send", "s buf len flags", provider=procedures.send)
def send(ws: Winsock, s: int, buf: int, length: int, flags: int) -> Waiting[int]:
    """Send to the peer (aa450883). WSAENOTSOCK, WSAEFAULT, what `transfer.check_send` raises, WSAEWOULDBLOCK,
    WSAEINTR, WSAECONNRESET.
    """
    sock = ws.socket(s)
    return (yield from _transmit(sock, _readable(ws, buf, length), flags, None, addressed=False))


@winsock("sendto", "s buf len flags to tolen", provider=procedures.send)
def sendto(ws: Winsock, s: int, buf: int, length: int, flags: int, to: int, tolen: int) -> Waiting[int]:
    """Send to an address; a stream socket ignores it (aa450885). The codes of send, and WSAEDESTADDRREQ,
    WSAEADDRNOTAVAIL, WSAEAFNOSUPPORT, WSAENETUNREACH.
    """
    sock = ws.socket(s)
    data = _readable(ws, buf, length)
    return (yield from _transmit(sock, data, flags, _destination(ws, sock, to, tolen), addressed=True))


@winsock(
    "WSASend",
    "s lpBuffers dwBufferCount lpNumberOfBytesSent dwFlags lpOverlapped lpCompletionRoutine",
    provider=procedures.with_thread("WSPSend"),
)
def wsa_send(
    ws: Winsock, s: int, buffers: int, count: int, sent: int, flags: int, overlapped: int, routine: int
) -> Waiting[int]:
    """send with buffers (ms898766). Also WSAEINVAL: overlapped use of a socket without the attribute;
    WSA_IO_PENDING.
    """
    sock = ws.socket(s)
    return (yield from _send_buffers(ws, sock, buffers, count, sent, flags, None, overlapped, routine, False))


@winsock(
    "WSASendTo",
    "s lpBuffers dwBufferCount lpNumberOfBytesSent dwFlags lpTo iToLen lpOverlapped lpCompletionRoutine",
    provider=procedures.with_thread("WSPSendTo"),
)
def wsa_send_to(
    ws: Winsock,
    s: int,
    buffers: int,
    count: int,
    sent: int,
    flags: int,
    to: int,
    tolen: int,
    overlapped: int,
    routine: int,
) -> Waiting[int]:
    """sendto with buffers (ms898767)."""
    sock = ws.socket(s)
    destination = _destination(ws, sock, to, tolen)
    asked = (ws, sock, buffers, count, sent, flags, destination, overlapped, routine, True)
    return (yield from _send_buffers(*asked))


def _readable(ws: Winsock, buf: int, length: int) -> bytes:
    """The bytes to send. A length that is no length is memory that is not there: WSAEFAULT."""
    if length == 0:
        return b""
    if not ws.memory.readable(buf, length):
        raise WinsockError(WSAEFAULT)
    data: bytes = ws.memory.read(buf, length)
    return data


def _destination(ws: Winsock, sock: Socket, to: int, tolen: int) -> Endpoint | None:
    """The address of a sendto form; None without one and for a stream socket."""
    if sock.is_stream or to == 0:
        return None
    return ws.address(to, tolen)


def _send_buffers(
    ws: Winsock,
    sock: Socket,
    buffers: int,
    count: int,
    sent: int,
    flags: int,
    to: Endpoint | None,
    overlapped: int,
    routine: int,
    addressed: bool,
) -> Waiting[int]:
    asynchronous = operations.need_overlapped(sock, overlapped, routine)
    data = vectors.gather(ws, buffers, count)
    if not asynchronous:
        ws.need_writable(sent, 4)
        done = yield from _transmit(sock, data, flags, to, addressed=addressed)
        ws.memory.set_u32(sent, done)
        return 0
    transfer.check_send(sock, len(data), flags, to, addressed=addressed)
    left = memoryview(data)

    def work() -> tuple[int, int] | None:
        nonlocal left
        while (taken := transfer.try_send(sock, left, to)) is not None:
            left = left[taken:]
            if not left:
                return len(data), 0
        return None

    return operations.begin(ws, sock.sending, overlapped, sent, work, routine)


def _transmit(sock: Socket, data: bytes, flags: int, to: Endpoint | None, *, addressed: bool) -> Waiting[int]:
    """Send all of it, waiting for room; on a nonblocking socket what there is room for, or WSAEWOULDBLOCK."""
    transfer.check_send(sock, len(data), flags, to, addressed=addressed)
    left = memoryview(data)
    while True:
        taken = transfer.try_send(sock, left, to)
        if taken is not None:
            left = left[taken:]
            if not left:
                return len(data)
            continue  # there may be room again: a host takes bytes while they are handed over
        if sock.nonblocking:
            sock.rearm(FD_WRITE)
            if len(left) == len(data):
                raise WinsockError(WSAEWOULDBLOCK)
            return len(data) - len(left)
        yield from api.wait_change(sock)
