"""`python -m guest`: makes the guest if it is not there, and prints its folder."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from guest.building import CACHE, built
from harness.errors import HarnessError


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 2 when something is missing."""
    made = argparse.ArgumentParser(
        prog="python -m guest",
        description="Makes the guest of preset = wine-guest of Debian's packages, and prints its folder.",
    )
    made.add_argument("--cache", type=Path, default=CACHE, help=f"where guests are kept ({CACHE})")
    options = made.parse_args(arguments)
    start = time.monotonic()
    try:
        folder = built(options.cache)
    except HarnessError as error:
        print(error, file=sys.stderr)
        return 2
    print(folder)
    print(f"{time.monotonic() - start:.1f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
