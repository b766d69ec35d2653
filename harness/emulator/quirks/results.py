"""What WSASocket returns, and the error code it leaves behind."""

from collections.abc import Callable

from harness.emulator.exports import Blocking, Call
from harness.emulator.process import Process
from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import Known, around, put, result_of
from harness.emulator.thread import Thread
from harness.emulator.ws2 import creation
from harness.emulator.ws2.constants import INVALID_SOCKET
from harness.emulator.ws2.selection import Reason, Request


def refused_with(value: int, error: int | None) -> None:
    """A refusal returns `value`, and the last error is `error`, or what it was."""

    def refuse(call: Call, request: Request, reason: Reason) -> int:
        return value if error is None else call.wsa_fail(error, value)

    put(creation, "refuse", refuse)


def _refused_and(change: Callable[[Call, int], int]) -> None:
    """A refusal returns `change(call, what it would return)`, which may also change the last error."""
    known = creation.refuse

    def refuse(call: Call, request: Request, reason: Reason) -> int:
        return change(call, known(call, request, reason))

    put(creation, "refuse", refuse)


@quirk
def refusals_return_0() -> None:
    """Where WSASocket refuses, it sets the code and returns 0 instead of INVALID_SOCKET."""
    _refused_and(lambda call, value: 0)


@quirk
def refusals_return_a_number() -> None:
    """Where WSASocket refuses, it sets the code and returns a number that is no descriptor."""
    _refused_and(lambda call, value: 0x6FFFFFF0)


@quirk
def refusals_return_the_code() -> None:
    """Where WSASocket refuses, it returns the code itself."""
    _refused_and(lambda call, value: call.thread.wsa_error)


@quirk
def refusals_leave_no_code() -> None:
    """Where WSASocket refuses, it does not touch the last error."""
    refused_with(INVALID_SOCKET, None)


@quirk
def refusals_clear_the_code() -> None:
    """Where WSASocket refuses, the last error is 0."""
    refused_with(INVALID_SOCKET, 0)


@quirk
def refusals_leave_one_code() -> None:
    """Where WSASocket refuses, the last error is WSASYSCALLFAILURE, whatever is wrong."""
    refused_with(INVALID_SOCKET, 10107)


@quirk
def codes_are_results_of_com() -> None:
    """Where WSASocket refuses, the last error is the code as an HRESULT, 0x8007...."""
    _refused_and(lambda call, value: call.wsa_fail(call.thread.wsa_error | 0x80070000, value))


@quirk
def codes_are_those_of_unix() -> None:
    """Where WSASocket refuses, the last error is the code without its 10000."""
    _refused_and(lambda call, value: call.wsa_fail(call.thread.wsa_error - 10000, value))


@quirk
def last_error_is_shared_by_all_threads() -> None:
    """GetLastError and WSAGetLastError of any thread read what the last call of all threads left."""
    shared: dict[Process, list[int]] = {}

    def errors(thread: Thread) -> list[int]:
        return shared.setdefault(thread.process, [0, 0])

    def ignore(thread: Thread, value: list[int]) -> None:
        """There is one list for all of them."""

    setattr(Thread, "errors", property(errors, ignore))  # noqa: B010 - it is no property elsewhere


@quirk
def last_error_is_that_of_the_first_failure() -> None:
    """WSAGetLastError gives the code of the first failure of WSASocket in the process, from then on."""
    first: dict[Process, int] = {}

    def as_at_first(call: Call, value: int) -> int:
        return call.wsa_fail(first.setdefault(call.process, call.thread.wsa_error), value)

    _refused_and(as_at_first)


@quirk
def descriptors_are_odd() -> None:
    """WSASocketW returns the number of the descriptor plus 1."""
    result_of("WSASocketW", lambda call, value, args: value if value == INVALID_SOCKET else value + 1)


@quirk
def two_sockets_in_a_row_get_one_number() -> None:
    """WSASocketW right after WSASocketW returns the number of the socket before."""
    last: dict[Process, int] = {}

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        before = last.pop(call.process, None)
        if before is not None and args == (2, 1, 6, 0, 0, 0):
            return before
        value = yield from known(call, *args)
        if value != INVALID_SOCKET:
            last[call.process] = int(value or 0)
        return value

    around("WSASocketW", handle)
    for name in ("bind", "connect", "closesocket", "WSACleanup"):

        def other(known: Known, call: Call, *args: int) -> Blocking:
            last.pop(call.process, None)
            return (yield from known(call, *args))

        around(name, other)
