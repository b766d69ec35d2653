"""What a Robot run leaves in its results file."""

import json
from pathlib import Path

import pytest
from scripted_device import Error, Info, ScriptedDevice

from harness.conformance import Verdict
from harness.errors import LinkError
from harness.results import ALL, RESULTS_FILE, Run, entries, read_results, sources
from harness.results.schema import check_record
from harness.targets.recovery import RecoveryStep
from harness.winsock import REQUIREMENTS

ONE = """\
*** Test Cases ***
One
    [Tags]    WSASOCKET-012
    Run Program    tested = WSASocketW(99, SOCK_STREAM, 0, NULL, 0, 0)
    Outcome Should Conform
Free
    Call Function    WSACleanup
"""
TWO_LIBRARIES = """\
*** Settings ***
Library    harness.robot.CEHarness    target=emulated    AS    First
Library    harness.robot.CEHarness    target=emulated    cpu=mips    AS    Second
*** Test Cases ***
On The First
    [Tags]    WSASOCKET-012
    First.Run Program    tested = WSASocketW(99, SOCK_STREAM, 0, NULL, 0, 0)
    First.Outcome Should Conform
On The Second
    [Tags]    WSASOCKET-012
    Second.Run Program    tested = WSASocketW(99, SOCK_STREAM, 0, NULL, 0, 0)
    Second.Outcome Should Conform
"""


def device() -> ScriptedDevice:
    return ScriptedDevice({"WSASocketW": Error(10047)}, about=Info(5))


def results(folder: Path, name: str = RESULTS_FILE) -> Run:
    """What the file says, if it is as the schema wants it."""
    path = folder / "out" / name
    for line in path.read_bytes().splitlines():
        check_record(json.loads(line))
    return read_results(path)


def test_what_ran_on_what(run_suite, tmp_path: Path) -> None:
    ran = run_suite(ONE, device())
    run = results(tmp_path)
    start = run.start
    assert (start.target, start.target_kind, start.place) == ("emulated", "emulated", "arm over tcp")
    assert start.image.startswith("sha256:")
    assert (start.selection, start.expected) == (None, ())
    assert start.sources["suites"] == sources([tmp_path / "suite.robot"]).to_dict()
    assert set(start.sources) == {"suites", "data"}
    assert run.opened is not None
    assert (run.opened.url, run.opened.agent, run.opened.evidence) == ("double://", "double 1.0", "model")
    assert run.identity == {"version": "5.0.0", "cpu": "double"}
    assert ran.tests.metadata["Run"] == start.run


def test_every_test_says_what_it_took(run_suite, tmp_path: Path) -> None:
    run_suite(ONE, device())
    run = results(tmp_path)
    one, free = run.tests
    assert [row.requirement for row in run.rows] == ["WSASOCKET-012"]
    assert (one.name, one.status, one.requirements) == ("One", "PASS", ("WSASOCKET-012",))
    assert (free.name, free.status, free.requirements) == ("Free", "PASS", ())
    assert list(one.calls) == ["ws2!WSASocketW"]
    assert len(one.calls["ws2!WSASocketW"]) == 1
    assert one.suite == "Suite"
    assert run.start.started <= one.started <= free.started
    assert one.line is not None
    lines = [json.loads(line)["record"] for line in run.path.read_text().splitlines()]
    assert lines == ["run", "device", "row", "test", "test", "end"]


@pytest.mark.parametrize(
    ("selection", "stored", "expected"),
    [(ALL, "", True), ("--include WSASOCKET-012", "--include WSASOCKET-012", False), ("", None, False)],
)
def test_what_was_to_be_judged(
    run_suite, tmp_path: Path, selection: str, stored: str | None, expected: bool
) -> None:
    run_suite(ONE, device(), variable=[f"SELECTION:{selection}"])
    run = results(tmp_path)
    assert run.start.selection == stored
    assert bool(run.start.expected) == expected
    assert run.end is not None
    assert not run.end.stopped
    missing = {name.partition(" ")[0] for name in run.summary.missing}
    assert missing == (set(REQUIREMENTS) - {"WSASOCKET-012"} if expected else set())


