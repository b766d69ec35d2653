"""What a Robot run leaves on disk: its results, the text between the frames, files that show the device."""

import logging
import platform
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from robot.libraries.BuiltIn import BuiltIn

import harness
from harness import winsock
from harness.conformance import Row, expected_legs
from harness.results import (
    ALL,
    CONSOLE_FILE,
    RESULTS_FILE,
    End,
    Opened,
    Ran,
    Recovery,
    ResultsWriter,
    Sources,
    Start,
    now,
    sources,
)
from harness.robot.actions import UnusableTargetError
from harness.robot.findings import RunningTest
from harness.robot.target import LazyDevice, variable
from harness.session.console_log import ConsoleLog
from harness.targets import evidence_of, kind_of
from harness.winsock import REQUIREMENTS

_log = logging.getLogger(__name__)
_SHOWN = "device"
"""The folder beside the results for files that show the state of the device."""
_NO_NAME = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_NAME = 60
_in_use: set[Path] = set()
"""Files that runs of this process write; a suite may import the library for several targets."""


class Recording:
    """Everything that is written while tests run. Nothing is, before the first test has ended."""

    def __init__(self, target: LazyDevice) -> None:
        self._target = target
        self._writer: ResultsWriter | None = None
        self.run = ""
        """See `Start.run`; empty as long as nothing is written."""
        self._path: Path | None = None
        self._console_log: ConsoleLog | None = None
        self._suites: list[Path] = []
        self._begun = datetime.now(UTC)
        self._rows: list[Row] = []
        self._recovered = 0
        self._opened: Opened | None = None
        self._shown = 0

    def begin(self, data: Any, result: Any) -> None:
        """A test of Robot's begins. Now, because when the line is closed Robot does not know its folder any
        more."""
        if not self._suites:
            self._begun = result.start_time.astimezone(UTC)
            suite = data.parent
            while suite.parent is not None:
                suite = suite.parent
            found = [suite.source] if suite.source else [each.source for each in suite.suites]
            self._suites = [Path(each) for each in found if each]
        self._console()

    def test(self, test: RunningTest, result: Any, rows: Sequence[Row]) -> None:
        """A test has ended: first its rows, then what it took."""
        if self._writer is None and not rows and self._target.opened is None:
            return
        writer = self._results()
        self._device(writer)
        for row in rows:
            self._rows.append(row)
            writer.write(row)
        self._recoveries(writer)
        writer.write(
            Ran(
                name=result.name,
                suite=result.parent.full_name,
                started=result.start_time.astimezone(UTC).isoformat(timespec="milliseconds"),
                seconds=round(result.elapsed_time.total_seconds(), 3),
                status=result.status,
                message=result.message,
                requirements=[each.id for each in test.requirements],
                calls=test.calls,
                line=self._line(),
            )
        )

    def end(self, *, stopped: bool) -> None:
        """The run is over, and the device still open. stopped: by Ctrl-C."""
        if self._writer is None:
            return
        self._recoveries(self._writer)
        whole = _selection() == "" and not stopped
        unmatched = self._target.expectations.unmatched(self._rows) if whole else ()
        self._writer.write(End(now(), stopped, tuple(unmatched), self._line()))

    def close(self) -> None:
        """Nothing more is written. Closing twice is allowed."""
        if self._writer is not None:
            self._writer.close()
            _in_use.discard(self._writer.path)
            self._writer = None

    def picture(self, name: str) -> str:
        """Where there are files that show the state of the device now, in words; "" where there are none."""
        self._shown += 1
        folder = self._place().parent / _SHOWN
        files = self._target.show(folder, f"{self._shown:03}-{_NO_NAME.sub('-', name)[:_LONGEST_NAME]}")
        names = ", ".join(f"{_SHOWN}/{file.name}" for file in files)
        return f"the device at that moment: {names}" if names else ""

    def console(self, text: bytes, at: float) -> None:
        """Takes what stands between the frames. A file that cannot be written is no reason to end a run."""
        try:
            self._console()(text, at)
        except OSError as error:
            _log.warning("console text is lost: %s", error)

    def _results(self) -> ResultsWriter:
        if self._writer is None:
            path = _free(self._place())
            start = self._start()
            self._writer, self.run = ResultsWriter(path, start), start.run
            _in_use.add(path)
        return self._writer

    def _start(self) -> Start:
        begun = self._begun
        used = {"suites": sources(self._suites)} if self._suites else {}
        used["data"] = sources([Path(winsock.__file__).parent])
        start = Start(
            run=f"{begun:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
            target=self._target.name,
            target_kind="",
            place="",
            evidence="",
            harness=harness.__version__,
            started=begun.isoformat(timespec="milliseconds"),
            selection=_selection(),
            host=platform.node(),
        )
        try:
            config, image = self._target.config, self._target.image
        except UnusableTargetError:  # no test can be run, which is a result as well
            return replace(start, sources=_dicts(used))
        if config.expectations is not None and config.expectations.is_file():
            used["expectations"] = sources([config.expectations])
        return replace(
            start,
            target=config.name,
            target_kind=config.kind,
            place=kind_of(config).place(config.settings),
            evidence=evidence_of(config),
            image=image,
            words=self._target.words,
            expected=expected_legs(REQUIREMENTS.values() if start.selection == "" else (), config.provides),
            sources=_dicts(used),
        )

    def _device(self, writer: ResultsWriter) -> None:
        """Says which device answers, whenever that is news."""
        device = self._target.opened
        if device is None:
            return
        opened = Opened(now(), device.url, device.welcome.build, device.evidence, self._target.identity)
        if self._opened is None or opened != replace(self._opened, time=opened.time):
            self._opened = opened
            writer.write(opened)

    def _recoveries(self, writer: ResultsWriter) -> None:
        device = self._target.opened
        for step in device.recovery[self._recovered :] if device else ():
            self._recovered += 1
            writer.write(Recovery(**asdict(step)))

    def _line(self) -> dict[str, object] | None:
        device = self._target.opened
        return device.line.as_dict() if device else None

    def _console(self) -> ConsoleLog:
        if self._console_log is None:
            path = self._place().with_name(CONSOLE_FILE)
            if variable("RESULTS") is None:
                path.unlink(missing_ok=True)
            self._console_log = ConsoleLog(path)
        return self._console_log

    def _place(self) -> Path:
        """The file for the results. Robot knows it only while a test runs."""
        if self._path is None:
            named = variable("RESULTS")
            folder = BuiltIn().get_variable_value("${OUTPUT DIR}")
            self._path = Path(named) if named else Path(str(folder)) / RESULTS_FILE
        return self._path


def _dicts(used: Mapping[str, Sources]) -> dict[str, Mapping[str, Any]]:
    return {name: each.to_dict() for name, each in used.items()}


def _selection() -> str | None:
    """See `Start.selection`."""
    chosen = variable("SELECTION")
    return "" if chosen == ALL else chosen


def _free(path: Path) -> Path:
    """The file, or one beside it with a number."""
    found, number = path, 1
    while found in _in_use:
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    return found
