"""All suites through a bench host give the verdicts that they give without one, also when it goes away; over
its serial port only with --full."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from harness.lab import load_lab
from harness.targets import Reached, configure, reach
from tests.e2e.test_ssh_emulated import place
from tests.links.bench import Bench, Way, bench, start_bench, way

__all__ = ["bench", "start_bench", "way"]

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(600),  # two whole runs each
    pytest.mark.skipif(sys.platform == "win32", reason="an SSH server of POSIX"),
]

Verdicts = dict[tuple[str, str, str], str]
RESTARTED_AT = ("WSASOCKET-02", "WSASOCKET-05")
"""Where in a run the SSH server is killed, and started again."""


def run(folder: Path, section: list[str], reached: Reached, bench: Bench | None = None) -> Verdicts:
    """(requirement, leg, case) to verdict of a whole run, which has to be conforming.

    The server of the bench host is killed and started again in the midst of it, if there is one.
    """
    folder.mkdir()
    lines = ["[target panel]", *section, "provides = provider memory-pressure"]
    if reached.key is not None:
        key = folder / "panel.key"
        key.touch(0o600)
        key.write_text(reached.key.hex(), encoding="ascii")
        lines.append("key = panel.key")
    (folder / "lab.ini").write_text("\n".join(lines), encoding="utf-8")
    words = ["run", "panel", "--lab", str(folder / "lab.ini"), "--output", str(folder / "results")]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "harness.cli", *words, "--json", str(folder / "result.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said, marks = "", list(RESTARTED_AT if bench is not None else ())
    with process:
        for line in process.stdout:
            said += line
            if bench is not None and marks and marks[0] in line:
                marks.pop(0)
                bench.kill()
                bench.start()
    assert process.returncode == 0, said
    assert not marks, said
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    if bench is not None:
        assert result["line"]["reconnects"] >= len(RESTARTED_AT)
    return {(row["requirement"], row["leg"], row["case"]): row["verdict"] for row in result["rows"]}


@cache
def local(folder: Path) -> Verdicts:
    """Of an emulated device that is reached by its address."""
    with reach(configure(load_lab(None).targets["emulated"], cpu="x86", link="tcp")) as reached:
        host, _, port = reached.url.partition("://")[2].partition(":")
        return run(folder / "local", ["kind = tcp", f"host = {host}", f"port = {port}"], reached)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ways from the bench host to the device."""
    metafunc.parametrize("link", ["serial", "tcp"] if metafunc.config.getoption("full") else ["tcp"])


def test_the_same_verdicts_though_the_server_is_killed_twice(
    folder: Path, bench: Bench, way: Way, link: str
) -> None:
    reference = local(folder)
    assert len({requirement for requirement, _, _ in reference}) >= 50
    with reach(configure(load_lab(None).targets["emulated"], cpu="x86", link=link)) as reached:
        section = ["kind = ssh", f"link = {place(reached)}", f"ssh_config = {way.config}"]
        assert run(folder / link, section, reached, bench) == reference
