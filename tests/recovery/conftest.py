"""A lab with a power strip, and short patience: who has gone is missed after seconds here, not after half a
minute."""

import functools
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.results import RESULTS_FILE, read_results
from harness.session.timing import Timing

sys.path.insert(0, str(Path(__file__).parent))

from switched_lab import ROOT, STRIP, Lab, Ran, RunLab


@pytest.fixture
def lab(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """The device is on. Indirect parameter: serial (without one) or tcp."""
    # Names of terminals come again: the one that a device has now, another's may have after a power cycle.
    monkeypatch.setenv("CEHARNESS_LOCKS", str(tmp_path / "locks"))
    pytest.importorskip("unicorn", reason="an emulated device needs it: pip install 'ceharness[emulator]'")
    link = getattr(request, "param", "serial")
    # Not tmp_path: the name of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="ceharness-lab-") as name:
        folder = Path(name)
        key = folder / "device.key"
        key.touch(0o600)
        key.write_text(secrets.token_hex(32))
        strip = subprocess.Popen(
            [sys.executable, str(STRIP), "serve", name, link],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": ""},
        )
        try:
            assert strip.stdout is not None
            assert strip.stdout.readline() == "ready\n"
            made = Lab(folder, tmp_path / "lab.ini", link)
            made.press("on")
            made.write()
            yield made
        finally:
            strip.communicate("")


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions of this process give a line and a device less time."""
    short = functools.partial(Timing, reopen=2.0, margin=1.5)
    monkeypatch.setattr("harness.targets.connection.Timing", short)


@pytest.fixture
def run_lab(lab: Lab, tmp_path: Path, hurry: None, capsys: pytest.CaptureFixture[str]) -> RunLab:
    """run_lab(tests): `ceharness run` with these tests on the panel. ${STRIP} presses a button."""
    from harness.cli.main import main

    def run(tests: str) -> Ran:
        suite = tmp_path / "suite.robot"
        suite.write_text(
            "*** Settings ***\nLibrary    harness.robot.CEHarness\nLibrary    Process\n"
            f"*** Keywords ***\nPress\n    [Arguments]    @{{words}}\n"
            f"    ${{ran}}=    Run Process    {sys.executable}    {STRIP}    {lab.folder}    @{{words}}\n"
            f"    Should Be Equal As Integers    ${{ran.rc}}    0    ${{ran.stdout}}${{ran.stderr}}\n"
            f"*** Test Cases ***\n{tests}",
            encoding="utf-8",
        )
        out = tmp_path / "out"
        code = main(["run", "--lab", str(lab.file), "--suites", str(suite), "--output", str(out)])
        said = capsys.readouterr()
        run = read_results(out / RESULTS_FILE)
        rows = {row.requirement: row.to_dict() for row in run.rows}
        return Ran(code, said.out, said.err, rows, run.recovery, out)

    return run
