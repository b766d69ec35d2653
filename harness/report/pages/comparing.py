"""All runs in short, for the page that compares any two of them: tables of texts, and numbers into them."""

import re
from collections.abc import Iterator
from typing import Any

from harness.history import Standing
from harness.history.model import same_outcome
from harness.history.surroundings import short_digest
from harness.report.letters import LETTERS
from harness.report.pages.findings import Findings
from harness.report.pages.places import Places
from harness.report.tables import title
from harness.results import Entry

_LONGEST = 100  # signs of an observed text
_TEXTS = 8000  # different texts that are kept; the oldest runs, which come last, do without the others
_SIGNS = {Standing.GOOD: "+", Standing.BAD: "-", Standing.SILENT: " "}
_IDENTITY = {
    "version": "system",
    "cpu": "CPU",
    "processor": "processor",
    "platform": "platform",
    "oem": "OEM",
}
_FACTS = ("agent", "harness", "place", "evidence")
_SOURCES = {"suites": "suites", "data": "data", "expectations": "recorded deviations"}


class _Texts:
    """Different texts, each with a number by the order in which it was asked for first."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._alike: dict[str, list[str]] = {}
        self._kinds: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))

    def kind(self, text: str) -> int:
        """The number of the first text that tells the same, see `same_outcome`."""
        if text not in self._kinds:
            # Texts that tell the same begin with the same word.
            first_word = re.split(r"\W", text, maxsplit=1)[0]
            alike = self._alike.setdefault(first_word, [])
            first = next((each for each in alike if same_outcome(each, text)), text)
            if first is text:
                alike.append(text)
            self._kinds[text] = self.number(first)
        return self._kinds[text]


def comparable(findings: Findings, places: Places) -> dict[str, Any]:
    """For JSON. Runs are newest first.

    requirements: [name, title] each. words: verdict to its letter. texts: whatever is the same in many runs.
    facts: names of what can differ around a run. cells: [verdict, "+" good "-" bad " " silent, number of the
    observed text, number of the first text that tells the same] each; numbers are -1 where there is no text,
    or where it is not kept. runs: number, run, target, time, address, numbers of texts for each of facts (-1
    for unknown), numbers of cells for each requirement. begin: the two runs that are compared at first.
    """
    history, newest = findings.history, next(iter(findings.red), None)
    names = sorted({name for device in history.devices for name in device.requirements})
    texts, cells = _Texts(), dict[tuple[str, str, int, int], int]()
    runs = []
    for entry in reversed(history.entries):
        device = history.device(entry.target)
        own = []
        for name in names:
            sign = _SIGNS[device.standing(entry, name)]
            cell = (findings.words.word(entry, name), sign, *_observed(entry, name, texts))
            own.append(cells.setdefault(cell, len(cells)))
        facts = [texts.number(fact) if fact else -1 for fact in _facts(entry)]
        time = entry.started[:16].replace("T", " ")
        runs.append([history.number(entry), entry.run, entry.target, time, places.run(entry), facts, own])
    return {
        "requirements": [[name, title(name)] for name in names],
        "words": LETTERS,
        "facts": [*_IDENTITY.values(), "image", *_FACTS, *_SOURCES.values()],
        "texts": list(texts.numbers),
        "cells": list(cells),
        "runs": runs,
        "begin": [newest.until.run, newest.since.run] if newest and newest.until else [],
    }


def _observed(entry: Entry, requirement: str, texts: _Texts) -> tuple[int, int]:
    judged = entry.requirements.get(requirement)
    text = _short(judged.observed or judged.reason) if judged else ""
    if not text or (text not in texts.numbers and len(texts.numbers) >= _TEXTS):
        return -1, -1
    return texts.number(text), texts.kind(text)


def _facts(entry: Entry) -> Iterator[str]:
    for name in _IDENTITY:
        yield _short(entry.identity.get(name, ""))
    yield short_digest(entry.image)
    for name in _FACTS:
        yield _short(str(getattr(entry, name)))
    for name in _SOURCES:
        yield short_digest(entry.sources.get(name, ""))


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
