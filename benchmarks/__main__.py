"""`python -m benchmarks`: one run, a table, build/bench.json, a line for every target."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import bench, report
from benchmarks.results import FULL, QUICK

OUT = Path("build/bench.json")


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 1 when a target was not reached and --check asks for that."""
    made = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast is it, against peers?")
    made.add_argument("--quick", action="store_true", help="two seconds of everything, once")
    made.add_argument("--check", action="store_true", help="exit with 1 when a target is not reached")
    made.add_argument("--json", action="store_true", help="print the JSON instead of the table")
    made.add_argument("--out", type=Path, default=OUT, help=f"where the JSON goes (default: {OUT})")
    options = made.parse_args(arguments)
    results = bench.run(QUICK if options.quick else FULL, _say)
    found = json.dumps(report.as_dict(results), indent=1)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(found + "\n")
    targets = report.targets(results)
    if options.json:
        print(found)
    else:
        print(report.table(results), end="\n\n")
        for target in targets:
            print(target)
    return int(options.check and not all(target.reached for target in targets))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
