"""Critical sections. The guest's structure only carries a mark; owner and count are kept outside."""

from __future__ import annotations

from harness.emulator.exports import Blocking, Call, Objects, export
from harness.emulator.objects import Waitable
from harness.emulator.thread import Thread


class CriticalSection(Waitable):
    """Owned by one thread, as often as it entered. A thread that ends keeps it, as on CE.

    Leaving wakes one waiter, which tries again: handing over would make every later entry of the thread that
    leaves wait in the queue.
    """

    kind = "critical section"

    def __init__(self) -> None:
        super().__init__()
        self.owner: Thread | None = None
        self.count = 0

    def enter(self, thread: Thread) -> bool:
        """False when another thread owns it."""
        if self.owner is None:
            self.owner = thread
        elif self.owner is not thread:
            return False
        self.count += 1
        return True

    def leave(self) -> None:
        self.count -= 1
        if self.count == 0:
            self.owner = None
            if self.waiters:
                self.waiters[0].object_signalled(self)

    def signalled(self, thread: Thread) -> bool:
        return self.owner is None


def _sections(call: Call) -> dict[int, CriticalSection]:
    table: dict[int, CriticalSection] = call.process.locals.setdefault("critical sections", {})
    return table


def _section(call: Call, address: int) -> CriticalSection:
    found = _sections(call).get(address)
    if found is None:
        found = _sections(call)[address] = CriticalSection()
    return found


@export("coredll!InitializeCriticalSection", "section")
def initialize_critical_section(call: Call, section: int) -> None:
    call.process.memory.write(section, bytes(20))
    _sections(call)[section] = CriticalSection()


@export("coredll!DeleteCriticalSection", "section")
def delete_critical_section(call: Call, section: int) -> None:
    _sections(call).pop(section, None)


@export("coredll!EnterCriticalSection", "section")
def enter_critical_section(call: Call, section: int) -> Blocking:
    found = _section(call, section)
    while not found.enter(call.thread):
        yield Objects([found])
    return 0


@export("coredll!TryEnterCriticalSection", "section")
def try_enter_critical_section(call: Call, section: int) -> int:
    return _section(call, section).enter(call.thread)


@export("coredll!LeaveCriticalSection", "section")
def leave_critical_section(call: Call, section: int) -> None:
    found = _section(call, section)
    if found.owner is call.thread:
        found.leave()
