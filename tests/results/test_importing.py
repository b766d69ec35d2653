"""Runs from elsewhere: results files, and what plain `robot` leaves."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import robot

from harness.conformance import Row, Verdict
from harness.errors import UsageError
from harness.results import (
    INDEX_FILE,
    RESULTS_FILE,
    End,
    ResultsWriter,
    Run,
    Start,
    entries,
    import_runs,
    read_results,
    results_files,
)
from harness.results.schema import check_record

BEGAN, ENDED = "2026-05-01T10:00:00.000+00:00", "2026-05-01T11:00:00.000+00:00"
START = Start("20260501T100000-aa", "panel 1", "tcp", "tcp://h:1", "device", "1", BEGAN)


def write(path: Path, *, run: str = START.run, ended: bool = True, rows: int = 1) -> Path:
    with ResultsWriter(path, replace(START, run=run)) as writer:
        for number in range(rows):
            writer.write(Row("WSASOCKET-012", str(number), Verdict.PASS, "d", "o"))
        if ended:
            writer.write(End(ENDED))
    return path


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def test_a_results_file_becomes_a_run_of_its_own(tmp_path: Path, results: Path) -> None:
    source = write(tmp_path / "mail" / "attachment.jsonl")
    (taken,) = import_runs(results, [source])
    assert (taken.run, taken.target, taken.source, taken.new) == (START.run, "panel 1", source, True)
    assert taken.path.read_bytes() == source.read_bytes()
    assert taken.path.parent.parent == results
    assert taken.path.parent.name.endswith("-panel-1")
    assert [each.path for each in entries(results)] == [taken.path]


def test_what_is_there_already_is_left_as_it_is(tmp_path: Path, results: Path) -> None:
    source = write(tmp_path / "a.jsonl")
    (first,) = import_runs(results, [source])
    before = first.path.stat()
    again = import_runs(results, [source, write(tmp_path / "b.jsonl", rows=9), first.path])
    assert [(each.path, each.new) for each in again] == [(first.path, False)] * 3
    assert first.path.stat() == before
    assert results_files(results) == [first.path]


def test_the_same_file_twice_in_one_go(tmp_path: Path, results: Path) -> None:
    source = write(tmp_path / "a.jsonl")
    assert [each.new for each in import_runs(results, [source, source])] == [True, False]


def test_a_run_that_was_copied_too_early_is_completed(tmp_path: Path, results: Path) -> None:
    early = write(tmp_path / "a.jsonl", ended=False)
    early.write_bytes(early.read_bytes() + b'{"record": "ro')
    (first,) = import_runs(results, [early])
    assert first.path.read_bytes().endswith(b"}\n")
    (second,) = import_runs(results, [write(tmp_path / "b.jsonl", rows=3)])
    assert second.new
    assert first.path.exists()
    (entry,) = entries(results)
    assert (entry.path, entry.requirements["WSASOCKET-012"].cases) == (second.path, 3)


def test_of_a_run_that_was_cut_off_the_copy_with_more_counts(tmp_path: Path, results: Path) -> None:
    early, late = (write(tmp_path / f"{rows}.jsonl", ended=False, rows=rows) for rows in (1, 3))
    assert [each.new for each in import_runs(results, [early])] == [True]
    assert [each.new for each in import_runs(results, [late])] == [True]
    assert [each.new for each in import_runs(results, [early, late])] == [False, False]
    for _ in range(2):
        (entry,) = entries(results)
        assert entry.requirements["WSASOCKET-012"].cases == 3
    ended = write(tmp_path / "ended.jsonl")
    assert [each.new for each in import_runs(results, [ended])] == [True]
    assert [each.new for each in import_runs(results, [late])] == [False]


def test_two_runs_of_one_second_and_a_whole_folder(tmp_path: Path, results: Path) -> None:
    for name in ("a", "b", "c"):
        write(tmp_path / "theirs" / name / RESULTS_FILE, run=f"run {name}")
    (tmp_path / "theirs" / "a" / "output.xml").write_text("not even looked at")
    taken = import_runs(results, [tmp_path / "theirs"])
    assert [(each.run, each.new) for each in taken] == [("run a", True), ("run b", True), ("run c", True)]
    assert len({each.path for each in taken}) == 3
    names = {path.name for path in results.iterdir()} - {INDEX_FILE}
    assert names == {each.path.parent.name for each in taken}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [b"no json", *lines], ":1: no line of a results file: "),
        (lambda lines: [*lines, b"\xff\xfe"], ":4: no line of a results file: "),
        (
            lambda lines: [lines[0], lines[1].replace(b'"pass"', b'"good"')],
            ":2: no line of a results file: row.v",
        ),
        (lambda lines: lines[1:], ":1: not a results file: its first line has to be a run record"),
        (lambda lines: [*lines, lines[0]], ":4: a second run begins"),
        (lambda lines: [lines[0].replace(b"T10:", b"T77:"), *lines[1:]], ":1: started: hour"),
        (
            lambda lines: [lines[0].replace(b'"format": 1', b'"format": 2')],
            ":1: results of format 2",
        ),
        (lambda lines: [], ": holds no run"),
    ],
)
def test_a_file_that_is_not_right_is_named_and_nothing_is_copied(
    tmp_path: Path, results: Path, change: Callable[[list[bytes]], list[bytes]], said: str
) -> None:
    good, bad = write(tmp_path / "good.jsonl", run="good"), write(tmp_path / "bad.jsonl")
    bad.write_bytes(b"".join(line + b"\n" for line in change(bad.read_bytes().splitlines())))
    results.mkdir()
    with pytest.raises(UsageError) as caught:
        import_runs(results, [good, bad])
    assert str(caught.value).startswith(str(bad))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(results.iterdir()) == []


def test_what_is_not_there_or_holds_nothing(tmp_path: Path, results: Path) -> None:
    with pytest.raises(UsageError, match="gone: no such file or folder"):
        import_runs(results, [tmp_path / "gone"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"neither results\.jsonl nor output\.xml is in this folder"):
        import_runs(results, [tmp_path / "empty"])


def test_a_place_that_cannot_be_written(tmp_path: Path, results: Path) -> None:
    results.write_text("in the way")
    with pytest.raises(UsageError, match=r"results: cannot be written: "):
        import_runs(results, [write(tmp_path / "a.jsonl")])


STORY = """\
deviates: WSASOCKET-016 Title
documented: WSAEPROTONOSUPPORT (10043)
observed:   success
reason:     because
program (ceharness exec replays it):
    tested = ws2!WSASocketW(1)
    when ok {
    }
