"""`ceharness run` with small suites and an agent that answers what the test says."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fake_agent import KEY, FakeAgent

from harness.cli.main import main
from harness.results import read_results
from harness.targets import KINDS, Reached, TargetConfig
from harness.wire.messages import Answer, Message

SUITE = """\
*** Settings ***
Library    harness.robot.CEHarness

*** Test Cases ***
An Unknown Family
    [Tags]    WSASOCKET-012
    Call Function    WSASocketW    AF_IPX    SOCK_STREAM    0    NULL    0    0
    Should Fail With    WSAEAFNOSUPPORT

A Number Out Of Range
    [Tags]    WSASOCKET-016
    Call Function    WSASocketW    AF_INET    SOCK_STREAM    200    NULL    0    0
    Should Fail With    WSAEPROTONOSUPPORT
"""
GOOD = [
    Answer(0, (0xFFFFFFFF,), (9,), errors={0: 10047}),
    Answer(1, (0xFFFFFFFF,), (9,), errors={0: 10043}),
]
WRONG = [GOOD[0], Answer(1, (0xFFFFFFFF,), (9,), errors={0: 10022})]


@pytest.fixture
def arguments(tmp_path: Path, lab: Path) -> list[str]:
    suite = tmp_path / "small.robot"
    suite.write_text(SUITE, encoding="utf-8")
    return ["run", "--lab", str(lab), "--suites", str(suite), "--output", str(tmp_path / "out")]


def test_as_documented(
    capsys: pytest.CaptureFixture[str], arguments: list[str], agent: FakeAgent, tmp_path: Path
) -> None:
    agent.answers = GOOD
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "2 requirements: 2 pass" in out
    assert "WSAEAFNOSUPPORT (10047)" in out
    assert "Measured on the device itself." in out
    for name in ("results.jsonl", "log.html", "output.xml"):
        assert (tmp_path / "out" / name).is_file()


def test_a_deviation_is_shown_with_both_sides_and_a_program_that_replays(
    capsys: pytest.CaptureFixture[str], arguments: list[str], agent: FakeAgent
) -> None:
    agent.answers = WRONG
    assert main([*arguments, "--json", "-"]) == 1
    out, err = capsys.readouterr()
    command = next(line.split() for line in err.splitlines() if line.startswith("  replay "))
    assert command[1:3] == ["ceharness", "exec"]
    assert "  observed    WSAEINVAL (10022)" in err
    rows = {row["requirement"]: row for row in json.loads(out)["rows"]}
    assert rows["WSASOCKET-012"]["verdict"] == "pass"
    wrong = rows["WSASOCKET-016"]
    assert wrong["verdict"] == "fail"
    assert "WSAEPROTONOSUPPORT (10043)" in wrong["documented"]
    assert "WSAEINVAL (10022)" in wrong["observed"]
    assert {"requirement", "verdict", "documented", "observed", "reason", "program"} <= wrong.keys()
    assert "2 requirements: 1 fail, 1 pass" in err
    assert Path(command[3]).read_text(encoding="utf-8") == wrong["program"]
    agent.runs.clear()
    assert main(command[2:]) == 0


def test_a_deviation_that_its_program_alone_does_not_show_is_replayed_by_its_tests(
    capsys: pytest.CaptureFixture[str], arguments: list[str], agent: FakeAgent, tmp_path: Path
) -> None:
    suite = tmp_path / "small.robot"
    text = SUITE.replace("WSASOCKET-016", "WSASOCKET-011    leg:pass-through")
    suite.write_text(text, encoding="utf-8")
    agent.answers = WRONG
    assert main(arguments) == 1
    out = capsys.readouterr().out
    [command] = [line.split() for line in out.splitlines() if line.startswith("  replay ")]
    assert command[1:3] == ["ceharness", "run"]
    assert command[-2:] == ["--include", "WSASOCKET-011"]
    assert str(suite) in command
    assert (tmp_path / "out" / "deviations" / "WSASOCKET-011-1.ceprog").is_file()


def test_rows_appear_while_the_run_goes_on(
    capsys: pytest.CaptureFixture[str], arguments: list[str], agent: FakeAgent
) -> None:
    seen: list[str] = []

    def reply(message: Message) -> Message | bytes | None:
        before = len(agent.runs)
        answer = agent.welcome(message)
        if len(agent.runs) > before:
            seen.append(capsys.readouterr().out)
        return answer

    agent.answers = GOOD
    agent.reply = reply
    assert main(arguments) == 0
    assert "WSASOCKET-012" not in seen[0]
    assert "WSASOCKET-012" in seen[1]


def test_a_run_says_what_it_ran_on_and_what_the_line_was_like(
    capsys: pytest.CaptureFixture[str], arguments: list[str], agent: FakeAgent, tmp_path: Path
) -> None:
    agent.answers = GOOD
    assert main([*arguments, "--json", "-"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    rows = result.pop("rows")
    assert len(rows) == 2
    run = read_results(tmp_path / "out" / "results.jsonl")
    assert [row.to_dict() for row in run.rows] == rows
    assert (run.start.run, run.start.started, run.end.ended) == (
        result["run"],
        result["started"],
        result["ended"],
    )
    assert (run.line, run.identity) == (result["line"], result["device"])
    assert (result["target"], result["target_kind"], result["place"]) == ("fake", "tcp", agent.url)
    assert (result["evidence"], result["agent"]) == ("device", "fake agent 1.0")
    assert result["started"] <= result["ended"]
    assert (result["line"]["keyed"], result["line"]["trouble"]) == (True, [])
    assert result["line"]["frames_received"] >= 5
    assert "\nline  " not in err


def test_a_bad_line_is_shown_at_the_end(
    capsys: pytest.CaptureFixture[str], arguments: list[str], agent: FakeAgent, tmp_path: Path
) -> None:
    agent.answers = GOOD
    assert main([*arguments, "--faults", "dup=0.001 seed=5"]) == 0
    assert (
        "\nline  faults were injected into this line on purpose: dup=0.001 seed=5\n"
        in capsys.readouterr().out
    )
    log = (tmp_path / "out" / "output.xml").read_text(encoding="utf-8")
    assert "faults were injected into this line on purpose" in log


def test_a_lost_line_names_what_is_in_doubt_and_keeps_the_rows(
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    agent: FakeAgent,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second program is never answered: the lab ends what it had started."""
    plug = {"pulled": False}

    @contextmanager
    def reach(config: TargetConfig) -> Iterator[Reached]:
        yield Reached(agent.url, KEY, lambda seconds: "somebody pulled the plug" if plug["pulled"] else None)

    def reply(message: Message) -> Message | bytes | None:
        before = len(agent.runs)
        answer = agent.welcome(message)
        if before == 1 and len(agent.runs) == 2:
            plug["pulled"] = True
            agent.vanish()
        return answer

    monkeypatch.setitem(KINDS, "tcp", replace(KINDS["tcp"], reach=reach))  # type: ignore[arg-type]
    agent.answers, agent.reply = GOOD[:1], reply
    assert main([*arguments, "--json", str(tmp_path / "result.json")]) == 3
    out, err = capsys.readouterr()
    assert err.startswith("ceharness: error: ")
    assert err.count("somebody pulled the plug") == 1
    assert "in doubt" in err
    assert "WSASocketW" in err
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert [row["verdict"] for row in result["rows"]] == ["pass", "broken"]
    assert "WSASOCKET-012   pass" in out


