"""The library class itself: arguments, scope, and what happens around each test."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from robot.api import logger
from robot.api.deco import library
from robot.libraries.BuiltIn import BuiltIn, RobotNotRunningError
from robot.running import TestCase

import harness
from harness.conformance import NOT_RUN, Row, Verdict
from harness.errors import LabError
from harness.provider import UnavailableError
from harness.robot.findings import RunningTest
from harness.robot.networking import NetworkKeywords
from harness.robot.recording import Recording
from harness.robot.target import Choice, LazyDevice
from harness.robot.wording import story


@library(scope="GLOBAL", version=harness.__version__, auto_keywords=False, doc_format="ROBOT")
class CEHarness(NetworkKeywords):
    """Runs call programs on a Windows CE device and judges what came of them.

    == Which device ==

    | Library    harness.robot.CEHarness

    uses the default target, an emulated device. ``target`` names another one of ``lab.ini``; ``cpu`` and
    ``link`` choose among what an emulated target offers; ``lab`` is the path of ``lab.ini``; ``key_file``
    names a file with the key of a target that needs one; ``faults`` makes its line faulty
    (``flip=1e-3 seed=7``). The variables ``TARGET``, ``CPU``, ``LINK``, ``LAB``, ``KEY_FILE`` and ``FAULTS``
    win over these arguments:

    | robot --variable TARGET:mydevice suites/

    The first program opens the device; it is closed when the run ends, also after Ctrl-C. All suites of a
    run share it.

    == Programs ==

    `Run Program` takes a call program as text; `Run Program File` takes it from a file with places to fill
    in; `Call Function` makes a single call. The other keywords are about the program that ran last. A call
    that should be checked later needs a name:

    | *** Test Cases ***
    | A closed socket is gone
    |     Run Program
    |     ...    call WSAStartup(0x0202, scratch wsadata[512])
    |     ...    s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
    |     ...    closed = closesocket(s)
    |     ...    again = closesocket(s)
    |     ...    call WSACleanup()
    |     Should Succeed    closed
    |     Should Fail With    WSAENOTSOCK    again

    == Results ==

    A test tagged with a requirement (``WSASOCKET-012``) leaves a row for each of its cases: verdict, what
    the page documents, what the device did, the program. A requirement that is checked in several ways
    needs a second tag that says which one: ``leg:straddling``. Rows are written to the file named by the
    variable ``RESULTS`` (by default ``results.jsonl`` in the output folder) when the test ends; so is what
    they were run on, and what the line was like. A failed check fails the test; a condition that was not
    reached, or that this target cannot reach, skips it; a failed lab ends the run.
    """

    ROBOT_LISTENER_API_VERSION = 3
    # Rows are on disk before other listeners hear that the test ended.
    ROBOT_LISTENER_PRIORITY = 100

    def __init__(
        self,
        target: str | None = None,
        cpu: str | None = None,
        link: str | None = None,
        lab: str | None = None,
        key_file: str | None = None,
        faults: str | None = None,
    ) -> None:
        choice = Choice(target, cpu, link, lab, key_file, faults)
        super().__init__(LazyDevice(choice, self._console_text))
        self.ROBOT_LIBRARY_LISTENER = self
        self._recording = Recording(self._target)
        self._stopped = False
        self._found = 0
        self._elsewhere = False

    def start_test(self, data: Any, result: Any) -> None:
        """Called by Robot."""
        self._test = RunningTest.tagged(result.name, result.tags)
        self._recording.begin(data, result)
        self._execution, self._found, self._elsewhere = None, 0, False

    def start_user_keyword(self, data: Any, implementation: Any, result: Any) -> None:
        """Called by Robot: each line of a data-driven test is a case of its own."""
        self._start_line(data)

    def start_library_keyword(self, data: Any, implementation: Any, result: Any) -> None:
        """Called by Robot: see `start_user_keyword`."""
        self._start_line(data)

    def end_body_item(self, data: Any, result: Any) -> None:
        """Called by Robot: a step of a test that failed, and no keyword of ours says why, is a finding."""
        if not isinstance(data.parent, TestCase) or _dry_run():
            return
        # Now, because when the test has ended the others have forgotten it.
        self._elsewhere = self._elsewhere or any(map(self._explains, _libraries()))
        if result.failed and not self._elsewhere and not self._test.explains_failure(since=self._found):
            self._unexplained(result.message)
        self._found = len(self._test.findings)

    def end_test(self, data: Any, result: Any) -> None:
        """Called by Robot: the test's findings become rows."""
        test = self._test
        # Ctrl-C says nothing about the device, nor about the lab.
        self._stopped = self._stopped or "Execution terminated by signal" in result.message
        if not self._stopped and not _dry_run():
            self._recording.test(test, result, self._judged_rows(test, result))
        self._end_network()
        self._end_providers()
        self._test = RunningTest("outside of a test")

    def end_suite(self, data: Any, result: Any) -> None:
        """Called by Robot: logs and reports say what their results rest on."""
        if (device := self._target.opened) is not None:
            result.metadata["Device"] = f"{device.name} (evidence: {device.evidence})"
            result.metadata["Line"] = "; ".join([device.line.protection, *device.line.trouble])
            if self._recording.run:
                result.metadata["Run"] = self._recording.run
            if device.recovery:
                result.metadata["Recovery"] = "; ".join(map(str, device.recovery))
        if data.tests and self._target.suite_ended():
            # What was installed is gone with all else.
            self._forget_deployment()

    def close(self) -> None:
        """Called by Robot at the end of the run."""
        try:
            self._end_network()
            self._remove_deployment()
            self._recording.end(stopped=self._stopped)
        finally:
            self._target.close()
            self._recording.close()

    def _end_network(self) -> None:
        """What a test has taken away comes back, however it ended."""
        try:
            self._restore_network()
        except LabError as error:
            logger.warn(f"the network of the device could not be restored: {error}")

    def _end_providers(self) -> None:
        """What a test has installed goes, however it ended. A line that is gone is the next test's trouble,
        or the next run's: what stayed is removed before anything is installed again."""
        with suppress(LabError, UnavailableError):
            self._clean_providers()

    def _judged_rows(self, test: RunningTest, result: Any) -> list[Row]:
        """What the test amounts to; Robot's status, message and tags say so then, too."""
        if not test.requirements:
            return []
        if result.failed and not self._elsewhere and not test.explains_failure():
            if "robot:exit" in result.tags:
                self._set_aside(Verdict.BROKEN, f"{NOT_RUN}{result.message}")
            else:
                self._unexplained(result.message)
        rows = list(test.rows(self._target.expectations))
        if any(row.verdict.alarming for row in rows) and (shown := self._recording.picture(test.name)):
            rows = [_with_reason(row, shown) if row.verdict.alarming else row for row in rows]
            result.message = f"{result.message}\n{shown}".strip()
        for row in rows:
            result.tags.add(f"verdict:{row.verdict.value}")
        _tell(rows, result)
        return rows

    def _explains(self, other: "CEHarness") -> bool:
        """Is the test about the other's target: a deviation there, or nothing was run on ours?"""
        if other is self:
            return False
        return other._test.explains_failure() or (other._test.ran and not self._test.ran)

    def _start_line(self, data: Any) -> None:
        test = data.parent
        if isinstance(test, TestCase) and test.template and len(test.body) > 1:
            args = (str(BuiltIn().replace_variables(arg)) for arg in data.args)
            self._test.line, self._execution = ", ".join(args), None
            self._test.means.clear()

    def _console_text(self, text: bytes, at: float) -> None:
        self._recording.console(text, at)


