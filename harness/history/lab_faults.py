"""Times in which the lab failed, or the line to a device was in trouble: nothing that a device did."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from harness.history.model import History
from harness.results import Entry

CUT_OFF = "the run was cut off before its end"
_NUMBER = re.compile(r"\d+(\.\d+)?(e[-+]\d+)?")


@dataclass(frozen=True, slots=True)
class LabEpisode:
    """Consecutive runs of one target, oldest first. reasons: what was wrong, the most frequent first; of
    sentences that differ in numbers alone the first, and in how many of the runs it was so."""

    target: str
    entries: tuple[Entry, ...]
    reasons: tuple[str, ...]

    @property
    def first(self) -> Entry:
        return self.entries[0]

    @property
    def last(self) -> Entry:
        return self.entries[-1]


def troubles(entry: Entry) -> tuple[str, ...]:
    """What was wrong with the lab or the line in a run, a sentence each; empty if nothing was."""
    return (*entry.lab, *entry.trouble, *([CUT_OFF] if entry.ended is None else []))


def episodes(history: History) -> list[LabEpisode]:
    """All of them, the one that went on last first."""
    found = [each for device in history.devices for each in _episodes(device.target, device.entries)]
    return sorted(found, key=lambda each: history.number(each.last), reverse=True)


def _episodes(target: str, entries: tuple[Entry, ...]) -> Iterator[LabEpisode]:
    for troubled, group in groupby(entries, key=lambda entry: bool(troubles(entry))):
        if troubled:
            together = tuple(group)
            yield LabEpisode(target, together, _reasons(together))


def _reasons(entries: tuple[Entry, ...]) -> tuple[str, ...]:
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for entry in entries:
        patterns = {_NUMBER.sub("N", sentence): sentence for sentence in reversed(troubles(entry))}
        counts.update(patterns.keys())
        for pattern, sentence in patterns.items():
            first.setdefault(pattern, sentence)
    if len(entries) == 1:
        return tuple(first.values())
    return tuple(
        f"{first[pattern]} (in {count} of {len(entries)} runs)" for pattern, count in counts.most_common()
    )
