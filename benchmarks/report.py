"""What a run found, as a table for people, as JSON for programs, and against the targets."""

import os
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.framing import RESULT_BYTES, STEP_BYTES, framing
from benchmarks.harness_calls import BATCH, MODES
from benchmarks.results import LINKS, PEERS, Link, Results, ours, real

_LEAST_BATCHED = 1500.0
_LEAST_WINDOWED = 500.0
_LEAST_SHARE = 0.9
_MOST_FRAMING = 10
_MOST_KEYED_FRAMING = 14
_MOST_REOPENING = 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """Something to reach. `least`: `found` must not be below `wanted`, else not above it. `digits`: shown
    behind the decimal point."""

    what: str
    wanted: float
    found: float
    unit: str
    least: bool = True
    digits: int = 0

    @property
    def reached(self) -> bool:
        return self.found >= self.wanted if self.least else self.found <= self.wanted

    def __str__(self) -> str:
        verdict = "reached" if self.reached else "NOT REACHED"
        bound = "at least" if self.least else "at most"
        found, wanted = (f"{number:,.{self.digits}f}" for number in (self.found, self.wanted))
        return f"{verdict:11}  {self.what}: {found} {self.unit}, {bound} {wanted}"


def targets(results: Results) -> list[Target]:
    """All targets, reached or not."""
    found: list[Target] = []
    for link in LINKS[1:]:
        batched = results.cells[ours("batched"), link.name]
        windowed = results.cells[ours("windowed"), link.name]
        share = batched.share or 0.0
        found += [
            Target(f"batched on {link.title}", _LEAST_BATCHED, batched.rate, "calls/s"),
            Target(f"windowed on {link.title}", _LEAST_WINDOWED, windowed.rate, "programs/s"),
            Target(f"bytes on {link.title}, busier direction, batched", 100 * _LEAST_SHARE, 100 * share, "%"),
        ]
    for keyed, most in ((False, _MOST_FRAMING), (True, _MOST_KEYED_FRAMING)):
        what = f"bytes around a program in a frame, {'with' if keyed else 'without'} a key"
        found.append(Target(what, most, framing(keyed=keyed).most, "bytes", least=False))
    for port, seconds in results.reopened.items():
        what = f"answered after the return of a {port} port, the slowest of {len(seconds)}"
        found.append(Target(what, _MOST_REOPENING, max(seconds), "s", least=False, digits=2))
    return found


def table(results: Results) -> str:
    """All of it, for a terminal of 120 columns."""
    systems = [*PEERS, *(ours(mode) for mode in MODES)]
    reals = [real(cpu, mode) for cpu in results.plan.agents for mode in MODES]
    header = ["calls per second: median (range)", "bytes up/down", *(link.title for link in LINKS)]
    rows = [header, *(_row(results, system) for system in systems)]
    rows += [["with the real agent, WSASocketW and closesocket are two calls:", *[""] * (len(header) - 1)]]
    rows += [_row(results, system) for system in reals]
    return "\n\n".join(
        [
            _columns(rows),
            "Peers, and ceharness against an agent that takes no time: one WSASocket-shaped call.\n"
            f"A batch is {BATCH} calls. Percentages: what part of the line was in use, busier direction.",
            _ratios(results),
            _framing(results),
            _columns(_devices(results)),
            _reopened(results),
            f"{os.cpu_count()} processors, load average before the run {results.load:.1f}",
        ]
    )


def _row(results: Results, system: str) -> list[str]:
    cells = [results.cells[system, link.name] for link in LINKS]
    per_call = cells[1].bytes_per_call
    size = "" if per_call is None else f"{per_call[0]:.1f} / {per_call[1]:.1f}"
    texts = []
    for cell in cells:
        lowest, highest = cell.rates
        share = "" if cell.share is None else f" {100 * cell.share:.0f} %"
        texts.append(f"{cell.rate:,.0f} ({lowest:,.0f}-{highest:,.0f}){share}")
    return [system, size, *texts]


def _ratios(results: Results) -> str:
    lines = []
    for link in LINKS:
        name, best = _best_peer(results, link)
        ratios = ", ".join(f"{mode} {results.cells[ours(mode), link.name].rate / best:.1f}" for mode in MODES)
        lines.append(f"{link.title}: times the best peer ({name}): {ratios}")
    return "\n".join(lines)


def _best_peer(results: Results, link: Link) -> tuple[str, float]:
    rates = {name: results.cells[name, link.name].rate for name in PEERS}
    name = max(rates, key=lambda one: rates[one])
    return name, rates[name]


def _framing(results: Results) -> str:
    plain, keyed = framing(keyed=False), framing(keyed=True)
    per_call = results.cells[ours("windowed"), LINKS[1].name].bytes_per_call
    assert per_call is not None
    return (
        f"Framing, bytes around a program and around its results: at most {plain.question} and "
        f"{plain.answer}, with a key {keyed.question} and {keyed.answer}; one more after an idle line.\n"
        f"On the line, windowed, on average and without a key: {per_call[0] - STEP_BYTES:.1f} and "
        f"{per_call[1] - RESULT_BYTES:.1f}."
    )


def _devices(results: Results) -> list[list[str]]:
    loops = list(results.devices[results.plan.cpus[0]][0]["calls"])  # type: ignore[call-overload]
    rows = [["emulated device", "agent up after", "device memory", "emulator RSS", "controller RSS"]]
    rows[0] += [f"{loop}, calls/s" for loop in loops]
    for cpu in results.plan.cpus:
        runs: list[dict[str, Any]] = results.devices[cpu]
        rows.append(
            [
                cpu,
                _spread((run["start_up"] for run in runs), "{:.2f}") + " s",
                _spread((run["device_memory"] / 1024 for run in runs), "{:,.0f}") + " KiB",
                _spread((run["emulator_memory"] / 2**20 for run in runs), "{:.0f}") + " MiB",
                _spread((run["controller_memory"] / 2**20 for run in runs), "{:.0f}") + " MiB",
                *(_spread((run["calls"][loop] for run in runs), "{:,.0f}") for loop in loops),
            ]
        )
    return rows


def _reopened(results: Results) -> str:
    parts = [f"{port} {_spread(seconds, '{:.2f}')} s" for port, seconds in results.reopened.items()]
    return f"Port back until the program under way is answered: {', '.join(parts)}"


def _spread(numbers: Iterable[float], form: str) -> str:
    """Median, and the range if there is one."""
    found = sorted(numbers)
    texts = [form.format(number) for number in (statistics.median(found), found[0], found[-1])]
    return texts[0] if texts[1] == texts[2] else f"{texts[0]} ({texts[1]}-{texts[2]})"


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[at]) for row in rows if any(row[1:])) for at in range(len(rows[0]))]
    lines = []
    for row in rows:
        first, *rest = row
        cells = [first.ljust(widths[0])]
        cells += [text.rjust(width) for text, width in zip(rest, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def as_dict(results: Results) -> dict[str, object]:
    """For JSON."""
    return {
        "seconds": results.plan.seconds,
        "repeats": results.plan.repeats,
        "processors": os.cpu_count(),
        "load_before": results.load,
        "batch": BATCH,
        "cells": [cell.as_dict() for cell in results.cells.values()],
        "framing": {
            name: asdict(framing(keyed=keyed)) for name, keyed in (("plain", False), ("keyed", True))
        },
        "devices": results.devices,
        "reopened": results.reopened,
        "targets": [{**asdict(target), "reached": target.reached} for target in targets(results)],
    }
