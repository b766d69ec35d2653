"""Commands of the lab: what they write is kept; what goes wrong is said in one line that names its place."""

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.errors import LabError
from harness.targets.base import Command
from harness.targets.commands import run_command

PLACE = "lab.ini:12 [panel] power-cycle"


def command(folder: Path, *words: str, seconds: float = 60) -> Command:
    return Command(words, PLACE, "panel", folder, seconds)


def shell(folder: Path, script: str, seconds: float = 60) -> Command:
    return command(folder, "sh", "-c", script, seconds=seconds)


def error(wrong: Command) -> str:
    with pytest.raises(LabError) as caught:
        run_command(wrong)
    text = str(caught.value)
    assert text.startswith(f"{PLACE}: `")
    assert "\n" not in text
    return text


def gone(process: str) -> bool:
    return (
        not Path(f"/proc/{process}").exists()
        or "Z" in Path(f"/proc/{process}/stat").read_text().split(")")[1]
    )


def test_it_runs_beside_lab_ini_and_is_told_the_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CEHARNESS_KEY", "ab" * 32)
    caplog.set_level(logging.INFO)
    script = tmp_path / "pdu.sh"
    script.write_text('#!/bin/sh\npwd; echo "$CEHARNESS_TARGET $1" >&2; echo key $CEHARNESS_KEY; cat\n')
    script.chmod(0o755)
    said = run_command(command(tmp_path, "./pdu.sh", "$HOME *"))
    assert said.splitlines() == [str(tmp_path), "panel $HOME *", "key"]
    assert PLACE in caplog.text
    assert "panel $HOME *" in caplog.text


def test_what_goes_wrong(tmp_path: Path) -> None:
    assert "`no-such-pdu off`: 'no-such-pdu': no such program" in error(
        command(tmp_path, "no-such-pdu", "off")
    )
    (tmp_path / "text").touch()
    assert "cannot be started: Permission denied" in error(command(tmp_path, "./text"))
    assert error(shell(tmp_path, "echo No route to host; echo again; exit 2")).endswith(
        ": exit code 2: No route to host | again"
    )
    assert "ended by signal 9" in error(shell(tmp_path, "kill -9 $$"))
    assert "no such program or folder" in error(shell(tmp_path / "none", "true"))
    long = error(shell(tmp_path, "seq 100000; exit 1"))
    assert long.endswith(" | 100000")
    assert len(long) < 2000


def test_too_slow_ends_it_with_all_it_started(tmp_path: Path) -> None:
    slow = shell(tmp_path, "trap '' TERM; sleep 300 & echo $!; echo trying; sleep 300", seconds=0.5)
    text = error(slow)
    assert "did not end within 0.5 s: " in text
    assert text.endswith(" | trying")
    child = text.split(": ")[-1].split(" | ")[0]
    deadline = time.monotonic() + 60
    while not gone(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(child)


def test_what_it_leaves_running_holds_nothing_up(tmp_path: Path) -> None:
    said = run_command(shell(tmp_path, "sleep 300 & echo $!"))
    os.kill(int(said), signal.SIGKILL)


@pytest.mark.parametrize("finish", [0, 60])
def test_ctrl_c(finish: float, tmp_path: Path) -> None:
    """It is ended; or, where half of it would be worse, it comes to its end first."""
    script = (
        "import sys; from pathlib import Path; from harness.targets.base import Command\n"
        "from harness.targets.commands import run_command\n"
        "words = ('sh', '-c', 'echo $$ > pid; while test ! -e go; do sleep 0.1; done; echo end > end')\n"
        "run_command(Command(words, 'x', 'x', Path(sys.argv[1]), 300), finish=float(sys.argv[2]))\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), str(finish)], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    if finish:
        time.sleep(0.3)
        (tmp_path / "go").touch()
    assert child.communicate(timeout=60)[1].rstrip().endswith("KeyboardInterrupt")
    assert gone((tmp_path / "pid").read_text().strip())
    assert (tmp_path / "end").exists() == bool(finish)
