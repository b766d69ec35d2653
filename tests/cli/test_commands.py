"""What the commands print and write, with an agent that answers what the test says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_agent import FakeAgent

from harness import __version__
from harness.cli.main import main
from harness.program.result import SENTINEL
from harness.wire.messages import Answer, Outcome, OutcomeCode

PROGRAM = """\
call ws2!WSAStartup(0x0202, out wsadata[40])
s = ws2!WSASocketW(AF_IPX, SOCK_STREAM, 0, NULL, 0, 0)
"""


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "p.txt"
    path.write_text(PROGRAM, encoding="utf-8")
    return str(path)


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert main(["call", "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"ceharness {__version__}\n")
    assert "left out at the end are 0" in out


def test_targets_as_table_and_json(capsys: pytest.CaptureFixture[str], lab: Path) -> None:
    assert main(["targets", "--lab", str(lab)]) == 0
    out = capsys.readouterr().out
    assert "fake *" in out
    assert "tcp://127.0.0.1" in out
    assert main(["targets", "--lab", str(lab), "--json", "-"]) == 0
    out, err = capsys.readouterr()
    listed = {each["name"]: each for each in json.loads(out)}
    assert listed["fake"]["default"]
    assert listed["emulated"]["settings"]["cpu"] == "arm"
    assert "fake *" in err


def test_exec_shows_value_error_meaning_time_and_bytes(
    capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent, program: str
) -> None:
    agent.answers = [Answer(0, (0, 0xFFFFFFFF), (412, 38), errors={1: 10047}, outputs=(b"\x02\x02Winsock",))]
    assert main(["exec", program, "--lab", str(lab)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["0", "ws2!WSAStartup(0x0202,", "&wsadata)", "0", "412", "µs"]
    assert out[1] == "  1  s = ws2!WSASocketW(AF_IPX, SOCK_STREAM, 0, NULL, 0, 0)  0xffffffff (-1)  38 µs"
    assert out[2].strip().startswith("WSAEAFNOSUPPORT (10047): ")
    assert out[3] == "wsadata (40 bytes)"
    assert out[4].strip() == "0000  02 02 57 69 6e 73 6f 63 6b 00 00 00 00 00 00 00  ..Winsock......."


def test_exec_as_json_can_be_run_again(
    capsys: pytest.CaptureFixture[str],
    lab: Path,
    agent: FakeAgent,
    program: str,
    tmp_path: Path,
) -> None:
    agent.answers = [Answer(0, (0, 0xFFFFFFFF), (412, 38), errors={1: SENTINEL}, outputs=(b"",))]
    assert main(["exec", program, "--lab", str(lab), "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["target"] == "fake"
    assert result["outcome"]["kind"] == "returned"
    assert result["calls"][1]["value"] == 0xFFFFFFFF
    assert result["calls"][1]["error_name"] is None
    assert result["calls"][1]["meaning"] == "failed and set no error code"
    assert result["buffers"] == {"wsadata": "00" * 40}
    again = tmp_path / "again.txt"
    again.write_text(result["program"], encoding="utf-8")
    agent.runs.clear()
    assert main(["exec", str(again), "--lab", str(lab)]) == 0
    assert len(agent.runs) == 1


def test_a_program_that_faults_is_no_error_of_the_harness(
    capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent, program: str
) -> None:
    agent.answers = [Answer(0, (0,), (412,), outcome=Outcome(OutcomeCode.FAULTED, 1, 0xC0000005))]
    assert main(["exec", program, "--lab", str(lab)]) == 1
    out, err = capsys.readouterr()
    assert "did not run" in out
    assert "0xC0000005" in out
    assert err == ""


def test_call_starts_winsock_and_completes_the_arguments(
    capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent
) -> None:
    agent.answers = [Answer(0, (0, 452), (300, 41))]
    assert main(["call", "WSASocketW", "AF_INET", "SOCK_STREAM", "IPPROTO_TCP", "--lab", str(lab)]) == 0
    out = capsys.readouterr().out
    assert (
        out
        == "  1  result = ws2!WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, 0, 0, 0)  452 (0x1c4)  41 µs\n"
    )
    assert agent.runs[0].steps[-1] == [2, 1, 6, 0, 0, 0]


def test_call_without_startup(lab: Path, agent: FakeAgent) -> None:
    agent.answers = [Answer(0, (0xFFFFFFFF,), (41,), errors={0: 10093})]
    assert main(["call", "--no-startup", "socket", "-2", "1", "--lab", str(lab)]) == 0
    assert agent.runs[0].steps[-1] == [-2, 1, 0]


def test_call_of_a_function_nobody_knows(lab: Path, agent: FakeAgent) -> None:
    agent.answers = [Answer(0, (5,), (1,))]
    assert main(["call", "coredll!Foo", "7", "--fails", "zero", "--lab", str(lab)]) == 0
    assert agent.runs[0].exports[-1][1:3] == ["coredll!Foo", 1]  # type: ignore[index]


def test_a_reader_that_has_gone_is_no_fault(lab: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "harness.cli", "targets", "--lab", str(lab)],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, "")


def test_a_fault_of_the_harness_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(*args: object) -> int:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr("harness.cli.targets.load_lab", wrong)
    assert main(["targets"]) == 70
    assert "ZeroDivisionError: surprise" in capsys.readouterr().err


def test_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.cli.targets.load_lab", interrupted)
    assert main(["targets"]) == 130


def test_a_slow_device_gets_more_time(lab: Path, agent: FakeAgent, program: str) -> None:
    with lab.open("a", encoding="utf-8") as file:
        file.write("slowness = 3\n")
    agent.answers = [Answer(0, (0, 1), (1, 1), outputs=(b"",))]
    assert main(["exec", program, "--lab", str(lab)]) == 0
    assert agent.runs[0].deadline_ms == 15000
