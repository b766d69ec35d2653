"""The debugging functions as the CE pages describe them, with debuggees of guest code."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from emulated_machine import Machine

from harness.emulator.process import Process

EXCEPTION, CREATE_THREAD, CREATE_PROCESS, EXIT_THREAD, EXIT_PROCESS, LOAD_DLL, _, TEXT = range(1, 9)
CONTINUE, NOT_HANDLED = 0x00010002, 0x80010001
DEBUG_PROCESS, ONLY_THIS = 1, 2
ACCESS_VIOLATION = 0xC0000005
SOON = 60_000
"""Milliseconds that a wait for something certain may take on a loaded machine."""


@dataclass
class Event:
    """A DEBUG_EVENT: its code, whose it is, and the words of its union."""

    code: int
    process: int
    thread: int
    words: tuple[int, ...]


class Bench:
    """A debugger whose moves are the test's, and the process it has started."""

    def __init__(self, machine: Machine, words: str, flags: int = ONLY_THIS) -> None:
        self.machine, self.call = machine, machine.caller()
        self.room = self.call.data(bytes(96))
        self.child, self.main, self.id, self.main_id = self.start(words, flags)

    def start(self, words: str, flags: int) -> tuple[int, ...]:
        call, made = self.call, self.call.data(bytes(16))
        given = call.text("\\guest.exe"), call.text(words)
        assert call("CreateProcessW", *given, 0, 0, 0, flags, 0, 0, 0, made) == 1, call.error
        return call.memory.words(made, 4)

    def event(self, timeout: int = SOON) -> Event | None:
        if not self.call("WaitForDebugEvent", self.room, timeout):
            return None
        code, process, thread, *words = self.call.memory.words(self.room, 24)
        return Event(code, process, thread, tuple(words))

    def answer(self, event: Event, status: int = CONTINUE) -> int:
        return self.call("ContinueDebugEvent", event.process, event.thread, status)

    def until(self, *codes: int) -> Event:
        """Continue every event before the first of these kinds."""
        while True:
            event = self.event()
            assert event is not None
            if event.code in codes:
                return event
            assert self.answer(event)

    def exit_code(self) -> int:
        place = self.call.data(bytes(4))
        assert self.call("GetExitCodeProcess", self.child, place) == 1
        return self.call.memory.u32(place)

    def ended(self, timeout: int = 0) -> bool:
        return self.call("WaitForSingleObject", self.child, timeout) == 0


@pytest.fixture
def bench(guest: Callable[[str], Path], machine: Callable[..., Machine]) -> Callable[..., Bench]:
    return lambda words, flags=ONLY_THIS: Bench(machine("x86", guest("x86")), words, flags)


def test_the_first_events_tell_of_the_process_and_its_dlls(bench: Callable[..., Bench]) -> None:
    debug = bench("forty-two")
    first = debug.event()
    assert (first.code, first.process, first.thread) == (CREATE_PROCESS, debug.id, debug.main_id)
    file, process, thread, base, offset, size, _local, start, name = first.words[:9]
    assert (file, offset, size, name) == (0, 0, 0, 0)
    assert base == 0x10000 < start < 0x20000
    objects = debug.call.process.handles.get
    assert objects(process, object) is objects(debug.child, object)
    assert objects(thread, object) is objects(debug.main, object)
    assert debug.event(0) is None, "the next one waits until this one is continued"
    assert debug.answer(first)
    dll = debug.event()
    assert (dll.code, dll.words[0]) == (LOAD_DLL, 0)
    (library,) = [module for module in first_process(debug).modules if module.dll is not None]
    assert dll.words[1] == library.base
    assert debug.answer(dll)
    assert debug.until(EXIT_PROCESS).words[0] == 42


def first_process(debug: Bench) -> Process:
    return next(process for process in debug.machine.device.processes if process.id == debug.id)


def test_nothing_runs_before_the_first_event_is_continued(bench: Callable[..., Bench]) -> None:
    debug = bench("spin")
    assert debug.event().code == CREATE_PROCESS
    debug.call("Sleep", 20)
    assert debug.machine.named("console") == []
    assert not debug.ended()


def test_the_end_is_seen_when_its_event_has_been_continued(bench: Callable[..., Bench]) -> None:
    debug = bench("forty-two")
    before = len(debug.call.process.handles)
    last = debug.until(EXIT_PROCESS)
    assert (last.process, last.thread) == (debug.id, debug.main_id)
    assert not debug.ended(20)
    assert debug.exit_code() == 259
    assert len(debug.call.process.handles) == before + 2
    assert debug.answer(last)
    assert debug.ended(SOON)
    assert debug.exit_code() == 42
    assert len(debug.call.process.handles) == before, "the handles that the events gave are closed"


