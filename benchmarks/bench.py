"""One run of the benchmark: every system on every link, several times, then the emulated devices."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks import peers
from benchmarks.child import Child, line
from benchmarks.device import emulated, session_with
from benchmarks.harness_calls import INSTANT, REAL, modes, session_to, start_winsock
from benchmarks.measuring import Calls, Cell, Counters, measure
from harness.targets import reach

LINE_RATE = 11520.0
"""Bytes a second of 115200 8N1, each way."""
CPUS = ("arm", "armv7", "x86", "mips")

Say = Callable[[str], None]


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
    """How much to measure: seconds of each measurement, how often, which CPUs run the real agent."""

    seconds: float
    repeats: int
    agents: tuple[str, ...]
    cpus: tuple[str, ...] = CPUS


FULL = Plan(seconds=3.0, repeats=3, agents=("x86", "arm"))
QUICK = Plan(seconds=2.0, repeats=1, agents=("arm",))


@dataclass(slots=True)
class Results:
    """What one run found. `devices`: DeviceNumbers as dictionaries, one list of repeats for each CPU.

    `load`: processes that wanted to run in the minute before (load average); every one of them slows us down.
    """

    plan: Plan
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    devices: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def cell(self, system: str, link: Link) -> Cell:
        return self.cells.setdefault((system, link.name), Cell(system, link.name, link.rate))


PEERS: Mapping[str, tuple[str, Callable[[str], AbstractContextManager[Calls]]]] = {
    "Robot Remote": ("robot", peers.robot_remote),
    "RPyC, conn.root.f()": ("rpyc", peers.rpyc_by_name),
    "RPyC, method cached": ("rpyc", peers.rpyc_cached),
    "RPyC, asynchronous, 8 on the way": ("rpyc", peers.rpyc_asynchronous),
    "SMP serial framing": ("smp", peers.smp),
}
"""Peers by name: their server, and what opens a client."""


def ours(mode: str) -> str:
    """The name of a way to use the harness against the instant agent."""
    return f"ceharness, {mode}"


def real(cpu: str, mode: str) -> str:
    """The same against the real agent on an emulated device."""
    return f"ceagent.exe on emulated {cpu}, {mode}"


@contextmanager
def _over(link: Link, place: str, *, host: str = "tcp") -> Iterator[tuple[str, Counters | None]]:
    """Where `place` is reached over that link, and what counts the bytes."""
    if link.rate is None:
        yield place, None
        return
    with line(place, host=host, adapter=link.adapter) as between:
        yield between.place["host"], between.ask


def run(plan: Plan, say: Say) -> Results:
    """Everything. Raises what a system raises that answers wrongly or not at all."""
    results = Results(plan)
    with ExitStack() as started:
        servers = {
            name: started.enter_context(Child("benchmarks.servers", [name])).place["host"]
            for name in ("robot", "rpyc", "smp", "instant")
        }
        for repeat in range(plan.repeats):
            say(f"run {repeat + 1} of {plan.repeats}")
            for link in LINKS:
                _peers(results, link, servers)
                _instant_agent(results, link, servers["instant"])
                say(f"  {link.title}: peers and the instant agent")
            for cpu in plan.agents:
                _real_agent(results, cpu)
                say(f"  the agent on emulated {cpu}, all links")
            for cpu in plan.cpus:
                results.devices.setdefault(cpu, []).append(_device(cpu, plan.seconds))
            say("  the emulated devices")
    return results


def _peers(results: Results, link: Link, servers: Mapping[str, str]) -> None:
    for name, (server, client) in PEERS.items():
        with _over(link, servers[server]) as (place, counters), client(place) as calls:
            results.cell(name, link).measured.append(measure(calls, results.plan.seconds, counters))


def _instant_agent(results: Results, link: Link, server: str) -> None:
    with ExitStack() as opened:
        place, counters = opened.enter_context(_over(link, server))
        session = opened.enter_context(session_to(f"tcp://{place}"))
        for mode, calls in modes(session, INSTANT).items():
            results.cell(ours(mode), link).measured.append(measure(calls, results.plan.seconds, counters))


def _real_agent(results: Results, cpu: str) -> None:
    with reach(emulated(cpu, "tcp")) as reached, session_with(reached) as session:
        start_winsock(session)
        for mode, calls in modes(session, REAL).items():
            measured = measure(calls, results.plan.seconds)
            results.cell(real(cpu, mode), LINKS[0]).measured.append(measured)
    with reach(emulated(cpu, "serial")) as reached:
        port = urlsplit(reached.url).path
        for link in LINKS[1:]:
            _real_agent_on_line(results, cpu, link, port)


def _real_agent_on_line(results: Results, cpu: str, link: Link, port: str) -> None:
    with ExitStack() as opened:
        place, counters = opened.enter_context(_over(link, port, host="pty"))
        session = opened.enter_context(session_to(f"serial://{place}"))
        start_winsock(session)
        for mode, calls in modes(session, REAL).items():
            measured = measure(calls, results.plan.seconds, counters)
            results.cell(real(cpu, mode), link).measured.append(measured)


def _device(cpu: str, seconds: float) -> dict[str, object]:
    command = [sys.executable, "-m", "benchmarks.device", cpu, str(seconds)]
    found: dict[str, object] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found
