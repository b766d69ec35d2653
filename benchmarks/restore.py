"""`python -m benchmarks.restore`: how long from a saved machine to the first answer of its agent?

Each time QEMU's process is ended, another one is started from the state that was saved before any session,
and a session begins. What is measured is all of that, up to the agent's welcome.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from guest import built
from harness.deadline import Deadline
from harness.errors import HarnessError, UsageError
from harness.session.session import Session
from harness.targets import TargetConfig
from harness.targets.dialing import TargetDialer
from harness.targets.qemu import KIND, started

LINKS = ("serial", "tcp")
_PATIENCE_S = 60.0


def restored(image: Path, link: str, times: int) -> tuple[float, list[float]]:
    """Seconds from power off to the first answer, and that often from the saved state to a welcome."""
    defaults = {key.name: key.default for key in KIND.keys if key.default is not None}
    settings = {**defaults, "preset": "wine-guest", "image": str(image), "link": link}
    config = TargetConfig("guest", "qemu", settings, timing=replace(KIND.timing, connect=240.0))
    found = []
    begun = time.monotonic()
    with started(config) as (machine, reached):
        booted = time.monotonic() - begun
        for _ in range(times):
            begun = time.monotonic()
            machine.cycle()
            session = Session.open(TargetDialer(reached, ""), key=reached.key, deadline=Deadline(_PATIENCE_S))
            found.append(time.monotonic() - begun)
            session.close()
    return booted, found


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 1 when it took too long, 2 when something is missing, 3 without an answer."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.restore", description=__doc__)
    made.add_argument("--times", type=int, default=20, help="restores for each link (20)")
    made.add_argument("--most", type=float, help="seconds that the median may take; more is exit code 1")
    options = made.parse_args(arguments)
    slow = False
    try:
        image = built()
        for link in LINKS:
            booted, found = restored(image, link, options.times)
            median = statistics.median(found)
            slow |= options.most is not None and median > options.most
            print(
                f"{link:7} restore to first answer: median {median:.2f} s, worst {max(found):.2f} s, "
                f"of {len(found)}; started, saved and restored once in {booted:.1f} s"
            )
    except HarnessError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 3
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
