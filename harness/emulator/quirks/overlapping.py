"""Overlapped sockets and operations."""

from collections.abc import Callable
from typing import Any

from harness.emulator.exports import Blocking, Call
from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import Known, around, put
from harness.emulator.ws2 import overlapped
from harness.emulator.ws2.constants import SIO_ADDRESS_LIST_CHANGE, SOCKET_ERROR
from harness.emulator.ws2.errors import (
    WSA_IO_PENDING,
    WSA_OPERATION_ABORTED,
    WSAEINVAL,
    WSAEOPNOTSUPP,
    WSAEWOULDBLOCK,
    WinsockError,
)
from harness.emulator.ws2.overlapped import Pending
from harness.emulator.ws2.sockets import Socket
from harness.emulator.ws2.state import ProcessState


def attribute(overlapped_if: Callable[[bool], bool], *names: str) -> None:
    """Sockets of these functions are overlapped when `overlapped_if(they should be)` says so."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        sock = ProcessState.of(call)._sockets.get(value or 0)
        if sock is not None:
            sock.overlapped = overlapped_if(sock.overlapped)
        return value

    for name in names:
        around(name, handle)


@quirk
def every_socket_is_overlapped() -> None:
    """A socket of WSASocket is overlapped without the flag too."""
    attribute(lambda should: True, "WSASocketW")


@quirk
def the_overlapped_flag_is_ignored() -> None:
    """A socket of WSASocket is not overlapped, although WSA_FLAG_OVERLAPPED asked for that."""
    attribute(lambda should: False, "WSASocketW")


@quirk
def the_overlapped_flag_means_the_opposite() -> None:
    """A socket of WSASocket is overlapped without WSA_FLAG_OVERLAPPED, and is not with it."""
    attribute(lambda should: not should, "WSASocketW")


@quirk
def sockets_of_socket_are_not_overlapped() -> None:
    """A socket of socket() is not overlapped."""
    attribute(lambda should: False, "socket")


@quirk
def overlapped_use_gets_another_code() -> None:
    """Overlapped use of a socket without the attribute fails with WSAEOPNOTSUPP."""
    need = overlapped.need_overlapped

    def other(sock: Socket, address: int, routine: int) -> bool:
        try:
            return need(sock, address, routine)
        except WinsockError:
            raise WinsockError(WSAEOPNOTSUPP) from None

    put(overlapped, "need_overlapped", other)


@quirk
def overlapped_structures_are_ignored() -> None:
    """On a socket without the attribute an overlapped structure is not looked at."""
    need = overlapped.need_overlapped
    put(
        overlapped,
        "need_overlapped",
        lambda sock, address, routine: sock.overlapped and need(sock, address, routine),
    )


# --- operations -----------------------------------------------------------------------------------------


def ended(change: Any) -> None:
    """An operation that was pending ends with `change(pending, count, code)`; None: not at all."""
    end = Pending._end

    def other(pending: Pending, count: int, code: int) -> None:
        result = change(pending, count, code)
        if result is not None:
            end(pending, *result)

    put(Pending, "_end", other)


@quirk
def one_operation_at_a_time() -> None:
    """A second operation in the same direction of a socket is refused with WSAEWOULDBLOCK."""
    put(overlapped, "MOST_PENDING", 1)


@quirk
def operations_count_wrongly() -> None:
    """An operation that was pending counts a byte too many."""
    ended(lambda pending, count, code: (count + 1, code))


@quirk
def operations_count_nothing() -> None:
    """An operation that was pending counts 0 bytes."""
    ended(lambda pending, count, code: (0, code))


@quirk
def operations_are_aborted() -> None:
    """An operation that was pending and has succeeded is said to be aborted."""
    ended(lambda pending, count, code: (count, code or WSA_OPERATION_ABORTED))


@quirk
def operations_never_end() -> None:
    """An operation that was pending stays so, although its bytes have come."""
    ended(lambda pending, count, code: None)


@quirk
def events_are_not_set() -> None:
    """An operation that was pending ends, and its event stays as it was."""

    def change(pending: Pending, count: int, code: int) -> tuple[int, int]:
        pending._event = None
        return count, code

    ended(change)


@quirk
def operations_end_in_the_wrong_order() -> None:
    """What comes first goes to the operation that was started last."""
    begin = overlapped.begin

    def other(ws: Any, queue: list[Any], *args: Any) -> int:
        try:
            return begin(ws, queue, *args)
        finally:
            if len(queue) > 1:
                queue.insert(0, queue.pop())

    put(overlapped, "begin", other)


@quirk
def pending_is_success() -> None:
    """An operation that is pending is said to have succeeded."""
    begin = overlapped.begin

    def other(*args: Any) -> int:
        try:
            return begin(*args)
        except WinsockError as error:
            if error.code != WSA_IO_PENDING:
                raise
            return 0

    put(overlapped, "begin", other)


@quirk
def pending_leaves_no_code() -> None:
    """An operation that is pending returns SOCKET_ERROR and leaves WSAEWOULDBLOCK."""
    begin = overlapped.begin

    def other(*args: Any) -> int:
        try:
            return begin(*args)
        except WinsockError as error:
            raise WinsockError(WSAEWOULDBLOCK if error.code == WSA_IO_PENDING else error.code) from None

    put(overlapped, "begin", other)


@quirk
def bytes_go_nowhere() -> None:
    """An operation that was pending counts its bytes, and does not put them into its buffers."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        memory = call.process.memory
        if args[5 if len(args) == 7 else 7]:
            address = memory.u32(args[1] + 4)
            elsewhere = ProcessState.of(call).heap.allocate(64)
            memory.set_u32(args[1] + 4, elsewhere)
            try:
                return (yield from known(call, *args))
            finally:
                memory.set_u32(args[1] + 4, address)
        return (yield from known(call, *args))

    around("WSARecv", handle)


@quirk
def sends_to_somewhere_are_not_overlapped() -> None:
    """WSASendTo with an overlapped structure fails with WSAEOPNOTSUPP."""
    _not_overlapped("WSASendTo", 7)


@quirk
def receives_from_anywhere_are_not_overlapped() -> None:
    """WSARecvFrom with an overlapped structure fails with WSAEINVAL."""
    _not_overlapped("WSARecvFrom", 7, WSAEINVAL)


def _not_overlapped(name: str, place: int, code: int = WSAEOPNOTSUPP) -> None:
    def handle(known: Known, call: Call, *args: int) -> Blocking:
        if args[place]:
            return call.wsa_fail(code, SOCKET_ERROR)
        return (yield from known(call, *args))

    around(name, handle)


@quirk
def wsaioctl_is_not_overlapped() -> None:
    """WSAIoctl with SIO_ADDRESS_LIST_CHANGE fails with WSAEOPNOTSUPP."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        if args[1] == SIO_ADDRESS_LIST_CHANGE:
            return call.wsa_fail(WSAEOPNOTSUPP, SOCKET_ERROR)
        return (yield from known(call, *args))

    around("WSAIoctl", handle)


@quirk
def results_are_failures() -> None:
    """WSAGetOverlappedResult returns FALSE for an operation that has succeeded."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        return call.wsa_fail(WSA_OPERATION_ABORTED, 0) if value else value

    around("WSAGetOverlappedResult", handle)
