"""What an outcome means for a requirement."""

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """The verdict of a row; the value is the word that stands in results."""

    PASS = "pass"
    """As documented."""
    FAIL = "fail"
    """Contradicts the document, whatever the outcome was."""
    KNOWN = "known"
    """A recorded deviation of this device."""
    FIXED = "fixed"
    """A recorded deviation that no longer happens: the record must go."""
    OBSERVED = "observed"
    """The page leaves it open: recorded for comparison."""
    INCONCLUSIVE = "inconclusive"
    """The condition could not be reached this time, with the reason."""
    NOT_PROVOCABLE = "not-provocable"
    """This target cannot reach the row, and its list of abilities says so."""
    BROKEN = "broken"
    """The lab failed, never the device."""

    @property
    def red(self) -> bool:
        """Is this a deviation, one that makes a run end with exit code 1?"""
        return self in (Verdict.FAIL, Verdict.FIXED)

    @property
    def alarming(self) -> bool:
        """Does it need a person's attention: a deviation, or a broken test or lab?"""
        return self.red or self is Verdict.BROKEN


class Unjudged(StrEnum):
    """What stands in place of a verdict where there is none."""

    MISSING = "missing"
    """Nobody judged it, although the target can reach it."""
    NOT_RUN = "not run"
    """It was not among the tests of this run."""


SEVERITY = (
    Verdict.FAIL,
    Verdict.FIXED,
    Verdict.BROKEN,
    Verdict.INCONCLUSIVE,
    Verdict.KNOWN,
    Verdict.PASS,
    Verdict.OBSERVED,
    Verdict.NOT_PROVOCABLE,
)
"""Worst first. A deviation stays one although the lab failed in another case of the same requirement; a case
that the page leaves open, or that this target cannot reach, takes nothing from those that were judged."""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a requirement whose cases came to these. Raises ValueError if there is none."""
    return min(verdicts, key=SEVERITY.index)