def _libraries() -> list[CEHarness]:
    """One for each target that the suite uses."""
    found: Any = BuiltIn().get_library_instance(all=True)  # by name
    return [each for each in found.values() if isinstance(each, CEHarness)]


def _tell(rows: Sequence[Row], result: Any) -> None:
    """Robot's status and message, after what is recorded of the device has had its say."""
    fixed = [row for row in rows if row.verdict is Verdict.FIXED]
    known = [row for row in rows if row.verdict is Verdict.KNOWN]
    if fixed:
        result.status = "FAIL"
        stories = (
            story(f"fixed: {row.requirement}, {row.case}", "", row.observed, row.reason, None)
            for row in fixed
        )
        result.message = "\n\n".join(filter(None, (result.message, *stories)))
    elif known and result.failed and not any(row.verdict.alarming for row in rows):
        result.status = "PASS"
        result.message = "\n".join(f"known: {row.observed} (recorded: {row.recorded})" for row in known)
    elif result.passed and not result.message and rows:
        result.message = f"{rows[0].verdict.value}: {rows[0].observed}"


def _with_reason(row: Row, more: str) -> Row:
    return replace(row, reason="; ".join(filter(None, (row.reason, more))))


def _dry_run() -> bool:
    """Robot checks the suites without running them: nothing was found out about any device."""
    try:
        return bool(BuiltIn()._get_context().dry_run)  # type: ignore[no-untyped-call]
    except RobotNotRunningError:
        return True
