"""Real runs of the emulated device, as it is and with something wrong: just that is found to differ."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.history import Turn, compare
from harness.results import RESULTS_FILE, Run, read_results
from mutation.running import Runner
from mutation.trials import Trial, quirks

pytest.importorskip("unicorn", reason="the emulated device needs: pip install 'ceharness[emulator]'")

CPU = "armv7"
TRIALS = {trial.name: trial for trial in quirks()}
QUIRKS = ("the-structure-is-ignored", "the-family-is-eight-bits-wide", "the-overlapped-flag-is-refused")
LAB = """\
[defaults]
target = plain
[target plain]
kind = emulated
cpu = armv7
link = serial
[target wrong]
kind = emulated
cpu = armv7
link = serial
quirk = the-family-is-eight-bits-wide
"""


def test_the_quirk_of_one_row_is_found_among_two(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab.ini").write_text(LAB, encoding="utf-8")
    chosen = ["--include", "WSASOCKET-012", "--include", "WSASOCKET-016"]
    assert main(["run", "plain", *chosen]) == 0
    assert main(["run", "wrong", *chosen]) == 1
    (written,) = (tmp_path / "results").glob("*/deviations/*")
    before = written.read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["compare", "plain", "wrong", "--json", "difference.json"]) == 1
    out = capsys.readouterr().out
    assert "2 requirements compared: 1 worse, 1 as before" in out
    words = "emulated --cpu armv7 --link serial --quirk the-family-is-eight-bits-wide"
    assert f"replay  ceharness exec {written.relative_to(tmp_path)} {words}" in out
    assert written.read_text(encoding="utf-8") == before
    found = json.loads((tmp_path / "difference.json").read_text(encoding="utf-8"))
    assert [each["requirement"] for each in found["requirements"]] == ["WSASOCKET-012"]
    assert {each["what"] for each in found["around"]} == {"target", "image"}


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Runner, Path]]:
    folder = tmp_path_factory.mktemp("quirks")
    runner = Runner(CPU, folder)
    yield runner, folder
    runner.stop()


@pytest.fixture(scope="module")
def undisturbed(runner: tuple[Runner, Path]) -> Run:
    assert runner[0].run("undisturbed").code == 0
    return read_results(runner[1] / "undisturbed" / "results" / RESULTS_FILE)


def requirements(legs: frozenset[str]) -> set[str]:
    return {leg.partition(" ")[0] for leg in legs}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With which quirks."""
    if "trial" in metafunc.fixturenames:
        names = QUIRKS if metafunc.config.getoption("full") else QUIRKS[:1]
        metafunc.parametrize("trial", [TRIALS[name] for name in names], ids=names)


@pytest.mark.long
def test_what_a_quirk_declares_is_what_differs(
    runner: tuple[Runner, Path], undisturbed: Run, trial: Trial
) -> None:
    assert runner[0].try_out(trial).code == 1
    comparison = compare(undisturbed, read_results(runner[1] / trial.name / "results" / RESULTS_FILE))
    must, may = requirements(trial.expected.must), requirements(trial.expected.may)
    assert must <= {change.requirement for change in comparison.of(Turn.WORSE)}
    assert {change.requirement for change in comparison.changes} <= must | may
    assert set(comparison.requirements) <= must | may
    assert comparison.compared == len(undisturbed.summary.verdicts)
    assert [each.what for each in comparison.around] == ["image"]


@pytest.mark.long
def test_two_runs_of_the_same_device_do_not_differ(runner: tuple[Runner, Path], undisturbed: Run) -> None:
    assert runner[0].run("again").code == 0
    comparison = compare(undisturbed, read_results(runner[1] / "again" / "results" / RESULTS_FILE))
    assert (comparison.changes, comparison.around, comparison.left_out) == ((), (), ())
    assert (comparison.new_cases, comparison.gone_cases) == (0, 0)
