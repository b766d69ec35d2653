"""A Robot Framework listener that shows rows as they are recorded."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.conformance import Row

# What the library writes into the message of a test in which the lab failed.
LAB_FAILED = "the lab failed, not the device: "


class RowFeed:
    """The rows that were added to a rows.jsonl since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def new(self) -> Iterator[Row]:
        """Every complete line once."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                yield Row.from_dict(json.loads(line))


class Progress:
    """Listener (version 3): hands every new row to `show` and keeps what rows do not tell.

    passed, failed: tests that left no row, so those without a requirement; (name, message) of the failed.
    lab_failure: why the lab failed, if that ended the run in such a test.
    errors: Robot Framework's own complaints, for example about a library that cannot be imported.
    stopped: Ctrl-C ended a test; it and those behind it count for nothing.
    """

    ROBOT_LISTENER_API_VERSION = 3
    # After the library, which writes the rows of a test when the test ends.
    ROBOT_LISTENER_PRIORITY = -100

    def __init__(self, rows: Path, show: Callable[[Row], None]) -> None:
        self._feed = RowFeed(rows)
        self._show = show
        self.passed = 0
        self.failed: list[tuple[str, str]] = []
        self.lab_failure: str | None = None
        self.errors: list[str] = []
        self.stopped = False

    def end_test(self, data: Any, result: Any) -> None:
        """Called by Robot Framework after every test."""
        recorded = list(self._feed.new())
        for row in recorded:
            self._show(row)
        message = str(result.message)
        # Robot Framework's return code does not tell a stopped run from a failed test.
        self.stopped = self.stopped or "Execution terminated by signal" in message
        if recorded or self.stopped or "robot:exit" in result.tags:
            return
        self.passed += result.passed
        if not result.failed:
            return
        if LAB_FAILED in message:
            self.lab_failure = message.partition(LAB_FAILED)[2]
        else:
            self.failed.append((str(result.name), message))

    def message(self, message: Any) -> None:
        """Called by Robot Framework for messages that belong to no test."""
        if message.level == "ERROR":
            self.errors.append(str(message.message).partition("\n")[0])

    def close(self) -> None:
        """Called by Robot Framework at the very end: rows that a teardown recorded."""
        for row in self._feed.new():
            self._show(row)
