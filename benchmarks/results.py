"""What one run of the benchmark measures, and what it found."""

import os
from dataclasses import dataclass, field

from benchmarks.measuring import Cell

LINE_RATE = 11520.0
"""Bytes a second of 115200 8N1, each way."""
CPUS = ("arm", "armv7", "x86", "mips")

PEERS = (
    "Robot Remote",
    "RPyC, conn.root.f()",
    "RPyC, method cached",
    "RPyC, asynchronous, 8 on the way",
    "SMP serial framing",
)
"""The systems that the harness is compared with."""


@dataclass(frozen=True, slots=True)
class Link:
    """A way between host and device. `rate`: bytes a second, None for loopback TCP without a line."""

    name: str
    title: str
    rate: float | None = None
    adapter: bool = False


LINKS = (
    Link("tcp", "(a) loopback TCP"),
    Link("line", "(b) 115200 8N1", LINE_RATE),
    Link("usb", "(c) the same behind a USB adapter", LINE_RATE, adapter=True),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure: seconds of each measurement, how often, which CPUs run the real agent; how often a
    port is taken away and put back."""

    seconds: float
    repeats: int
    agents: tuple[str, ...]
    reopenings: int
    cpus: tuple[str, ...] = CPUS


FULL = Plan(seconds=3.0, repeats=3, agents=("x86", "arm"), reopenings=20)
QUICK = Plan(seconds=2.0, repeats=1, agents=("arm",), reopenings=5)


@dataclass(slots=True)
class Results:
    """What one run found. `devices`: DeviceNumbers as dictionaries, one list of repeats for each CPU.
    `reopened`: seconds from a port's return to the answer, by link.

    `load`: processes that wanted to run in the minute before (load average); every one of them slows us down.
    """

    plan: Plan
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    devices: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    reopened: dict[str, list[float]] = field(default_factory=dict)

    def cell(self, system: str, link: Link) -> Cell:
        return self.cells.setdefault((system, link.name), Cell(system, link.name, link.rate))


def ours(mode: str) -> str:
    """The name of a way to use the harness against the instant agent."""
    return f"ceharness, {mode}"


def real(cpu: str, mode: str) -> str:
    """The same against the real agent on an emulated device."""
    return f"ceagent.exe on emulated {cpu}, {mode}"
