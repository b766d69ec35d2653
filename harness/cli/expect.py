"""`ceharness expect`: the recorded deviations of a device, brought up to a run, and checked."""

import argparse
from datetime import date, datetime
from pathlib import Path
from typing import Any

from harness.cli.choice import add_lab_option
from harness.cli.screen import Screen, short
from harness.conformance import (
    ROWS_FILE,
    RunRecord,
    newest_run,
    read_expectations,
    read_rows,
    read_run,
)
from harness.errors import UsageError
from harness.lab import Lab, load_lab
from harness.report import diff_lines
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
        help="a target of lab.ini (default: the one the rows were run on, else the lab's default target)",
    )
    update.add_argument(
        "--rows", metavar="FILE", type=Path, help="rows.jsonl of a run (default: the target's newest run)"
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
    rows_file = args.rows or _newest(lab, args.target)
    rows = read_rows(rows_file)
    record = read_run(rows_file.parent)
    target = _target(args, rows_file, record)
    path = short(lab.expectations_of(lab.target(target)))
    before = read_text(path) if path.exists() else ""
    seen = Seen(
        rows, (record.device if record else None) or {}, _day(record, rows_file), _named(rows_file, lab)
    )
    after = update_expectations(before, path, seen)
    if before == "" and after:
        after = f"# Recorded deviations of {target} (ceharness, docs/expectations.md).\n\n{after}"
    if after != before and not args.dry_run:
        _write(path, after)
    screen.line(f"{rows_file}: {_count(len(rows), 'row')} of {target}", "dim")
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
    """The rows of the target's newest run. Raises UsageError if there is none."""
    name = lab.target(target).name
    folder = newest_run(lab.defaults.results, name)
    if folder is None:
        raise UsageError(
            f"no run of {name} in {lab.defaults.results}: use ceharness run first, or --rows FILE"
        )
    return short(folder.absolute()) / ROWS_FILE


def _target(args: argparse.Namespace, rows_file: Path, record: RunRecord | None) -> str:
    """Whose deviations they are. Raises UsageError if nothing says so."""
    if args.target:
        return str(args.target)
    if record is None:
        raise UsageError(f"nothing beside {rows_file} says what it was run on: name the TARGET")
    return record.target


def _day(record: RunRecord | None, rows_file: Path) -> date:
    """Of the run; without a record the day on which the rows were written."""
    if record:
        return datetime.fromisoformat(record.started).date()
    return date.fromtimestamp(rows_file.stat().st_mtime)


def _named(rows_file: Path, lab: Lab) -> str:
    """The file as seen from the lab's folder, so that it means the same to everybody who has the lab."""
    path = rows_file.resolve()
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
