"""`ceharness report`: a run as a page for people, and as JUnit XML, Markdown and JSON for machines; and all
runs as a folder of pages."""

import argparse
import sys
from pathlib import Path
from typing import Any

from harness.cli.choice import add_lab_option
from harness.cli.history import FOLDER, write_history
from harness.cli.screen import Screen, check_writable, short
from harness.errors import UsageError
from harness.fingerprint import newest_fingerprint
from harness.lab import Lab, load_lab
from harness.report import cautions, junit_text, markdown_text, run_dict, summary_sentence, write_whole
from harness.results import Run, find_run, read_results

PAGE = "conformance.html"
"""Name of the page beside the results, where nobody says otherwise."""
_STDOUT = "-"
_FORMS = {"output": "report", "junit": "JUnit XML", "markdown": "Markdown", "json": "JSON"}
"""Names of the options, and what they ask for."""
_MAKERS = {"junit": junit_text, "markdown": markdown_text}


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds `report`."""
    parser = commands.add_parser(
        "report",
        help="make a page of a run, to open, mail and print; JUnit XML, Markdown, JSON",
        description="Makes a report of a run out of its results file, as often as you like. Without an "
        f"option it is a page, {PAGE} beside the results; --history is about all runs. Exit code 0 when it "
        "is written, whatever it says.",
    )
    parser.add_argument(
        "run",
        metavar="RUN",
        nargs="?",
        help="a results file, the folder of a run, a run or its beginning, its number as in ceharness "
        "results list, or a target for its newest run (default: the newest run of all)",
    )
    parser.add_argument(
        "--history",
        action="store_true",
        help="pages about all runs instead: what changed on which device, since when, and whether it was the "
        "device or the lab; --json then writes that",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="the page, one HTML file that needs no other; - is standard output. Of --history the folder, "
        f"which can be published as it is (default: {FOLDER} in the folder of results)",
    )
    parser.add_argument("--junit", metavar="FILE", help="JUnit XML, for CI systems; - is standard output")
    parser.add_argument(
        "--markdown", metavar="FILE", help="a short summary for the page of a CI job; - is standard output"
    )
    parser.add_argument(
        "--json",
        metavar="FILE",
        nargs="?",
        const=_STDOUT,
        help="what was run on what, and the rows; without FILE, or with -, to standard output",
    )
    add_lab_option(parser)
    parser.set_defaults(command=_report)


def _report(args: argparse.Namespace) -> int:
    lab = load_lab(args.lab)
    return write_history(args, lab) if args.history else _one_run(args, lab)


def _one_run(args: argparse.Namespace, lab: Lab) -> int:
    """The reports of one run; the exit code."""
    wanted = {name: value for name in _FORMS if (value := getattr(args, name))}
    if list(wanted.values()).count(_STDOUT) > 1:
        raise UsageError("only one report can go to standard output: give the others a file")
    for name, value in wanted.items():
        if value != _STDOUT:
            check_writable(f"--{name}", Path(value))
    screen = Screen(_STDOUT if _STDOUT in wanted.values() else None)
    run = read_results(find_run(lab.defaults.results, args.run))
    for name, value in wanted.items():
        if value != _STDOUT and Path(value).resolve() == run.path.resolve():
            raise UsageError(f"--{name} {value}: is the results file itself, name another one")
    if not wanted:
        page = short(run.path.absolute().with_name(PAGE))
        check_writable("--output", page)
        wanted["output"] = str(page)
    screen.line(f"{short(run.path.absolute())}: run {run.start.run}", "dim")
    screen.line(summary_sentence(run))
    for caution in cautions(run):
        screen.line(caution, "yellow")
    for name, value in wanted.items():
        if name == "json":
            Screen(value).json(run_dict(run))
        else:
            text = _page(run, lab) if name == "output" else _MAKERS[name](run)
            _write(f"--{name}", value, text)
        if value != _STDOUT:
            screen.line(f"{_FORMS[name]}: {value}", "dim")
    return 0


def _page(run: Run, lab: Lab) -> str:
    # Here, because what it needs takes longer to import than most other commands run.
    from harness.report.pages import conformance_page

    found = newest_fingerprint((lab.defaults.results, run.path.parent), run.start.target)
    return conformance_page(run, fingerprint=found[1] if found else None)


def _write(option: str, file: str, text: str) -> None:
    """To a file, whole or not at all, or to standard output. Raises UsageError."""
    if file == _STDOUT:
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.flush()
        return
    try:
        write_whole(Path(file), text)
    except OSError as error:
        raise UsageError(f"{option} {file}: {error.strerror or error}") from None
