"""`ceharness doctor` on the way through a bench host: which link of the chain is broken, and what to do."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_agent import FakeAgent
from test_doctor import examine

from harness.targets.loopback import free_port
from harness.wire.messages import Answer, Message, Outcome, OutcomeCode, Run
from tests.links.bench import Bench, Way, bench, port, start_bench, way

__all__ = ["bench", "port", "start_bench", "way"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an SSH server of POSIX")
Section = Callable[[str], tuple[str, str, str]]


@pytest.fixture
def section(way: Way, key_file: Path) -> Section:
    """Writes a section of lab.ini for a place at the bench host; how to name it to a command."""

    def write(place: str) -> tuple[str, str, str]:
        lab = way.folder / "lab.ini"
        lab.write_text(
            f"[target panel]\nkind = ssh\nlink = ssh://bench{place}\nssh_config = {way.config.name}\n"
            f"key = {key_file.name}\n",
            encoding="utf-8",
        )
        return ("panel", "--lab", str(lab))

    return write


@pytest.fixture
def without_winsock(agent: FakeAgent) -> FakeAgent:
    """A device that answers, so that the way to it is seen to be good."""

    def reply(message: Message) -> Message | bytes | None:
        if isinstance(message, Run):
            return Answer(message.seq, outcome=Outcome(OutcomeCode.UNRESOLVED, 0, 126))
        return agent.welcome(message)

    agent.reply = reply
    return agent


def test_every_step_of_a_good_way(
    capsys: pytest.CaptureFixture[str], bench: Bench, section: Section, without_winsock: FakeAgent
) -> None:
    steps = examine(capsys, 3, *section(f"/tcp/127.0.0.1:{without_winsock.port}"))
    assert [step["step"] for step in steps] == [
        "configuration",
        "key",
        "lock",
        "bench host",
        "link opens",
        "bytes seen",
        "frames",
        "agent answers",
        "protocol and key",
        "device information",
        "ws2.dll",
    ]
    assert "OpenSSH" in steps[3]["detail"]
    assert "logged in with" in steps[3]["detail"]


def test_an_unknown_host_key(
    capsys: pytest.CaptureFixture[str], start_bench: Callable[..., Bench], way: Way, section: Section
) -> None:
    way.add(start_bench(), known=False)
    broken = examine(capsys, 3, *section("/dev/ttyNONE"))[-1]
    assert broken["step"] == "bench host"
    assert broken["cause"] == "host key"
    assert "ssh-keyscan -p" in broken["detail"]
    assert "docs/ssh.md" in broken["next"]


def test_a_key_that_the_bench_host_does_not_know(
    capsys: pytest.CaptureFixture[str], start_bench: Callable[..., Bench], way: Way, section: Section
) -> None:
    way.add(start_bench())
    broken = examine(capsys, 3, *section("/dev/ttyNONE"))[-1]
    assert broken["step"] == "bench host"
    assert broken["cause"] == "login"
    assert "ssh-copy-id" in broken["detail"]


def test_the_bench_host_is_off(capsys: pytest.CaptureFixture[str], bench: Bench, section: Section) -> None:
    bench.kill()
    broken = examine(capsys, 3, *section("/dev/ttyNONE"))[-1]
    assert broken["step"] == "bench host"
    assert "no SSH server listens" in broken["detail"]


def test_no_such_port(capsys: pytest.CaptureFixture[str], bench: Bench, section: Section) -> None:
    broken = examine(capsys, 3, *section("/dev/ttyNONE"))[-1]
    assert broken["step"] == "link opens"
    assert broken["cause"] == "no such port"
    assert "no such port on" in broken["detail"]


def test_a_busy_port(
    capsys: pytest.CaptureFixture[str], bench: Bench, section: Section, port: tuple[int, str]
) -> None:
    held = os.open(port[1], os.O_RDWR | os.O_NOCTTY)
    other = subprocess.Popen(["sleep", "600"], stdin=held)
    os.close(held)
    try:
        broken = examine(capsys, 3, *section(port[1]))[-1]
    finally:
        other.kill()
        other.wait()
    assert broken["step"] == "link opens"
    assert broken["cause"] == "port busy"
    assert f"sleep (pid {other.pid}) has it open" in broken["detail"]


def test_no_device_at_the_address(capsys: pytest.CaptureFixture[str], bench: Bench, section: Section) -> None:
    broken = examine(capsys, 3, *section(f"/tcp/127.0.0.1:{free_port()}"))[-1]
    assert broken["step"] == "link opens"
    assert broken["cause"] == "refused"
    assert "nothing listens there" in broken["detail"]


def test_a_mistake_in_the_link(capsys: pytest.CaptureFixture[str], section: Section) -> None:
    broken = examine(capsys, 2, *section("/tcp/10.0.0.7"))[-1]
    assert broken["step"] == "configuration"
    assert "expected ssh://[USER@]BENCH" in broken["detail"]


def test_a_url_on_the_command_line(
    capsys: pytest.CaptureFixture[str],
    bench: Bench,
    way: Way,
    without_winsock: FakeAgent,
    key_file: Path,
) -> None:
    url = way.url(f"/tcp/127.0.0.1:{without_winsock.port}")
    assert examine(capsys, 3, url, "--key", str(key_file))[-1]["step"] == "ws2.dll"
