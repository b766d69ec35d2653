"""`ceharness report --history`: a folder of pages about all runs."""

import argparse
from pathlib import Path

from harness.cli.screen import Screen, short
from harness.errors import UsageError
from harness.fingerprint import newest_fingerprint
from harness.history import fingerprint_changes
from harness.lab import Lab
from harness.results import entries, read_results

FOLDER = "history"
"""Name of the folder in that of the results, where nobody says otherwise."""
_RED_LINES = 10  # of what is red; the pages have all
_OF_ONE_RUN = ("run", "junit", "markdown")


def write_history(args: argparse.Namespace, lab: Lab) -> int:
    """Writes the pages and tells what is red; the exit code."""
    # Here, because what it needs takes longer to import than most other commands run.
    from harness.report.pages import conformance_page
    from harness.report.pages.history import write_history
    from harness.report.pages.places import INDEX

    for name in _OF_ONE_RUN:
        if value := getattr(args, name):
            option = value if name == "run" else f"--{name}"
            raise UsageError(
                f"{option} is about one run, --history about all of them: leave out one of the two"
            )
    results = lab.defaults.results
    if args.output == "-":
        raise UsageError("--output -: --history writes a folder, name one")
    output = Path(args.output) if args.output else results / FOLDER
    screen = Screen(args.json)
    runs = entries(results)
    if not runs:
        raise UsageError(
            f"no run in {short(results.absolute())}: use ceharness run first, or ceharness results import"
        )

    newest = {run.target: run.path for run in runs}

    def page_of_run(path: Path, home: str) -> str:
        run = read_results(path)
        fingerprint = None
        if path == newest[run.start.target]:  # a picture of a million triples takes seconds
            found = newest_fingerprint((results, path.parent), run.start.target)
            fingerprint = found[1] if found else None
        return conformance_page(run, fingerprint=fingerprint, home=home)

    report = write_history(runs, output, page_of_run, fingerprint_changes(results))
    screen.line(report.headline, "bold red" if report.red else "bold")
    screen.line(report.summary)
    for line in report.red[1 : _RED_LINES + 1]:
        screen.line(line)
    if len(report.red) > _RED_LINES + 1:
        screen.line(f"and {len(report.red) - _RED_LINES - 1} more")
    screen.line(f"report: {short(output.absolute()) / INDEX}", "dim")
    screen.json(report.machine)
    return 0
