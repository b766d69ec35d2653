"""A device that is asleep or behind a firewall, as who wants to reach it sees it."""

import os
import select
import socket
import time
from pathlib import Path

import pytest
from emulator_process import Emulator

from harness.agents import CPU_BUILDS, executable
from harness.cli.main import main
from harness.deadline import Deadline
from harness.emulator.clock import Clock

AGENT = f"{executable(CPU_BUILDS['x86'])}=\\ceagent.exe"
SERIAL = ("--cpu", "x86", "--copy", AGENT, "--start", "\\ceagent.exe link=COM1:")


def test_a_clock_stands_still_while_the_device_sleeps() -> None:
    clock = Clock()
    clock.skip(100)
    clock.stop()
    asleep, ticks = clock.seconds(), clock.ticks()
    time.sleep(0.02)
    assert (clock.seconds(), clock.ticks()) == (asleep, ticks)
    clock.go_on()
    assert asleep <= clock.seconds() < asleep + 0.02


def test_what_is_sent_to_a_device_that_sleeps_is_lost_and_it_wakes_on_command() -> None:
    emulator = Emulator("--variant", "falls-asleep", "--idle", "1", *SERIAL)
    ready = emulator.event("ready")
    emulator.event("asleep")
    line = os.open(ready["serial"]["COM1:"], os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(line, b"\0hello\0")
        emulator.tell("sleep")
        assert emulator.event("error")["text"] == "sleep: it is asleep"
        emulator.tell("wake")
        emulator.event("awake")
        emulator.tell("wake")
        assert emulator.event("error")["text"] == "wake: it is awake"
        emulator.event("asleep")  # nobody is there
        assert not select.select([line], [], [], 0)[0]
    finally:
        os.close(line)
    assert emulator.end() == 0


def test_any_device_can_be_put_to_sleep_and_goes_on_where_it_was() -> None:
    emulator = Emulator(*SERIAL)
    emulator.event("ready")
    emulator.tell("sleep")
    emulator.event("asleep")
    emulator.tell("wake")
    emulator.event("awake")
    deadline = Deadline(60)
    while processes(emulator) != 2:  # the supervisor goes on, to start its worker if it has not yet
        assert not deadline.expired
    assert emulator.end() == 0


def processes(emulator: Emulator) -> object:
    emulator.tell("census")
    return emulator.event("census")["processes"]


def listening(folder: Path, variant: str) -> tuple[Emulator, tuple[str, int]]:
    """A device with an agent that listens, and where it can be reached on this host, if at all."""
    key = folder / "device.key"
    key.write_text("0123456789abcdef" * 4)
    copies = ("--copy", AGENT, "--copy", f"{key}=\\ceagent.key")
    start = ("--start", "\\ceagent.exe link=tcp:5555")
    emulator = Emulator("--cpu", "x86", *copies, *start, "--variant", variant)
    return emulator, ("127.0.0.1", emulator.event("ready")["tcp"]["5555"])


def test_a_firewall_says_nothing_to_who_knocks(tmp_path: Path) -> None:
    emulator, where = listening(tmp_path, "firewall")
    with socket.socket() as knock:
        knock.settimeout(1.0)
        with pytest.raises(TimeoutError):
            knock.connect(where)
    assert emulator.end() == 0


def test_a_firewall_that_refuses(tmp_path: Path) -> None:
    emulator, where = listening(tmp_path, "firewall-refuses")
    with socket.socket() as knock, pytest.raises(ConnectionRefusedError):
        knock.connect(where)
    assert emulator.end() == 0


@pytest.mark.parametrize("variants", ["firewall", "firewall-refuses"])
def test_an_agent_that_dials_gets_through_a_firewall(
    variants: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = tmp_path / "lab.ini"
    lab.write_text(f"[emulated]\nkind = emulated\ncpu = x86\nvariants = {variants}\nconnect = 3s\n")
    assert main(["doctor", "emulated", "--lab", str(lab), "--link", "tcp-listen"]) in (0, 3)
    assert "ok    agent answers" in capsys.readouterr().out
    assert main(["doctor", "emulated", "--lab", str(lab), "--link", "tcp"]) == 3
    assert "FAIL  link opens" in capsys.readouterr().out
