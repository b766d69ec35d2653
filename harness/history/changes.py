"""What changed on a device, and since when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path

from harness.conformance import Unjudged, Verdict
from harness.history.flaky import Flakiness, flakiness, while_flaky
from harness.history.model import (
    DeviceHistory,
    History,
    Standing,
    is_whole,
    same_outcome,
    word,
)
from harness.history.surroundings import differences
from harness.history.timelines import timelines
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
    """Everything that changed on images in use, newest first by `since`. What is flaky is listed as that
    alone; what came and went while it was flaky is not listed."""
    found: dict[tuple[str, str, Kind, Path], Change] = {}
    for device in history.devices:
        for line in timelines(device):
            for change in _changes(device, line):
                key = (change.target, change.requirement, change.kind, change.since.path)
                # What happened before two images parted is told once, as the newer of the two shows it.
                if key not in found or history.number(found[key].last) < history.number(change.last):
                    found[key] = change
    return sorted(
        found.values(),
        key=lambda change: (-history.number(change.since), change.target, change.requirement),
    )


def _changes(device: DeviceHistory, line: tuple[Entry, ...]) -> Iterator[Change]:
    for requirement in device.requirements:
        course = _Course(device, line, requirement)
        if course.judging:
            yield from course.changes()


_OUTDATED = "outdated"
"""Bad by verdict alone: the device does as documented."""


@dataclass(frozen=True, slots=True)
class _Time:
    """Consecutive judging runs in one state: a standing, or _OUTDATED."""

    state: str
    entries: tuple[Entry, ...]


class _Course:
    """How one requirement went on one image and those before it. line: the runs; judging: those of them that
    say something."""

    def __init__(self, device: DeviceHistory, line: tuple[Entry, ...], requirement: str) -> None:
        self.device, self.line, self.requirement = device, line, requirement
        self.judging = [entry for entry in line if self._standing(entry) is not Standing.SILENT]

    def changes(self) -> Iterator[Change]:
        """Oldest first, but for another outcome, which is last."""
        flaky = flakiness(self.device, self.requirement, self.judging)
        if flaky is not None:
            yield self._flaky(flaky)
            return
        times = [_Time(state, tuple(group)) for state, group in groupby(self.judging, self._state)]
        turned_while_flaky = while_flaky(self.device, self.requirement, self.judging)
        for place, time in enumerate(times):
            after = times[place + 1] if place + 1 < len(times) else None
            if time.state == Standing.GOOD:
                continue
            if after is None:
                yield self._bad_since(time)
            elif after.state != Standing.BAD and after.entries[0].run not in turned_while_flaky:
                # A record that was outdated before it became bad is no news.
                yield self._bad_until(times[place - 1] if place else None, time, after)
        yield from self._other_outcome(times[-1].entries)

    def _standing(self, entry: Entry) -> Standing:
        return self.device.standing(entry, self.requirement)

    def _state(self, entry: Entry) -> str:
        standing = self._standing(entry)
        bad = standing is Standing.BAD
        return _OUTDATED if bad and word(entry, self.requirement) == Verdict.FIXED else standing

    def _bad_since(self, time: _Time) -> Change:
        """It is bad now."""
        first, last = time.entries[0], time.entries[-1]
        before = self.judging[: self.judging.index(first)]
        until = before[-1] if before else None
        alongside = _alongside(until or self._whole_run_before(first), first)
        if before and self._was_flaky_on_another_image(before, first):
            alongside = (*alongside, "it was flaky on the image before")
        if time.state == _OUTDATED:
            kind = Kind.OUTDATED_RECORD
        else:
            kind = Kind.REGRESSION if before else Kind.NEW_FAILURE
        return Change(
            target=self.device.target,
            requirement=self.requirement,
            kind=kind,
            since=first,
            until=until,
            first_bad=first,
            last_good=until,
            last=last,
            bad_runs=len(time.entries),
            now=self._judged(last),
            before=self._judged(until),
            alongside=alongside,
            runs=len(time.entries),
        )

    def _bad_until(self, before: _Time | None, time: _Time, after: _Time) -> Change:
        """It was bad, and is no more."""
        since, until, last = after.entries[0], time.entries[-1], after.entries[-1]
        recorded = word(since, self.requirement) == Verdict.KNOWN
        return Change(
            target=self.device.target,
            requirement=self.requirement,
            kind=Kind.RECORDED if recorded else Kind.FIXED,
            since=since,
            until=until,
            first_bad=time.entries[0],
            last_good=before.entries[-1] if before else None,
            last=last,
            bad_runs=len(time.entries),
            now=self._judged(last),
            before=self._judged(until),
            alongside=_alongside(until, since),
            runs=len(after.entries),
        )

    def _other_outcome(self, entries: Sequence[Entry]) -> Iterator[Change]:
        """The newest other outcome while it stayed good, or bad."""
        # A part of the cases may show another case.
        most = max(self._cases(entry) for entry in entries)
        comparable = [entry for entry in entries if is_whole(entry) or self._cases(entry) == most]
        for place in range(len(comparable) - 1, 0, -1):
            until, since = comparable[place - 1], comparable[place]
            before, now = self._judged(until), self._judged(since)
            if _same(before, now):
                continue
            after = comparable[place:]
            yield Change(
                target=self.device.target,
                requirement=self.requirement,
                kind=Kind.DIFFERENT,
                since=since,
                until=until,
                first_bad=since,
                last_good=until,
                last=after[-1],
                bad_runs=sum(self._standing(entry) is Standing.BAD for entry in after),
                now=self._judged(after[-1]),
                before=before,
                alongside=_alongside(until, since),
                runs=len(after),
            )
            return

    def _flaky(self, flaky: Flakiness) -> Change:
        since, last = flaky.turned[-1], flaky.entries[-1]
        until = flaky.entries[flaky.entries.index(since) - 1]
        bad = [entry for entry in flaky.entries if self._standing(entry) is Standing.BAD]
        good = [entry for entry in flaky.entries if self._standing(entry) is Standing.GOOD]
        return Change(
            target=self.device.target,
            requirement=self.requirement,
            kind=Kind.FLAKY,
            since=since,
            until=until,
            first_bad=bad[0],
            last_good=good[-1],
            last=last,
            bad_runs=len(bad),
            now=self._judged(last),
            before=self._judged(until),
            turns=len(flaky.turned),
            runs=len(flaky.entries),
        )

    def _judged(self, entry: Entry | None) -> Judged | None:
        if entry is None or word(entry, self.requirement) == Unjudged.MISSING:
            return None
        return entry.requirements[self.requirement]

    def _cases(self, entry: Entry) -> int:
        judged = entry.requirements.get(self.requirement)
        return judged.cases if judged else 0

    def _whole_run_before(self, entry: Entry) -> Entry | None:
        """Something new came with what is not as it was there."""
        earlier = self.line[: self.line.index(entry)]
        return next((each for each in reversed(earlier) if is_whole(each)), None)

    def _was_flaky_on_another_image(self, before: Sequence[Entry], first: Entry) -> bool:
        if self.device.image_of(before[-1]) is self.device.image_of(first):
            return False
        return flakiness(self.device, self.requirement, before) is not None


def _same(one: Judged | None, other: Judged | None) -> bool:
    """Of how many cases it is so does not matter, nor what a pass looks like."""
    if one is None or other is None:
        return one is other
    if one.verdict is not other.verdict:
        return False
    return one.verdict is Verdict.PASS or (
        one.leg == other.leg and same_outcome(one.observed, other.observed)
    )


def _alongside(before: Entry | None, after: Entry) -> tuple[str, ...]:
    return () if before is None else tuple(map(str, differences(before, after)))
