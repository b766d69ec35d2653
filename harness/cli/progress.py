"""A Robot Framework listener that shows rows as they are recorded."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.conformance import Row
from harness.results import rows_of
from harness.winsock import REQUIREMENTS

# What the library writes into the message of a test in which the lab failed.
LAB_FAILED = "the lab failed, not the device: "


class RowFeed:
    """The rows that were added to a results file since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def new(self) -> Iterator[Row]:
        """Every complete line once."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            lines = [line for line in file if line.endswith(b"\n")]
        self._read += sum(map(len, lines))
        yield from rows_of(lines)


@dataclass(frozen=True, slots=True)
class Watch:
    """What a person sees while tests run. `row`: each row as it is recorded; `requirement`: its rows, once
    all its tests are done; `test`: a test without a requirement, its name and whether it
    passed; `now`: how far the run is and which test runs."""

    row: Callable[[Row], None]
    requirement: Callable[[Sequence[Row]], None]
    test: Callable[[str, bool], None]
    now: Callable[[str], None]


class Progress:
    """Listener (version 3): hands every new row to `watch` and keeps what rows do not tell.

    passed, failed: tests that left no row, so those without a requirement; (name, message) of the failed.
    lab_failure: why the lab failed, if that ended the run in such a test.
    errors: Robot Framework's own complaints, for example about a library that cannot be imported.
    stopped: Ctrl-C ended a test; it and those behind it count for nothing.
    """

    ROBOT_LISTENER_API_VERSION = 3
    # After the library, which writes the rows of a test when the test ends.
    ROBOT_LISTENER_PRIORITY = -100

    def __init__(self, results: Path, watch: Watch) -> None:
        self._feed = RowFeed(results)
        self._watch = watch
        self._recorded: dict[str, list[Row]] = {}
        self._tests_left: Counter[str] = Counter()
        self._total = self._done = 0
        self.passed = 0
        self.failed: list[tuple[str, str]] = []
        self.lab_failure: str | None = None
        self.errors: list[str] = []
        self.stopped = False

    def start_suite(self, data: Any, result: Any) -> None:
        """Called by Robot Framework; the outermost suite knows every test that is selected."""
        if data.parent is None:
            for test in data.all_tests:
                self._total += 1
                self._tests_left.update(tag for tag in test.tags if tag in REQUIREMENTS)

    def start_test(self, data: Any, result: Any) -> None:
        """Called by Robot Framework."""
        about = " ".join(tag for tag in result.tags if tag in REQUIREMENTS)
        self._watch.now(f"{self._done} of {self._total} tests done, now {about} {result.name}")

    def end_test(self, data: Any, result: Any) -> None:
        """Called by Robot Framework after every test."""
        self._done += 1
        recorded = list(self._feed.new())
        self._show(recorded)
        for requirement in (tag for tag in result.tags if tag in self._tests_left):
            self._tests_left[requirement] -= 1
            if not self._tests_left[requirement]:
                self._finish(requirement)
        message = str(result.message)
        # Robot Framework's return code does not tell a stopped run from a failed test.
        self.stopped = self.stopped or "Execution terminated by signal" in message
        if recorded or self.stopped or "robot:exit" in result.tags:
            return
        if result.failed and LAB_FAILED in message:
            self.lab_failure = message.partition(LAB_FAILED)[2]
            return
        if result.failed:
            self.failed.append((str(result.name), message))
        self.passed += result.passed
        if not result.skipped:
            self._watch.test(str(result.name), result.passed)

    def message(self, message: Any) -> None:
        """Called by Robot Framework for messages that belong to no test."""
        if message.level == "ERROR":
            self.errors.append(str(message.message).partition("\n")[0])

    def close(self) -> None:
        """Called by Robot Framework at the very end: late rows, requirements cut short."""
        self._show(list(self._feed.new()))
        for requirement in list(self._recorded):
            self._finish(requirement)

    def _show(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._watch.row(row)
            self._recorded.setdefault(row.requirement, []).append(row)

    def _finish(self, requirement: str) -> None:
        if rows := self._recorded.pop(requirement, None):
            self._watch.requirement(rows)
