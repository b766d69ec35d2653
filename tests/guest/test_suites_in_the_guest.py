"""All suites on the guest, with a fresh machine for each: the verdicts of Wine itself."""

import re
from functools import cache
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.results import RESULTS_FILE, read_results
from harness.targets import TargetConfig

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
RECORDS = ROOT / "expectations" / "wine.toml"
MEMORY = ("WSASOCKET-023", "", "A Long Loop Loses No Memory")
RUNS = re.compile(r", in \d+ runs")
"""How many sockets there were before there was none left."""
Verdicts = dict[tuple[str, str, str], tuple[str, str]]


@pytest.fixture(scope="module")
def folder(guest: TargetConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("runs")
    (made / "lab.ini").write_text(
        f"[wine]\nkind = wine\nexpectations = {RECORDS}\n"
        f"[guest]\nkind = qemu\npreset = wine-guest\nimage = {guest.settings['image']}\nconnect = 4min\n"
        f"expectations = {RECORDS}\n",
        encoding="utf-8",
    )
    return made


@cache
def verdicts(target: str, link: str, folder: Path) -> Verdicts:
    """(requirement, leg, case) to verdict and what was observed, of a whole run that has to be green."""
    output = folder / f"{target}{link}"
    words = ["run", target, "--lab", str(folder / "lab.ini"), "--output", str(output)]
    assert main([*words, *(["--link", link] if link else [])]) == 0
    rows = read_results(output / RESULTS_FILE).rows
    assert {row.evidence for row in rows} == {"independent"}
    return {(row.requirement, row.leg, row.case): (row.verdict, RUNS.sub("", row.observed)) for row in rows}


def test_what_wine_does_otherwise_and_nothing_else(link: str, folder: Path) -> None:
    assert len({requirement for requirement, _, _ in verdicts("guest", link, folder)}) == 58
    run = read_results(folder / f"guest{link}" / RESULTS_FILE)
    start = (run.start.target_kind, run.start.evidence, run.start.place)
    assert start == ("qemu", "independent", f"wine-guest over {link}")
    assert run.line["restarts"] == run.line["reconnects"] == 0


def test_the_verdicts_of_wine_on_this_computer(link: str, folder: Path) -> None:
    found, expected = dict(verdicts("guest", link, folder)), dict(verdicts("wine", "", folder))
    # The guest has its memory for itself. Wine shares this computer's, so nothing is found out there.
    assert (found.pop(MEMORY)[0], expected.pop(MEMORY)[0]) == ("pass", "not-provocable")
    assert found == expected
