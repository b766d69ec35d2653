"""Two runs side by side: what turned, and what else differs between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.conformance import Row
from harness.history.surroundings import Difference
from harness.results import Judged, Run


class Turn(StrEnum):
    """From the first run to the second."""

    WORSE = "worse"
    """Bad (fail, fixed, missing), and was not."""
    BETTER = "better"
    """Good (pass, known, observed), and was bad."""
    DIFFERENT = "different"
    """Another verdict or outcome otherwise."""
    NEW = "new"
    """Only the second run, which was about the same, has it."""
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
    """`before`, `after`: see `harness.results.Judged`, None where a run has nothing of it or lost it, which
    `word_before` and `word_after` tell: a verdict, "missing", or "not run". rows: those of it that differ."""

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
    same. left_out: requirements that one of the two was not about, so that nothing can be said.
    compared: how many requirements both were about."""

    before: Run
    after: Run
    changes: tuple[RequirementChange, ...]
    around: tuple[Difference, ...]
    left_out: tuple[str, ...]
    compared: int

    @property
    def requirements(self) -> tuple[str, ...]:
        """Those whose verdict changed."""
        return tuple(each.requirement for each in self.changes if each.word_before != each.word_after)

    def of(self, turn: Turn) -> Sequence[RequirementChange]:
        """The changes of that kind."""
        return [each for each in self.changes if each.turn is turn]


def compare(before: Run, after: Run) -> Comparison:
    """What is not in the second as it was in the first."""
    return Comparison(before, after, (), (), (), 0)
