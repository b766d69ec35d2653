"""Overlapped operations, and WSAGetOverlappedResult.

The WSAOVERLAPPED of the guest (20 bytes) holds everything: Internal is 0x103 while the operation runs, then
its error code; InternalHigh the bytes; Offset the flags. An operation that completes at once does not
signal its event: that is Windows CE's rule (ms898766).
"""

from collections.abc import Callable
from typing import Any

from harness.emulator.exports import Call, GuestFault, Objects
from harness.emulator.objects import Event
from harness.emulator.ws2 import procedures
from harness.emulator.ws2.api import Waiting, Winsock, winsock
from harness.emulator.ws2.errors import (
    WSA_INVALID_HANDLE,
    WSA_IO_INCOMPLETE,
    WSA_IO_PENDING,
    WSA_OPERATION_ABORTED,
    WSAEFAULT,
    WSAEINVAL,
    WSAEWOULDBLOCK,
    WinsockError,
)
from harness.emulator.ws2.sockets import Operation, Socket

OVERLAPPED_SIZE = 20
RUNNING = 0x103
MOST_PENDING = 256
"""Operations that can wait on one queue of a socket; the next one is refused with WSAEWOULDBLOCK."""

Work = Callable[[], tuple[int, int] | None]
"""One attempt: bytes and error code, or None while it would block. May raise WinsockError."""


class Pending:
    """One operation that could not complete at once."""

    def __init__(self, call: Call, address: int, event: Event | None, work: Work, routine: int) -> None:
        self._call, self._address, self._event, self._work = call, address, event, work
        self._routine = routine
        self.over = Event(manual_reset=True, signalled=False)
        """For WSAGetOverlappedResult, which waits even without an event in the structure."""

    def attempt(self) -> bool:
        result = run(self._work)
        if result is None:
            return False
        self._end(*result)
        return True

    def cancel(self) -> None:
        self._end(0, WSA_OPERATION_ABORTED)

    def _end(self, count: int, code: int) -> None:
        try:
            write_result(self._call.process.memory, self._address, count, code)
        except GuestFault:
            return  # the process is gone, or has given its WSAOVERLAPPED back: nobody to tell
        finally:
            self.over.set()
        if self._event is not None:
            self._event.set()
        if self._routine:
            # Windows CE has no asynchronous procedure calls: the routine gets a thread of its own.
            device = self._call.device
            thread = device.new_thread(self._call.process, self._routine, (code, count, self._address, 0))
            if thread is not None:
                device.start_thread(thread, suspended=False)


def run(work: Work) -> tuple[int, int] | None:
    """One attempt, with failures as codes."""
    try:
        return work()
    except WinsockError as error:
        return 0, error.code
    except GuestFault:
        return 0, WSAEFAULT


def write_result(memory: Any, address: int, count: int, code: int, flags: int = 0) -> None:
    """Fill Internal, InternalHigh and Offset."""
    memory.set_u32(address, code)
    memory.set_u32(address + 4, count)
    memory.set_u32(address + 8, flags)


def need_overlapped(sock: Socket, overlapped: int, routine: int) -> bool:
    """Is this call an overlapped one? WSAEINVAL on a socket without the attribute (ms898766)."""
    if not overlapped and not routine:
        return False
    if not sock.overlapped:
        raise WinsockError(WSAEINVAL)
    if not overlapped:
        raise WinsockError(WSAEFAULT)
    return True


def begin(
    ws: Winsock, queue: list[Operation], overlapped: int, count_pointer: int, work: Work, routine: int = 0
) -> int:
    """Start an operation behind those of its queue. Raises WSA_IO_PENDING when it does not end at once.

    `routine`: guest code to run when it ends later.
    """
    ws.need_writable(overlapped, OVERLAPPED_SIZE)
    if count_pointer:
        ws.need_writable(count_pointer, 4)
    event = _event(ws, overlapped)
    if not queue:
        result = run(work)
        if result is not None:
            count, code = result
            write_result(ws.memory, overlapped, count, code)
            if count_pointer:
                ws.memory.set_u32(count_pointer, count)
            if code:
                raise WinsockError(code)
            return 0
    if len(queue) >= MOST_PENDING:
        raise WinsockError(WSAEWOULDBLOCK)
    if event is not None:
        event.reset()
    pending = Pending(ws.call, overlapped, event, work, routine)
    write_result(ws.memory, overlapped, 0, RUNNING)
    ws.process.pending[overlapped] = pending
    queue.append(pending)
    raise WinsockError(WSA_IO_PENDING)


def _event(ws: Winsock, overlapped: int) -> Event | None:
    """The event object of a WSAOVERLAPPED, None without one. Raises WSA_INVALID_HANDLE."""
    handle = ws.memory.u32(overlapped + 16)
    if handle == 0:
        return None
    event = ws.call.process.handles.get(handle, Event)
    if event is None:
        raise WinsockError(WSA_INVALID_HANDLE)
    return event


@winsock(
    "WSAGetOverlappedResult",
    "s lpOverlapped lpcbTransfer fWait lpdwFlags",
    failure=0,
    provider=procedures.get_overlapped_result,
)
def wsa_get_overlapped_result(
    ws: Winsock, s: int, overlapped: int, transferred: int, wait: int, flags: int
) -> Waiting[int]:
    """TRUE when the operation has succeeded (ms898742).

    WSAENOTSOCK, WSAEFAULT, WSA_INVALID_HANDLE (a wait without a valid event), WSA_IO_INCOMPLETE (no wait
    and not finished), or the error of the operation.
    """
    ws.socket(s)
    ws.need_readable(overlapped, OVERLAPPED_SIZE)
    ws.need_writable(transferred, 4)
    ws.need_writable(flags, 4)
    if ws.memory.u32(overlapped) == RUNNING:
        if not wait:
            raise WinsockError(WSA_IO_INCOMPLETE)
        if _event(ws, overlapped) is None:
            raise WinsockError(WSA_INVALID_HANDLE)
        pending = ws.process.pending.get(overlapped)
        if pending is None:
            raise WinsockError(WSA_IO_INCOMPLETE)
        yield Objects([pending.over], None)
    code, count, result_flags = ws.memory.words(overlapped, 3)
    if code != RUNNING:
        ws.process.pending.pop(overlapped, None)
    ws.memory.set_u32(transferred, count)
    ws.memory.set_u32(flags, result_flags)
    if code:
        raise WinsockError(code)
    return 1
