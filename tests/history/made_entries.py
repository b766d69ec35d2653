"""Runs in short, made of letters: what one requirement came to in one run after the other."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness.conformance import Verdict
from harness.history import Change, History, changes
from harness.results import Entry, Judged

REQUIREMENT = "WSASOCKET-012"
LETTERS = {
    "p": Verdict.PASS,
    "o": Verdict.OBSERVED,
    "k": Verdict.KNOWN,
    "F": Verdict.FAIL,
    "X": Verdict.FIXED,
    "i": Verdict.INCONCLUSIVE,
    "n": Verdict.NOT_PROVOCABLE,
    "L": Verdict.BROKEN,
}
"""Beside them "M": the run lost it, "-": the run was not about it."""
BEGIN = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
IDENTITY = {"version": "5.0.1400", "cpu": "ARM", "oem": "Panel"}


def judged(letter: str, **values: Any) -> Judged:
    """What a requirement came to; a failed one said 10022."""
    verdict = LETTERS[letter]
    seen = "WSAEINVAL (10022)" if letter in "Fk" else "" if letter in "inL" else "WSAEAFNOSUPPORT (10047)"
    plain = Judged(verdict, seen, "WSAEAFNOSUPPORT (10047)", "", "", "AF_IPX", 3, 3)
    return replace(plain, **values)


def entry(number: int, letter: str = "p", target: str = "panel", **values: Any) -> Entry:
    """A whole run, the day `number` after the first."""
    begun = BEGIN + timedelta(days=number)
    requirements: Mapping[str, Judged] = {REQUIREMENT: judged(letter)} if letter in LETTERS else {}
    plain = Entry(
        path=Path(f"{target}-{number}") / "results.jsonl",
        run=f"{begun:%Y%m%dT%H%M%S}-{target}",
        target=target,
        target_kind="tcp",
        place="192.0.2.1:5555",
        evidence="device",
        harness="1.0.0",
        started=begun.isoformat(timespec="milliseconds"),
        ended=(begun + timedelta(minutes=5)).isoformat(timespec="milliseconds"),
        stopped=False,
        selection="",
        image="sha256:1111111122222222",
        agent="ceagent 1.0.0",
        identity=IDENTITY,
        sources={"suites": "sha256:aa", "data": "sha256:bb"},
        requirements=requirements,
        missing=(REQUIREMENT,) if letter == "M" else (),
        lab=("the lab failed",) if letter == "L" else (),
    )
    return replace(plain, **values)


def history(letters: str, **later: Any) -> History:
    """One run for each letter; `later`: values of the runs behind a "|"."""
    entries, values = [], {}
    number = 0
    for letter in letters:
        if letter == "|":
            values = later
        elif letter != " ":
            entries.append(entry(number, letter, **values))
            number += 1
    return History(entries)


def the_change(found: History) -> Change:
    (change,) = changes(found)
    return change


def numbers(found: History, change: Change) -> tuple[int, int | None, int]:
    """First bad, last good, last."""
    good = None if change.last_good is None else found.number(change.last_good)
    return found.number(change.first_bad), good, found.number(change.last)