@pytest.mark.parametrize(
    ("scenario", "code", "parameters"),
    [
        ("null-read", ACCESS_VIOLATION, (0, 0x10)),
        ("null-write", ACCESS_VIOLATION, (1, 0x10)),
        ("fault-in-export", ACCESS_VIOLATION, (1, 0x10)),
        ("illegal", 0xC000001D, ()),
        ("divide", 0xC0000094, ()),
        ("stack-overflow", 0xC00000FD, ()),
        ("raised", 0xE0001234, ()),
    ],
)
def test_a_fault_has_two_chances(
    guest: Callable[[str], Path],
    machine: Callable[..., Machine],
    cpu: str,
    scenario: str,
    code: int,
    parameters: tuple[int, ...],
) -> None:
    debug = Bench(machine(cpu, guest(cpu)), scenario)
    for first in (1, 0):
        event = debug.until(EXCEPTION)
        assert (event.process, event.thread) == (debug.id, debug.main_id)
        found, flags, related, address, count, *numbers = event.words[:20]
        assert (found, flags, related, count, event.words[20]) == (code, 0, 0, len(parameters), first)
        assert tuple(numbers[:count]) == parameters
        assert 0x10000 < address < 0x20000
        assert debug.event(0) is None
        assert debug.answer(event, NOT_HANDLED)
    last = debug.event()
    assert (last.code, last.words[0]) == (EXIT_PROCESS, code)
    assert debug.answer(last)
    assert debug.ended(SOON)
    assert debug.exit_code() == code
    (exit_event,) = debug.machine.named("exit")
    assert exit_event["exception"] == f"0x{code:08X}"
    assert int(exit_event["address"], 16) == address


@pytest.mark.parametrize("scenario", ["null-read", "fault-in-export"])
def test_a_handled_fault_is_tried_again(
    cpu: str, guest: Callable[[str], Path], machine: Callable, scenario: str
) -> None:
    debug = Bench(machine(cpu, guest(cpu)), scenario)
    seen = []
    for _ in range(3):
        event = debug.until(EXCEPTION)
        seen.append((event.words[0], event.words[3], event.words[20]))
        assert debug.answer(event, CONTINUE)
    assert set(seen) == {(ACCESS_VIOLATION, seen[0][1], 1)}


def test_a_misaligned_access_is_tried_again(guest: Callable[[str], Path], machine: Callable) -> None:
    debug = Bench(machine("arm", guest("arm")), "unaligned-word")
    seen = set()
    for _ in range(3):
        event = debug.until(EXCEPTION)
        seen.add((event.words[0], event.words[3], event.words[20]))
        assert debug.answer(event, CONTINUE)
    ((code, _, first),) = seen
    assert (code, first) == (0x80000002, 1)


def test_a_jump_to_nowhere_can_be_handled(cpu: str, guest: Callable[[str], Path], machine: Callable) -> None:
    debug = Bench(machine(cpu, guest(cpu)), "wild-call")
    for _ in range(3):
        event = debug.until(EXCEPTION)
        assert event.words[3] == 0x30000000
        assert debug.answer(event, CONTINUE)
    assert debug.machine.run("forty-two") == 42


def test_a_raised_exception_that_is_handled_returns(bench: Callable[..., Bench]) -> None:
    debug = bench("raised")
    assert debug.answer(debug.until(EXCEPTION), CONTINUE)
    assert debug.until(EXIT_PROCESS).words[0] == 0


def test_a_noncontinuable_exception_cannot_be_handled(bench: Callable[..., Bench]) -> None:
    debug = bench("raised-for-good")
    event = debug.until(EXCEPTION)
    assert event.words[:2] == (0xE0005678, 1)
    assert event.words[4:7] == (2, 3, 4)
    assert debug.answer(event, CONTINUE)
    for first in (1, 0):
        event = debug.until(EXCEPTION)
        assert (event.words[0], event.words[1], event.words[20]) == (0xC0000025, 1, first)
        assert debug.answer(event, NOT_HANDLED)
    assert debug.until(EXIT_PROCESS).words[0] == 0xC0000025


def test_threads_are_told_of(bench: Callable[..., Bench]) -> None:
    debug = bench("eventful")
    begins = debug.until(CREATE_THREAD)
    assert begins.process == debug.id
    assert begins.thread != debug.main_id
    handle, _, start = begins.words[:3]
    thread = debug.call.process.handles.get(handle, object)
    assert thread.id == begins.thread
    assert 0x10000 < start < 0x20000
    assert debug.answer(begins)
    ends = debug.until(EXIT_THREAD)
    assert (ends.thread, ends.words[0]) == (begins.thread, 5)
    assert debug.answer(ends)
    assert debug.call.process.handles.get(handle, object) is None


def test_text_can_be_read_from_the_debuggee_while_it_stands_still(bench: Callable[..., Bench]) -> None:
    debug = bench("eventful")
    text = debug.until(TEXT)
    assert (text.words[1] & 0xFFFF, text.words[1] >> 16) == (1, 8)
    room = debug.call.data(bytes(8))
    read = ("ReadProcessMemory", debug.child, text.words[0], room)
    assert debug.call(*read, 8, 0) == 1
    assert debug.call.memory.wide(room) == "one"
    assert debug.call("ReadProcessMemory", debug.child, 0x10, room, 4, 0) == 0
    assert debug.call.error == 998
    assert [event["text"] for event in debug.machine.named("console")] == ["one"]


