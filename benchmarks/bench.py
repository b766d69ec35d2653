"""One run of the benchmark: every system on every link, several times, then the emulated devices."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from urllib.parse import urlsplit

from benchmarks import peers
from benchmarks.child import Child, line
from benchmarks.device import emulated, session_with
from benchmarks.harness_calls import INSTANT, REAL, modes, session_to, start_winsock
from benchmarks.measuring import Calls, Counters, measure
from benchmarks.reopening import LINKS as PORTS
from benchmarks.reopening import reopenings
from benchmarks.results import LINKS, Link, Plan, Results, ours, real
from harness.targets import reach

Say = Callable[[str], None]


_CLIENTS: Mapping[str, tuple[str, Callable[[str], AbstractContextManager[Calls]]]] = {
    "Robot Remote": ("robot", peers.robot_remote),
    "RPyC, conn.root.f()": ("rpyc", peers.rpyc_by_name),
    "RPyC, method cached": ("rpyc", peers.rpyc_cached),
    "RPyC, asynchronous, 8 on the way": ("rpyc", peers.rpyc_asynchronous),
    "SMP serial framing": ("smp", peers.smp),
}
"""Peers by name: their server, and what opens a client."""


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
    for port in PORTS:
        results.reopened[port] = reopenings(port, plan.reopenings)
        say(f"ports that vanish and come back: {port}")
    return results


def _peers(results: Results, link: Link, servers: Mapping[str, str]) -> None:
    for name, (server, client) in _CLIENTS.items():
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
