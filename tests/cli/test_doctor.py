"""`ceharness doctor` names the first broken link and the next step."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_agent import FakeAgent

from harness.cli.main import main
from harness.wire.messages import Answer, Hello, Message, Outcome, OutcomeCode, Reason, Refusal, Run


def examine(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> list[dict[str, Any]]:
    """The steps; text and JSON have to agree."""
    assert main(["doctor", *arguments, "--json", "-"]) == code
    out, err = capsys.readouterr()
    steps: list[dict[str, Any]] = json.loads(out)
    assert all(step["ok"] for step in steps[:-1])
    assert steps[-1]["ok"] == (code == 0)
    assert ("FAIL  " + steps[-1]["step"] in err) == (code != 0)
    assert ("next: " in err) == (code != 0)
    return steps


def test_nobody_listens(capsys: pytest.CaptureFixture[str], key_file: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        broken = examine(capsys, 3, url, "--key", str(key_file))[-1]
    assert broken["step"] == "link opens"
    assert broken["cause"] == "refused"
    assert "start ceagent.exe link=tcp:PORT" in broken["next"]


def test_silence(
    capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent, hurry: Callable[[], None]
) -> None:
    agent.reply = lambda message: None
    hurry()
    broken = examine(capsys, 3, "--lab", str(lab))[-1]
    assert (broken["step"], broken["cause"]) == ("bytes seen", "silence")
    assert "not one byte" in broken["detail"]
    assert "ceagent.exe" in broken["next"]


def test_a_boot_loader_answers(
    capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent, hurry: Callable[[], None]
) -> None:
    agent.reply = lambda message: b"EBOOT 1.2> "
    hurry()
    broken = examine(capsys, 3, "--lab", str(lab))[-1]
    assert (broken["step"], broken["cause"]) == ("frames", "console text")
    assert "EBOOT 1.2>" in broken["detail"]


def test_another_version(capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent) -> None:
    def reply(message: Message) -> Message | None:
        return Refusal(0, Reason.VERSION, 9) if isinstance(message, Hello) else None

    agent.reply = reply
    steps = examine(capsys, 3, "--lab", str(lab))
    assert [step["step"] for step in steps[-2:]] == ["agent answers", "protocol and key"]
    assert "version 9" in steps[-1]["detail"]
    assert "ceharness agent info" in steps[-1]["next"]


def test_no_key(capsys: pytest.CaptureFixture[str], agent: FakeAgent) -> None:
    broken = examine(capsys, 2, agent.url)[-1]
    assert broken["step"] == "key"
    assert "ceharness agent key FILE" in broken["detail"] + broken["next"]


def test_a_wrong_key(capsys: pytest.CaptureFixture[str], agent: FakeAgent, lab: Path, key_file: Path) -> None:
    key_file.write_text("ab" * 32, encoding="ascii")
    steps = examine(capsys, 3, "--lab", str(lab))
    assert [step["step"] for step in steps] == [
        "configuration",
        "key",
        "lock",
        "link opens",
        "agent answers",
        "protocol and key",
    ]
    assert steps[1]["detail"] == f"key from {key_file}"
    assert "the key is wrong" in steps[-1]["detail"]
    assert "ab" * 32 not in str(steps)


def test_no_winsock(capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent) -> None:
    def reply(message: Message) -> Message | bytes | None:
        if isinstance(message, Run):
            return Answer(message.seq, outcome=Outcome(OutcomeCode.UNRESOLVED, 0, 126))
        return agent.welcome(message)

    agent.reply = reply
    steps = examine(capsys, 3, "--lab", str(lab))
    assert steps[-1]["step"] == "ws2.dll"
    assert "error 126" in steps[-1]["detail"]


def test_a_mistake_in_lab_ini_is_the_first_link(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "lab.ini"
    path.write_text("[x]\nkind = tcp\n", encoding="utf-8")
    broken = examine(capsys, 2, "--lab", str(path))[-1]
    assert broken["step"] == "configuration"
    assert f"{path}:1 [x]" in broken["detail"]
