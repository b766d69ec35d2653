"""Threads as their pages describe them: stacks, exit codes, ends."""

from collections.abc import Callable

import pytest
from emulated_machine import Caller, Machine

from harness.emulator.exports import GuestFault

PAGE = 4096
SUSPENDED, RESERVATION = 4, 0x10000
STILL_ACTIVE = 259
START = 0x12340


def create(call: Caller, stack: int = 0, flags: int = SUSPENDED) -> int:
    return call("CreateThread", 0, stack, START, 7, flags, 0)


def exit_code(call: Caller, thread: int) -> int:
    place = call.data(bytes(4))
    assert call("GetExitCodeThread", thread, place) == 1
    return call.memory.u32(place)


@pytest.mark.parametrize(
    ("size", "flags", "pages"),
    [
        (0, 0, 16),
        (0x40000, 0, 16),  # without the flag, a size is not looked at
        (0x40000, RESERVATION, 64),
        (0x2001, RESERVATION, 3),
        (0, RESERVATION, 16),
    ],
)
def test_stacks(call: Caller, size: int, flags: int, pages: int) -> None:
    before = call.device.pages_used
    thread = create(call, size, SUSPENDED | flags)
    assert thread
    assert call.device.pages_used - before == pages
    assert call("TerminateThread", thread, 3) == 1
    assert call.device.pages_used == before
    assert call("CloseHandle", thread) == 1


def test_no_memory_for_a_stack(machine: Callable[..., Machine]) -> None:
    call = machine(memory=1 << 20).caller()
    assert create(call, 2 << 20, SUSPENDED | RESERVATION) == 0
    assert call.error == 8
    assert len(call.process.threads) == 1


def test_an_unknown_flag_is_refused(call: Caller) -> None:
    assert create(call, 0, 0x8) == 0
    assert call.error == 87


def test_a_bad_place_for_the_identifier_makes_no_thread(call: Caller) -> None:
    with pytest.raises(GuestFault):
        call("CreateThread", 0, 0, START, 0, SUSPENDED, 0x10)
    assert len(call.process.threads) == 1


def test_exit_codes(call: Caller) -> None:
    thread = create(call)
    assert exit_code(call, thread) == STILL_ACTIVE
    assert call("WaitForSingleObject", thread, 0) == 0x102
    assert call("TerminateThread", thread, 0x80000001) == 1
    assert exit_code(call, thread) == 0x80000001
    assert call("WaitForSingleObject", thread, 0) == 0
    assert call("TerminateThread", thread, 5) == 1
    assert exit_code(call, thread) == 0x80000001, "the first end counts"


@pytest.mark.parametrize("export", ["TerminateThread", "GetExitCodeThread"])
def test_what_is_no_thread(call: Caller, export: str) -> None:
    event = call("CreateEventW", 0, 0, 0, 0)
    assert call(export, event, call.data(bytes(4))) == 0
    assert call.error == 6


def test_priorities_are_the_lowest_eight_of_256(call: Caller) -> None:
    thread = create(call)
    assert call("CeGetThreadPriority", thread) == 251
    assert call("GetThreadPriority", thread) == 3
    assert call("SetThreadPriority", thread, 7) == 1
    assert call("CeGetThreadPriority", thread) == 255
    assert call("CeSetThreadPriority", thread, 248) == 1
    assert call("GetThreadPriority", thread) == 0


def test_random_bytes(call: Caller) -> None:
    room = call.data(bytes(0x2100))
    assert call("CeGenRandom", 0x2000, room) == 1
    got = call.memory.read(room, 0x2100)
    assert len(set(got[:0x2000])) == 256
    assert got[0x2000:] == bytes(0x100)
    assert call("CeGenRandom", 0, 0) == 1
    with pytest.raises(GuestFault):
        call("CeGenRandom", 0xFFFFFFFF, room)
