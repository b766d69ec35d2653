"""What was taken away is given back by whoever is left when the harness is killed."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

LAB = """
[panel]
kind = serial
port = /dev/ttyUSB0
peer = 10.0.0.2:9
power-pause = 300s
"""
CUT = "from harness.targets.lab_network import network_of as means\ncut = means(panel).cut()\ncut.__enter__()"
CYCLE = "from harness.targets.power import power_of as means\nmeans(panel).cycle()"
SCRIPT = """
import sys, time
from harness.lab import load_lab
panel = load_lab(sys.argv[1]).target("panel")
{what}
time.sleep(300)
"""


def wait_for(path: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() or path.read_text() != text:
        assert time.monotonic() < deadline, path.exists() and path.read_text()
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("what", "taken", "given"),
    [(CUT, "network-cut", "network-restore"), (CYCLE, "power-off", "power-on")],
    ids=["network", "power"],
)
def test_after_kill_9(what: str, taken: str, given: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    file = tmp_path / "lab.ini"
    # The first attempt to give it back fails.
    again = "sh -c 'echo given >> log; test $(wc -l < log) -ge 3'"
    file.write_text(f"{LAB}{taken} = sh -c 'echo taken >> log'\n{given} = {again}\n")
    child = subprocess.Popen([sys.executable, "-c", SCRIPT.format(what=what), str(file)])
    wait_for(log, "taken\n")
    time.sleep(0.5)
    assert log.read_text() == "taken\n"
    child.kill()
    child.wait()
    wait_for(log, "taken\ngiven\ngiven\n")
