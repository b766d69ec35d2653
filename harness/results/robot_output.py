"""A run of plain `robot`, from the `output.xml` that it left.

Of what a results file holds only a part is there: what cannot be known stays empty.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.conformance import Row, Verdict, worst
from harness.errors import UsageError
from harness.results.records import End, Opened, Ran, Record, Start
from harness.winsock import REQUIREMENTS

_VERDICT, _LEG, _NOT_RUN = "verdict:", "leg:", "robot:exit"
_OF_STATUS = {"PASS": Verdict.PASS, "FAIL": Verdict.FAIL, "SKIP": Verdict.INCONCLUSIVE}
_LAB_FAILED = "the lab failed, not the device: "
"""What the library writes in front of a message where the lab failed."""
_DEVICE = re.compile(r"(?P<target>.*) \(evidence: (?P<evidence>[^()]*)\)")
"""What the library writes into the metadata of a suite."""
_SAID = re.compile(r"^(?P<key>documented|observed|reason): +(?P<text>.*)$", re.MULTILINE)
_KNOWN = re.compile(r"^known: (?P<observed>.*) \(recorded: (?P<recorded>.*)\)$", re.MULTILINE)
_PASSED = re.compile(r"(?P<verdict>[a-z]+): (?P<observed>.*)")
_PROGRAM = re.compile(r"^program( \(ceharness exec replays it\))?:\n(?P<text>.*)", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(    .*(\n|\Z))+")


@dataclass(frozen=True, slots=True)
class RobotRun:
    """What an output.xml tells. `records`: what follows the start, in order."""

    start: Start
    records: Sequence[Record | Row]


def read_output(path: Path, target: str = "") -> RobotRun:
    """The run of an output.xml; a test that is tagged with a requirement is a row of it.

    target: its name where the file does not say it. Times in the file are taken as those of this computer's
    time zone. Raises UsageError for a file that cannot be read, for one without such tests, and for one that
    rebot made of several runs.
    """
    # Here, because importing it takes longer than most commands run.
    from robot.api import ExecutionResult
    from robot.errors import DataError

    try:
        suite = ExecutionResult(str(path)).suite
    except DataError as error:
        raise UsageError(f"{path}: no output.xml of Robot Framework: {str(error).splitlines()[0]}") from None
    stopped = any(map(_stopped, suite.all_tests))
    tests = [test for test in suite.all_tests if _happened(test, stopped)]
    if not any(_requirements(test) for test in tests):
        raise UsageError(f"{path}: no test that was run is tagged with a requirement, such as WSASOCKET-012")
    runs = _metadata(suite, "Run")
    devices = [each for each in _metadata(suite, "Device") if _DEVICE.fullmatch(each)]
    for several in (runs, devices):
        if len(several) > 1:
            raise UsageError(f"{path}: of several runs ({', '.join(several)}): import the output.xml of each")
    device = _DEVICE.fullmatch(devices[0]) if devices else None
    evidence = device["evidence"] if device else ""
    began = [test.start_time for test in tests if test.start_time is not None]
    started = _utc(suite.start_time or min(began, default=None))
    if not started:
        raise UsageError(f"{path}: says nowhere when it was run")
    records: list[Record | Row] = []
    if device:
        records.append(Opened(started, "", "", evidence))
    for test in tests:
        records += [*_rows(test, evidence), _ran(test, _utc(test.start_time) or started)]
    records.append(End(_utc(suite.end_time) or started, stopped=stopped))
    start = Start(
        run=next(iter(runs), "") or f"{datetime.fromisoformat(started):%Y%m%dT%H%M%S}-{_digest(tests)[:8]}",
        target=suite.metadata.get("Target", "") or (device["target"] if device else "") or target,
        target_kind="",
        place="",
        evidence=evidence,
        harness="",
        started=started,
    )
    return RobotRun(start, records)


def _happened(test: Any, stopped: bool) -> bool:
    """Does it tell something: is it of no dry run, and not cut short by Ctrl-C, which says nothing about the
    device? stopped: the run was."""
    if _NOT_RUN in test.tags:
        return not stopped
    return any(not item.not_run for item in test.body) and not _stopped(test)


def _stopped(test: Any) -> bool:
    return "Execution terminated by signal" in test.message


def _metadata(suite: Any, name: str) -> dict[str, None]:
    """What a suite and those in it say under this name, each once."""
    found = dict.fromkeys([str(suite.metadata[name])] if name in suite.metadata else [])
    for inner in suite.suites:
        found |= _metadata(inner, name)
    return found


def _requirements(test: Any) -> list[str]:
    return [str(tag) for tag in test.tags if str(tag) in REQUIREMENTS]


def _rows(test: Any, evidence: str) -> Iterator[Row]:
    said = _said(test)
    for requirement in _requirements(test):
        legs = REQUIREMENTS[requirement].legs
        leg = next((tag[len(_LEG) :] for tag in map(str, test.tags) if tag.startswith(_LEG)), "")
        yield Row(
            requirement,
            test.name,
            _verdict(test),
            said.get("documented", ""),
            said.get("observed", ""),
            said.get("reason", ""),
            said.get("program", ""),
            evidence,
            leg or (legs[0].id if len(legs) == 1 else ""),
            said.get("recorded", ""),
        )


def _verdict(test: Any) -> Verdict:
    words = [tag[len(_VERDICT) :] for tag in map(str, test.tags) if tag.startswith(_VERDICT)]
    if found := [Verdict(word) for word in words if word in list(Verdict)]:
        return worst(found)
    if _NOT_RUN in test.tags or _LAB_FAILED in test.message:
        return Verdict.BROKEN
    return _OF_STATUS.get(test.status, Verdict.INCONCLUSIVE)


def _said(test: Any) -> Mapping[str, str]:
    """The parts of a row that stand in the message of a test, or of one of its keywords."""
    verdict, message = _verdict(test), str(test.message)
    found: dict[str, str] = {}
    for text in (message, *_messages(test)):
        for key, value in _told(text).items():
            found.setdefault(key, value)
    if "program" not in found and (logged := [each for each in _messages(test) if _PROGRAM.match(each)]):
        found["program"] = logged[-1].partition("\n")[2].strip("\n") + "\n"
    if known := _KNOWN.search(message):
        found |= known.groupdict()
    elif (passed := _PASSED.fullmatch(message)) and passed["verdict"] == verdict:
        found["observed"] = passed["observed"]
    elif "reason" not in found and verdict is not Verdict.PASS:
        found["reason"] = message
    return found


def _told(text: str) -> dict[str, str]:
    """What a message of the library's checks says; nothing for other messages."""
    found: dict[str, str] = {}
    for said in _SAID.finditer(text):
        found.setdefault(said["key"], said["text"])
    if found and (program := _PROGRAM.search(text)) and (lines := _INDENTED.match(program["text"])):
        found["program"] = "".join(f"{line[4:]}\n" for line in lines[0].splitlines())
    return found


def _messages(test: Any) -> Iterator[str]:
    """What keywords wrote into the log, in order."""

    def below(items: Any) -> Iterator[str]:
        for item in items:
            if item.type == item.MESSAGE:
                yield str(item.message)
            else:
                yield from below(getattr(item, "body", ()))

    yield from below(test.body)


def _ran(test: Any, started: str) -> Ran:
    return Ran(
        name=test.name,
        suite=test.parent.full_name,
        started=started,
        seconds=round(test.elapsed_time.total_seconds(), 3),
        status=test.status if test.status in _OF_STATUS else "SKIP",
        message=str(test.message),
        requirements=_requirements(test),
    )


def _utc(time: datetime | None) -> str:
    return "" if time is None else time.astimezone(UTC).isoformat(timespec="milliseconds")


def _digest(tests: Sequence[Any]) -> str:
    """The same for the same run, also where rebot has written the file again."""
    found = hashlib.sha256()
    for test in tests:
        words = (test.full_name, _utc(test.start_time), test.status, test.message, *map(str, test.tags))
        found.update("\0".join(words).encode("utf-8", "surrogatepass") + b"\1")
    return found.hexdigest()
