"""Runs of many devices in order, and what each of them says about a requirement."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from harness.conformance import Unjudged, Verdict
from harness.history.surroundings import system_of
from harness.results import Entry


class Standing(StrEnum):
    """What a run says about a requirement of its device."""

    GOOD = "good"
    """pass, known, observed."""
    BAD = "bad"
    """fail, fixed, missing."""
    SILENT = "silent"
    """inconclusive, not-provocable, broken, not run: nothing about the device."""


_STANDINGS: Mapping[str, Standing] = {
    Verdict.PASS: Standing.GOOD,
    Verdict.KNOWN: Standing.GOOD,
    Verdict.OBSERVED: Standing.GOOD,
    Verdict.FAIL: Standing.BAD,
    Verdict.FIXED: Standing.BAD,
    Unjudged.MISSING: Standing.BAD,
}


def standing_of(verdict: str) -> Standing:
    """What a verdict says by itself, or Unjudged.MISSING, or Unjudged.NOT_RUN."""
    return _STANDINGS.get(verdict, Standing.SILENT)


def word(entry: Entry, requirement: str) -> str:
    """The verdict of a requirement in a run, Unjudged.MISSING, or Unjudged.NOT_RUN.

    A lost leg is as bad as a lost requirement, unless the others deviate. Where the lab failed, what is lost
    is the lab's.
    """
    judged = entry.requirements.get(requirement)
    if (judged is None or not judged.verdict.red) and not entry.lab and requirement in _lost(entry):
        return Unjudged.MISSING
    return judged.verdict if judged else Unjudged.NOT_RUN


def _lost(entry: Entry) -> set[str]:
    return {name.partition(" ")[0] for name in entry.missing}


_COUNTS = re.compile(r", in \d+ runs|(?<!\()(?<!error )(?<!code )\b\d+\b|(?<!error )(?<!code )\b\d+\b(?!\))")


def same_outcome(one: str, other: str) -> bool:
    """Is the same observed? Codes count; how often something was done, or how many bytes came, does not."""
    return _essence(one) == _essence(other)


def _essence(observed: str) -> str:
    return _COUNTS.sub("", observed.partition(";")[0])


def is_whole(entry: Entry) -> bool:
    """Was this a run of everything, to its end?"""
    return entry.selection == "" and entry.ended is not None and not entry.stopped


@dataclass(frozen=True, slots=True)
class ImageHistory:
    """Runs of one device while it was the same system with the same image. label: see `system_of`; "" if
    nothing is known of it."""

    label: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class DeviceHistory:
    """Runs of one target, oldest first; images in order of first appearance."""

    target: str
    entries: tuple[Entry, ...]
    images: tuple[ImageHistory, ...]
    requirements: tuple[str, ...]
    """All that any of its runs was about, in the order of their names."""
    _standings: Mapping[Path, Mapping[str, Standing]] = field(repr=False)
    _image_of: Mapping[Path, ImageHistory] = field(repr=False)

    def image_of(self, entry: Entry) -> ImageHistory:
        """The one a run belongs to. Raises KeyError for a run of another device."""
        return self._image_of[entry.path]

    def standing(self, entry: Entry, requirement: str) -> Standing:
        """What the run says. A part of the requirement's cases can show that it is bad, never that it is
        good: a run that was not whole is silent where it judged fewer cases than whole runs do.

        Raises KeyError for a run of another device.
        """
        return self._standings[entry.path].get(requirement, Standing.SILENT)

    def judging(self, requirement: str) -> list[Entry]:
        """The runs that say something, oldest first."""
        return [each for each in self.entries if self.standing(each, requirement) is not Standing.SILENT]


class History:
    """Runs, oldest first whatever their order was. `entries`: see `harness.results.entries`."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries: tuple[Entry, ...] = tuple(sorted(entries, key=lambda one: (one.started, one.run)))
        self._numbers = {entry.path: number for number, entry in enumerate(self.entries, start=1)}
        targets: dict[str, list[Entry]] = {}
        for entry in self.entries:
            targets.setdefault(entry.target, []).append(entry)
        self.devices: tuple[DeviceHistory, ...] = tuple(
            _device(target, tuple(own)) for target, own in targets.items()
        )

    def number(self, entry: Entry) -> int:
        """The run's number by time over all devices, 1 is the oldest. Raises KeyError for another's."""
        return self._numbers[entry.path]

    def device(self, target: str) -> DeviceHistory:
        """Raises KeyError."""
        for device in self.devices:
            if device.target == target:
                return device
        raise KeyError(target)


def _device(target: str, entries: tuple[Entry, ...]) -> DeviceHistory:
    images = _images(entries)
    return DeviceHistory(
        target,
        entries,
        images,
        tuple(sorted({name for entry in entries for name in (*entry.requirements, *_lost(entry))})),
        _standings(entries),
        {entry.path: image for image in images for entry in image.entries},
    )


def _standings(entries: Sequence[Entry]) -> dict[Path, dict[str, Standing]]:
    """By run and requirement; of what is silent some are left out."""
    fullest: dict[str, int] = {}
    whole: dict[str, int] = {}
    for entry in reversed(entries):
        for name, judged in entry.requirements.items():
            fullest[name] = max(fullest.get(name, 0), judged.cases)
            if is_whole(entry) and judged.verdict in _STANDINGS:
                # In the end: of the first whole run, for runs before it.
                whole[name] = judged.cases
    found = {}
    for entry in entries:
        own = {}
        for name, judged in entry.requirements.items():
            standing = standing_of(judged.verdict)
            if is_whole(entry):
                if standing is not Standing.SILENT:
                    whole[name] = judged.cases
            elif standing is Standing.GOOD and judged.cases < whole.get(name, fullest[name]):
                standing = Standing.SILENT
            own[name] = standing
        if not entry.lab:
            own |= dict.fromkeys(_lost(entry), Standing.BAD)
        found[entry.path] = own
    return found


def _images(entries: Sequence[Entry]) -> tuple[ImageHistory, ...]:
    """A run in which the device did not tell who it is belongs to the image before it, as far as is known."""
    groups: dict[str, list[Entry]] = {}
    for entry in filter(lambda one: one.identity, entries):
        label = system_of(entry)
        if not entry.image and label not in groups:
            label = next((name for name in reversed(groups) if _fits(entry, groups[name][0])), label)
        groups.setdefault(label, []).append(entry)
    told = [(entry, label) for label, group in groups.items() for entry in group]
    told.sort(key=lambda pair: (pair[0].started, pair[0].run))
    for entry in filter(lambda one: not one.identity, entries):
        fitting = [(other, label) for other, label in told if _fits(entry, other)]
        before = [label for other, label in fitting if other.started <= entry.started]
        after = [label for _, label in fitting]
        label = before[-1] if before else after[0] if after else system_of(entry)
        groups.setdefault(label, []).append(entry)
    place = {entry.path: number for number, entry in enumerate(entries)}
    for group in groups.values():
        group.sort(key=lambda one: place[one.path])
    return tuple(
        ImageHistory(label, tuple(group))
        for label, group in sorted(groups.items(), key=lambda pair: place[pair[1][0].path])
    )


def _fits(one: Entry, other: Entry) -> bool:
    """May they have been on the same image? What one of them does not tell speaks for it."""
    sides = [(one.image, other.image)]
    sides += [(text, other.identity.get(name, "")) for name, text in one.identity.items()]
    return all(not a or not b or a == b for a, b in sides)
