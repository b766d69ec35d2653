"""What the line was like, in every result; shown when it was bad."""

import json
import socket
from pathlib import Path

import pytest
from fake_agent import FakeAgent

from harness.cli.main import main
from harness.wire.messages import Answer, Message, Run

CALL = ["call", "--no-startup", "socket", "2"]
GOOD = [Answer(0, (5,), (1,))]
COUNTERS = {
    "url", "protection", "faults", "trouble", "keyed", "bytes_sent", "bytes_received", "frames_sent",
    "frames_received", "bad_frames", "console_bytes", "resends", "reconnects", "median", "worst",
}  # fmt: skip


def test_a_good_line_is_not_talked_about(
    capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent
) -> None:
    agent.answers = GOOD
    assert main([*CALL, "--lab", str(lab)]) == 0
    assert "line" not in capsys.readouterr().out


def test_its_counters_are_there_for_who_asks(
    capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent
) -> None:
    agent.answers = GOOD
    assert main([*CALL, "--lab", str(lab), "--verbose", "--json", "-"]) == 0
    out, err = capsys.readouterr()
    line = json.loads(out)["line"]
    assert line.keys() >= COUNTERS
    assert line["url"] == agent.url
    assert line["keyed"]
    assert (line["bad_frames"], line["reconnects"], line["trouble"]) == (0, 0, [])
    assert line["bytes_received"] > line["frames_received"] > 1
    assert line["worst"] >= line["median"] > 0
    assert f"line  {agent.url}, key from" in err
    assert "0 check errors" in err
    assert "round trip: median" in err


def test_console_text_between_the_frames(
    capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent
) -> None:
    """A debug console that writes a lot on the line: the first answer comes after its text."""
    chatter = b"Debug Serial Init, RTC 2003-01-01\r\n" * 60

    def reply(message: Message) -> Message | bytes | None:
        if isinstance(message, Run):
            agent.reply = agent.welcome
            return b"\0" + chatter + b"\0"
        return agent.welcome(message)

    agent.answers, agent.reply = GOOD, reply
    program = lab.with_name("p.ceprog")
    program.write_text("call coredll!GetTickCount()\n", encoding="utf-8")
    assert main(["exec", str(program), "--lab", str(lab), "--json", "-"]) == 0
    out, err = capsys.readouterr()
    line = json.loads(out)["line"]
    assert line["console_bytes"] == len(chatter)
    assert len(line["trouble"]) == 1
    assert f"line  {line['trouble'][0]}" in err
    assert "debug console" in line["trouble"][0]


def test_injected_faults_are_told(capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent) -> None:
    agent.answers = GOOD
    arguments = [*CALL, "--lab", str(lab), "--faults", "dup=0.01,seed=3"]
    assert main([*arguments, "--json", "-"]) == 0
    out, err = capsys.readouterr()
    line = json.loads(out)["line"]
    assert line["faults"] == "dup=0.01 seed=3"
    assert line["url"] == f"fault+{agent.url}?dup=0.01&seed=3"
    assert "faults were injected into this line on purpose: dup=0.01 seed=3" in err


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        ("flpi=1e-3", "there is no fault 'flpi'; did you mean flip?"),
        ("flip=2", "cannot use 'flip=2' (expected a probability from 0 to 1"),
        ("seed=x", "cannot use 'seed=x' (expected a whole number"),
    ],
)
@pytest.mark.parametrize("command", [["run"], CALL, ["exec", "p.ceprog"]])
def test_wrong_faults(
    capsys: pytest.CaptureFixture[str], lab: Path, command: list[str], faults: str, says: str
) -> None:
    assert main([*command, "--lab", str(lab), "--faults", faults]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("ceharness: error: ")
    assert says in lines[0]


def test_a_port_to_listen_on_that_is_taken(capsys: pytest.CaptureFixture[str], key_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"tcp-listen://127.0.0.1:{taken.getsockname()[1]}"
        assert main([*CALL, "--target", url, "--key", str(key_file)]) == 3
    assert "is taken by another program" in capsys.readouterr().err


def test_nobody_dials(capsys: pytest.CaptureFixture[str], tmp_path: Path, key_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    lab = tmp_path / "listen.ini"
    lab.write_text(
        f"[t]\nkind = tcp-listen\nlisten = 127.0.0.1:{port}\nkey = {key_file}\nconnect = 500ms\n",
        encoding="utf-8",
    )
    assert main(["doctor", "t", "--lab", str(lab)]) == 3
    out = capsys.readouterr().out
    assert "FAIL  link opens" in out
    assert f"link=tcp:HOST:{port}" in out
