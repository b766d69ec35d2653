"""Fingerprints in a folder of results, and what changed from one to the next."""

import logging
from pathlib import Path

import pytest

from harness.fingerprint import Block, Fingerprint, OutcomeMap, write_fingerprint
from harness.history import fingerprint_changes, fingerprints_between
from harness.report import comparison_lines
from harness.results import Opened, Run, Start

AREA = Block(range(1, 4), range(2, 4), range(10))


def write(
    path: Path, day: int, outcome: str, *, target: str = "panel", cpu: str = "ARM", area: Block = AREA
) -> None:
    """All triples but the first came to 10043."""
    outcomes = OutcomeMap.of_runs(area, [(1, outcome), (len(area) - 1, "error 10043")])
    started = f"2026-05-{day:02}T02:00:00.000+00:00"
    device = {"system": "Windows CE 5.00.1400", "cpu": cpu, "oem": "Panel"}
    path.parent.mkdir(exist_ok=True)
    write_fingerprint(
        Fingerprint(target, "device", device, "1.0.0", "ceagent 1.0.0", started, started, outcomes), path
    )


def run(day: int, target: str = "panel", **identity: str) -> Run:
    started = f"2026-05-{day:02}T01:00:00.000+00:00"
    opened = Opened(started, "tcp://192.0.2.1", "ceagent 1.0.0", "device", identity or {"cpu": "ARM"})
    return Run(Path("results.jsonl"), Start("1", target, "tcp", "x", "device", "1", started), opened)


def test_the_newest_two_of_each_target(tmp_path: Path) -> None:
    write(tmp_path / "a.fingerprint", 1, "error 10041")
    write(tmp_path / "later" / "b.fingerprint", 3, "success")
    write(tmp_path / "c.fingerprint", 2, "error 10043")
    write(tmp_path / "alone.fingerprint", 9, "success", target="kiosk")
    (change,) = fingerprint_changes(tmp_path)
    assert change.target == "panel"
    assert (change.path_before.name, change.path_after.name) == ("c.fingerprint", "b.fingerprint")
    first, *_ = comparison_lines(change.comparison)
    assert first.plain == "1 triple changed from WSAEPROTONOSUPPORT (10043) to success"


def test_the_target_that_was_measured_last_comes_first(tmp_path: Path) -> None:
    for day, target in enumerate(("panel", "kiosk", "kiosk", "panel"), start=1):
        write(tmp_path / f"{day}.fingerprint", day, "success", target=target)
    assert [change.target for change in fingerprint_changes(tmp_path)] == ["panel", "kiosk"]
    assert all(not change.comparison.changes for change in fingerprint_changes(tmp_path))


def test_a_folder_without_any(tmp_path: Path) -> None:
    assert fingerprint_changes(tmp_path) == []
    assert fingerprint_changes(tmp_path / "nowhere") == []


def test_what_cannot_be_read_is_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / "a.fingerprint", 1, "success")
    write(tmp_path / "b.fingerprint", 2, "success")
    (tmp_path / "broken.fingerprint").write_bytes(b"ceharness fingerprint 1\n{}")
    with caplog.at_level(logging.WARNING):
        assert len(fingerprint_changes(tmp_path)) == 1
    assert "broken.fingerprint" in caplog.text


def test_two_that_measured_nothing_in_common_have_no_change(tmp_path: Path) -> None:
    write(tmp_path / "a.fingerprint", 1, "success")
    write(tmp_path / "b.fingerprint", 2, "success", area=Block(range(5, 6), range(2, 4), range(10)))
    assert fingerprint_changes(tmp_path) == []


def test_those_nearest_to_two_runs(tmp_path: Path) -> None:
    for day, outcome in ((1, "error 10041"), (10, "success"), (20, "error 10043")):
        write(tmp_path / f"{day}.fingerprint", day, outcome)
    change = fingerprints_between(tmp_path, run(2), run(11))
    assert change is not None
    assert (change.path_before.name, change.path_after.name) == ("1.fingerprint", "10.fingerprint")
    assert change.comparison.changed == 1
    assert fingerprints_between(tmp_path, run(9), run(11)) is None


def test_those_of_two_devices(tmp_path: Path) -> None:
    write(tmp_path / "a.fingerprint", 1, "success")
    write(tmp_path / "b.fingerprint", 1, "error 10041", target="kiosk")
    change = fingerprints_between(tmp_path, run(2), run(2, "kiosk"))
    assert change is not None
    assert (change.before.target, change.after.target) == ("panel", "kiosk")
    assert fingerprints_between(tmp_path, run(2), run(2, "nobody")) is None


def test_one_of_another_system_is_not_the_runs(tmp_path: Path) -> None:
    write(tmp_path / "a.fingerprint", 1, "success")
    write(tmp_path / "b.fingerprint", 2, "error 10041", cpu="MIPS")
    change = fingerprints_between(tmp_path, run(2, cpu="ARM"), run(2, cpu="MIPS", oem="Panel"))
    assert change is not None
    assert (change.path_before.name, change.path_after.name) == ("a.fingerprint", "b.fingerprint")