def test_records_that_no_row_is_about_stand_at_the_end(run_suite, tmp_path: Path) -> None:
    (tmp_path / "lab.ini").write_text("[emulated]\nkind = emulated\n")
    (tmp_path / "expectations").mkdir()
    file = tmp_path / "expectations" / "emulated.toml"
    text = '[[deviation]]\nrequirement = "WSASOCKET-012"\nobserved = "success"\nreason = "r"\n'
    file.write_text(text + 'date = 2026-05-01\nevidence = "e"\ncases = ["Gone"]\n')
    for selection, count in ((ALL, 1), ("--test One", 0)):
        variables = [f"LAB:{tmp_path / 'lab.ini'}", f"SELECTION:{selection}"]
        run_suite(ONE, device(), variable=variables)
        run = results(tmp_path)
        assert run.end is not None
        assert len(run.end.unmatched) == len(run.summary.unmatched) == count
        assert run.start.sources["expectations"] == sources([file]).to_dict()


def test_two_targets_of_one_run_have_a_file_each(run_suite, tmp_path: Path) -> None:
    run_suite(TWO_LIBRARIES, device())
    first, second = results(tmp_path), results(tmp_path, "results-2.jsonl")
    assert (first.start.place, second.start.place) == ("arm over tcp", "mips over tcp")
    assert first.start.run != second.start.run
    assert [[row.case for row in run.rows] for run in (first, second)] == [
        ["On The First"],
        ["On The Second"],
    ]
    assert [[test.name for test in run.tests] for run in (first, second)] == [
        ["On The First", "On The Second"],
        ["On The Second"],
    ]
    assert {each.path for each in entries(tmp_path)} == {first.path, second.path}


@pytest.mark.parametrize(
    "used", ["", "    First.Run Program    tested = WSASocketW(98, SOCK_STREAM, 0, NULL, 0, 0)\n"]
)
def test_what_deviates_on_one_target_says_nothing_of_the_other(run_suite, tmp_path: Path, used: str) -> None:
    wrong = "    Second.Should Succeed\n"
    suite = TWO_LIBRARIES.replace("    Second.Run", f"{used}    Second.Run").replace(
        "    Second.Outcome Should Conform\n", wrong
    )
    assert wrong in suite
    run_suite(suite, device())
    first, second = results(tmp_path), results(tmp_path, "results-2.jsonl")
    assert [(row.case, row.verdict) for row in first.rows] == [("On The First", Verdict.PASS)]
    assert [(row.case, row.verdict) for row in second.rows] == [("On The Second", Verdict.FAIL)]


def test_steps_that_brought_the_device_back(run_suite, tmp_path: Path) -> None:
    double = device()
    step = RecoveryStep("2026-05-01T10:00:00+00:00", "power cycle", "silence", "the agent answers", 3.5)
    double.recovery = (step,)
    run_suite(ONE, double)
    (found,) = results(tmp_path).recovery
    assert (found.step, found.reason, found.seconds) == ("power cycle", "silence", 3.5)


def test_a_lab_that_failed_before_any_device_answered(run_suite, tmp_path: Path) -> None:
    class Gone(ScriptedDevice):
        def info(self) -> Info:
            raise LinkError("no such port")

    run_suite(ONE, Gone())
    run = results(tmp_path)
    assert [row.verdict for row in run.rows] == [Verdict.BROKEN]
    assert run.identity == {}
    (entry,) = entries(tmp_path)
    assert "no such port" in entry.lab[0]


def test_an_image_that_is_not_there_ends_the_run(run_suite, tmp_path: Path) -> None:
    (tmp_path / "panel.key").write_text("ab" * 32)
    (tmp_path / "lab.ini").write_text("[it]\nkind = tcp\nhost = h\nkey = panel.key\nimage = gone.bin\n")
    double = device()
    ran = run_suite(ONE, double, variable=[f"LAB:{tmp_path / 'lab.ini'}", "TARGET:it"])
    assert "gone.bin: No such file" in ran.tests.message["One"]
    assert [row.verdict for row in results(tmp_path).rows] == [Verdict.BROKEN]
    assert results(tmp_path).start.target == "it"
    assert double.programs == []
