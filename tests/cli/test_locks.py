"""Device locks as commands show them: one line, exit code 3, and nothing is begun on the device."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fake_agent import FakeAgent

from harness.cli.main import main
from harness.targets.locks import DeviceLock

SUITE = """*** Settings ***
Library    harness.robot.CEHarness

*** Test Cases ***
Any
    Call Function    WSAGetLastError
"""


@pytest.fixture
def device(agent: FakeAgent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeviceLock:
    """The lock of the device with the fake agent."""
    monkeypatch.setenv("CEHARNESS_LOCKS", str(tmp_path / "locks"))
    return DeviceLock(f"tcp:127.0.0.1:{agent.port}", "fake", tmp_path / "locks")


@pytest.fixture
def commands(lab: Path, tmp_path: Path) -> dict[str, list[str]]:
    (tmp_path / "any.robot").write_text(SUITE)
    (tmp_path / "any.txt").write_text("call WSACleanup()\n")
    common = ["--lab", str(lab)]
    return {
        "run": ["run", *common, "--suites", str(tmp_path / "any.robot"), "--output", str(tmp_path / "out")],
        "exec": ["exec", str(tmp_path / "any.txt"), *common],
        "call": ["call", "WSACleanup", *common],
        "fingerprint": ["fingerprint", *common, "--output", str(tmp_path / "x.fingerprint")],
        "lock": ["lock", *common],
    }


@contextmanager
def reserved_by_anna(device: DeviceLock, tmp_path: Path) -> Iterator[None]:
    device.reserve(3600, "battery test")
    (path,) = (tmp_path / "locks").glob("*.reserved")
    path.write_text(json.dumps({**json.loads(path.read_text()), "user": "anna"}))
    yield
    device.unreserve(force=True)


@pytest.mark.parametrize("command", ["run", "exec", "call", "fingerprint", "lock"])
def test_a_reserved_device_is_left_alone(
    command: str,
    commands: dict[str, list[str]],
    device: DeviceLock,
    agent: FakeAgent,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    with reserved_by_anna(device, tmp_path):
        assert main(commands[command]) == 3
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "fake (tcp:127.0.0.1:" in err
    assert "is reserved by anna@" in err
    assert "for 'battery test'; --wait 10min waits for it" in err
    assert not agent.runs
    assert not (tmp_path / "out").exists()


def test_two_sections_for_one_device(
    lab: Path, device: DeviceLock, agent: FakeAgent, capsys: pytest.CaptureFixture[str]
) -> None:
    with lab.open("a") as file:
        file.write(f"[again]\nkind = serial\nport = socket://localhost:{agent.port}\nconnect = 60s\n")
    with device.held():
        assert main(["call", "WSACleanup", "--lab", str(lab), "--target", "again"]) == 3
        assert main(["call", "WSACleanup", "--lab", str(lab), "--wait", "100ms"]) == 3
    err = capsys.readouterr().err
    assert "again (tcp:127.0.0.1:" in err
    assert f"(pid {os.getpid()}); waited 0.1 s for it" in err


@pytest.mark.long
def test_a_run_holds_it_from_its_begin_to_its_end(
    commands: dict[str, list[str]],
    device: DeviceLock,
    agent: FakeAgent,
    lab: Path,
    tmp_path: Path,
) -> None:
    seen: list[dict[str, Any]] = []
    listed = tmp_path / "targets.json"

    def reply(message: object) -> object:
        if not seen:
            main(["targets", "--lab", str(lab), "--json", str(listed)])
            seen.extend(each for each in json.loads(listed.read_text()) if each["name"] == "fake")
        return agent.welcome(message)

    agent.reply = reply
    assert main(commands["run"]) == 0
    (during,) = seen
    assert (during["in_use"], during["reserved"]) == (True, None)
    assert (during["use"]["pid"], during["use"]["until"]) == (os.getpid(), None)
    assert not device.state().in_use


def test_lock_and_unlock(lab: Path, device: DeviceLock, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--lab", str(lab)]
    assert main(["lock", *common, "--for", "2h", "--purpose", "battery test", "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["purpose"] == "battery test"
    assert "fake is reserved by " in err
    assert main(["targets", *common]) == 0
    assert "fake: reserved by " in capsys.readouterr().out
    assert main(["targets", *common, "--json", "-"]) == 0
    listed = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert (listed["fake"]["in_use"], listed["fake"]["use"]) == (False, None)
    assert listed["fake"]["reserved"]["purpose"] == "battery test"
    assert listed["emulated"]["reserved"] is None
    assert main(["unlock", *common]) == 0
    assert main(["unlock", *common]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "fake is not reserved any more",
        "fake was not reserved",
    ]
    assert device.state().reserved is None


def test_unlock_of_anothers(
    lab: Path, device: DeviceLock, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with reserved_by_anna(device, tmp_path):
        assert main(["unlock", "--lab", str(lab)]) == 3
        assert "--force ends it all the same" in capsys.readouterr().err
        assert main(["unlock", "--lab", str(lab), "--force"]) == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["lock", "emulated"], "each command starts a device of its own"),
        (["lock", "--for", "soon"], "--for soon: expected a time such as"),
        (["lock", "--for", "721h"], "30 days at most"),
        (["lock", "--wait", "x"], "--wait x: expected a time such as"),
        (["call", "WSACleanup", "--wait", "x"], "--wait x: expected a time such as"),
    ],
)
def test_wrong_use(
    words: list[str], expected: str, lab: Path, device: DeviceLock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--lab", str(lab)]) == 2
    assert expected in capsys.readouterr().err


def test_the_doctor_names_who_has_it(
    lab: Path, device: DeviceLock, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with reserved_by_anna(device, tmp_path):
        assert main(["doctor", "--lab", str(lab)]) == 3
    out = capsys.readouterr().out
    assert "FAIL  lock " in out
    assert "reserved by anna@" in out
    assert "next: wait for it (--wait 10min)" in out


def test_a_folder_that_lab_ini_names(lab: Path, device: DeviceLock, agent: FakeAgent, tmp_path: Path) -> None:
    lab.write_text(lab.read_text().replace("[defaults]", "[defaults]\nlocks = ours"))
    url = f"tcp://127.0.0.1:{agent.port}"
    assert main(["lock", url, "--lab", str(lab)]) == 0
    assert not device.state().reserved
    (path,) = (tmp_path / "ours").glob("*.reserved")
    assert json.loads(path.read_text())["target"] == url


def test_ctrl_c_while_waiting(lab: Path, device: DeviceLock) -> None:
    with device.held():
        waiter = subprocess.Popen(
            [sys.executable, "-m", "harness.cli", "call", "WSACleanup", "--lab", str(lab), "--wait", "10min"],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiter.stderr is not None
        line = waiter.stderr.readline()
        assert line.startswith("ceharness: warning: fake ")
        assert line.endswith("; waiting for it, 600 s at most\n")
        waiter.send_signal(signal.SIGINT)
        assert waiter.communicate(timeout=60)[1] == "ceharness: ended by Ctrl-C\n"
        assert waiter.returncode == 130
