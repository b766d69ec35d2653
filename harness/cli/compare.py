"""`ceharness compare`: what is otherwise in one run than in another."""

import argparse
import shlex
from pathlib import Path
from typing import Any

from harness.cli.choice import add_lab_option
from harness.cli.ending import PROGRAMS, write_programs
from harness.cli.screen import Screen, add_json_option, short
from harness.conformance import Row
from harness.history import compare, fingerprints_between
from harness.lab import load_lab
from harness.report import replays, run_comparison_dict, run_comparison_lines
from harness.results import Run, find_run, read_results

_DIFFERENT = 1
_HELP = """Compares two runs, requirement by requirement and case by case: what is worse in the second,
better, otherwise different, and what else is not the same: device, image, agent, suites, line. Each run is
named by its number in `ceharness results list`, its id or the beginning of it, its file or folder, or by a
target, which means the newest run of that.

    ceharness compare 117 120
    ceharness compare panel terminal
    ceharness compare results/before ~/mail/results.jsonl --json -

Exit code 1: a verdict or an outcome differs."""


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `compare`."""
    parser = commands.add_parser(
        "compare",
        help="what is otherwise in one run than in another",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("before", metavar="A", help="the run to compare with")
    parser.add_argument("after", metavar="B", help="the run that may be worse")
    add_json_option(parser, "what differs")
    add_lab_option(parser)
    parser.set_defaults(command=_compare)


def _compare(args: argparse.Namespace) -> int:
    screen = Screen(args.json)
    lab = load_lab(args.lab)
    folder = lab.defaults.results
    before, after = (_read(folder, name) for name in (args.before, args.after))
    comparison = compare(before, after, fingerprints_between(folder, before, after))
    changed = {row.after for change in comparison.changes for row in change.rows if row.after is not None}
    replays = _replays(screen, after, changed, args.lab)
    for line in run_comparison_lines(comparison, replays):
        screen.line(line)
    screen.json(run_comparison_dict(comparison, replays))
    return _DIFFERENT if comparison.changes else 0


def _read(folder: Path, name: str) -> Run:
    return read_results(short(find_run(folder, name).absolute()))


def _replays(screen: Screen, run: Run, rows: set[Row], lab: Path | None) -> dict[Row, str]:
    """Commands for the red ones among these rows, whose programs are written beside the results."""
    folder = run.path.parent / PROGRAMS
    found = [one for one in replays(run, folder) if one.row in rows]
    try:
        write_programs(folder, found)
    except OSError as error:
        screen.line(f"no programs to replay: {error.filename}: {error.strerror}", "yellow")
        return {}
    where = f" {shlex.join(['--lab', str(lab)])}" if lab else ""
    return {one.row: one.command + where for one in found}
