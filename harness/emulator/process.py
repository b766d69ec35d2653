"""An emulated process: an address space, handles, modules and threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.emulator.handles import CURRENT_PROCESS, CURRENT_THREAD, HandleTable
from harness.emulator.heap import Heap
from harness.emulator.memory import PAGE, READWRITE, Area, Memory, round_up
from harness.emulator.objects import KernelObject, Waitable
from harness.emulator.thread import STILL_ACTIVE, Thread

if TYPE_CHECKING:
    from harness.emulator.debugging import Debugger
    from harness.emulator.device import Device
    from harness.emulator.engine import Engine
    from harness.emulator.loader import Module


class Process(Waitable):
    """Signalled when it has ended."""

    kind = "process"
    STACK = 0x10000
    """Bytes of stack of a thread whose image does not say otherwise."""

    def __init__(self, device: Device, number: int, name: str, command_line: str) -> None:
        """`name`: path of its image on the device. `command_line`: without the image's name, as on CE."""
        super().__init__(name)
        self.device, self.id, self.command_line = device, number, command_line
        self.memory = Memory(device.charge)
        self.handles = HandleTable(device.last_handle_closed)
        self.heap = Heap(self.memory)
        self.modules: list[Module] = []
        self.threads: list[Thread] = []
        self.main: Thread | None = None
        self.engine: Engine | None = None
        self.running: Thread | None = None
        """The thread whose registers the engine holds."""
        self.exit_code = STILL_ACTIVE
        self.final_code = 0
        """What the exit code will be once everybody may see that it has ended."""
        self.ended = False
        """Nothing of it runs any more."""
        self.gone = False
        """Everybody may see that it has ended: its debugger, if it has one, has continued the last event."""
        self.crash: dict[str, object] = {}
        """What the device reports of its unhandled exception, when it ends with that or because of it."""
        self.program: Module | None = None
        """Its executable; None for a process without code (tests)."""
        self.debugger: Debugger | None = None
        self.debug_children = False
        """What it starts is debugged too, by the same debugger."""
        self.boot = False
        """Started by the device itself, not by another process."""
        self.stack_size = self.STACK
        self.locals: dict[str, Any] = {}
        self._cleanups: list[Callable[[], object]] = []

    @property
    def strict_alignment(self) -> bool:
        """True where the CPU faults on an unaligned word."""
        return self.device.cpu.strict_alignment

    def argument(self, index: int) -> int:
        """Argument word of the call that the running thread makes."""
        if self.engine is None:
            raise IndexError("a process without a CPU has no argument words")
        return self.engine.argument(index)

    def at_end(self, callback: Callable[[], object]) -> None:
        """Call back when the process has ended, however it ended; last registered first."""
        self._cleanups.append(callback)

    def run_cleanups(self) -> None:
        while self._cleanups:
            self._cleanups.pop()()

    def signalled(self, thread: Thread) -> bool:
        return self.gone

    def new_stack(self, size: int = 0) -> Area | None:
        """A committed stack above one page that is only reserved; None when there is no memory.

        `size` 0: as the program's image says.
        """
        size = round_up(size or self.stack_size, PAGE)
        area = self.memory.reserve(PAGE + size, kind="stack")
        if area is not None and not self.memory.commit(area, area.base + PAGE, size, READWRITE):
            self.memory.release(area)
            return None
        return area

    def object(self, handle: int, thread: Thread) -> KernelObject | None:
        """The object behind a handle or pseudo handle."""
        if handle == CURRENT_PROCESS:
            return self
        if handle == CURRENT_THREAD:
            return thread
        return self.handles.get(handle, KernelObject)
