"""What many runs amount to: what is red now, what is flaky, what else changed, and where the lab failed."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import harness
from harness.history import (
    Change,
    DeviceHistory,
    FingerprintChange,
    History,
    Kind,
    LabEpisode,
    Standing,
    changes,
    episodes,
    system_of,
)
from harness.report.fingerprints import comparison_dict
from harness.report.pages.directory import KIND
from harness.report.pages.pattern import Words
from harness.report.pages.places import Places
from harness.results import Entry

SHOWN_CHANGES = 12
"""Red ones that the first page shows at once; the others are folded."""

FORMAT = 1
"""Of history.json; goes up when a reader of the old format would misunderstand the new one."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All newest first. red: requirements that are bad now and are not flaky; past: everything else that
    changed; trouble: times in which the lab failed. devices: those with the newest red ones first."""

    history: History
    red: tuple[Change, ...]
    flaky: tuple[Change, ...]
    past: tuple[Change, ...]
    trouble: tuple[LabEpisode, ...]
    fingerprints: tuple[FingerprintChange, ...]
    devices: tuple[DeviceHistory, ...]
    words: Words

    def troubled_now(self, episode: LabEpisode) -> bool:
        """Was the newest run of its device still in it?"""
        return self.history.device(episode.target).entries[-1].path == episode.last.path

    @property
    def trouble_now(self) -> tuple[LabEpisode, ...]:
        """Those that are not over yet."""
        return tuple(each for each in self.trouble if self.troubled_now(each))

    def of(self, device: DeviceHistory) -> "Findings":
        """What of it is this device's."""
        name = device.target
        return Findings(
            self.history,
            tuple(each for each in self.red if each.target == name),
            tuple(each for each in self.flaky if each.target == name),
            tuple(each for each in self.past if each.target == name),
            tuple(each for each in self.trouble if each.target == name),
            tuple(each for each in self.fingerprints if each.target == name),
            (device,),
            self.words,
        )

    def worth_a_page(self) -> Iterator[Entry]:
        """The runs that somebody wants to open, the most important first, some of them twice: the newest of
        each device, the first bad and the last good one of each change, the first of each time of trouble."""
        for device in self.devices:
            yield device.entries[-1]
        for change in (*self.red[:SHOWN_CHANGES], *self.flaky):
            yield from _of_change(change)
        for episode in self.trouble:
            yield episode.first
        for change in (*self.red[SHOWN_CHANGES:], *self.past):
            yield from _of_change(change)


def _of_change(change: Change) -> Iterator[Entry]:
    return (each for each in (change.first_bad, change.last_good, change.since) if each)


def find(history: History, fingerprints: Sequence[FingerprintChange] = ()) -> Findings:
    """Everything that there is to say of these runs."""
    red, flaky, past = [], [], []
    for change in changes(history):
        if change.kind is Kind.FLAKY:
            flaky.append(change)
        elif _stands(history, change):
            red.append(change)
        else:
            past.append(change)

    def newest(device: DeviceHistory) -> tuple[int, int, str]:
        numbers = [
            max((history.number(each.since) for each in some if each.target == device.target), default=0)
            for some in (red, (*flaky, *past))
        ]
        return -numbers[0], -numbers[1], device.target

    devices = tuple(sorted(history.devices, key=newest))
    return Findings(
        history,
        tuple(red),
        tuple(flaky),
        tuple(past),
        tuple(episodes(history)),
        tuple(fingerprints),
        devices,
        Words(history),
    )


def _stands(history: History, change: Change) -> bool:
    """Is it bad, as it became, in the newest run that says anything?"""
    device = history.device(change.target)
    newest = device.judging(change.requirement)[-1]
    bad = device.standing(newest, change.requirement) is Standing.BAD
    return bad and newest.path == change.last.path


