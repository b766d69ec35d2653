"""recv, recvfrom, WSARecv, WSARecvFrom."""

from harness.emulator.ws2 import api, procedures, transfer
from harness.emulator.ws2 import buffers as vectors
from harness.emulator.ws2 import overlapped as operations
from harness.emulator.ws2.api import Waiting, Winsock, signed, winsock
from harness.emulator.ws2.constants import FD_READ
from harness.emulator.ws2.errors import (
    WSAEFAULT,
    WSAEINVAL,
    WSAEMSGSIZE,
    WSAEWOULDBLOCK,
    WinsockError,
)
from harness.emulator.ws2.sockaddr import SIZES
from harness.emulator.ws2.sockets import Socket
from harness.emulator.ws2.transfer import Received


@winsock("recv", "s buf len flags", provider=procedures.receive)
def recv(ws: Winsock, s: int, buf: int, length: int, flags: int) -> Waiting[int]:
    """Receive (aa450869): bytes, 0 after the peer's graceful close.

    WSAENOTSOCK, what `transfer.check_receive` raises, WSAEFAULT, WSAEWOULDBLOCK, WSAEINTR, WSAEMSGSIZE (the
    message is longer; what fits is there), WSAECONNRESET.
    """
    return (yield from _receive_one(ws, s, buf, length, flags, 0, 0))


@winsock("recvfrom", "s buf len flags from fromlen", provider=procedures.receive)
def recvfrom(
    ws: Winsock, s: int, buf: int, length: int, flags: int, source: int, source_length: int
) -> Waiting[int]:
    """Receive and learn from whom (aa450870); also WSAEFAULT for a fromlen too small.

    The table of the page refuses connected sockets with WSAEISCONN, its remarks say they can be read: the
    device reads them.
    """
    return (yield from _receive_one(ws, s, buf, length, flags, source, source_length))


@winsock(
    "WSARecv",
    "s lpBuffers dwBufferCount lpNumberOfBytesRecvd lpFlags lpOverlapped lpCompletionRoutine",
    provider=procedures.with_thread("WSPRecv"),
)
def wsa_recv(
    ws: Winsock, s: int, buffers: int, count: int, received: int, flags: int, overlapped: int, routine: int
) -> Waiting[int]:
    """recv with buffers (ms898763). Also WSAEINVAL: overlapped use without the attribute; WSA_IO_PENDING."""
    return (yield from _receive_buffers(ws, s, buffers, count, received, flags, 0, 0, overlapped, routine))


@winsock(
    "WSARecvFrom",
    "s lpBuffers dwBufferCount lpNumberOfBytesRecvd lpFlags lpFrom lpFromlen lpOverlapped"
    " lpCompletionRoutine",
    provider=procedures.with_thread("WSPRecvFrom"),
)
def wsa_receive_from(
    ws: Winsock,
    s: int,
    buffers: int,
    count: int,
    received: int,
    flags: int,
    source: int,
    source_length: int,
    overlapped: int,
    routine: int,
) -> Waiting[int]:
    """recvfrom with buffers (ms898764)."""
    return (
        yield from _receive_buffers(
            ws, s, buffers, count, received, flags, source, source_length, overlapped, routine
        )
    )


def _receive_one(
    ws: Winsock, s: int, buf: int, length: int, flags: int, source: int, source_length: int
) -> Waiting[int]:
    sock = ws.socket(s)
    size = signed(length)
    transfer.check_receive(sock, flags)
    if size < 0 or (size == 0 and sock.is_stream):
        raise WinsockError(WSAEINVAL)
    if size:
        ws.need_writable(buf, size)
    _check_source(ws, sock, source, source_length)
    got = yield from _wait_for(sock, size, flags)
    ws.memory.write(buf, got.data)
    _put_source(ws, got, source, source_length)
    if got.truncated:
        raise WinsockError(WSAEMSGSIZE)
    return len(got.data)


def _receive_buffers(
    ws: Winsock,
    s: int,
    buffers: int,
    count: int,
    received: int,
    flags_pointer: int,
    source: int,
    source_length: int,
    overlapped: int,
    routine: int,
) -> Waiting[int]:
    sock = ws.socket(s)
    asynchronous = operations.need_overlapped(sock, overlapped, routine)
    flags = ws.memory.u32(flags_pointer)
    ws.need_writable(flags_pointer, 4)
    found = vectors.pieces(ws, buffers, count)
    size = vectors.room(ws, found)
    transfer.check_receive(sock, flags)
    _check_source(ws, sock, source, source_length)

    def store(got: Received) -> tuple[int, int]:
        vectors.scatter(ws, found, got.data)
        _put_source(ws, got, source, source_length)
        return len(got.data), WSAEMSGSIZE if got.truncated else 0

    if asynchronous:

        def work() -> tuple[int, int] | None:
            got = transfer.try_receive(sock, size, flags)
            return None if got is None else store(got)

        return operations.begin(ws, sock.receiving, overlapped, received, work, routine)
    ws.need_writable(received, 4)
    got = yield from _wait_for(sock, size, flags)
    stored, code = store(got)
    ws.memory.set_u32(received, stored)
    ws.memory.set_u32(flags_pointer, 0)
    if code:
        raise WinsockError(code)
    return 0


def _wait_for(sock: Socket, size: int, flags: int) -> Waiting[Received]:
    """What comes first; WSAEWOULDBLOCK on a nonblocking socket when nothing is there."""
    while True:
        got = transfer.try_receive(sock, size, flags)
        sock.rearm(FD_READ)
        if got is not None:
            return got
        if sock.nonblocking:
            raise WinsockError(WSAEWOULDBLOCK)
        yield from api.wait_change(sock)


def _check_source(ws: Winsock, sock: Socket, source: int, source_length: int) -> None:
    """Is there room for the sender's address? Raises WSAEFAULT."""
    if source == 0:
        return
    if signed(ws.memory.u32(source_length)) < SIZES[sock.family]:
        raise WinsockError(WSAEFAULT)
    ws.need_writable(source, SIZES[sock.family])
    ws.need_writable(source_length, 4)


def _put_source(ws: Winsock, got: Received, source: int, source_length: int) -> None:
    if source and got.source is not None:
        ws.put_address(source, source_length, got.source)
