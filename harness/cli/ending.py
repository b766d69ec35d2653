"""The end of a run: the table, every deviation in full, the counts."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from harness.cli.progress import Progress
from harness.cli.screen import Screen
from harness.conformance import Row, Summary, lab_broke, was_run
from harness.report import (
    deviation_lines,
    evidence_sentence,
    known_table,
    live_line,
    named_programs,
    red_rows,
    result_table,
    summary_line,
)

PROGRAMS = "deviations"
"""The folder beside the results for the programs of red rows."""
_IN_FULL = 20  # deviations that are shown with their programs; those of the others are in files


class Replay:
    """Programs of red rows as files, and the commands that run them again on the same device. words: what
    chooses it on a command line."""

    def __init__(self, folder: Path, words: Sequence[str]) -> None:
        self.folder = folder
        self._words = words

    def commands(self, rows: Sequence[Row]) -> list[str]:
        """Writes the programs; one command for each row, "" where no program ran. Raises OSError."""
        found = []
        for row, name in named_programs(rows):
            if not name:
                found.append("")
                continue
            self.folder.mkdir(exist_ok=True)
            path = self.folder / name
            path.write_text(row.program, encoding="utf-8")
            found.append(shlex.join(["ceharness", "exec", str(path), *self._words]))
        return found


def show_end(
    screen: Screen, rows: Sequence[Row], summary: Summary, progress: Progress, replay: Replay
) -> None:
    """Everything that is said at the end of a run."""
    screen.line()
    shown = [row for row in rows if was_run(row)]
    judged = not rows or not all(map(lab_broke, rows))
    if rows and judged:
        screen.table(result_table(shown, width=screen.console.width))
        screen.line()
    if (known := known_table(shown)) is not None:
        screen.table(known)
        screen.line()
    _show_deviations(screen, red_rows(rows), replay)
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


def _show_deviations(screen: Screen, rows: Sequence[Row], replay: Replay) -> None:
    commands, width = replay.commands(rows), min(screen.console.width, 110)
    for row, command in list(zip(rows, commands, strict=True))[:_IN_FULL]:
        for line in deviation_lines(row, command, width=width):
            screen.line(line)
        screen.line()
    if len(rows) > _IN_FULL:
        more = len(rows) - _IN_FULL
        screen.line(f"{more} more, their programs are in {replay.folder}:", "bold red")
        for row in rows[_IN_FULL:]:
            screen.line(live_line(row))
        screen.line()
