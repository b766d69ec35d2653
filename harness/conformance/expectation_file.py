"""Recorded deviations on disk: `expectations/<device>.toml` (see docs/expectations.md)."""

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from harness.conformance.expectations import Conditions, Deviation, Expectations
from harness.errors import ConfigError
from harness.winsock import REQUIREMENTS
from harness.winsock.reader import Table, parse, read_text

DEVIATION = "deviation"
_HEADER = re.compile(rf"\s*\[\[\s*{DEVIATION}\s*]]\s*(#.*)?$")
_KEY = re.compile(r"\s*(\w+)\s*[=.]")


def read_expectations(path: Path) -> Expectations:
    """The deviations that a file records.

    Raises ConfigError that names file, line, entry and key of the first mistake, the others as notes. A
    reason that nobody has filled in yet is one.
    """
    return parse_expectations(read_text(path), path)


def parse_expectations(text: str, path: Path, *, unfinished: bool = False) -> Expectations:
    """As read_expectations, from text; `path` is named in errors and becomes `file`.

    unfinished: an entry may wait for its reason, "" then.
    """
    values = parse(text, path)
    document = Table(values, path)
    document.tables(DEVIATION, [])
    entries = values.get(DEVIATION, [])
    found: list[Deviation] = []
    mistakes: list[ConfigError] = []
    places = [*entry_lines(text)]
    for number, each in enumerate(entries, start=1):
        entry = _Entry(each, path, number, places[number - 1] if len(places) == len(entries) else {})
        try:
            deviation = entry.deviation(unfinished)
            for other in found:
                if deviation.repeats(other):
                    raise entry.wrong(None, f"records what {other.place} records", "each deviation once")
            found.append(deviation)
        except ConfigError as error:
            mistakes.append(error)
    try:
        document.done()
    except ConfigError as error:
        mistakes.append(error)
    if mistakes:
        first, *others = mistakes
        for mistake in others:
            first.add_note(f"  {mistake}")
        raise first
    return Expectations(tuple(found), path)


def entry_lines(text: str) -> Iterator[dict[str, int]]:
    """For each [[deviation]] of the text the line of each key, counted from 1; "" is the header's."""
    lines: dict[str, int] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if _HEADER.match(line):
            if lines is not None:
                yield lines
            lines = {"": number}
        elif lines is not None and (key := _KEY.match(line)):
            lines.setdefault(key[1], number)
    if lines is not None:
        yield lines


class _Entry(Table):
    """One [[deviation]]. Every method raises ConfigError."""

    def __init__(self, values: Mapping[str, Any], path: Path, number: int, lines: Mapping[str, int]) -> None:
        super().__init__(values, path, f"{DEVIATION} {number}")
        self._lines = lines

    def wrong(self, key: str | None, message: str, expected: str | None = None) -> ConfigError:
        line = self._lines.get(key or "", self._lines.get(""))
        return ConfigError(
            message, file=self.file, line=line, section=self.section, key=key, expected=expected
        )

    def deviation(self, unfinished: bool) -> Deviation:
        id, leg = self._about()
        found = Deviation(
            requirement=id,
            leg=leg,
            cases=self._cases(),
            observed=self._take("observed", "what the device does, as the run shows it", ...),
            reason=self._reason(unfinished),
            date=self._date(),
            evidence=self.text("evidence"),
            when=self._when(),
            place=f"{self.file.name}:{self._lines['']}"
            if self._lines
            else f"{self.file.name}, {self.section}",
        )
        if not isinstance(found.observed, str):
            raise self.wrong("observed", f"is {found.observed!r}", "a text")
        self.done()
        return found

    def _about(self) -> tuple[str, str]:
        id = self.text("requirement")
        if id not in REQUIREMENTS:
            near = difflib.get_close_matches(id, REQUIREMENTS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise self.wrong("requirement", f"there is no requirement {id}{hint}")
        self.section = f"{self.section}, {id}"
        leg = self.text("leg", "")
        legs = [each.id for each in REQUIREMENTS[id].legs if each.id]
        if leg and leg not in legs:
            expected = f"one of {', '.join(legs)}" if legs else "no leg: it is checked in one way only"
            raise self.wrong("leg", f"{id} has no leg {leg!r}", expected)
        return id, leg

    def _cases(self) -> tuple[str, ...]:
        cases = self.texts("cases", [])
        if "cases" in self and not cases:
            raise self.wrong(
                "cases", "is empty", "the cases that deviate; without this key it is all of them"
            )
        return cases

    def _reason(self, unfinished: bool) -> str:
        reason = self._take("reason", "why the device deviates, in words", ...)
        if not isinstance(reason, str):
            raise self.wrong("reason", f"is {reason!r}", "a text")
        if not reason.strip() and not unfinished:
            raise self.wrong("reason", "is empty", "why the device deviates, in words")
        return " ".join(reason.split())

    def _date(self) -> date:
        expected = "a day such as 2026-05-01, without quotes"
        value = self._take("date", expected, ...)
        if type(value) is not date:  # a moment is one, too
            raise self.wrong("date", f"is {str(value)!r}", expected)
        return value

    def _when(self) -> Conditions:
        if "when" not in self:
            return Conditions()
        table = self.table("when")
        version = table.text("version", "")
        if version and not re.fullmatch(r"\d+(\.\d+){0,2}", version):
            raise self.wrong("when", f"has the version {version!r}", 'a text such as "5.0" or "5.0.1400"')
        found = Conditions(
            tuple(int(part) for part in version.split(".")) if version else (),
            table.text("cpu", ""),
            table.text("image", ""),
        )
        table.done()
        if not found:
            raise self.wrong("when", "is empty", "version, cpu or image")
        return found
