"""`ceharness results`: the runs that left results, and runs from elsewhere."""

import argparse
from pathlib import Path
from typing import Any

from harness.cli.choice import add_lab_option
from harness.cli.screen import Screen, add_json_option, short
from harness.errors import UsageError
from harness.lab import load_lab, nearest
from harness.report import run_table
from harness.results import Entry, entries, import_runs

_SHOWN = 30


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `results` with its own commands."""
    parser = commands.add_parser(
        "results", help="list the runs that left results, import others", description=__doc__
    )
    inner = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = inner.add_parser(
        "list",
        help="the runs in the folder of results, newest first",
        description="Lists the runs below the folder of results, newest first. Other commands take a run by "
        "its number, by its name or the beginning of that, or by its folder.",
    )
    listing.add_argument("--target", metavar="NAME", help="only runs of this target")
    listing.add_argument(
        "--limit",
        metavar="COUNT",
        type=_count,
        help=f"so many at most, 0 for all (default: {_SHOWN}; with --json all)",
    )
    _add_folder_option(listing)
    add_json_option(listing, "the runs, with the verdict of each requirement,")
    add_lab_option(listing)
    listing.set_defaults(command=_list)
    taking = inner.add_parser(
        "import",
        help="take runs from elsewhere into the folder of results",
        description="Copies runs from elsewhere into the folder of results. All are checked first: if one "
        "file is not as it should be, nothing is copied. A run that is there already is left as it is.",
    )
    taking.add_argument(
        "source",
        metavar="FILE_OR_FOLDER",
        nargs="+",
        type=Path,
        help="a results.jsonl, an output.xml of Robot Framework, or a folder with such",
    )
    taking.add_argument(
        "--target",
        metavar="NAME",
        default="",
        help="the device's name, for an output.xml that does not say it",
    )
    _add_folder_option(taking)
    add_json_option(taking, "what was imported, and what was there,")
    add_lab_option(taking)
    taking.set_defaults(command=_import)


def _add_folder_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--results", metavar="DIR", type=Path, help="the folder of results (default: that of the lab)"
    )


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on")
    return int(text)


def _list(args: argparse.Namespace) -> int:
    screen, folder = Screen(args.json), _folder(args)
    runs = list(enumerate(entries(folder), start=1))
    if args.target is not None:
        targets = {entry.target for _, entry in runs}
        if args.target not in targets:
            close = nearest(args.target, targets)
            raise UsageError(
                f"no run of {args.target} in {folder}" + (f"; did you mean {close}?" if close else "")
            )
        runs = [(number, entry) for number, entry in runs if entry.target == args.target]
    runs.reverse()
    told = runs[: args.limit or None]
    screen.json([_about(number, entry) for number, entry in told])
    if not runs:
        screen.line(f"no runs in {folder}: use ceharness run first, or ceharness results import")
        return 0
    shown = told if args.limit is not None else runs[:_SHOWN]
    screen.table(run_table(shown, width=screen.console.width))
    if len(shown) < len(runs):
        screen.line(f"{len(runs) - len(shown)} older ones: --limit 0 shows all", "dim")
    return 0


def _about(number: int, entry: Entry) -> dict[str, Any]:
    return {"number": number, "file": str(entry.path), **entry.to_dict()}


def _import(args: argparse.Namespace) -> int:
    screen, folder = Screen(args.json), _folder(args)
    found = import_runs(folder, args.source, args.target)
    for each in found:
        what = f"{each.run} of {each.target or 'a target that nobody knows'}: {short(each.path)}"
        screen.line(f"{'imported' if each.new else 'is there already'}  {what}", "" if each.new else "dim")
    screen.json(
        [
            {
                "run": each.run,
                "target": each.target,
                "source": str(each.source),
                "file": str(each.path),
                "imported": each.new,
            }
            for each in found
        ]
    )
    new = sum(each.new for each in found)
    screen.line(f"{new} imported, {len(found) - new} there already", "bold")
    return 0


def _folder(args: argparse.Namespace) -> Path:
    folder: Path = args.results or load_lab(args.lab).defaults.results
    if args.results is not None and not folder.is_dir():
        raise UsageError(f"--results {folder}: there is no such folder")
    return short(folder.absolute())
