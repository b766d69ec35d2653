"""The end of a run: the table, every deviation in full, the counts."""

from collections.abc import Sequence
from pathlib import Path

from harness.cli.progress import Progress
from harness.cli.screen import Screen
from harness.conformance import Row, Summary, lab_broke, was_run
from harness.report import (
    Replay,
    deviation_lines,
    evidence_sentence,
    known_table,
    live_line,
    result_table,
    summary_line,
)

PROGRAMS = "deviations"
"""The folder beside the results for the programs of red rows."""
_IN_FULL = 20  # deviations that are shown with their programs; those of the others are in files


def write_programs(folder: Path, found: Sequence[Replay]) -> None:
    """The programs of red rows as files, under the names that their commands use. Raises OSError."""
    for each in found:
        if each.file:
            folder.mkdir(exist_ok=True)
            (folder / each.file).write_text(each.row.program, encoding="utf-8")


def show_end(
    screen: Screen, rows: Sequence[Row], summary: Summary, progress: Progress, red: Sequence[Replay]
) -> None:
    """Everything that is said at the end of a run. red: its red rows, and how they are seen again."""
    screen.line()
    shown = [row for row in rows if was_run(row)]
    judged = not rows or not all(map(lab_broke, rows))
    if rows and judged:
        screen.table(result_table(shown, width=screen.console.width))
        screen.line()
    if (known := known_table(shown)) is not None:
        screen.table(known)
        screen.line()
    _show_deviations(screen, red)
    for name, message in progress.failed:
        screen.line(f"failed: {name}", "bold red")
        screen.line(message)
        screen.line()
    if not judged:
        screen.line("nothing was judged: the lab failed", "bold")
    elif rows or not (progress.passed or progress.failed):
        screen.line(summary_line(summary))
    if progress.passed or progress.failed:
        screen.line(f"tests without a requirement: {progress.passed} passed, {len(progress.failed)} failed")
    if len(shown) < len(rows):
        screen.line(f"not run, because the lab failed: {len(rows) - len(shown)} more", "bold magenta")
    if summary.missing and not summary.lab_broken:
        screen.line(f"not judged: {', '.join(summary.missing)}", "bold red")
    if not summary.lab_broken:
        for record in summary.unmatched:
            screen.line(f"the record matches no row: {record}", "bold red")
    if rows and judged:
        screen.line(evidence_sentence(rows))


def _show_deviations(screen: Screen, red: Sequence[Replay]) -> None:
    width = min(screen.console.width, 110)
    for each in red[:_IN_FULL]:
        for line in deviation_lines(each.row, each.command, width=width):
            screen.line(line)
        screen.line()
    if len(red) > _IN_FULL:
        screen.line(
            f"{len(red) - _IN_FULL} more, {PROGRAMS}/ beside the results has their programs:", "bold red"
        )
        for each in red[_IN_FULL:]:
            screen.line(live_line(each.row))
        screen.line()
