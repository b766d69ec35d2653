"""Where everything of a history has its page: addresses relative to the folder of the report."""

import re
from pathlib import Path
from urllib.parse import quote

from harness.conformance import Verdict
from harness.history import History, word
from harness.results import Entry

INDEX, RUNS, COMPARE, MACHINES = "index.html", "runs.html", "compare.html", "history.json"
RUN_FOLDER, DEVICE_FOLDER, PATTERN_FOLDER = "runs", "devices", "pattern"
_LONGEST = 80  # characters of a file name


class Places:
    """Addresses. Every run has a line in the list of runs, and some have a page of their own besides."""

    def __init__(self, history: History) -> None:
        self._paged: set[Path] = set()
        self._names: dict[Path | str, str] = {}
        taken: set[str] = set()
        for entry in history.entries:
            self._names[entry.path] = _free(entry.run, taken)
        taken = set()
        for device in history.devices:
            self._names[device.target] = _free(device.target, taken)

    def add(self, entry: Entry) -> None:
        """The run has a page from now on."""
        self._paged.add(entry.path)

    def line(self, entry: Entry) -> str:
        """The run's line in the list of runs."""
        return f"{RUNS}#{quote(self.anchor(entry))}"

    def anchor(self, entry: Entry) -> str:
        """Its id there."""
        return f"run-{self._names[entry.path]}"

    def has_page(self, entry: Entry) -> bool:
        """Has the run a page of its own?"""
        return entry.path in self._paged

    def page(self, entry: Entry) -> str:
        """The file of the run's own page."""
        return f"{RUN_FOLDER}/{self._names[entry.path]}.html"

    def run(self, entry: Entry, requirement: str = "") -> str:
        """Where a link to the run leads: its page, at what it tells of the requirement, or else its line."""
        if not self.has_page(entry):
            return self.line(entry)
        if not requirement:
            return self.page(entry)
        deviates = word(entry, requirement) in (Verdict.FAIL, Verdict.FIXED)
        return f"{self.page(entry)}#{'deviation-' if deviates else ''}{quote(requirement)}"

    def device(self, target: str, page: int = 1) -> str:
        """The page of a device; page 2 and so on are of older runs."""
        return f"{DEVICE_FOLDER}/{self._names[target]}{_numbered(page)}.html"

    def pattern(self, page: int) -> str:
        """Page 1 of the pattern is on the first page of the report."""
        return f"{INDEX}#pattern" if page == 1 else f"{PATTERN_FOLDER}/older{_numbered(page)}.html"

    def compare(self, before: Entry, after: Entry) -> str:
        """The page that compares, with these two chosen."""
        return f"{COMPARE}#{quote(before.run)}..{quote(after.run)}"


def _numbered(page: int) -> str:
    return f"--{page}" if page > 1 else ""


def _free(wish: str, taken: set[str]) -> str:
    """A file name like the wish, whose text may come from anywhere, and that no other has, however a file
    system compares letters. No name ends as the further pages of another do."""
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", wish).strip("-.")[:_LONGEST] or "unnamed"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain}_{number}"
    taken.add(name.casefold())
    return name
