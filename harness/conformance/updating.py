"""An expectations file rewritten after a run: what is new goes in, what no longer happens goes out.

Everything else stays as people wrote it: the text is cut into entries, and only entries that change are
touched. A reason is never made up.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import tomlkit

from harness.conformance.expectation_file import DEVIATION, entry_lines, parse_expectations
from harness.conformance.expectations import (
    CONFORMING_VERDICTS,
    DEVIATING_VERDICTS,
    Deviation,
    Expectations,
)
from harness.conformance.row import Row
from harness.conformance.verdict import Verdict
from harness.conformance.wording import LOST
from harness.errors import UsageError


@dataclass(frozen=True, slots=True)
class Seen:
    """A run that the file is to be brought up to.

    device: its identity (`DeviceInfo.identity`), empty if it is not known. source: the file of the rows, as
    evidence names it.
    """

    rows: Sequence[Row]
    device: Mapping[str, str]
    day: date
    source: str


def update_expectations(text: str, path: Path, seen: Seen) -> str:
    """The text of the file as it should be after that run.

    Every deviation of its rows is recorded then, new ones with an empty reason; those that did not happen
    any more are not. What the run says nothing about stays: entries for other devices, cases without a row,
    rows that were not judged. Raises ConfigError for a file that cannot be used (empty reasons are no
    mistake), UsageError for one that cannot be rewritten.
    """
    expectations = parse_expectations(text, path, unfinished=True)
    here = expectations.on(seen.device)
    kept = [
        _remaining(each, here, seen.rows) if each in here.deviations else each
        for each in expectations.deviations
    ]
    new = list(_new(here, seen))
    head, blocks = _cut(text, len(expectations.deviations), path)
    pieces = [
        block if after == before else _changed(block, after)
        for block, before, after in zip(blocks, expectations.deviations, kept, strict=True)
    ]
    result = _with(head + "".join(pieces), (_written(deviation, row) for deviation, row in new))
    wanted = tuple(each for each in kept if each is not None) + tuple(deviation for deviation, _ in new)
    if parse_expectations(result, path, unfinished=True).deviations != wanted:
        raise UsageError(f"{path}: cannot be rewritten; write entries as [[{DEVIATION}]], one key a line")
    return result


def unfinished_lines(text: str, path: Path) -> list[int]:
    """Lines of the reasons that a person has to fill in. Raises ConfigError."""
    found = parse_expectations(text, path, unfinished=True).deviations
    return [
        lines.get("reason", lines[""])
        for lines, each in zip(entry_lines(text), found, strict=True)
        if not each.reason
    ]


def _remaining(deviation: Deviation, here: Expectations, rows: Sequence[Row]) -> Deviation | None:
    """What of it still happens, or may: the same, with fewer cases, or None."""
    about = [row for row in rows if deviation.covers(row) and row.verdict is not Verdict.NOT_PROVOCABLE]
    gone = [row for row in about if _gone(row, here)]
    left = [row for row in about if row not in gone]
    if not gone:
        return deviation
    cases = dict.fromkeys(row.case for row in left)
    if deviation.cases:
        ended = {row.case for row in gone} - cases.keys()
        cases = dict.fromkeys(case for case in deviation.cases if case not in ended)
        return replace(deviation, cases=tuple(cases)) if cases else None
    if not cases:
        return None
    legs = {row.leg for row in left}
    leg = deviation.leg or (legs.pop() if len(legs) == 1 else "")
    return replace(deviation, leg=leg, cases=tuple(cases))


def _gone(row: Row, here: Expectations) -> bool:
    """Does none of the recorded deviations show in this row, which was judged?"""
    if row.verdict in DEVIATING_VERDICTS:
        return not any(each.shown_by(row) for each in here.deviations)
    return row.verdict in CONFORMING_VERDICTS


def _new(here: Expectations, seen: Seen) -> Iterator[tuple[Deviation, Row]]:
    """What is not recorded: one deviation, and a row of it, for all cases with the same outcome."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in seen.rows:
        if row.verdict in DEVIATING_VERDICTS and _gone(row, here):
            observed = f"{LOST}*" if row.observed.startswith(LOST) else row.observed
            groups.setdefault((row.requirement, row.leg, " ".join(observed.split())), []).append(row)
    for (requirement, leg, observed), rows in groups.items():
        evidence = ", ".join(filter(None, (rows[0].evidence, seen.source)))
        cases = tuple(dict.fromkeys(row.case for row in rows if row.case))
        yield Deviation(requirement, observed, "", seen.day, evidence, leg, cases), rows[0]


def _cut(text: str, count: int, path: Path) -> tuple[str, list[str]]:
    """The text in front of the entries, and each entry with the comment lines right above it.

    Raises UsageError if there are not so many entries in it.
    """
    lines = text.splitlines(keepends=True)
    starts = []
    for entry in entry_lines(text):
        start = entry[""] - 1
        while start and lines[start - 1].lstrip().startswith("#"):
            start -= 1
        starts.append(start)
    if len(starts) != count:
        raise UsageError(f"{path}: cannot be rewritten; write each entry as [[{DEVIATION}]]")
    starts.append(len(lines))
    return "".join(lines[: starts[0]]), ["".join(lines[start:end]) for start, end in pairwise(starts)]


def _own(block: str) -> tuple[str, str]:
    """An entry itself, and the blank lines and comments behind it, which are not about it."""
    lines = block.splitlines(keepends=True)
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return "".join(lines[:end]), "".join(lines[end:])


def _with(text: str, entries: Iterable[str]) -> str:
    """The text and new entries behind it, a blank line in front of each."""
    for entry in entries:
        if text and not text.endswith("\n"):
            text += "\n"
        if text and not text.endswith("\n\n"):
            text += "\n"
        text += entry
    return text


def _changed(block: str, deviation: Deviation | None) -> str:
    """The same entry about fewer cases, its comments and all other keys kept; None: without it."""
    own, behind = _own(block)
    if deviation is None:
        return behind.lstrip("\n")
    document = tomlkit.parse(own)
    entry = document[DEVIATION][0]
    if "cases" in entry:
        cases = entry["cases"]
        for place in reversed(range(len(cases))):
            if cases[place] not in deviation.cases:
                del cases[place]
    else:
        entry["cases"] = _list(deviation.cases)
    if deviation.leg and "leg" not in entry:
        entry["leg"] = deviation.leg
    return tomlkit.dumps(document) + behind


def _written(deviation: Deviation, row: Row) -> str:
    """A new entry; the comment says what the page says."""
    comment = "".join(sign if sign.isprintable() else " " for sign in f"documented: {row.documented}")
    entry = tomlkit.table()
    entry["requirement"] = deviation.requirement
    if deviation.leg:
        entry["leg"] = deviation.leg
    if deviation.cases:
        entry["cases"] = _list(deviation.cases)
    entry["observed"] = deviation.observed
    entry["reason"] = deviation.reason
    entry["date"] = deviation.date
    entry["evidence"] = deviation.evidence
    return f"# {comment}\n[[{DEVIATION}]]\n{tomlkit.dumps(entry)}"


def _list(texts: Sequence[str]) -> tomlkit.items.Array:
    array = tomlkit.array()
    array.extend(texts)
    return array.multiline(len(texts) > 1)
