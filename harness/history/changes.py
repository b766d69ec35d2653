"""What changed on a device, and since when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import groupby

from harness.conformance import Verdict
from harness.history.flaky import Flakiness, flakiness, while_flaky
from harness.history.model import (
    MISSING,
    DeviceHistory,
    History,
    Standing,
    is_whole,
    same_outcome,
    word,
)
from harness.history.surroundings import differences
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
    """Everything that changed, newest first by `since`. What is flaky is listed as that alone; what came and
    went while it was flaky is not listed."""
    found = [
        change
        for device in history.devices
        for requirement in device.requirements
        for change in _changes(device, requirement)
    ]
    return sorted(
        found, key=lambda change: (-history.number(change.since), change.target, change.requirement)
    )


@dataclass(frozen=True, slots=True)
class _Time:
    """Consecutive judging runs in one state."""

    state: str
    entries: tuple[Entry, ...]


_OUTDATED = "outdated"
"""Bad by verdict alone: the device does as documented."""


def _changes(device: DeviceHistory, requirement: str) -> Iterator[Change]:
    judging = device.judging(requirement)
    if not judging:
        return
    if (flaky := flakiness(device, requirement)) is not None:
        yield _flaky(device, requirement, flaky, judging)
        return
    times = [
        _Time(state, tuple(group)) for state, group in groupby(judging, partial(_state, device, requirement))
    ]
    turned_while_flaky = while_flaky(device, requirement)
    for place, time in enumerate(times):
        before = times[place - 1] if place else None
        after = times[place + 1] if place + 1 < len(times) else None
        if time.state == Standing.GOOD:
            pass
        elif after is None:
            yield _since(device, requirement, before, time)
        elif after.entries[0].run not in turned_while_flaky:
            yield from _until(device, requirement, before, time, after)
    yield from _other_outcome(device, requirement, times[-1].entries)


def _state(device: DeviceHistory, requirement: str, entry: Entry) -> str:
    standing = device.standing(entry, requirement)
    bad = standing is Standing.BAD
    return _OUTDATED if bad and word(entry, requirement) == Verdict.FIXED else standing


def _since(device: DeviceHistory, requirement: str, before: _Time | None, time: _Time) -> Change:
    """It is bad now."""
    first, until = time.entries[0], before.entries[-1] if before else None
    if time.state == _OUTDATED:
        kind = Kind.OUTDATED_RECORD
    else:
        kind = Kind.NEW_FAILURE if until is None else Kind.REGRESSION
    alongside = _alongside(until or _run_before(device, first), first)
    if until is not None and _was_flaky_before(device, requirement, until, first):
        alongside = (*alongside, "it was flaky on the image before")
    return Change(
        target=device.target,
        requirement=requirement,
        kind=kind,
        since=first,
        until=until,
        first_bad=first,
        last_good=until,
        last=time.entries[-1],
        bad_runs=len(time.entries),
        now=_judged(time.entries[-1], requirement),
        before=_judged(until, requirement),
        alongside=alongside,
        runs=len(time.entries),
    )


def _until(
    device: DeviceHistory, requirement: str, before: _Time | None, time: _Time, after: _Time
) -> Iterator[Change]:
    """It was bad, and is no more."""
    if after.state == Standing.BAD:
        return  # a record was outdated, and then it became bad: that is told
    since, until = after.entries[0], time.entries[-1]
    now = _judged(since, requirement)
    recorded = now is not None and now.verdict is Verdict.KNOWN
    yield Change(
        target=device.target,
        requirement=requirement,
        kind=Kind.RECORDED if recorded else Kind.FIXED,
        since=since,
        until=until,
        first_bad=time.entries[0],
        last_good=before.entries[-1] if before else None,
        last=after.entries[-1],
        bad_runs=len(time.entries),
        now=_judged(after.entries[-1], requirement),
        before=_judged(until, requirement),
        alongside=_alongside(until, since),
        runs=len(after.entries),
    )


def _other_outcome(device: DeviceHistory, requirement: str, entries: tuple[Entry, ...]) -> Iterator[Change]:
    """The newest other outcome while it stayed good, or bad. A part of the cases may show another case."""
    most = max(_cases(entry, requirement) for entry in entries)
    comparable = [entry for entry in entries if is_whole(entry) or _cases(entry, requirement) == most]
    for place in range(len(comparable) - 1, 0, -1):
        until, since = comparable[place - 1], comparable[place]
        before, now = _judged(until, requirement), _judged(since, requirement)
        if not _same(before, now):
            after = comparable[place:]
            bad = sum(device.standing(entry, requirement) is Standing.BAD for entry in after)
            yield Change(
                target=device.target,
                requirement=requirement,
                kind=Kind.DIFFERENT,
                since=since,
                until=until,
                first_bad=since,
                last_good=until,
                last=after[-1],
                bad_runs=bad,
                now=_judged(after[-1], requirement),
                before=before,
                alongside=_alongside(until, since),
                runs=len(after),
            )
            return


def _flaky(device: DeviceHistory, requirement: str, flaky: Flakiness, judging: Sequence[Entry]) -> Change:
    since = flaky.turned[-1]
    until = judging[judging.index(since) - 1]
    standings = {entry.run: device.standing(entry, requirement) for entry in flaky.entries}
    bad = [entry for entry in flaky.entries if standings[entry.run] is Standing.BAD]
    good = [entry for entry in flaky.entries if standings[entry.run] is Standing.GOOD]
    last = flaky.entries[-1]
    return Change(
        target=device.target,
        requirement=requirement,
        kind=Kind.FLAKY,
        since=since,
        until=until,
        first_bad=bad[0],
        last_good=good[-1],
        last=last,
        bad_runs=len(bad),
        now=_judged(last, requirement),
        before=_judged(until, requirement),
        turns=len(flaky.turned),
        runs=len(flaky.entries),
    )


def _judged(entry: Entry | None, requirement: str) -> Judged | None:
    if entry is None or word(entry, requirement) == MISSING:
        return None
    return entry.requirements[requirement]


def _cases(entry: Entry, requirement: str) -> int:
    judged = entry.requirements.get(requirement)
    return judged.cases if judged else 0


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


def _run_before(device: DeviceHistory, entry: Entry) -> Entry | None:
    """The last whole run before it: something new in it came with what is not as it was there."""
    earlier = device.entries[: device.entries.index(entry)]
    return next((each for each in reversed(earlier) if is_whole(each)), None)


def _was_flaky_before(device: DeviceHistory, requirement: str, until: Entry, first: Entry) -> bool:
    image = device.image_of(until)
    return image is not device.image_of(first) and flakiness(device, requirement, image) is not None
