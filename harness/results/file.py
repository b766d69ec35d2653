"""A results file: written line by line while a run goes on, read as a whole.

Nothing that was written is changed any more, and every line is with the operating system when `write`
returns: a run that is cut off, by whatever, keeps what it found.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.conformance import Row, Summary, lab_broke, summarize
from harness.errors import UsageError
from harness.results.records import FORMAT, KINDS, ROW, End, Opened, Ran, Record, Recovery, Start
from harness.results.schema import check_record

RESULTS_FILE = "results.jsonl"
"""Name of the file in the folder of a run."""

_FILE_OF_A_RUN = re.compile(r"results(-\d+)?\.jsonl")
"""Those with a number are of further targets of one run of Robot Framework."""

_NO_LINE = "no line of a results file"

CONSOLE_FILE = "console.log"
"""Name of the file beside it with the text that stood between the frames; not there without any."""


def now() -> str:
    """ISO 8601 in UTC, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class ResultsWriter:
    """Writes the file of one run, anew. Raises OSError."""

    def __init__(self, path: Path, start: Start) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self.write(start)

    def write(self, record: Record | Row) -> None:
        """One more line."""
        if isinstance(record, Row):
            self._line({"record": ROW, "time": now(), **record.to_dict()})
        else:
            self._line(record.to_dict())

    def _line(self, values: Mapping[str, Any]) -> None:
        try:
            line = json.dumps(values, ensure_ascii=False).encode()
        except UnicodeEncodeError:  # half a pair of surrogates, which a device may well have sent
            line = json.dumps(values).encode()
        self._file.write(line + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Closing twice is allowed."""
        self._file.close()

    def __enter__(self) -> "ResultsWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(slots=True)
class Run:
    """What a results file tells. `path`: the file; the lists are in the order of the lines."""

    path: Path
    start: Start
    opened: Opened | None = None
    rows: list[Row] = field(default_factory=list)
    tests: list[Ran] = field(default_factory=list)
    recovery: list[Recovery] = field(default_factory=list)
    end: End | None = None

    @property
    def identity(self) -> Mapping[str, str]:
        """What the device said of itself, empty if it never did."""
        return self.opened.identity if self.opened else {}

    @property
    def evidence(self) -> str:
        """What the rows rest on."""
        return self.opened.evidence if self.opened else self.start.evidence

    @property
    def line(self) -> Mapping[str, Any] | None:
        """What the line was like at the end, or as far as is known; None if no device ever answered."""
        if self.end is not None and self.end.line is not None:
            return self.end.line
        return next((test.line for test in reversed(self.tests) if test.line is not None), None)

    @property
    def summary(self) -> Summary:
        """What it amounts to. What is missing of a run that was stopped or cut off is not told, nor where the
        lab failed: nobody lost that."""
        if self.end is None or self.end.stopped or any(map(lab_broke, self.rows)):
            return summarize(self.rows)
        return summarize(self.rows, self.start.expected, self.end.unmatched)

    def _add(self, values: Mapping[str, Any]) -> None:
        kind = values.get("record")
        if kind == ROW:
            self.rows.append(Row.from_dict(values))
        elif isinstance(kind, str) and kind in KINDS:
            match KINDS[kind].from_dict(values):
                case Opened() as opened:
                    self.opened = opened
                case Ran() as ran:
                    self.tests.append(ran)
                case Recovery() as step:
                    self.recovery.append(step)
                case End() as end:
                    self.end = end
                case _:
                    raise ValueError("a second run begins in this file")


def read_results(path: Path) -> Run:
    """The run of a results file; an incomplete last line (a run that was cut off) is left out.

    Raises UsageError, with the line, for a file that cannot be read or holds anything else.
    """
    lines = _lines(path)
    run: Run | None = None
    for number, line in enumerate(lines, start=1):
        try:
            values = _record(line)
            if run is None:
                run = Run(path, _start(values))
            else:
                _check(values)
                run._add(values)
        except ValueError as error:
            raise UsageError(f"{path}:{number}: {error}") from None
    if run is None:
        raise UsageError(f"{path}: holds no run")
    return run


def _start(values: Mapping[str, Any]) -> Start:
    if values.get("record") != Start.kind:
        raise ValueError("not a results file: its first line has to be a run record")
    if values.get("format") != FORMAT:
        raise ValueError(f"results of format {values.get('format')}, this version reads format {FORMAT}")
    _check(values)
    start = Start.from_dict(values)
    try:
        # Runs are put in order by this text.
        started = datetime.fromisoformat(start.started).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"started: {error}") from None
    return replace(start, started=started.isoformat(timespec="milliseconds"))


def _record(line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{_NO_LINE}: {error}") from None
    except RecursionError:
        raise ValueError(f"{_NO_LINE}: too many brackets") from None
    if not isinstance(values, dict):
        raise ValueError(f"{_NO_LINE}: not a record")
    return values


def _check(values: Mapping[str, Any]) -> None:
    try:
        check_record(values)
    except ValueError as error:
        raise ValueError(f"{_NO_LINE}: {error}") from None


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def rows_of(lines: Iterable[bytes]) -> Iterator[Row]:
    """The rows among whole lines of a results file."""
    for line in lines:
        values = json.loads(line)
        if values.get("record") == ROW:
            yield Row.from_dict(values)


def run_folder(folder: Path, when: datetime, target: str) -> Path:
    """Where in a folder of results a run may leave its file: named by time and target, and not there yet."""
    name = "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in target) or "unknown"
    base = folder / f"{when:%Y-%m-%d_%H-%M-%S}-{name}"
    found, count = base, 1
    while found.exists():
        count += 1
        found = base.with_name(f"{base.name}-{count}")
    return found


def results_files(folder: Path) -> list[Path]:
    """Those of all runs below a folder, in the order of their names; hidden folders are passed over."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".")]
        found += [Path(place, each) for each in names if _FILE_OF_A_RUN.fullmatch(each)]
    return sorted(found)