def test_a_test_that_is_wrong_is_no_fault_of_the_lab(
    capsys: pytest.CaptureFixture[str], arguments: list[str], agent: FakeAgent, tmp_path: Path
) -> None:
    agent.answers = GOOD
    wrong = SUITE.replace("AF_IPX", "AF_IPXX")
    (tmp_path / "small.robot").write_text(wrong, encoding="utf-8")
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert err.startswith("ceharness: error: WSASOCKET-012, An Unknown Family: the test itself is wrong: ")
    assert "did you mean AF_IPX?" in err
    assert "1 broken" in out


def test_an_emulated_device_never_passes_for_a_device(
    capsys: pytest.CaptureFixture[str], arguments: list[str], agent: FakeAgent
) -> None:
    agent.answers, agent.oem = GOOD, "Emulated Windows CE device"
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "An emulated result proves the harness, not a device." in out
    assert "Measured" not in out


def test_a_selection(capsys: pytest.CaptureFixture[str], arguments: list[str], agent: FakeAgent) -> None:
    agent.answers = GOOD
    assert main([*arguments, "--include", "WSASOCKET-012"]) == 0
    assert "1 requirement: 1 pass" in capsys.readouterr().out


def test_a_selection_that_selects_nothing(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main([*arguments, "--test", "Nothing Like This"]) == 2
    assert "nothing matches --test 'Nothing Like This'" in capsys.readouterr().err


def test_a_device_that_does_not_answer_is_no_deviation(
    capsys: pytest.CaptureFixture[str], arguments: list[str], agent: FakeAgent, hurry: Callable[[], None]
) -> None:
    agent.reply = lambda message: None
    hurry()
    assert main(arguments) == 3
    out, err = capsys.readouterr()
    assert out.count("WSASOCKET-") == 1
    assert "nothing was judged: the lab failed" in out
    assert "not run, because the lab failed: 1 more" in out
    assert err.startswith("ceharness: error: ")
    assert "not one byte" in err


def test_a_requirement_that_nobody_judged_is_red(
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    agent: FakeAgent,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agent.answers = GOOD
    monkeypatch.setattr("harness.cli.run.suites_folder", lambda: tmp_path / "small.robot")
    at = arguments.index("--suites")
    assert main(arguments[:at] + arguments[at + 2 :]) == 1
    assert "not judged: WSASOCKET-001" in capsys.readouterr().out


def test_a_suite_that_cannot_be_used(
    capsys: pytest.CaptureFixture[str], arguments: list[str], tmp_path: Path
) -> None:
    suite = "*** Settings ***\nLibrary    NoSuchLibrary\n*** Test Cases ***\nA\n    No Operation\n"
    (tmp_path / "small.robot").write_text(suite, encoding="utf-8")
    assert main(arguments) == 2
    assert "NoSuchLibrary" in capsys.readouterr().err


UNTAGGED = SUITE.replace("    [Tags]    WSASOCKET-012\n", "").replace("    [Tags]    WSASOCKET-016\n", "")


@pytest.mark.parametrize(("answers", "code"), [(GOOD, 0), (WRONG, 1), ([], 3)])
def test_a_suite_without_requirements_counts_too(
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    agent: FakeAgent,
    hurry: Callable[[], None],
    tmp_path: Path,
    answers: list[Answer],
    code: int,
) -> None:
    (tmp_path / "small.robot").write_text(UNTAGGED, encoding="utf-8")
    agent.answers = answers
    if not answers:
        agent.reply = lambda message: None
        hurry()
    assert main(arguments) == code
    out = capsys.readouterr().out
    assert ("failed: A Number Out Of Range" in out) == (code == 1)
    counts = {0: "2 passed, 0 failed", 1: "1 passed, 1 failed", 3: "nothing was judged"}
    assert counts[code] in out


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT: run on Linux or macOS")
def test_ctrl_c_keeps_what_was_recorded(arguments: list[str], agent: FakeAgent, tmp_path: Path) -> None:
    """The second program is never answered; Ctrl-C comes while the harness waits for it."""
    agent.answers = GOOD[:1]
    running: list[subprocess.Popen[str]] = []

    def reply(message: Message) -> Message | bytes | None:
        before = len(agent.runs)
        answer = agent.welcome(message)
        if before == 1 and len(agent.runs) == 2:
            running[0].send_signal(signal.SIGINT)
        return answer

    agent.reply = reply
    running.append(
        subprocess.Popen(
            [sys.executable, "-m", "harness.cli", *arguments, "--json", str(tmp_path / "rows.json")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )
    out, err = running[0].communicate(timeout=120)
    assert running[0].returncode == 130, out + err
    assert "Traceback" not in err
    result = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    rows = result["rows"]
    assert result["line"]["frames_sent"] > 1
    assert rows[0]["requirement"] == "WSASOCKET-012"
    assert rows[0]["verdict"] == "pass"
    assert "ended by Ctrl-C" in out


def test_an_image_that_is_not_there_is_told_before_anything_runs(
    capsys: pytest.CaptureFixture[str], arguments: list[str], agent: FakeAgent, lab: Path, tmp_path: Path
) -> None:
    lab.write_text(lab.read_text(encoding="utf-8") + "image = gone.bin\n", encoding="utf-8")
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"ceharness: error: image {tmp_path / 'gone.bin'}: No such file")
    assert not agent.runs
    assert not (tmp_path / "out").exists()
