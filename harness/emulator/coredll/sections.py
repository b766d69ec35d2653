"""Critical sections. The guest's structure only carries a mark; owner and count are kept outside."""

from __future__ import annotations

from harness.emulator.exports import Blocking, Call, Objects, export
from harness.emulator.objects import Waitable
from harness.emulator.thread import Thread


class CriticalSection(Waitable):
    """Owned by one thread, as often as it entered. A thread that ends keeps it, as on CE."""

    kind = "critical section"

    def __init__(self) -> None:
        super().__init__()
        self.owner: Thread | None = None
        self.count = 0

    def signalled(self, thread: Thread) -> bool:
        return self.owner is None or self.owner is thread

    def acquire(self, thread: Thread) -> bool:
        self.owner = thread
        self.count += 1
        return False

    def release(self) -> None:
        self.count -= 1
        if self.count == 0:
            self.owner = None
            self.wake()


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
    yield Objects([_section(call, section)])
    return 0


@export("coredll!TryEnterCriticalSection", "section")
def try_enter_critical_section(call: Call, section: int) -> int:
    found = _section(call, section)
    if not found.signalled(call.thread):
        return 0
    found.acquire(call.thread)
    return 1


@export("coredll!LeaveCriticalSection", "section")
def leave_critical_section(call: Call, section: int) -> None:
    found = _section(call, section)
    if found.owner is call.thread:
        found.release()
