"""How long calls took on the device."""

import statistics
from dataclasses import dataclass

from harness.results import Run


@dataclass(frozen=True, slots=True)
class Latency:
    """One export, "ws2!WSASocketW": how often it was called in a run, and microseconds. `lower`, `upper`: the
    quartiles; `slow`: the 95th percentile."""

    call: str
    count: int
    least: float
    lower: float
    median: float
    upper: float
    slow: float
    worst: float


def latencies(run: Run) -> list[Latency]:
    """Every export that the run called outside of loops, the most frequent first."""
    times: dict[str, list[int]] = {}
    for test in run.tests:
        for call, microseconds in test.calls.items():
            times.setdefault(call, []).extend(microseconds)
    found = [_latency(call, sorted(each)) for call, each in times.items() if each]
    return sorted(found, key=lambda each: (-each.count, each.call))


def _latency(call: str, times: list[int]) -> Latency:
    cuts = statistics.quantiles(times, n=20, method="inclusive") if len(times) > 1 else times * 19
    return Latency(call, len(times), times[0], cuts[4], cuts[9], cuts[14], cuts[18], times[-1])
