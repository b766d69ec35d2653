"""`ceharness ports` and `ceharness signals`, on ports of this computer."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.lab import load_lab
from harness.targets import device_lock
from tests.serial_lines.ser2net import build_modem_lines

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals")


@pytest.fixture
def device() -> Iterator[str]:
    import pty

    ends = pty.openpty()
    yield os.ttyname(ends[1])
    for each in ends:
        os.close(each)


@pytest.fixture
def panel(device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The device under a stable name, which lab.ini uses."""
    folder = tmp_path / "by-id"
    folder.mkdir()
    (folder / "usb-panel").symlink_to(device)
    monkeypatch.setattr("harness.links.ports.LINKS", (str(folder),))
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda *_: [])
    lab = tmp_path / "lab.ini"
    lab.write_text(f"[panel]\nkind = serial\nport = {folder}/usb-panel\n", encoding="utf-8")
    return lab


def test_ports(capsys: pytest.CaptureFixture[str], panel: Path, device: str) -> None:
    assert main(["ports", "--lab", str(panel), "--json", "-"]) == 0
    out, err = capsys.readouterr()
    [port] = json.loads(out)
    assert port["port"] == device
    assert port["stable"] == [str(panel.parent / "by-id" / "usb-panel")]
    assert port["target"] == "panel"
    if sys.platform == "linux":
        assert port["held_by"].endswith(f"(pid {os.getpid()})")
    assert "usb-panel" in err


def test_the_target_of_a_port_by_another_name(
    capsys: pytest.CaptureFixture[str], panel: Path, device: str
) -> None:
    for name in (device, "hwgrep://usb-pan.l"):
        panel.write_text(f"[other]\nkind = serial\nport = {name}\n", encoding="utf-8")
        assert main(["ports", "--lab", str(panel), "--json", "-"]) == 0
        assert json.loads(capsys.readouterr().out)[0]["target"] == "other"


def test_no_ports(capsys: pytest.CaptureFixture[str], panel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.links.ports.LINKS", ())
    assert main(["ports", "--lab", str(panel)]) == 0
    assert capsys.readouterr().out == "this computer has no serial port\n"


def test_signals_of_a_port_of_this_computer(panel: Path, device: str, tmp_path: Path) -> None:
    """Its speed stays, and a lock on it is no hindrance: whoever talks to the device may go on."""
    import fcntl
    import termios

    log = tmp_path / "lines.log"
    environment = {
        **os.environ, "LD_PRELOAD": str(build_modem_lines(tmp_path)), "MODEM_LINES_LOG": str(log)
    }  # fmt: skip
    port = os.open(device, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(port, fcntl.LOCK_EX)
    attributes = termios.tcgetattr(port)
    attributes[4] = attributes[5] = termios.B57600
    termios.tcsetattr(port, termios.TCSANOW, attributes)
    words = ["signals", "panel", "--lab", str(panel), "dtr=on", "rts=off", "20ms", "rts=on"]
    subprocess.run([sys.executable, "-m", "harness.cli", *words], check=True, env=environment)
    assert log.read_text(encoding="ascii").splitlines() == ["dtr=1 rts=0", "dtr=1 rts=0", "dtr=1 rts=1"]
    after = termios.tcgetattr(port)
    assert after[4] == termios.B57600
    assert not after[2] & termios.HUPCL, "the levels stay when it ends"
    os.close(port)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["emulated", "dtr=on"], 2, "target emulated is of kind emulated, which has no serial port"),
        (["panel", "dtr=1"], 2, "cannot use 'dtr=1' (expected dtr=on"),
        (["panel", "cts=on"], 2, "cannot use 'cts=on'"),
        (["panel"], 2, "STEP"),
        (["tcp://127.0.0.1:5555", "dtr=on"], 2, "is no serial port"),
        (["panel", "dtr=on"], 3, "neither RTS nor DTR"),
        (["/dev/ttyNONE7", "dtr=on"], 3, "no such port"),
        (["rfc2217://127.0.0.1:1", "dtr=on"], 3, "rfc2217://127.0.0.1:1"),
        (["nothing", "dtr=on"], 2, "neither a URL nor the name of a serial port"),
    ],
)
def test_mistakes(
    capsys: pytest.CaptureFixture[str], panel: Path, words: list[str], code: int, says: str
) -> None:
    assert main(["signals", *words, "--lab", str(panel)]) == code
    assert says in capsys.readouterr().err


def test_a_device_that_somebody_uses_is_not_switched(
    capsys: pytest.CaptureFixture[str], panel: Path, device: str
) -> None:
    lock = device_lock(load_lab(panel).target("panel"))
    assert lock is not None
    words = ["dtr=on", "--wait", "10ms", "--lab", str(panel)]
    with lock.held():
        for port in ("panel", device):
            assert main(["signals", port, *words]) == 3
            assert "is in use by " in capsys.readouterr().err
