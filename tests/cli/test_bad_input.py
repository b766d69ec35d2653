"""Everything a user can get wrong: one clear line, the documented exit code, no traceback."""

import os
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from fake_agent import FakeAgent

from harness.cli.main import main
from harness.wire.messages import Hello, Message, Reason, Refusal


def complaint(capsys: pytest.CaptureFixture[str], arguments: Sequence[str], code: int) -> str:
    """Runs a command that has to fail with this code; the error line."""
    assert main(arguments) == code
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert lines[0].startswith("ceharness: error: ")
    assert "Traceback" not in out + err
    assert all(line.startswith(" ") for line in lines[1:])
    return lines[0]


@pytest.mark.parametrize("command", ["run", "targets", "exec -", "call socket", "doctor"])
def test_a_mistake_in_lab_ini(capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str) -> None:
    path = tmp_path / "lab.ini"
    path.write_text("[target x]\nkind = tcp\nhsot = h\n", encoding="utf-8")
    arguments = [*command.split(), "--lab", str(path)]
    if command == "doctor":
        assert main(arguments) == 2
        assert f"FAIL  configuration       {path}:3 [target x] hsot" in capsys.readouterr().out
        return
    line = complaint(capsys, arguments, 2)
    assert f"{path}:3 [target x] hsot: unknown key; did you mean host?" in line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "emulatd"], "did you mean emulated?"),
        (["exec", "nothing.txt"], "nothing.txt: No such file"),
        (["run", "--cpu", "z80"], "expected one of arm, armv7, x86, mips"),
        (["run", "--link", "usb"], "expected tcp, serial or tcp-listen"),
        (["run", "tcp://h:1", "--cpu", "arm"], "has no 'cpu'"),
        (["run", "tcp://h:1", "--quirk", "the-group-is-ignored"], "has no 'quirk'"),
        (["run", "--variant", "?"], "expected names of device variants"),
        (["fingerprint", "draw", "a", "b", "--quirk", "q"], "--quirk does not go with draw"),
        (["run", "--key", "panel.key"], "is of kind emulated, which has no 'key' to choose"),
        (["emulate", "--key", "panel.key"], "key panel.key: No such file"),
        (["agent", "key"], "see ceharness agent key --help"),
        (["doctor", "--faults"], "see ceharness doctor --help"),
        (["run", "tcp-listen://here"], "expected [ADDRESS:]PORT of this computer"),
        (["run", "--suites", "nowhere"], "no such file or folder"),
        (["emulate", "--cpu", "z80"], "expected one of arm"),
        (["run", "--no-such-option"], "--no-such-option"),
        (["dance"], "see ceharness --help"),
        ([], "see ceharness --help"),
        (["agent", "build", "ce-z80"], "ce-armv4i"),
        (["call", "WSASocketX", "AF_INET"], "did you mean WSASocket"),
        (["call", "WSASocketW", "AF_INTE"], "did you mean AF_INET?"),
        (["call", "coredll!NoSuchThing"], "say with --fails how it fails"),
        (["call", "bind"], "s is missing: bind(SOCKET s"),
        (["call", "WSASocketW", *"1234567"], "WSASocketW"),
    ],
)
def test_wrong_words(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert says in complaint(capsys, arguments, 2)


def test_a_typo_in_a_program_shows_line_column_and_caret(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "p.txt"
    path.write_text("# a comment\ns = ws2!WSASocketW(AF_INTE, 1, 6, NULL, 0, 0)\n", encoding="utf-8")
    assert main(["exec", str(path)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(f"ceharness: error: {path}:2:20: ")
    assert lines[0].endswith("did you mean AF_INET?")
    assert lines[1][lines[2].index("^") :].startswith("AF_INTE")


def test_a_program_that_is_no_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in complaint(capsys, ["exec", str(path)], 2)


def test_json_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "no/such/folder" in complaint(capsys, ["targets", "--json", "no/such/folder/x.json"], 2)


def test_nothing_listens(capsys: pytest.CaptureFixture[str], key_file: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        arguments = ["call", "--target", url, "--key", str(key_file), "socket", "2"]
        assert "refused" in complaint(capsys, arguments, 3)


def test_a_device_that_does_not_answer(
    capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent, hurry: Callable[[], None]
) -> None:
    agent.reply = lambda message: None
    hurry()
    line = complaint(capsys, ["call", "--lab", str(lab), "socket", "2"], 3)
    assert "not one byte" in line


def test_a_device_that_talks_something_else(
    capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent, hurry: Callable[[], None]
) -> None:
    agent.reply = lambda message: b"\r\nWindows CE boot loader 1.4\r\n> "
    hurry()
    assert "boot loader" in complaint(capsys, ["call", "--lab", str(lab), "socket", "2"], 3)


def another_version(message: Message) -> Message | None:
    return Refusal(0, Reason.VERSION, 9) if isinstance(message, Hello) else None


def test_an_agent_of_another_protocol_version(
    capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent
) -> None:
    agent.reply = another_version
    line = complaint(capsys, ["call", "--lab", str(lab), "socket", "2"], 3)
    assert "version 9" in line


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty: run on Linux or macOS")
def test_a_serial_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    import pty

    import serial

    ours, theirs = pty.openpty()
    name = os.ttyname(theirs)
    try:
        with serial.Serial(name, exclusive=True):
            line = complaint(capsys, ["call", "--target", f"serial://{name}", "socket", "2"], 3)
    finally:
        os.close(ours)
        os.close(theirs)
    assert "busy" in line or "another program" in line or "in use" in line


def test_a_serial_port_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    line = complaint(capsys, ["call", "--target", "serial:///dev/ttyNONE", "socket", "2"], 3)
    assert "/dev/ttyNONE" in line


def test_agent_info_of_a_file_that_is_no_executable(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "notes.exe"
    path.write_text("MZ not really", encoding="utf-8")
    assert str(path) in complaint(capsys, ["agent", "info", str(path)], 2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["exec", "empty.txt"], "empty.txt: there is no call in this program"),
        (["agent", "info", "ce-arm"], "expected one of ce-armv4i"),
        (["call", "WSASocketW", "AF_INT"], "<command line>:1:21: 'AF_INT' is neither"),
        (["run", "--json", "."], "--json .: Is a directory"),
        (["emulate", "--link", "usb"], "--link 'usb': expected one of tcp, serial"),
    ],
)
def test_what_a_newcomer_gets_wrong(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    says: str,
) -> None:
    (tmp_path / "empty.txt").write_text("# nothing yet\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err.splitlines()[0]
    assert [each.name for each in tmp_path.iterdir()] == ["empty.txt"]
