"""What changed on a device, and since when."""

from dataclasses import dataclass
from enum import StrEnum

from harness.history.model import History
from harness.results import Entry, Judged


class Kind(StrEnum):
    """What kind of change it is."""

    REGRESSION = "regression"
    """It was good, and is bad since."""
    NEW_FAILURE = "new failure"
    """It is bad, and was never seen good on this device."""
    OUTDATED_RECORD = "outdated record"
    """A recorded deviation no longer happens since: the device is better, the record must go."""
    FIXED = "fixed"
    """It was bad, and is good since."""
    RECORDED = "recorded"
    """It was bad, and is a recorded deviation since: the device is as it was."""
    DIFFERENT = "different"
    """Neither better nor worse, but another outcome since: another error code, for instance."""
    FLAKY = "flaky"
    """It turns from good to bad and back on the same image, see `harness.history.flaky`."""


@dataclass(frozen=True, slots=True)
class Change:
    """One requirement of one target turned.

    since: the first run in which it is as it became (of FLAKY: of its newest turn); until: the run that
    judged it before, None if there is none. first_bad, last_good: of the time in which it is bad, or, of
    FIXED and RECORDED, was; equal to `since` and `until` otherwise. last: the newest run that still shows it
    as it became. bad_runs: how many runs showed it bad, of that time (of FLAKY: of those that the rule looks
    at). now: what `last` says of it, before: what `until` says; None where the run was whole and lost it, and
    `before` also where there is no `until`. alongside: what else changed from `until` to `since`
    ("suites changed", "image 1234abcd -> 9876dcba"). turns, runs: of FLAKY, how often it turned in how many
    runs; else 1 and how many runs judged it from `since` to `last`.
    """

    target: str
    requirement: str
    kind: Kind
    since: Entry
    until: Entry | None
    first_bad: Entry
    last_good: Entry | None
    last: Entry
    bad_runs: int
    now: Judged | None
    before: Judged | None
    alongside: tuple[str, ...] = ()
    turns: int = 1
    runs: int = 1


def changes(history: History) -> list[Change]:
    """Everything that changed, newest first by `since`. What is flaky is listed as that alone."""
    return []
