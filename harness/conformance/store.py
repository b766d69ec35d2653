"""A run on disk: its rows, one JSON object a line, written as soon as they are known; and what it ran on."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from types import TracebackType

from harness.conformance.row import Row
from harness.errors import UsageError

ROWS_FILE = "rows.jsonl"
"""Name of the file of the rows in the folder of a run."""

RUN_FILE = "run.json"
"""Name of the file beside the rows that says what they were run on."""

CONSOLE_FILE = "console.log"
"""Name of the file beside the rows with the text that stood between the frames; not there without any."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run was run on. Times are ISO 8601 in UTC; `ended` is None while it runs, and if it was cut off.

    `place`: where the target's settings lead; `evidence`: what its rows rest on; `agent`: build of the agent;
    `line`: `harness.device.LineReport` as a dictionary, so far; `device`: `DeviceInfo.identity`, None if
    nothing in the run asked for it; `expectations`: the file of recorded deviations, None without one;
    `recovery`: what was tried to bring the device back, each with time, step, reason, result, seconds.
    """

    target: str
    kind: str
    place: str
    evidence: str
    harness: str
    agent: str
    started: str
    ended: str | None
    line: Mapping[str, object]
    device: Mapping[str, str] | None = None
    expectations: str | None = None
    recovery: Sequence[Mapping[str, object]] = ()

    def write(self, folder: Path) -> None:
        """Puts it into the folder of the run, whole or not at all. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f"{RUN_FILE}.new"
        new.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        new.replace(folder / RUN_FILE)


def read_run(folder: Path) -> RunRecord | None:
    """The record of the run in that folder, None if it has none (no device was opened).

    Raises UsageError for a file that cannot be read or holds anything else.
    """
    path = folder / RUN_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        # Records of older versions lack the keys that have a default.
        names = (each.name for each in fields(RunRecord) if each.default is MISSING or each.name in values)
        found = {name: values[name] for name in names}
        return RunRecord(**{**found, "recovery": tuple(found.get("recovery", ()))})
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: not the record of a run: {error}") from error


def newest_run(folder: Path, target: str) -> Path | None:
    """The folder, among those in `folder`, of the last run of that target; None if there is none with rows.

    Folders without a readable record are passed over.
    """
    found = []
    for place in sorted(folder.glob(f"*/{RUN_FILE}")):
        with suppress(UsageError):
            record = read_run(place.parent)
            if record and record.target == target and (place.parent / ROWS_FILE).is_file():
                found.append((record.started, place.parent))
    return max(found)[1] if found else None


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
