"""`ceharness power`: the commands of lab.ini, one line when something is wrong."""

import json
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.lab import load_lab
from harness.targets import device_lock


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def lab(folder: Path, *lines: str) -> str:
    path = folder / "lab.ini"
    path.write_text("\n".join(["[panel]", "kind = tcp", "host = 127.0.0.1", "port = 9", *lines, ""]))
    return str(path)


def says(words: str) -> str:
    return f"sh -c 'echo {words} | tee -a log'"


BOTH = (f"power-on = {says('on')}", f"power-off = {says('off')}", "power-pause = 10ms")


def test_each_of_them(tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = lab(tmp_path, *BOTH, f"power-cycle = {says('cycle')}")
    for action in ("off", "on", "cycle"):
        assert main(["power", "panel", action, "--lab", file]) == 0
        assert f"panel: power {action}, " in capsys.readouterr().out
    assert log.read_text() == "off\non\ncycle\n"
    assert main(["power", "panel", "on", "--lab", file, "--json", "-"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done.pop("seconds") >= 0
    assert done == {"target": "panel", "action": "on", "output": "on"}


def test_a_cycle_is_off_and_on(tmp_path: Path, log: Path) -> None:
    assert main(["power", "panel", "cycle", "--lab", lab(tmp_path, *BOTH)]) == 0
    assert log.read_text() == "off\non\n"


def test_it_is_never_left_off(tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = lab(tmp_path, BOTH[0], "power-off = sh -c 'echo half >> log; exit 4'", BOTH[2])
    assert main(["power", "panel", "cycle", "--lab", file]) == 3
    assert log.read_text() == "half\non\n"
    err = capsys.readouterr().err
    assert f"{file}:6 [panel] power-off: " in err
    assert "exit code 4" in err


@pytest.mark.parametrize(
    ("lines", "action", "expected"),
    [
        ((), "on", "names neither power-cycle nor power-on and power-off"),
        (BOTH[:1], "off", "names no power-off"),
        (BOTH[:1], "cycle", "names no power-off, or power-cycle"),
    ],
)
def test_what_is_missing(
    lines: tuple[str, ...], action: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["power", "panel", action, "--lab", lab(tmp_path, *lines)]) == 2
    assert expected in capsys.readouterr().err


def test_not_while_somebody_uses_the_device(
    tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = lab(tmp_path, *BOTH)
    lock = device_lock(load_lab(file).target("panel"))
    assert lock is not None
    with lock.held():
        assert main(["power", "panel", "off", "--lab", file]) == 3
    assert "is in use by " in capsys.readouterr().err
    assert not log.exists()
