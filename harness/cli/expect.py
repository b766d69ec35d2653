"""`ceharness expect`: the recorded deviations of a device, brought up to a run, and checked."""

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.cli.choice import add_lab_option
from harness.cli.screen import Screen, short
from harness.conformance import read_expectations
from harness.errors import UsageError
from harness.lab import Lab, load_lab
from harness.report import diff_lines
from harness.results import entries, find_run, read_results
from harness.winsock.reader import read_text

_UNFINISHED = 1


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `expect` with its own commands."""
    parser = commands.add_parser(
        "expect", help="record known deviations of a device, and check what is recorded", description=__doc__
    )
    inner = parser.add_subparsers(metavar="COMMAND", required=True)
    update = inner.add_parser(
        "update",
        help="bring the expectations file of a target up to a run",
        description="Rewrites the file of recorded deviations after a run, and shows what changes: "
        "deviations that are not recorded go in, with an empty reason for you to fill in; those that no "
        "longer happen go out; all else stays as it is. Exit code 1 as long as reasons are missing.",
    )
    update.add_argument(
        "target",
        metavar="TARGET",
        nargs="?",
        help="a target of lab.ini (default: that of --results, else the lab's default target)",
    )
    update.add_argument(
        "--results",
        metavar="RUN",
        help="which run: its results.jsonl, its folder, number or name (default: the target's newest run)",
    )
    update.add_argument("--dry-run", action="store_true", help="only show what would change")
    add_lab_option(update)
    update.set_defaults(command=_update)
    check = inner.add_parser(
        "check", help="check an expectations file", description="Checks a file of recorded deviations."
    )
    check.add_argument("file", metavar="FILE", type=Path)
    check.set_defaults(command=_check)


def _check(args: argparse.Namespace) -> int:
    expectations = read_expectations(args.file)
    Screen(None).line(f"{args.file}: {_count(len(expectations.deviations), 'recorded deviation')}")
    return 0


def _update(args: argparse.Namespace) -> int:
    # Here, because what it needs takes longer to import than most other commands run.
    from harness.conformance.updating import Seen, unfinished_lines, update_expectations

    screen = Screen(None)
    lab = load_lab(args.lab)
    results = lab.defaults.results
    run = read_results(find_run(results, args.results) if args.results else _newest(lab, args.target))
    rows, target = run.rows, args.target or run.start.target
    path = short(lab.expectations_of(lab.target(target)))
    before = read_text(path) if path.exists() else ""
    day = datetime.fromisoformat(run.start.started).date()
    seen = Seen(rows, run.identity, day, _named(run.path, lab))
    after = update_expectations(before, path, seen)
    if before == "" and after:
        after = f"# Recorded deviations of {target} (ceharness, docs/expectations.md).\n\n{after}"
    if after != before and not args.dry_run:
        _write(path, after)
    screen.line(f"{run.path}: {_count(len(rows), 'row')} of {target}", "dim")
    for line in diff_lines(before, after, path.as_posix()):
        screen.line(line)
    if after == before:
        screen.line(f"{path}: nothing to change")
    elif args.dry_run:
        screen.line(f"{path}: not written (--dry-run)", "yellow")
    missing = unfinished_lines(after, path)
    for number in missing:
        screen.line(f"{path}:{number}: fill in the reason", "bold yellow")
    return _UNFINISHED if missing else 0


def _newest(lab: Lab, target: str | None) -> Path:
    """The results of the target's newest run. Raises UsageError if there is none."""
    name = lab.target(target).name
    # One without rows tells nothing of the device.
    runs = [each for each in entries(lab.defaults.results) if each.target == name and each.requirements]
    if not runs:
        raise UsageError(
            f"no run of {name} in {lab.defaults.results}: use ceharness run first, or --results RUN"
        )
    return short(runs[-1].path.absolute())


def _named(file: Path, lab: Lab) -> str:
    """The file as seen from the lab's folder, so that it means the same to everybody who has the lab."""
    path = file.resolve()
    folder = lab.path.resolve().parent if lab.path else Path.cwd()
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def _write(path: Path, text: str) -> None:
    """Whole or not at all, with the line ends the file had. Raises UsageError."""
    try:
        newline = "\r\n" if path.exists() and b"\r\n" in path.read_bytes() else "\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.new")
        new.write_text(text, encoding="utf-8", newline=newline)
        new.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