"""
STORY = re.sub(r"(?<= ) ", r"\\ ", STORY.replace("\n", r"\n"))
SUITE = f"""\
*** Settings ***
Metadata    Device    panel (evidence: device)

*** Test Cases ***
Passed
    [Tags]    WSASOCKET-012
    Log    program:\\ntested = ws2!WSASocketW(99)\\n
    Log    pass: WSASOCKET-012 Title\\ndocumented: WSAEAFNOSUPPORT (10047)\\nobserved: \\ \\ WSAEAFNOSUPPORT
    Pass Execution    pass: WSAEAFNOSUPPORT (10047); 1 more check held

Failed
    [Tags]    WSASOCKET-016    WSASOCKET-017
    Fail    {STORY}

Of A Stranger
    [Tags]    WSASOCKET-018    leg:internet
    Should Be Equal    1    2

Skipped
    [Tags]    WSASOCKET-021    verdict:not-provocable
    Skip    not provocable: no provider

Known
    [Tags]    WSASOCKET-001    verdict:known
    Pass Execution    known: success (recorded: ticket 4711)

Several
    [Tags]    WSASOCKET-002    verdict:pass    verdict:fail    verdict:nonsense
    Fail    it failed

Without A Requirement
    No Operation

Not Run
    [Tags]    WSASOCKET-003
    Fatal Error    the lab failed, not the device: the cable

Not Reached
    [Tags]    WSASOCKET-008
    No Operation
