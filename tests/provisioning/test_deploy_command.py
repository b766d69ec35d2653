"""`ceharness deploy`: what it says, and its exit codes."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from deployable import AGENT, BESIDE, deployable, other_agent

from harness.cli.main import main

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")


def test_what_was_done_and_what_need_not_be_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "done.json"
    line = ["deploy", "--cpu", "x86", "--json", str(report)]
    assert main(line) == 0
    assert "is this very executable, and runs; nothing to do (--force)" in capsys.readouterr().out
    assert json.loads(report.read_text())["changed"] is False
    assert main([*line, "--force"]) == 0
    said = capsys.readouterr().out
    assert f"emulated: {AGENT} serves now, ceagent " in said
    done = json.loads(report.read_text())
    assert (done["path"], done["changed"], done["target"]) == (AGENT, True, "emulated")
    assert done["sent"] == done["bytes"] > 0
    assert done["before"] == done["after"]


def test_an_agent_for_another_cpu_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--cpu", "x86", "--agent", "ce-armv4i"]) == 2
    assert "cannot read ce-armv4i" in capsys.readouterr().err


def test_ctrl_c_says_what_is_the_case_on_the_device(tmp_path: Path) -> None:
    with deployable(tmp_path) as device:
        settings = [f"{key} = {value}" for key, value in device.config.settings.items()]
        (tmp_path / "lab.ini").write_text("\n".join(["[bench]", "kind = tcp", *settings]))
        words = ["deploy", "bench", "--agent", str(other_agent(tmp_path))]
        process = subprocess.Popen(
            [sys.executable, "-m", "harness.cli", *words],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while BESIDE.lstrip("\\") not in device.files():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=60)
        assert process.returncode == 130, (said, complained)
        assert "cut off: an agent answers, the old one or the new one, after 20 s at most" in said
        assert complained == "ceharness: ended by Ctrl-C\n"
        assert device.answers() in (AGENT, BESIDE)
