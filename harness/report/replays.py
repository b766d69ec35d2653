"""How a red row is seen again: its program in a file, and one command."""

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.conformance import Row, lab_broke, was_run
from harness.report.deviations import alarming, program_name
from harness.results import Run
from harness.winsock import REQUIREMENTS
from harness.winsock.model import CALLS, EXHAUSTION

_ALONE = ("", CALLS, EXHAUSTION, "memory-pressure")
"""Ways to bring about a condition that a program has in itself; the others need the test, or the lab."""


@dataclass(frozen=True, slots=True)
class Replay:
    """`row`: what is seen again. `file`: name for its program, "" if none ran. `command`: runs the program
    out of that file, where it is `alone` enough to show the row, else the tests of the requirement."""

    row: Row
    file: str
    command: str
    alone: bool


def replays(run: Run, folder: Path = Path(), words: Sequence[str] | None = None) -> list[Replay]:
    """One for each row that needs a person's attention, in the order of the run. folder: where the files of
    their programs are, as commands name it. words: what chooses the device, if not as the run has it."""
    chosen = device_words(run) if words is None else list(words)
    return [_replay(row, file, folder, chosen, run) for row, file in named_programs(red_rows(run.rows))]


def device_words(run: Run) -> list[str]:
    """What chooses the device of a run on a command line."""
    return list(run.start.words) or [word for word in (run.start.target,) if word]


def red_rows(rows: Iterable[Row]) -> list[Row]:
    """Rows that need a person's attention, without what the lab broke."""
    return [row for row in rows if was_run(row) and alarming(row) and not lab_broke(row)]


def named_programs(rows: Iterable[Row]) -> list[tuple[Row, str]]:
    """Each row with the name of the file for its program, "" for a row without one."""
    counts: Counter[str] = Counter()
    found = []
    for row in rows:
        counts[row.requirement] += bool(row.program)
        found.append((row, program_name(row, counts[row.requirement]) if row.program else ""))
    return found


def _replay(row: Row, file: str, folder: Path, words: list[str], run: Run) -> Replay:
    if file and _way(row) in _ALONE:
        return Replay(row, file, shlex.join(["ceharness", "exec", str(folder / file), *words]), True)
    again = ["ceharness", "run", *words, *_suites(run), "--include", row.requirement]
    return Replay(row, file, shlex.join(again), False)


def _way(row: Row) -> str:
    """How its condition is brought about; where the row does not say it (a further check of a test, a row
    from an output.xml) as its requirement does."""
    known = REQUIREMENTS.get(row.requirement)
    if row.provoked or known is None:
        return row.provoked.partition(":")[0]
    return next((leg.provoked for leg in known.legs if leg.id == row.leg), known.leg().provoked)


def _suites(run: Run) -> list[str]:
    """The suites of the run, where they were not the harness's own."""
    try:
        chosen = shlex.split(run.start.selection or "")
    except ValueError:  # whoever wrote the file meant no command line
        return []
    pairs = zip(chosen[::2], chosen[1::2], strict=False)
    return [word for option, value in pairs if option == "--suites" for word in (option, value)]