"""


def run_robot(folder: Path, suite: str = SUITE, **options: object) -> Path:
    folder.mkdir()
    (folder / "my suite.robot").write_text(suite, encoding="utf-8")
    robot.run(
        str(folder / "my suite.robot"),
        outputdir=str(folder),
        log="NONE",
        report="NONE",
        console="none",
        stdout=None,
        **options,
    )
    return folder / "output.xml"


def imported(results: Path, *sources: Path, target: str = "") -> Run:
    (taken,) = import_runs(results, sources, target)
    assert taken.new
    for line in taken.path.read_text(encoding="utf-8").splitlines():
        check_record(json.loads(line))
    return read_results(taken.path)


def test_the_tests_of_plain_robot_become_rows(tmp_path: Path, results: Path) -> None:
    run = imported(results, run_robot(tmp_path / "theirs"))
    rows = {row.requirement.removeprefix("WSASOCKET-"): row for row in run.rows}
    assert {number: row.verdict.value for number, row in rows.items()} == {
        "012": "pass",
        "016": "fail",
        "017": "fail",
        "018": "fail",
        "021": "not-provocable",
        "001": "known",
        "002": "fail",
        "003": "broken",
        "008": "broken",
    }
    good, bad = rows["012"], rows["016"]
    assert good == Row(
        "WSASOCKET-012",
        "Passed",
        Verdict.PASS,
        "WSAEAFNOSUPPORT (10047)",
        "WSAEAFNOSUPPORT (10047); 1 more check held",
        "",
        "tested = ws2!WSASocketW(99)\n",
        "device",
    )
    assert (bad.documented, bad.observed, bad.reason) == ("WSAEPROTONOSUPPORT (10043)", "success", "because")
    assert bad.program == "tested = ws2!WSASocketW(1)\nwhen ok {\n}\n"
    stranger = rows["018"]
    assert (stranger.observed, stranger.reason, stranger.leg) == ("", "1 != 2", "internet")
    assert (rows["001"].observed, rows["001"].recorded) == ("success", "ticket 4711")
    assert "the cable" in rows["003"].reason
    assert [test.name for test in run.tests][-3:] == ["Without A Requirement", "Not Run", "Not Reached"]
    assert all(test.calls == {} and test.line is None for test in run.tests)


def test_what_cannot_be_known_of_it_is_empty(tmp_path: Path, results: Path) -> None:
    run = imported(results, run_robot(tmp_path / "theirs"))
    start = run.start
    assert (start.target, run.evidence, start.selection) == ("panel", "device", None)
    assert (start.target_kind, start.place, start.harness, start.image, start.host) == ("",) * 5
    assert (start.expected, start.sources, run.identity, run.line) == ((), {}, {}, None)
    assert run.end is not None
    assert start.started <= run.tests[0].started <= run.end.ended
    assert start.started.endswith("+00:00")
    assert not run.end.stopped


def test_importing_it_twice_is_noticed_also_after_rebot(tmp_path: Path, results: Path) -> None:
    output = run_robot(tmp_path / "theirs")
    (first,) = import_runs(results, [output])
    again = tmp_path / "again" / "output.xml"
    robot.rebot(str(output), output=str(again), log="NONE", report="NONE", stdout=None)
    assert [each.new for each in import_runs(results, [output, output.parent, again])] == [False] * 3
    (other,) = import_runs(results, [run_robot(tmp_path / "other")])
    assert (other.new, other.run != first.run) == (True, True)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for a single process on Windows")
def test_what_ctrl_c_cut_short_is_no_row(tmp_path: Path, results: Path) -> None:
    text = "*** Test Cases ***\nA\n    [Tags]    WSASOCKET-001\n    No Operation\n"
    text += "B\n    [Tags]    WSASOCKET-002\n    Log    under way    console=True\n    Sleep    60s\n"
    text += "C\n    [Tags]    WSASOCKET-003\n    No Operation\n"
    (tmp_path / "suite.robot").write_text(text)
    command = [sys.executable, "-m", "robot", "--log", "NONE", "--report", "NONE", "suite.robot"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("under way" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    run = imported(results, tmp_path / "output.xml")
    assert [row.requirement for row in run.rows] == ["WSASOCKET-001"]
    assert run.end is not None
    assert run.end.stopped


def test_what_rebot_made_of_several_runs_is_no_run(tmp_path: Path, results: Path) -> None:
    text = "*** Test Cases ***\nA\n    [Tags]    WSASOCKET-012\n    No Operation\n"
    outputs = [run_robot(tmp_path / name, text, metadata=[f"Run:{name}"]) for name in ("a", "b")]
    both = tmp_path / "both.xml"
    robot.rebot(*map(str, outputs), output=str(both), log="NONE", report="NONE", stdout=None)
    with pytest.raises(UsageError, match=r"both\.xml: of several runs \(a, b\): import the"):
        import_runs(results, [both])


@pytest.mark.parametrize(
    ("metadata", "given", "target"),
    [
        (["Target:rack"], "", "rack"),
        (["Target:rack"], "mine", "rack"),
        ([], "mine", "mine"),
        ([], "", ""),
    ],
)
def test_whose_run_it_is(tmp_path: Path, results: Path, metadata: list[str], given: str, target: str) -> None:
    text = "*** Test Cases ***\nA\n    [Tags]    WSASOCKET-012\n    No Operation\n"
    run = imported(results, run_robot(tmp_path / "x", text, metadata=metadata), target=given)
    assert (run.start.target, run.evidence, run.opened) == (target, "", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<nonsense", "no output.xml of Robot Framework: "),
        ("<robot/>", "no test that was run is tagged"),
        ("<html><body/></html>", "no output.xml of Robot Framework: "),
    ],
)
def test_other_xml_is_named(tmp_path: Path, results: Path, text: str, said: str) -> None:
    (tmp_path / "output.xml").write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        import_runs(results, [tmp_path / "output.xml"])
    assert "\n" not in str(caught.value)
    assert not results.exists()


@pytest.mark.parametrize("dry", [False, True])
def test_a_run_that_judged_nothing(tmp_path: Path, results: Path, dry: bool) -> None:
    text = SUITE if dry else "*** Test Cases ***\nA\n    No Operation\n"
    output = run_robot(tmp_path / "x", text, dryrun=dry)
    with pytest.raises(UsageError, match="no test that was run is tagged with a requirement"):
        import_runs(results, [output])