def headline(findings: Findings) -> str:
    """The one sentence for somebody who reads no further."""
    history, red = findings.history, findings.red
    if not red:
        count = len(history.devices)
        where = f"any of {count} devices" if count > 1 else history.devices[0].target
        return f"Nothing is red on {where}{' but what is flaky' if findings.flaky else ''}"
    more = len({(each.target, each.requirement) for each in red}) - 1
    others = f"; {more} more {'is' if more == 1 else 'are'} red" if more else ""
    return f"{sentence(history, red[0])}{others}"


def sentence(history: History, change: Change) -> str:
    """One that is red now: "panel: WSASOCKET-012 fails since run 120 (2026-10-16)"."""
    run = f"run {history.number(change.since)} ({change.since.started[:10]})"
    if change.kind is Kind.OUTDATED_RECORD:
        what = f"deviates no longer as recorded, since {run}"
    elif change.kind is Kind.DIFFERENT:
        what = f"fails otherwise since {run}"
    elif change.now is None:
        what = f"is missing since {run}"
    elif change.kind is Kind.NEW_FAILURE:
        what = f"fails since it was first judged, in {run}"
    else:
        what = f"fails since {run}"
    return f"{change.target}: {change.requirement} {what}"


def summary(findings: Findings) -> str:
    """How much of everything there is, in one sentence."""
    entries = findings.history.entries
    days = dict.fromkeys((entries[0].started[:10], entries[-1].started[:10]))
    span = " to ".join(days)
    held = sum(len(each.entries) for each in findings.trouble)
    red = len({(each.target, each.requirement) for each in findings.red})
    parts = [
        f"{_count(red, 'requirement')} red now" if red else "nothing red now",
        f"{len(findings.flaky)} flaky",
        f"{_count(held, 'run')} in trouble of the lab" if held else "no trouble of the lab",
    ]
    devices = _count(len(findings.history.devices), "device")
    return f"{_count(len(entries), 'run')} of {devices}, {span}: {', '.join(parts)}."


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def machine_dict(findings: Findings, places: Places, made: str) -> dict[str, Any]:
    """For history.json. made: ISO 8601."""
    history = findings.history

    def run(entry: Entry | None) -> dict[str, Any] | None:
        if entry is None:
            return None
        return {
            "run": entry.run,
            "number": history.number(entry),
            "started": entry.started,
            "page": places.run(entry),
        }

    def change(each: Change) -> dict[str, Any]:
        return {
            "target": each.target,
            "requirement": each.requirement,
            "kind": each.kind.value,
            "since": run(each.since),
            "until": run(each.until),
            "first_bad": run(each.first_bad),
            "last_good": run(each.last_good),
            "last": run(each.last),
            "bad_runs": each.bad_runs,
            "turns": each.turns,
            "runs": each.runs,
            "before": asdict(each.before) if each.before else None,
            "now": asdict(each.now) if each.now else None,
            "alongside": list(each.alongside),
        }

    return {
        "report": KIND,
        "format": FORMAT,
        "harness": harness.__version__,
        "made": made,
        "runs": len(history.entries),
        "devices": [
            {
                "target": device.target,
                "system": system_of(device.entries[-1]),
                "runs": len(device.entries),
                "newest": run(device.entries[-1]),
                "verdicts": dict(findings.words.counts(device.entries[-1])),
                "page": places.device(device.target),
            }
            for device in findings.devices
        ],
        "red": [change(each) for each in findings.red],
        "flaky": [change(each) for each in findings.flaky],
        "changes": [change(each) for each in findings.past],
        "episodes": [
            {
                "target": each.target,
                "first": run(each.first),
                "last": run(each.last),
                "runs": [history.number(entry) for entry in each.entries],
                "reasons": list(each.reasons),
                "now": findings.troubled_now(each),
            }
            for each in findings.trouble
        ],
        "fingerprints": [
            {
                "target": each.target,
                "before": each.path_before.name,
                "after": each.path_after.name,
                **comparison_dict(each.comparison),
            }
            for each in findings.fingerprints
        ],
    }
