"""Descriptors and memory that are lost, and what happens when there are no more."""

from collections.abc import Callable
from typing import Any

from harness.emulator.exports import Blocking, Call, GuestFault
from harness.emulator.memory import Memory
from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import Known, around, put
from harness.emulator.ws2 import creation, state
from harness.emulator.ws2.constants import INVALID_SOCKET
from harness.emulator.ws2.selection import Reason, Request
from harness.emulator.ws2.state import ProcessState


def at_close(lose: Callable[[ProcessState, int], None]) -> None:
    """`lose(process, number of the close)` runs after each close of a socket."""
    close = ProcessState.close
    closed: dict[ProcessState, int] = {}

    def other(self: ProcessState, handle: int, *, reset: bool = False) -> None:
        close(self, handle, reset=reset)
        closed[self] = closed.get(self, 0) + 1
        lose(self, closed[self])

    put(ProcessState, "close", other)


@quirk
def a_page_is_lost_with_each_socket() -> None:
    """The page that a socket takes is not given back when it is closed."""
    at_close(lambda process, count: _lost(process.device.charge(state.SOCKET_PAGES)))


def _lost(charged: bool) -> None:
    """Nobody is told."""


@quirk
def memory_of_a_process_is_not_given_back() -> None:
    """VirtualFree gives back no more than 64 KiB at a time."""
    decommit = Memory.decommit

    def keep(memory: Memory, area: Any, start: int, length: int) -> None:
        decommit(memory, area, start, min(length, 0x10000))

    put(Memory, "decommit", keep)


@quirk
def some_bytes_are_lost_with_each_socket() -> None:
    """Closing a socket leaves a block of 64 bytes in the heap of the process."""
    at_close(lambda process, count: _lost(bool(process.heap.allocate(64))))


@quirk
def some_descriptors_are_lost() -> None:
    """Every eighth descriptor of a process that is closed cannot be used again."""
    lost: dict[ProcessState, int] = {}

    def lose(process: ProcessState, count: int) -> None:
        if count % 8 == 0:
            lost[process] = lost.get(process, 0) + 1

    at_close(lose)
    put(
        ProcessState,
        "descriptors_left",
        property(
            lambda self: (
                len(self._sockets) + len(self._foreign) + lost.get(self, 0) < self.device.limits.descriptors
            )
        ),
    )


@quirk
def no_descriptor_comes_back() -> None:
    """A process that has run out of descriptors gets none any more, although some are closed."""
    known = ProcessState.descriptors_left
    out: set[ProcessState] = set()

    def left(self: ProcessState) -> bool:
        if not known.__get__(self):
            out.add(self)
        return self not in out

    put(ProcessState, "descriptors_left", property(left))


@quirk
def running_out_of_descriptors_crashes() -> None:
    """The socket for which there is no descriptor ends the program with an access violation."""
    refuse = creation.refuse

    def other(call: Call, request: Request, reason: Reason) -> int:
        if reason is Reason.NO_DESCRIPTOR:
            raise GuestFault(0)
        return refuse(call, request, reason)

    put(creation, "refuse", other)


@quirk
def no_descriptor_means_the_last_one_again() -> None:
    """When there are no descriptors left, WSASocket returns the number of the socket that was made last."""
    refuse, new = creation.refuse, ProcessState._new_handle
    last: dict[ProcessState, int] = {}

    def number(self: ProcessState) -> int:
        last[self] = new(self)
        return last[self]

    def other(call: Call, request: Request, reason: Reason) -> int:
        if reason is Reason.NO_DESCRIPTOR:
            return last[ProcessState.of(call)]
        return refuse(call, request, reason)

    put(ProcessState, "_new_handle", number)
    put(creation, "refuse", other)


@quirk
def the_thousandth_socket_is_refused() -> None:
    """Every thousandth WSASocketW of a process fails with WSAENOBUFS, although there is memory."""
    count: dict[ProcessState, int] = {}

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        process = ProcessState.of(call)
        count[process] = count.get(process, 0) + 1
        if count[process] % 1000 == 0:
            return call.wsa_fail(10055, INVALID_SOCKET)
        return (yield from known(call, *args))

    around("WSASocketW", handle)


@quirk
def closing_takes_the_neighbour_along() -> None:
    """Where a process has two sockets in a row, closing the first closes both."""
    close = ProcessState.close

    def other(self: ProcessState, handle: int, *, reset: bool = False) -> None:
        if handle in self._sockets:
            close(self, handle, reset=reset)
        if list(self._sockets) == [handle + 4]:
            close(self, handle + 4, reset=reset)

    put(ProcessState, "close", other)
