"""Rows on disk: one JSON object a line, written as soon as it is known."""

import json
from pathlib import Path
from types import TracebackType

from harness.conformance.row import Row
from harness.errors import UsageError


class RowWriter:
    """Appends to a rows.jsonl. Every row is on disk when `write` returns, so a run that is cut off keeps
    what it found. A half line that an earlier run left is cut away. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")
        self._cut_half_line()

    def _cut_half_line(self) -> None:
        self._file.seek(0)
        content = self._file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            self._file.truncate(whole)

    def write(self, row: Row) -> None:
        """One more row."""
        line = json.dumps(row.to_dict(), ensure_ascii=False)
        self._file.write(line.encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Closing twice is allowed."""
        self._file.close()

    def __enter__(self) -> "RowWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_rows(path: Path) -> list[Row]:
    """The rows of a rows.jsonl; an incomplete last line (a run that was cut off) is left out.

    Raises UsageError, with the line, for a file that cannot be read or holds anything else.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    rows = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            values = json.loads(line)
            if not isinstance(values, dict):
                raise ValueError("not a row")
            rows.append(Row.from_dict(values))
        except ValueError as error:
            raise UsageError(f"{path}:{number}: {error}") from error
    return rows
