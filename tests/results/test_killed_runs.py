"""kill -9 in the middle of a run: what it has told about is in its file, and can be read."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.results import RESULTS_FILE, entries, read_results

posix = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")

WRITES = """
import sys
from pathlib import Path
from harness.conformance import Row, Verdict
from harness.results import ResultsWriter, Start

start = Start("r", "panel", "tcp", "h:1", "device", "1", "2026-05-01T10:00:00.000+00:00")
writer = ResultsWriter(Path(sys.argv[1]), start)
number = 0
while True:
    writer.write(Row("WSASOCKET-012", str(number), Verdict.PASS, "d", "x" * (number * 997 % 20000)))
    print(number, flush=True)
    number += 1
"""


@posix
def test_a_row_that_was_told_about_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / RESULTS_FILE
    with subprocess.Popen(
        [sys.executable, "-c", WRITES, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(50):
            process.stdout.readline()
        process.kill()
        told = [50, *map(int, process.stdout.read().split())]
    assert process.returncode == -signal.SIGKILL
    rows = read_results(path).rows
    assert len(rows) >= max(told)
    assert [row.case for row in rows] == [str(number) for number in range(len(rows))]
    assert all(len(row.observed) == number * 997 % 20000 for number, row in enumerate(rows))


_TOLD = re.compile(r"(WSASOCKET-\S+) +([a-z-]+) .*?(?:(\d+) of )?(\d+) cases?$", re.MULTILINE)
"""A requirement whose tests are all done."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Requirements that are done when a run is killed."""
    if "requirements" in metafunc.fixturenames:
        every = [25, 1, 12, 40]
        metafunc.parametrize("requirements", every if metafunc.config.getoption("full") else every[:1])


@posix
@pytest.mark.long
def test_a_run_that_is_killed_keeps_what_it_has_shown(
    tmp_path: Path, requirements: int, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("unicorn", reason="the emulated device needs: pip install 'ceharness[emulator]'")
    with subprocess.Popen(
        [sys.executable, "-m", "harness.cli", "run", "emulated", "--output", str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        said = ""
        while len(_TOLD.findall(said)) < requirements and (line := process.stdout.readline()):
            said += line
        process.kill()
        said += process.stdout.read()
    assert process.returncode == -signal.SIGKILL, said
    told = _TOLD.findall(said)
    assert len(told) >= requirements

    run = read_results(tmp_path / "run" / RESULTS_FILE)
    counts = Counter(row.requirement for row in run.rows)
    (entry,) = entries(tmp_path)
    for requirement, verdict, deciding, cases in told:
        assert counts[requirement] == int(cases)
        judged = entry.requirements[requirement]
        assert (judged.verdict, judged.cases, judged.deciding) == (
            verdict,
            int(cases),
            int(deciding or cases),
        )
    assert run.opened is not None
    assert run.identity["cpu"] == "ARM"
    assert run.line is not None
    assert (run.end, entry.ended, entry.stopped) == (None, None, False)
    assert run.start.selection == ""
    assert entry.missing == ()
    # Of the test that was under way nothing is there; the others are whole.
    assert {name for test in run.tests for name in test.requirements} >= {name for name, *_ in told}

    assert main(["results", "list", "--results", str(tmp_path)]) == 0
    shown = capsys.readouterr().out.splitlines()[1]
    assert run.start.run in shown
    assert "cut off before" in shown