def test_a_library_that_is_loaded_later_is_told_of(bench: Callable[..., Bench]) -> None:
    debug = bench("eventful")
    debug.answer(debug.until(TEXT))
    event = debug.until(LOAD_DLL, EXIT_PROCESS)
    assert event.code == LOAD_DLL
    assert debug.answer(event)
    assert debug.until(EXIT_PROCESS).words[0] == 6


def test_terminating_a_debuggee_in_an_exception(bench: Callable[..., Bench]) -> None:
    """Its event is still to be continued, and then its end."""
    debug = bench("null-read")
    fault = debug.until(EXCEPTION)
    assert debug.call("TerminateProcess", debug.child, 77) == 1
    assert debug.event(0) is None
    assert debug.answer(fault, NOT_HANDLED)
    last = debug.event()
    assert (last.code, last.words[0]) == (EXIT_PROCESS, 77)
    assert debug.answer(last)
    assert debug.ended(SOON)
    assert debug.exit_code() == 77
    (exit_event,) = debug.machine.named("exit")
    assert (exit_event["code"], exit_event["exception"]) == (77, "0xC0000005")


def test_a_timeout_says_so(bench: Callable[..., Bench]) -> None:
    debug = bench("sleeping")
    while (event := debug.event(0)) is not None:
        debug.answer(event)
    assert debug.call.error == 258


def test_only_the_thread_that_started_it_debugs(bench: Callable[..., Bench]) -> None:
    debug = bench("forty-two")
    other = debug.call.second_thread()
    assert other("WaitForDebugEvent", debug.room, 0) == 0
    assert other.error == 6
    event = debug.event()
    assert other("ContinueDebugEvent", event.process, event.thread, CONTINUE) == 0
    assert other.error == 5
    assert debug.answer(event)


@pytest.mark.parametrize(("process", "thread", "status"), [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_continuing_what_was_not_reported(
    bench: Callable[..., Bench], process: int, thread: int, status: int
) -> None:
    debug = bench("forty-two")
    event = debug.event()
    wrong = event.process + process, event.thread + thread, CONTINUE + status
    assert debug.call("ContinueDebugEvent", *wrong) == 0
    assert debug.call.error == 87
    assert debug.answer(event)
    assert debug.answer(event) == 0, "once"


@pytest.mark.parametrize("when", ["before the first event", "in the first event", "running", "ending"])
def test_a_debuggee_ends_with_its_debugger(bench: Callable[..., Bench], when: str) -> None:
    debug = bench("forty-two" if when == "ending" else "spin")
    if when == "in the first event":
        debug.event()
    elif when == "running":
        debug.answer(debug.until(TEXT))
    elif when == "ending":
        debug.until(EXIT_PROCESS)
    debug.machine.device.end_process(debug.call.process, 0)
    assert debug.machine.device.processes == []
    assert debug.machine.device.pages_used == 0
    code = next(e["code"] for e in debug.machine.named("exit") if e["process"] == "\\guest.exe")
    assert code == (42 if when == "ending" else 0xC0000354)


@pytest.mark.parametrize(("flags", "followed"), [(DEBUG_PROCESS, True), (3, False), (ONLY_THIS, False)])
def test_children_of_a_debuggee(bench: Callable[..., Bench], flags: int, followed: bool) -> None:
    debug = bench("children", flags)
    seen = set()
    while (event := debug.event()) is not None:
        seen.add(event.process)
        over = event.code == EXIT_PROCESS and event.process == debug.id
        debug.answer(event, NOT_HANDLED)
        if over:
            break
    assert debug.exit_code() == 0
    assert seen == {debug.id} if not followed else len(seen) == 4


def test_attaching_to_a_process_that_runs(bench: Callable[..., Bench], machine: Callable) -> None:
    debug = bench("forty-two")
    debug.answer(debug.until(EXIT_PROCESS))
    child, _, number, main = debug.start("left-behind", 4)
    assert debug.call("DebugActiveProcess", number) == 1
    first = debug.event()
    assert (first.code, first.process, first.thread, first.words[7]) == (CREATE_PROCESS, number, main, 0)
    assert debug.call("DebugActiveProcess", number) == 0
    assert debug.call("DebugActiveProcess", 12345) == 0
    assert debug.answer(first)
    assert debug.call("ResumeThread", debug.call.process.handles.add(_thread(debug, main))) == 1
    assert debug.until(EXIT_PROCESS).words[0] == 33
    assert child


def _thread(debug: Bench, number: int):
    return next(t for p in debug.machine.device.processes for t in p.threads if t.id == number)
