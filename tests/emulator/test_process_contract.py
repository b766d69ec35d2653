"""The emulator as a process: JSON lines, ready, and how it ends."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import serial
from emulator_process import Emulator

pytest.importorskip("termios", reason="emulated serial ports need a POSIX host")


def test_ready_comes_with_the_port_and_an_echo_with_it(emulator: Callable[..., Emulator]) -> None:
    device = emulator("--start", "\\guest.exe echo")
    ready = device.event("ready")
    assert ready["cpu"] == "x86"
    assert ready["pid"] == device.process.pid
    assert ready["tcp"] == {}
    for _ in range(3):  # the other side comes and goes
        with serial.Serial(ready["serial"]["COM1:"], timeout=60) as line:
            line.write(b"\x00hello\r\n")
            assert line.read(8) == b"\x00hello\r\n"
    with serial.Serial(ready["serial"]["COM1:"], timeout=60) as line:
        line.write(b".")
    assert device.event("exit")["code"] == 0
    assert device.end() == 0


@pytest.mark.parametrize("scenario", ["sleeping", "spin"])
def test_the_end_of_input_ends_a_device(emulator: Callable[..., Emulator], scenario: str) -> None:
    device = emulator("--start", f"\\guest.exe {scenario}")
    assert device.event("console")["text"] == scenario
    assert device.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("scenario", ["sleeping", "spin"])
def test_a_signal_ends_a_device(
    emulator: Callable[..., Emulator], number: signal.Signals, scenario: str
) -> None:
    device = emulator("--start", f"\\guest.exe {scenario}")
    device.event("console")
    device.process.send_signal(number)
    assert device.process.wait(timeout=60) == 0


@pytest.mark.parametrize("option", ["--scratch", "--root"])
def test_a_scratch_folder_goes_with_the_device_and_another_one_stays(tmp_path: Path, option: str) -> None:
    folder = tmp_path / "device"
    folder.mkdir()
    (folder / "mine.txt").write_text("kept as long as the device")
    device = Emulator(option, str(folder))
    device.event("ready")
    assert (folder / "mine.txt").exists()
    assert device.end() == 0
    assert folder.exists() == (option == "--root")


def test_ready_waits_for_every_started_process(emulator: Callable[..., Emulator]) -> None:
    device = emulator("--start", "\\guest.exe sleeping", "--start", "\\guest.exe echo")
    device.event("console")
    assert device.end() == 0
    assert device.process.stdout is not None
    assert "ready" not in device.process.stdout.read()


def test_human_output_tells_how_to_connect(emulator: Callable[..., Emulator]) -> None:
    device = emulator("--human", "--start", "\\guest.exe echo")
    assert device.process.stdout is not None
    lines = [device.process.stdout.readline() for _ in range(2)]
    assert "Windows CE device (x86) is running" in lines[0]
    assert "COM1:" in lines[1]
    assert "/dev/" in lines[1]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--cpu", "z80"], "invalid choice"),
        (["--variant", "nonsense"], "invalid choice"),
        (["--quirk", "the-group-is-ignore"], "did you mean 'the-group-is-ignored'?"),
        (["--quirk", "answer:FAMILY=x"], "expected a code or success"),
        (["--quirk", "answer:NOBODY=1"], "expected one of NOT_INITIALISED"),
        (["--catalog", "/nowhere.toml"], "no such file"),
        (["--copy", "/nowhere=\\x.exe"], "nowhere"),
        (["--start", "\\missing.exe"], "missing.exe"),
    ],
)
def test_a_mistake_is_named_on_stderr(arguments: list[str], text: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "harness.emulator", *arguments],
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert text in done.stderr
    assert "Traceback" not in done.stderr
