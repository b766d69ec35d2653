"""All suites on every CPU over both links: the same verdicts everywhere. Without --full one uses COM1."""

from functools import cache
from itertools import product
from pathlib import Path

import pytest

from harness.agents import CPU_BUILDS
from harness.cli.main import main
from harness.conformance import Verdict
from harness.results import RESULTS_FILE, read_results

pytestmark = pytest.mark.long


@cache
def verdicts(cpu: str, link: str, folder: Path) -> dict[tuple[str, str, str], Verdict]:
    """(requirement, leg, case) to verdict of a whole run, which has to be conforming."""
    output = folder / f"{cpu}-{link}"
    assert main(["run", "--cpu", cpu, "--link", link, "--output", str(output)]) == 0
    rows = read_results(output / RESULTS_FILE).rows
    return {(row.requirement, row.leg, row.case): row.verdict for row in rows}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Which devices."""
    every = list(product(CPU_BUILDS, ("tcp", "serial")))
    few = [(cpu, link) for cpu, link in every if link == "tcp" or cpu == "arm"]
    metafunc.parametrize(("cpu", "link"), every if metafunc.config.getoption("full") else few)


def test_the_same_verdicts(cpu: str, link: str, folder: Path) -> None:
    reference = verdicts("x86", "tcp", folder)
    assert len({requirement for requirement, _, _ in reference}) >= 56
    assert verdicts(cpu, link, folder) == reference
