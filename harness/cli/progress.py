"""A Robot Framework listener that shows rows as they are recorded."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.conformance import Row


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
    """Listener (version 3): hands every new row to `show`; keeps tests that failed without any row.

    unexplained: (test name, message) of those, for example of a suite that cannot be set up.
    """

    ROBOT_LISTENER_API_VERSION = 3
    # After the library, which writes the rows of a test when the test ends.
    ROBOT_LISTENER_PRIORITY = -100

    def __init__(self, rows: Path, show: Callable[[Row], None]) -> None:
        self._feed = RowFeed(rows)
        self._show = show
        self.unexplained: list[tuple[str, str]] = []

    def end_test(self, data: Any, result: Any) -> None:
        """Called by Robot Framework after every test."""
        recorded = list(self._feed.new())
        for row in recorded:
            self._show(row)
        if result.failed and not recorded:
            self.unexplained.append((str(result.name), str(result.message)))

    def close(self) -> None:
        """Called by Robot Framework at the very end: rows that a teardown recorded."""
        for row in self._feed.new():
            self._show(row)
