"""The whole fingerprint of the emulated device over a line of 115200 baud: `python -m benchmarks.sweep`.

Twice on one device. Seconds are those of the slower one, bytes those that the line carried in both
directions in the larger one. Exit code 1 when a target is missed or the two fingerprints differ.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.child import line
from benchmarks.device import emulated
from benchmarks.measuring import Counters
from harness.deadline import Deadline
from harness.device import Device
from harness.fingerprint import EVERYTHING, OutcomeMap, Progress, Sweep, body_of
from harness.links import dialer
from harness.session.session import Session
from harness.targets import reach

MOST_S = 300.0
MOST_BYTES = 1_000_000
_OPENING = 60.0
_RUNS = 2
_PROGRESS_S = 10.0


@dataclass(frozen=True, slots=True)
class Swept:
    """One sweep. `carried`: bytes that the line carried, both directions; `programs`: how many it took."""

    seconds: float
    carried: int
    programs: int
    body: bytes

    @property
    def rate(self) -> float:
        """Triples per second."""
        return len(EVERYTHING) / self.seconds


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description=__doc__)
    made.add_argument("--cpu", choices=("arm", "armv7", "mips", "x86"), default="arm")
    cpu = made.parse_args(arguments).cpu
    swept: list[Swept] = []
    with reach(emulated(cpu, "serial")) as reached:
        for run in range(_RUNS):
            with line(urlsplit(reached.url).path, host="pty") as between:
                swept.append(_sweep(f"serial://{between.place['host']}", between.ask))
            last = swept[-1]
            print(
                f"sweep {run + 1} of {_RUNS} on emulated {cpu}: {len(EVERYTHING):,} triples in "
                f"{last.seconds:.0f} s, {last.rate:,.0f} per second, {last.programs} programs, "
                f"{last.carried:,} bytes on the line",
                flush=True,
            )
    seconds, carried = max(one.seconds for one in swept), max(one.carried for one in swept)
    good = [
        _told(seconds < MOST_S, f"{seconds:.0f} s, less than {MOST_S:.0f}"),
        _told(carried < MOST_BYTES, f"{carried:,} bytes on the line, less than {MOST_BYTES:,}"),
        _told(len({one.body for one in swept}) == 1, "the fingerprints are identical"),
    ]
    return int(not all(good))


def _told(good: bool, what: str) -> bool:
    print(f"{'reached' if good else 'MISSED ':<13}{what}")
    return good


def _sweep(url: str, counters: Counters) -> Swept:
    session = Session.open(dialer(url), deadline=Deadline(_OPENING))
    with Device("emulated", session, "model", session.welcome.limits.word) as device:
        before, outcomes, begun = counters(), OutcomeMap(EVERYTHING), time.monotonic()
        useless = Sweep(device, outcomes).run(_progress())
        seconds = time.monotonic() - begun
        after = counters()
        if useless:
            raise ValueError(useless)
        carried = sum(after[way] - before[way] for way in ("up", "down"))
        return Swept(seconds, carried, device.health.frames_received, body_of(outcomes))


def _progress() -> Callable[[Progress], None]:
    shown = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal shown
        if time.monotonic() - shown > _PROGRESS_S:
            shown = time.monotonic()
            print(f"{progress.measured:,} of {progress.total:,}, {progress.left:.0f} s left", file=sys.stderr)

    return show


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
