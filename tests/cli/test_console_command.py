"""`ceharness console`: what comes over a line, and not one byte to the agent."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.wire.coding import encode
from harness.wire.framing import encode_frame
from harness.wire.messages import Hello
from harness.wire.sealing import open_check

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals")
HELLO = encode(Hello(0x01020304))
FRAME = encode_frame(HELLO, open_check(HELLO))
BOOT = b"EBOOT 1.2\r\n\x1b[31mred\x1b[0m alert\x07\r\n\0" + FRAME + b"> "
SHOWN = f"EBOOT 1.2\n\\x1b[31mred\\x1b[0m alert\\x07\n<frame {len(FRAME) - 1} bytes>\n> "


class Port:
    def __init__(self) -> None:
        import pty
        import tty

        self.other, self._port = pty.openpty()
        tty.setraw(self._port)
        self.name = os.ttyname(self._port)
        os.set_blocking(self.other, False)

    def sent(self) -> bytes:
        """What the harness has written."""
        try:
            return os.read(self.other, 4096)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        for each in (self.other, self._port):
            os.close(each)


@pytest.fixture
def port() -> Iterator[Port]:
    made = Port()
    yield made
    made.close()


@pytest.fixture
def panel(port: Port, tmp_path: Path) -> list[str]:
    """The words that choose a serial target."""
    lab = tmp_path / "lab.ini"
    lab.write_text(f"[panel]\nkind = serial\nport = {port.name}\n", encoding="utf-8")
    return ["console", "panel", "--lab", str(lab)]


def later(port: Port, data: bytes = BOOT) -> threading.Thread:
    """Data comes when the port is open: its program has set the speed, and has forgotten what was before."""
    import termios

    def wait_and_write() -> None:
        while termios.tcgetattr(port.other)[4] != termios.B115200:
            time.sleep(0.01)
        time.sleep(0.2)
        os.write(port.other, data)

    thread = threading.Thread(target=wait_and_write, daemon=True)
    thread.start()
    return thread


def test_text_frames_and_control_characters(
    capsys: pytest.CaptureFixture[str], port: Port, panel: list[str], tmp_path: Path
) -> None:
    later(port)
    log = tmp_path / "boot.log"
    assert main([*panel, "--seconds", "1s", "--log", str(log)]) == 0
    out, err = capsys.readouterr()
    assert out == SHOWN + "\n"
    assert "panel: " in err
    assert port.sent() == b"", "a console only listens"
    lines = log.read_text(encoding="utf-8").splitlines()
    assert [line[25:] for line in lines] == ["EBOOT 1.2", "\\x1b[31mred\\x1b[0m alert\\x07", "> "]


def test_what_is_no_line_yet_is_shown_after_a_moment(
    capsys: pytest.CaptureFixture[str], port: Port, panel: list[str]
) -> None:
    later(port, b"\r\nlogin: ")
    assert main([*panel, "--seconds", "1s"]) == 0
    assert capsys.readouterr().out == "\nlogin: \n"


def test_raw_bytes(capfdbinary: pytest.CaptureFixture[bytes], port: Port, panel: list[str]) -> None:
    later(port)
    assert main([*panel, "--seconds", "1s", "--raw"]) == 0
    assert capfdbinary.readouterr().out == BOOT


def test_noise(capsys: pytest.CaptureFixture[str], port: Port, panel: list[str]) -> None:
    later(port, b"\xff\xfe\xf8\xe0\0")
    assert main([*panel, "--seconds", "1s"]) == 0
    assert capsys.readouterr().out == "<4 bytes>\n"


def test_another_speed(port: Port, panel: list[str]) -> None:
    import termios

    assert main([*panel, "--seconds", "200ms", "--baud", "9600"]) == 0
    assert termios.tcgetattr(port.other)[4] == termios.B9600


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--seconds", "soon"], "--seconds 'soon': expected a duration"),
        (["--baud", "fast"], "baud 'fast': expected a speed"),
        (["--log", "/nowhere/x.log"], "no such folder"),
    ],
)
def test_wrong_usage(
    capsys: pytest.CaptureFixture[str], panel: list[str], words: list[str], says: str
) -> None:
    assert main([*panel, *words]) == 2
    assert says in capsys.readouterr().err


def test_no_such_port(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["console", "serial:///dev/ttyNONE7", "--seconds", "1s"]) == 3
    assert "/dev/ttyNONE7: no such port" in capsys.readouterr().err


def test_a_port_that_goes_away(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    made = Port()
    lab = tmp_path / "lab.ini"
    lab.write_text(f"[panel]\nkind = serial\nport = {made.name}\n", encoding="utf-8")

    def vanish() -> None:
        os.write(made.other, b"going")
        made.close()

    threading.Timer(0.5, vanish).start()
    assert main(["console", "panel", "--lab", str(lab), "--seconds", "30s"]) == 3
    out, err = capsys.readouterr()
    assert "the port is gone" in err
    assert out in ("going\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_ended_by_a_signal(port: Port, panel: list[str], number: signal.Signals) -> None:
    """In a terminal of its own, which is left as it was."""
    import pty
    import termios

    keyboard, screen = pty.openpty()
    before = termios.tcgetattr(screen)
    with subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *panel], stdin=screen, stdout=screen, stderr=screen
    ) as process:
        text = b""
        while b"Ctrl-C ends" not in text:
            text += os.read(keyboard, 4096)
        thread = later(port)
        while b"> " not in text:
            text += os.read(keyboard, 4096)
        process.send_signal(number)
        assert process.wait(30) == 0
        thread.join()
    assert termios.tcgetattr(screen) == before
    assert b"\x1b" not in text
    for each in (keyboard, screen):
        os.close(each)
