"""The suites over a Winsock that nobody here wrote, with the executable and the layouts of Windows CE."""

from collections import defaultdict
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.results import RESULTS_FILE, read_results
from harness.targets.base import TargetConfig

pytestmark = pytest.mark.long

CONFORMS = {f"WSASOCKET-{number:03}" for number in (
    1, 2, 3, 8, 9, 10, 12, 13, 14, 16, 18, 23, 35, 36, 37, 38, 46, 47, 48, 49, 51, 52, 53,
)}  # fmt: skip
"""Requirements of the page that Wine 8.0 meets, too."""
FINDINGS = 1


def test_every_requirement_is_judged_and_wine_meets_what_it_met(target: TargetConfig, tmp_path: Path) -> None:
    place = f"tcp://127.0.0.1:{target.settings['port']}"
    words = ["run", place, "--key", target.settings["key"], "--output", str(tmp_path)]
    assert main(words) == FINDINGS
    verdicts = defaultdict(set)
    for row in read_results(tmp_path / RESULTS_FILE).rows:
        verdicts[row.requirement].add(row.verdict)
    assert len(verdicts) >= 56
    assert {name for name, found in verdicts.items() if "pass" in found and "fail" not in found} == CONFORMS
    assert not {"broken", "inconclusive"} & set().union(*verdicts.values())
