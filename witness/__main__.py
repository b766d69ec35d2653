"""`python -m witness [LINE...]`: each line of calls, and what came of it on Wine."""

import argparse
import sys
from collections.abc import Sequence

from harness.errors import HarnessError
from witness.running import CALLS, read_calls, witnessed


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 2 when Wine or the compiler is missing."""
    made = argparse.ArgumentParser(
        prog="python -m witness",
        description="Makes Winsock calls on Wine by a C program of its own, and prints what came of each.",
    )
    made.add_argument("line", nargs="*", metavar="LINE", help=f"steps; without any those of {CALLS}")
    options = made.parse_args(arguments)
    try:
        for line in witnessed(options.line or read_calls()):
            print(line)
    except HarnessError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
