"""A thread of an emulated process."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Any

from harness.emulator.exports import Blocking, Call, GuestCall, Wake
from harness.emulator.memory import Area
from harness.emulator.objects import Mutex, Waitable

if TYPE_CHECKING:
    from harness.emulator.debugging import Debugger
    from harness.emulator.process import Process
    from harness.emulator.waits import PendingWait

STILL_ACTIVE = 259
NORMAL_PRIORITY = 251
"""Of 256 levels; the eight of SetThreadPriority are 248 to 255 (aa450891)."""


class State(Enum):
    """What a thread is doing."""

    READY = "ready"
    WAITING = "waiting"
    ENDED = "ended"


class Frame:
    """A call into guest code that an export is making: what the thread returns to."""

    __slots__ = ("context", "generator")

    def __init__(self, context: Any, generator: Blocking) -> None:
        self.context, self.generator = context, generator


class Thread(Waitable):
    """Signalled when it has ended."""

    kind = "thread"
    TLS_SLOTS = 64

    def __init__(
        self, process: Process, number: int, entry: int, args: tuple[int, ...], stack: Area | None
    ) -> None:
        """`entry` and `args`: guest code it begins with, None-like for a thread without code (tests)."""
        super().__init__()
        self.process, self.id = process, number
        self.begin: tuple[int, tuple[int, ...]] | None = (entry, args)
        self.stack = stack
        self.state = State.READY
        self.suspended = 0
        self.holds = 0
        """Debug events of this thread that its debugger has not continued."""
        self.in_driver = False
        """It is in a call that may wait in a driver."""
        self.debugger: Debugger | None = None
        """Its own debugging of other processes."""
        self.priority = NORMAL_PRIORITY
        self.exit_code = STILL_ACTIVE
        self.mutexes: set[Mutex] = set()
        self.tls = [0] * self.TLS_SLOTS
        self.errors = [0, 0]
        """Last error and Winsock error; the second is unused unless the device keeps them apart."""
        self._wsa_slot = 1 if process.device.separate_wsa_error else 0
        self.call = Call(process.device, process, self, process.argument)

        # what the scheduler keeps about it
        self.context: Any = None
        self.wait: PendingWait | None = None
        self.generator: Blocking | None = None
        self.woken: Wake | None = None
        self.result: int | None = None
        """Value of a call that is over but has not returned to the guest yet."""
        self.guest_call: GuestCall | None = None
        self.returned: int | None = None
        """Value that guest code called by an export has returned."""
        self.frames: deque[Frame] = deque()

    @property
    def stopped(self) -> bool:
        """Must it not run, although it waits for nothing?"""
        return bool(self.suspended or self.holds)

    @property
    def last_error(self) -> int:
        return self.errors[0]

    @last_error.setter
    def last_error(self, code: int) -> None:
        self.errors[0] = code & 0xFFFFFFFF

    @property
    def wsa_error(self) -> int:
        return self.errors[self._wsa_slot]

    @wsa_error.setter
    def wsa_error(self, code: int) -> None:
        self.errors[self._wsa_slot] = code & 0xFFFFFFFF

    def signalled(self, thread: Thread) -> bool:
        return self.state is State.ENDED
