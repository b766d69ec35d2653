"""The report over many runs: a folder of pages that can be published anywhere.

write_history(entries(Path("results")), Path("public"), page_of_run)
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from jinja2.utils import htmlsafe_json_dumps

from harness.errors import UsageError
from harness.history import DeviceHistory, FingerprintChange, History
from harness.history.lab_faults import troubles
from harness.report.fingerprints import comparison_lines
from harness.report.pages.comparing import comparable
from harness.report.pages.directory import replaced
from harness.report.pages.environment import environment, write_page
from harness.report.pages.findings import (
    SHOWN_CHANGES,
    Findings,
    find,
    headline,
    machine_dict,
    sentence,
    summary,
)
from harness.report.pages.pattern import COLUMNS, RED, groups, patterns, spoken
from harness.report.pages.places import COMPARE, INDEX, MACHINES, RUNS, Places
from harness.report.tables import EVIDENCE, title
from harness.report.writing import json_text
from harness.results import Entry, now

_RUN_PAGES = 40  # of what is worth one, the most important first: a page takes longer than all else of a run

PageOfRun = Callable[[Path, str], str]
"""The page of the run in a results file as HTML, with a link to the second value on it, an address. Raises
UsageError if the file cannot be read."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was written, in short. red: a sentence for each requirement that is red now, newest first.
    machine: what history.json holds."""

    headline: str
    summary: str
    red: Sequence[str]
    machine: Mapping[str, Any]


def write_history(
    entries: Sequence[Entry],
    output: Path,
    page_of_run: PageOfRun,
    fingerprints: Sequence[FingerprintChange] = (),
) -> Report:
    """Writes the report on these runs into a folder, in place of an older one.

    Raises UsageError without runs, for a folder that holds anything else, and for one that cannot be written.
    """
    if not entries:
        raise UsageError("no runs to report on: use ceharness run first, or ceharness results import")
    findings = find(History(entries), fingerprints)
    with replaced(output) as folder:
        machine = _Writer(findings, folder).write(page_of_run)
    sentences = [sentence(findings.history, change) for change in findings.red]
    return Report(headline(findings), summary(findings), sentences, machine)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A cell of a device's table that deserves a link. text: what is to be said of it."""

    name: str
    text: str


class _Writer:
    def __init__(self, findings: Findings, folder: Path) -> None:
        self._findings = findings
        self._history = findings.history
        self._folder = folder
        self._made = now()
        self._places = Places(findings.history)

    def write(self, page_of_run: PageOfRun) -> dict[str, Any]:
        """All pages, those of runs first, since others lead to them; returns what history.json holds."""
        wanted = {entry.path: entry for entry in self._findings.worth_a_page()}
        for path, entry in islice(wanted.items(), _RUN_PAGES):
            with suppress(UsageError):  # gone since: it keeps its line in the list
                self._put(self._places.page(entry), page_of_run(path, f"../{INDEX}"))
                self._places.add(entry)
        for device in self._findings.devices:
            self._device(device)
        self._pattern()
        self._page(RUNS, "runs.html")
        data = comparable(self._findings, self._places)
        self._page(
            COMPARE, "compare.html", data=htmlsafe_json_dumps(data, dumps=partial(json_text, compact=True))
        )
        machine = machine_dict(self._findings, self._places, self._made)
        self._put(MACHINES, json_text(machine))
        return machine

    def _put(self, name: str, text: str) -> None:
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        write_page(path, text)

    def _page(self, name: str, template: str, **values: Any) -> None:
        """root: what leads from the page to the folder of the report."""
        self._put(
            name,
            environment()
            .get_template(f"history/{template}")
            .render(
                root="../" * name.count("/"),
                here=name,
                findings=self._findings,
                history=self._history,
                number=self._history.number,
                places=self._places,
                headline=headline(self._findings),
                made=self._made,
                title_of=title,
                word_of=self._findings.words.word,
                counts=self._findings.words.counts,
                is_red=self._findings.words.is_red,
                troubles=troubles,
                spoken=spoken,
                EVIDENCE=EVIDENCE,
                **values,
            ),
        )

    # --- the pattern ------------------------------------------------------------------------

    def _pattern(self) -> None:
        findings = self._findings
        sections = list(groups(name for device in findings.devices for name in device.requirements))
        pages = list(patterns(self._history, findings.devices, findings.words))
        for number, pattern in enumerate(pages, start=1):
            values = {"pattern": pattern, "sections": sections, "page": number, "pages": len(pages)}
            if number == 1:
                evidences = sorted(
                    {device.entries[-1].evidence for device in findings.devices} & EVIDENCE.keys()
                )
                values |= {"summary": summary(findings), "evidences": evidences, "shown": SHOWN_CHANGES}
                self._page(INDEX, "index.html", **values)
            else:
                self._page(self._places.pattern(number), "pattern.html", **values)

    # --- devices ----------------------------------------------------------------------------

    def _device(self, device: DeviceHistory) -> None:
        own = self._findings.of(device)
        newest_first = device.entries[::-1]
        pages = [newest_first[at : at + COLUMNS] for at in range(0, len(newest_first), COLUMNS)]
        marks = dict(_marks(own))
        for number, columns in enumerate(pages, start=1):
            self._page(
                self._places.device(device.target, number),
                "device.html",
                device=device,
                own=own,
                columns=columns,
                images=list(_spans(device.image_of(entry).label for entry in columns)),
                agents=list(_spans(entry.agent for entry in columns)),
                sections=self._rows(device, columns, marks),
                page=number,
                pages=len(pages),
                address_of_page=partial(self._places.device, device.target),
                fingerprints=[
                    (each, [line.plain for line in comparison_lines(each.comparison)])
                    for each in own.fingerprints
                ],
            )

    def _rows(
        self,
        device: DeviceHistory,
        columns: Sequence[Entry],
        marks: Mapping[tuple[str, Path], _Mark],
    ) -> list[tuple[str, list[dict[str, Any]]]]:
        """Requirements by group, each with its cells: entry, word, mark or None."""
        words = self._findings.words
        found = []
        for section, names in groups(device.requirements).items():
            rows = []
            for name in names:
                cells = [(entry, words.word(entry, name), marks.get((name, entry.path))) for entry in columns]
                red = any(cell in RED for _, cell, _ in cells)
                rows.append({"requirement": name, "cells": cells, "red": red})
            found.append((section, rows))
        return found


def _marks(own: Findings) -> Iterator[tuple[tuple[str, Path], _Mark]]:
    for change in (*own.past, *own.red):
        if change.last_good is not None:
            yield (change.requirement, change.last_good.path), _Mark("last-good", "last good run")
        if change.bad_runs:
            yield (change.requirement, change.first_bad.path), _Mark("first-bad", "first bad run")


def _spans(texts: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Each text, and how many times in a row it comes."""
    for text, same in groupby(texts):
        yield text, len(list(same))
