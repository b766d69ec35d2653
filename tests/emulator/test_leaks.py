"""A thousand processes that fault, block or are killed leave nothing on the device, nor in the emulator."""

import gc
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from emulated_machine import Machine

from harness.emulator.census import census
from harness.emulator.engine import Engine
from harness.emulator.hostio import Watch
from harness.emulator.memory import Buffer
from harness.emulator.objects import KernelObject
from harness.emulator.thread import Thread

OURS = (KernelObject, Thread, Engine, Buffer)


def alive(machine: Machine) -> dict[str, int]:
    """Census of the device and of the emulator's own objects and descriptors."""
    machine.events.clear()
    gc.collect()
    counts: Counter[str] = Counter()
    for one in gc.get_objects():
        if isinstance(one, OURS) or (isinstance(one, Watch) and one.active):
            counts[type(one).__name__] += 1
    return {**census(machine.device), **counts, "descriptors": len(list(Path("/dev/fd").iterdir()))}


def killed(machine: Machine, words: str) -> int:
    """Run the guest until it says something on the console, then terminate it."""
    process = machine.device.create_process("\\guest.exe", words, suspended=False)
    said = len(machine.named("console"))
    machine.device.run(lambda: len(machine.named("console")) > said)
    machine.device.end_process(process, 77)
    return process.exit_code


def many(machine: Machine, rounds: int) -> None:
    """Eight processes a round, debuggers not counted."""
    for _ in range(rounds):
        assert machine.run("debug:null-read") == 0xC0000005
        assert machine.run("null-write") == 0xC0000005
        assert machine.run("debug:eventful") == 6
        assert machine.run("debug-and-leave:spin") == 0
        assert machine.run("left-behind") == 33
        assert killed(machine, "sleeping") == 77
        assert killed(machine, "spin") == 77
        assert killed(machine, "debug:sleeping") == 77


def test_a_thousand_processes_leave_nothing(guest: Callable[[str], Path], machine: Callable) -> None:
    device = machine("x86", guest("x86"))
    many(device, 1)
    before = alive(device)
    many(device, 125)
    assert alive(device) == before
    assert before["processes"] == before["handles"] == before["pages"] == 0


def test_some_processes_on_every_cpu_leave_nothing(runner: Machine) -> None:
    many(runner, 1)
    assert runner.run("wild-call") == runner.run("debug:wild-call") == 0xC0000005
    before = alive(runner)
    many(runner, 5)
    assert runner.run("wild-call") == runner.run("debug:wild-call") == 0xC0000005
    assert alive(runner) == before


@pytest.mark.parametrize("scenario", ["null-read", "debug:null-read", "forty-two", "eventful"])
def test_the_emulators_memory_does_not_grow(
    guest: Callable[[str], Path], machine: Callable, scenario: str
) -> None:
    """Bytes in Python's own hands; what the cores hold is counted with them above."""
    device = machine("x86", guest("x86"))
    for _ in range(20):
        device.run(scenario)
    alive(device)
    tracemalloc.start()
    for _ in range(60):
        device.run(scenario)
    alive(device)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 60 * 500, f"{grown} bytes after 60 processes"
