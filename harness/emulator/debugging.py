"""Debugging: a thread that created a process to debug hears of its events, one by one, and answers them.

As the pages of Windows CE describe it (WaitForDebugEvent aa450986, ContinueDebugEvent ms885175, DEBUG_EVENT
ms885195): the thread that caused an event stands still until the event has been continued, its other threads
go on. Events wait in one queue; of one thread, the next is not reported before the last has been continued.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from harness.emulator.exports import GuestException
from harness.emulator.objects import KernelObject, Waitable
from harness.emulator.process import Process
from harness.emulator.thread import Thread

if TYPE_CHECKING:
    from harness.emulator.device import Device
    from harness.emulator.loader import Module

EVENT_SIZE = 96
"""Bytes of a DEBUG_EVENT; the exception is the largest of its kinds."""
DEBUGGER_GONE = 0xC0000354
"""Exit code of a process whose debugger has ended (STATUS_DEBUGGER_INACTIVE)."""
NONCONTINUABLE_EXCEPTION = 0xC0000025
NONCONTINUABLE = 1
PARAMETERS = 15


class Kind(IntEnum):
    """dwDebugEventCode."""

    EXCEPTION = 1
    CREATE_THREAD = 2
    CREATE_PROCESS = 3
    EXIT_THREAD = 4
    EXIT_PROCESS = 5
    LOAD_DLL = 6
    UNLOAD_DLL = 7
    OUTPUT_DEBUG_STRING = 8


@dataclass(slots=True)
class DebugEvent:
    """One event of one thread."""

    kind: Kind
    thread: Thread
    body: bytes = b""
    """The union of the structure, where it needs no handles of the debugger."""
    start: int = 0
    """Where a new thread or process begins; 0 after an attach."""
    exception: GuestException | None = None
    first_chance: bool = True

    @property
    def key(self) -> tuple[int, int]:
        """Process and thread identifier."""
        return self.thread.process.id, self.thread.id


class Debugger(Waitable):
    """The debugging side of one thread. Signalled while an event can be reported."""

    kind = "debugger"

    def __init__(self, device: Device, owner: Thread) -> None:
        super().__init__()
        self._device, self._owner = device, owner
        self.debuggees: list[Process] = []
        self._queue: deque[DebugEvent] = deque()
        self._reported: dict[tuple[int, int], DebugEvent] = {}
        """Events that have been reported and not been continued."""
        self._handles: dict[KernelObject, int] = {}
        """Handles that events gave to the debugger, which their ends take back."""

    def signalled(self, thread: Thread) -> bool:
        return self._next() is not None

    def _next(self) -> DebugEvent | None:
        return next((event for event in self._queue if event.key not in self._reported), None)

    # --- what happens in a debugged process ------------------------------------------------------------

    def adopt(self, process: Process, *, children: bool) -> None:
        """Debug a new process from its first instruction on; `children`: and what it starts."""
        process.debugger, process.debug_children = self, children
        self.debuggees.append(process)
        assert process.main is not None, "a process begins with a thread"
        start = process.main.begin[0] if process.main.begin is not None else 0
        self._post(DebugEvent(Kind.CREATE_PROCESS, process.main, start=start))
        self.loaded(process.main, _libraries(process))

    def attach(self, process: Process) -> None:
        """Debug a process that is running (ms885193): the same events, without start addresses."""
        process.debugger, process.debug_children = self, False
        self.debuggees.append(process)
        for thread in process.threads:
            kind = Kind.CREATE_PROCESS if thread is process.main else Kind.CREATE_THREAD
            self._post(DebugEvent(kind, thread))
        if process.main is not None:
            self.loaded(process.main, _libraries(process))

    def thread_begins(self, thread: Thread) -> None:
        start = thread.begin[0] if thread.begin is not None else 0
        self._post(DebugEvent(Kind.CREATE_THREAD, thread, start=start))

    def thread_ended(self, thread: Thread) -> None:
        self._post(DebugEvent(Kind.EXIT_THREAD, thread, struct.pack("<I", thread.exit_code)))

    def process_ended(self, process: Process) -> None:
        """The process is over but for this event: nobody else sees it ended before the event is continued."""
        assert process.main is not None, "a process that ends had a thread"
        self._post(DebugEvent(Kind.EXIT_PROCESS, process.main, struct.pack("<I", process.final_code)))

    def loaded(self, thread: Thread, modules: list[Module]) -> None:
        """lpImageName is NULL: the page leaves it to the system."""
        for module in modules:
            self._post(DebugEvent(Kind.LOAD_DLL, thread, struct.pack("<6I", 0, module.base, 0, 0, 0, 1)))

    def unloaded(self, thread: Thread, module: Module) -> None:
        self._post(DebugEvent(Kind.UNLOAD_DLL, thread, struct.pack("<I", module.base)))

    def text(self, thread: Thread, address: int, text: str) -> None:
        """OutputDebugString; the length, in bytes with the zero, is a WORD."""
        size = min(2 * len(text) + 2, 0xFFFF)
        self._post(DebugEvent(Kind.OUTPUT_DEBUG_STRING, thread, struct.pack("<IHH", address, 1, size)))

    def exception(self, thread: Thread, exception: GuestException, *, first_chance: bool = True) -> None:
        """The second chance follows when the debugger does not handle the first."""
        self._post(DebugEvent(Kind.EXCEPTION, thread, exception=exception, first_chance=first_chance))

    def _post(self, event: DebugEvent) -> None:
        event.thread.holds += 1
        self._queue.append(event)
        self.wake()

    # --- what the debugger does ------------------------------------------------------------------------

    def report(self) -> bytes:
        """Take the next event, as a DEBUG_EVENT. To be called while signalled."""
        event = self._next()
        assert event is not None, "nothing to report"
        self._queue.remove(event)
        self._reported[event.key] = event
        process, thread = event.thread.process, event.thread
        match event.kind:
            case Kind.CREATE_PROCESS:
                handles = self._handle(process), self._handle(thread)
                body = struct.pack("<10I", 0, *handles, _base(process), 0, 0, 0, event.start, 0, 1)
            case Kind.CREATE_THREAD:
                body = struct.pack("<3I", self._handle(thread), 0, event.start)
            case Kind.EXCEPTION:
                body = _record(event)
            case _:
                body = event.body
        return (struct.pack("<3I", event.kind, *event.key) + body).ljust(EVENT_SIZE, b"\0")

    def proceed(self, process: int, thread: int, handled: bool) -> bool:
        """ContinueDebugEvent. False: no event of that thread has been reported and not been continued."""
        event = self._reported.pop((process, thread), None)
        if event is None:
            return False
        match event.kind:
            case Kind.EXCEPTION:
                self._answered(event, handled)
            case Kind.EXIT_THREAD:
                self._close(event.thread)
            case Kind.EXIT_PROCESS:
                self._close(event.thread)
                self._close(event.thread.process)
                self.debuggees.remove(event.thread.process)
                self._device.process_gone(event.thread.process)
        self._device.scheduler.release(event.thread)
        self.wake()
        return True

    def _answered(self, event: DebugEvent, handled: bool) -> None:
        exception, thread = event.exception, event.thread
        assert exception is not None, "an exception event has one"
        if thread.process.ended:  # somebody has terminated it meanwhile
            return
        if handled and exception.flags & NONCONTINUABLE:
            self.exception(
                thread, GuestException(NONCONTINUABLE_EXCEPTION, exception.place, flags=NONCONTINUABLE)
            )
        elif handled:
            # A call that raised it returns; an instruction that faulted is tried again.
            thread.result = 0 if exception.returns else None
            thread.process.crash = {}
        elif event.first_chance:
            self.exception(thread, exception, first_chance=False)
        else:
            self._device.end_process(thread.process, exception.code)

    def close(self) -> None:
        """The debugger's thread has ended: its debuggees end with it."""
        self._queue.clear()
        self._reported.clear()
        for process in self.debuggees:
            process.debugger = None
            if process.ended:
                self._device.process_gone(process)
            else:
                self._device.end_process(process, DEBUGGER_GONE)
        self.debuggees.clear()
        self._handles.clear()

    # --- handles ---------------------------------------------------------------------------------------

    def _handle(self, obj: KernelObject) -> int:
        made = self._handles[obj] = self._owner.process.handles.add(obj)
        return made

    def _close(self, obj: KernelObject) -> None:
        handle = self._handles.pop(obj, 0)
        handles = self._owner.process.handles
        if handles.get(handle, KernelObject) is obj:  # the debugger may have closed it itself
            handles.close(handle)


def _base(process: Process) -> int:
    """Where the program itself lies."""
    return process.program.base if process.program is not None else 0


def _libraries(process: Process) -> list[Module]:
    return [module for module in process.modules if module is not process.program]


def _record(event: DebugEvent) -> bytes:
    """EXCEPTION_DEBUG_INFO: EXCEPTION_RECORD (ms885216) and dwFirstChance (ms885214)."""
    exception = event.exception
    assert exception is not None, "an exception event has one"
    given = exception.parameters[:PARAMETERS]
    numbers = [*given, *[0] * (PARAMETERS - len(given))]
    head = exception.code, exception.flags, 0, exception.place, len(given)
    return struct.pack("<21I", *head, *numbers, event.first_chance)
