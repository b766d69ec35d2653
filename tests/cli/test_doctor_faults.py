"""Faults planted on the way to a device; `ceharness doctor` names each.

Those of other places: a wrong speed in tests/serial_lines/test_wrong_speed.py, those of a bench host in
test_doctor_ssh.py, an old agent, a wrong key and console text in test_doctor.py.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fake_agent import FakeAgent
from test_doctor import examine

from harness.targets import speeds
from harness.targets.emulated import AGENT_PATH, COM, agent_for
from harness.targets.emulator_process import start_emulator
from harness.targets.locks import VARIABLE
from harness.wire.messages import Answer, Message, Run
from tests.serial_lines.terminal import TerminalEnd
from tests.session.answers import count_calls

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals")
Doctor = Callable[..., dict[str, Any]]


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Examines a target of these settings; the broken step. Other speeds are not tried: it takes seconds."""
    monkeypatch.setattr(speeds, "SPEEDS", ())

    def run(*, code: int = 3, **settings: str) -> dict[str, Any]:
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        lab = tmp_path / "lab.ini"
        lab.write_text(f"[panel]\n{lines}", encoding="utf-8")
        return examine(capsys, code, "panel", "--lab", str(lab))[-1]

    return run


@pytest.fixture
def end() -> Iterator[TerminalEnd]:
    """The device's end of a serial line."""
    made = TerminalEnd()
    yield made
    made.close()


@contextmanager
def emulated(start: str, *variants: str) -> Iterator[Any]:
    """A device that is not of the command's own making."""
    pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")
    copies = [(agent_for("x86"), AGENT_PATH)]
    with start_emulator(
        cpu="x86", copies=copies, starts=(f"{AGENT_PATH} {start}",), variants=variants, timeout=60
    ) as device:
        yield device


def test_a_port_that_is_not_there(doctor: Doctor) -> None:
    broken = doctor(kind="serial", port="/dev/ttyNONE")
    assert (broken["step"], broken["cause"]) == ("link opens", "no such port")
    assert "ceharness ports" in broken["next"]


def test_a_port_that_another_program_has(doctor: Doctor, end: TerminalEnd) -> None:
    holding = "import serial, sys; s = serial.Serial(sys.argv[1], exclusive=True); print(); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, end.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        broken = doctor(kind="serial", port=end.path)
        other.communicate()
    assert (broken["step"], broken["cause"]) == ("link opens", "port busy")
    assert f"(pid {other.pid}) has it open" in broken["detail"]


def test_nobody_at_the_other_end(doctor: Doctor, end: TerminalEnd) -> None:
    broken = doctor(kind="serial", port=end.path, connect="1s")
    assert (broken["step"], broken["cause"]) == ("bytes seen", "silence")
    assert "wake it, start ceagent.exe" in broken["next"]


def test_a_loop_in_the_cable(doctor: Doctor) -> None:
    broken = doctor(kind="serial", port="loop://", connect="1s")
    assert (broken["step"], broken["cause"]) == ("frames", "echo")
    assert "take the loop out" in broken["next"]


def test_noise(doctor: Doctor, end: TerminalEnd) -> None:
    def answer() -> None:
        while end.recv(64):
            end.sendall(bytes(range(128, 256)) + b"\0")

    device = threading.Thread(target=answer)
    device.start()
    broken = doctor(kind="serial", port=end.path, connect="1s")
    end.shutdown(socket.SHUT_RDWR)
    device.join()
    assert (broken["step"], broken["cause"]) == ("frames", "noise")
    assert "compare the speeds" in broken["next"]


def test_a_host_that_nobody_knows(doctor: Doctor, key_file: Path) -> None:
    broken = doctor(kind="tcp", host="no-such-device.invalid", key=key_file.name, connect="5s")
    assert (broken["step"], broken["cause"]) == ("link opens", "no such host")
    assert "write the address as a number" in broken["next"]


def test_a_device_that_another_run_uses(
    doctor: Doctor, agent: FakeAgent, key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "locks"))
    using = (
        "import sys; from pathlib import Path; from harness.targets.locks import DeviceLock\n"
        "with DeviceLock(sys.argv[1], 'panel', Path(sys.argv[2])).held(): print(flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", using, f"tcp:127.0.0.1:{agent.port}", str(tmp_path / "locks")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        broken = doctor(kind="tcp", host="127.0.0.1", port=str(agent.port), key=key_file.name)
        other.communicate()
    assert (broken["step"], broken["cause"]) == ("lock", "locked")
    assert f"pid {other.pid}" in broken["detail"]


def test_a_key_that_only_one_side_has(doctor: Doctor, agent: FakeAgent, tmp_path: Path) -> None:
    broken = doctor(kind="serial", port=f"socket://127.0.0.1:{agent.port}", connect="20s")
    assert (broken["step"], broken["cause"]) == ("protocol and key", "key")
    assert "the agent wants a key, none is configured" in broken["detail"]


def test_a_tick_counter_that_stands_still(doctor: Doctor, agent: FakeAgent, key_file: Path) -> None:
    """Every call of this device returns 7, so nothing else of it can be asked either."""

    def reply(message: Message) -> Message | bytes | None:
        if not isinstance(message, Run):
            return agent.welcome(message)
        count = count_calls(message.steps)
        buffers = (one for one in message.buffers if isinstance(one, list) and one[1] is True)
        outputs = tuple(bytes(one[0]) for one in buffers)
        return Answer(message.seq, (7,) * count, (5,) * count, outputs=outputs)

    agent.reply = reply
    broken = doctor(kind="tcp", host="127.0.0.1", port=str(agent.port), key=key_file.name)
    assert (broken["step"], broken["cause"]) == ("clock", "clock"), broken["detail"]
    assert "did not move while a call slept" in broken["detail"]


def test_a_firewall_that_drops(doctor: Doctor) -> None:
    broken = doctor(kind="emulated", cpu="x86", variants="firewall", connect="3s")
    assert (broken["step"], broken["cause"]) == ("link opens", "unreachable")
    assert "kind = tcp-listen" in broken["next"]


def test_a_device_that_sleeps(doctor: Doctor) -> None:
    with emulated(f"link={COM}") as device:
        device.command("sleep", answer="asleep", seconds=30)
        broken = doctor(kind="serial", port=device.serial[COM], connect="1s")
        assert (broken["step"], broken["cause"]) == ("bytes seen", "silence")
        assert "wake it" in broken["next"]
        device.command("wake", answer="awake", seconds=30)
        assert doctor(kind="serial", port=device.serial[COM], code=0)["step"] == "line"


def test_an_image_without_winsock(doctor: Doctor) -> None:
    broken = doctor(kind="emulated", cpu="x86", variants="no-ws2", link="serial")
    assert (broken["step"], broken["cause"]) == ("ws2.dll", "ws2.dll")
    assert "SYSGEN_WINSOCK" in broken["next"]


def test_an_agent_that_nobody_trusts(doctor: Doctor) -> None:
    broken = doctor(kind="emulated", cpu="x86", variants="untrusted")
    assert (broken["step"], broken["cause"]) == ("provider rights", "provider rights")
    assert "no program is trusted" in broken["detail"]
    assert "have the image trust the agent" in broken["next"]
