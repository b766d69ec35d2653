"""Two runs side by side: what turned, and what else differs between them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from harness.conformance import Row, Unjudged
from harness.history.fingerprints import FingerprintChange
from harness.history.model import Standing, same_outcome, standing_of
from harness.history.surroundings import Difference, run_differences
from harness.results import Judged, Run, entry_of, judged

Key = tuple[str, str, str, int]
"""Requirement, leg, case, and which of the rows with these it is."""


class Turn(StrEnum):
    """From the first run to the second."""

    WORSE = "worse"
    """Bad (fail, fixed, missing), and was not; or bad in more cases."""
    BETTER = "better"
    """Good (pass, known, observed), and was bad; or bad in fewer cases."""
    DIFFERENT = "different"
    """Neither: a recorded deviation, another error code."""
    NOT_JUDGED = "not judged"
    """At least one of the two says nothing: inconclusive, not-provocable, broken."""
    NEW = "new"
    """Only the second run has it, which was about the same."""
    GONE = "gone"
    """Only the first has it."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row, of the same requirement, leg and case in both; None where a run has no such row."""

    turn: Turn
    before: Row | None
    after: Row | None

    @property
    def row(self) -> Row:
        """The one that there is, rather that of the second run."""
        row = self.after or self.before
        assert row is not None
        return row


@dataclass(frozen=True, slots=True)
class RequirementChange:
    """`word_before`, `word_after`: a verdict, "missing", or "not run". `before`, `after`: what decided it,
    None where a run has no row of it. rows: those of it that differ."""

    requirement: str
    turn: Turn
    word_before: str
    word_after: str
    before: Judged | None
    after: Judged | None
    rows: tuple[RowChange, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`changes`: requirements of which anything differs, worse ones first. around: what else is not the
    same. compared: how many requirements were. left_out: requirements that one of the two did not look at, or
    not to their end; left_out_cases: so many rows of the compared ones, for the same reason. new_cases,
    gone_cases: rows that only one of two whole runs has, of requirements whose verdict is the same.
    fingerprint: what changed between those of their devices, None where there are no two.
    """

    before: Run
    after: Run
    changes: tuple[RequirementChange, ...]
    around: tuple[Difference, ...]
    compared: int
    left_out: tuple[str, ...] = ()
    left_out_cases: int = 0
    new_cases: int = 0
    gone_cases: int = 0
    fingerprint: FingerprintChange | None = None

    @property
    def requirements(self) -> tuple[str, ...]:
        """Those whose verdict changed."""
        return tuple(each.requirement for each in self.changes if each.word_before != each.word_after)

    def of(self, turn: Turn) -> Sequence[RequirementChange]:
        """The changes of that kind."""
        return [each for each in self.changes if each.turn is turn]


def compare(before: Run, after: Run, fingerprint: FingerprintChange | None = None) -> Comparison:
    """What is in the second otherwise than in the first.

    Two whole runs, or two of the same selection, are compared in everything. Of others only what both have is
    compared: that a run by selection, or one that was cut off, lacks a row says nothing.
    """
    whole = _scope(before) is not None and _scope(before) == _scope(after)
    sides = _Side(before, whole), _Side(after, whole)
    left_out: set[Key] = set()
    if not whole:
        common = sides[0].rows.keys() & sides[1].rows.keys()
        left_out = sides[0].rows.keys() ^ sides[1].rows.keys()
        for side in sides:
            side.keep(common)
    changes, cases = [], Counter[Turn]()
    names = sorted({name for side in sides for name in side.names})
    for name in names:
        rows = tuple(_rows(name, *sides))
        change = _requirement(name, *sides, rows)
        if change is None:
            cases.update(row.turn for row in rows)
        else:
            changes.append(change)
    order = list(Turn)
    names_left_out = {key[0] for key in left_out}.difference(names)
    return Comparison(
        before=before,
        after=after,
        changes=tuple(sorted(changes, key=lambda each: order.index(each.turn))),
        around=run_differences(before, after),
        compared=len(names),
        left_out=tuple(sorted(names_left_out)),
        left_out_cases=sum(key[0] not in names_left_out for key in left_out),
        new_cases=cases[Turn.NEW],
        gone_cases=cases[Turn.GONE],
        fingerprint=fingerprint,
    )


def _scope(run: Run) -> str | None:
    """What the run was about, to its end; None if nobody can know."""
    return run.start.selection if run.end is not None and not run.end.stopped else None


class _Side:
    """One of the two runs. Only a whole run has lost something, and only where the lab did not fail."""

    def __init__(self, run: Run, whole: bool) -> None:
        seen: Counter[tuple[str, str, str]] = Counter()
        self.rows: dict[Key, Row] = {}
        for row in run.rows:
            name = (row.requirement, row.leg, row.case)
            seen[name] += 1
            self.rows[*name, seen[name]] = row
        told = run.summary.missing if whole and not entry_of(run).lab else ()
        self.missing: Set[str] = {name.partition(" ")[0] for name in told}
        self.judged: Mapping[str, Judged] = judged(self.rows.values())

    def keep(self, keys: Set[Key]) -> None:
        """Only these rows."""
        self.rows = {key: row for key, row in self.rows.items() if key in keys}
        self.judged = judged(self.rows.values())

    @property
    def names(self) -> Iterable[str]:
        return self.judged.keys() | self.missing

    def word(self, requirement: str) -> str:
        found = self.judged.get(requirement)
        if requirement in self.missing and (found is None or not found.verdict.red):
            return Unjudged.MISSING
        return found.verdict if found else Unjudged.NOT_RUN


def _requirement(
    name: str, before: _Side, after: _Side, rows: tuple[RowChange, ...]
) -> RequirementChange | None:
    words = before.word(name), after.word(name)
    turn = _turn(*words)
    if turn is None:
        turns = {row.turn for row in rows} - {Turn.NEW, Turn.GONE}
        if not turns:
            return None
        turn = turns.pop() if len(turns) == 1 else Turn.DIFFERENT
    return RequirementChange(name, turn, *words, before.judged.get(name), after.judged.get(name), rows)


def _rows(name: str, before: _Side, after: _Side) -> Iterator[RowChange]:
    for key in dict.fromkeys((*before.rows, *after.rows)):
        if key[0] != name:
            continue
        one, other = before.rows.get(key), after.rows.get(key)
        turn = _turn(one.verdict if one else Unjudged.NOT_RUN, other.verdict if other else Unjudged.NOT_RUN)
        if turn is None and one is not None and other is not None and not _same(one, other):
            turn = Turn.DIFFERENT
        if turn is not None:
            yield RowChange(turn, one, other)


def _turn(before: str, after: str) -> Turn | None:
    """From one verdict, "missing" or "not run" to another."""
    if before == after:
        return None
    if Unjudged.NOT_RUN in (before, after):
        return Turn.NEW if before == Unjudged.NOT_RUN else Turn.GONE
    standings = standing_of(before), standing_of(after)
    if standings[1] is Standing.BAD and standings[0] is not Standing.BAD:
        return Turn.WORSE
    if Standing.SILENT in standings:
        return Turn.NOT_JUDGED
    return Turn.BETTER if standings == (Standing.BAD, Standing.GOOD) else Turn.DIFFERENT


def _same(one: Row, other: Row) -> bool:
    # A row from an output.xml does not tell what became of its program.
    told = one.outcome and other.outcome
    return (not told or one.outcome == other.outcome) and same_outcome(one.observed, other.observed)
