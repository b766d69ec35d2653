"""What is known of a device: its recorded deviations, and rows compared with them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from harness.conformance.row import Row
from harness.conformance.verdict import Verdict

_UNRECORDED = (Verdict.PASS, Verdict.OBSERVED)
CONFORMING_VERDICTS = (*_UNRECORDED, Verdict.FIXED)
DEVIATING_VERDICTS = (Verdict.FAIL, Verdict.KNOWN)
"""Rows that were judged, before or after they were compared with what is recorded. Of all others nobody
knows whether a recorded deviation still happens."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """On which devices a deviation is to be expected; what is empty does not matter.

    version: leading parts of it, (5, 0) for every build of 5.0. cpu: CPU or processor. image: OEM string or
    platform. In the last two `*` stands for anything, and upper and lower case are the same.
    """

    version: tuple[int, ...] = ()
    cpu: str = ""
    image: str = ""

    def __bool__(self) -> bool:
        return self != Conditions()

    def hold(self, device: Mapping[str, str]) -> bool:
        """On a device of this identity (`DeviceInfo.identity`)? What it does not tell is not as wanted."""
        parts = tuple(device.get("version", "").split("."))
        if self.version and parts[: len(self.version)] != tuple(map(str, self.version)):
            return False
        return _one_of(self.cpu, device, "cpu", "processor") and _one_of(
            self.image, device, "oem", "platform"
        )


def _one_of(wanted: str, device: Mapping[str, str], *names: str) -> bool:
    return not wanted or any(name in device and fits(wanted.lower(), device[name].lower()) for name in names)


def fits(pattern: str, text: str) -> bool:
    """Is the text as the pattern says? `*` stands for anything; line breaks and blanks count as one blank."""
    parts = " ".join(pattern.split()).split("*")
    return re.fullmatch(".*".join(map(re.escape, parts)), " ".join(text.split())) is not None


@dataclass(frozen=True, slots=True)
class Deviation:
    """One recorded deviation.

    requirement, leg, cases: which rows it is about; without a leg every leg, without cases every case.
    observed: what the device does in each of them, see `fits`. reason, date, evidence: why a person accepts
    it, since when, and what shows it. when: devices it is to be expected on. place: where it is written.
    """

    requirement: str
    observed: str
    reason: str
    date: date
    evidence: str
    leg: str = ""
    cases: tuple[str, ...] = ()
    when: Conditions = field(default_factory=Conditions)
    place: str = field(default="", compare=False)

    def repeats(self, other: "Deviation") -> bool:
        """Does it say of some case what the other one says of it?"""
        return (self.requirement, self.leg, self.observed, self.when) == (
            other.requirement,
            other.leg,
            other.observed,
            other.when,
        ) and (not self.cases or not other.cases or not set(self.cases).isdisjoint(other.cases))

    def covers(self, row: Row) -> bool:
        """Is it about this row?"""
        return (
            row.requirement == self.requirement
            and self.leg in ("", row.leg)
            and (not self.cases or row.case in self.cases)
        )

    def shown_by(self, row: Row) -> bool:
        """Is it about this row, and did the device do just that again?"""
        return self.covers(row) and row.verdict in DEVIATING_VERDICTS and fits(self.observed, row.observed)

    def __str__(self) -> str:
        what = " ".join(filter(None, (self.requirement, self.leg)))
        return f"{what} ({self.place})" if self.place else what


@dataclass(frozen=True, slots=True)
class Expectations:
    """The recorded deviations of a device; `file`: where they are written, None if nothing is recorded."""

    deviations: tuple[Deviation, ...] = ()
    file: Path | None = None

    @property
    def conditional(self) -> bool:
        """Does it depend on the device which of them count?"""
        return any(each.when for each in self.deviations)

    def on(self, device: Mapping[str, str]) -> "Expectations":
        """Those whose conditions hold on a device of this identity (`DeviceInfo.identity`)."""
        return replace(self, deviations=tuple(each for each in self.deviations if each.when.hold(device)))

    def compare(self, row: Row) -> Row:
        """The row as it looks to somebody who knows the device: a deviation that is recorded is `known`, one
        that is recorded and does not happen is `fixed`, and `recorded` holds the reason of the record.

        A row that was not judged stays as it is.
        """
        about = [each for each in self.deviations if each.covers(row)]
        if not about:
            return row
        recorded = "; ".join(dict.fromkeys(each.reason for each in about))
        places = ", ".join(map(str, about))
        was = " or ".join(dict.fromkeys(each.observed for each in about))
        if row.verdict is Verdict.FAIL:
            for each in about:
                if each.shown_by(row):
                    return replace(row, verdict=Verdict.KNOWN, recorded=each.reason)
            return replace(
                row,
                recorded=recorded,
                reason=_and(row.reason, f"another deviation is recorded, {was}: {places}"),
            )
        if row.verdict in _UNRECORDED:
            gone = f"the recorded deviation, {was}, no longer happens, so its record must go: {places}"
            return replace(row, verdict=Verdict.FIXED, recorded=recorded, reason=_and(gone, row.reason))
        return row

    def unmatched(self, rows: Iterable[Row]) -> Iterator[str]:
        """What the records name and no row is about, in words, once for each record."""
        rows = list(rows)
        for each in self.deviations:
            covered = {row.case for row in rows if each.covers(row)}
            lost = [case for case in each.cases if case not in covered]
            if lost or not covered:
                cases = ": " + ", ".join(repr(case) for case in lost) if lost else ""
                yield f"{each}{cases}"


def _and(*parts: str) -> str:
    return ". ".join(part for part in parts if part)
