"""Runs as lines of a table."""

from pathlib import Path

import pytest
from rich.console import Console

from harness.conformance import Row, Verdict
from harness.report import run_table
from harness.results import Run, Start, entry_of


def text(width: int) -> str:
    start = Start("20260501T100000-ab", "panel", "tcp", "h:1", "device", "1", "2026-05-01T10:00:00.000+00:00")
    rows = [Row(f"WSASOCKET-{number:03}", "", Verdict.PASS, "d", "o") for number in range(1, 40)]
    rows.append(Row("WSASOCKET-040", "", Verdict.FAIL, "d", "o"))
    console = Console(width=width, record=True)
    console.print(run_table([(7, entry_of(Run(Path("r.jsonl"), start, rows=rows)))], width=width))
    return console.export_text()


@pytest.mark.parametrize(("width", "wide"), [(160, True), (120, True), (119, False), (80, False)])
def test_a_narrow_terminal_gets_less_in_one_line(width: int, wide: bool) -> None:
    head, line = text(width).splitlines()
    assert len(line) <= width
    assert line.split()[:2] == ["7", "20260501T100000-ab"]
    assert ("evidence" in head, "device" in line) == (wide, wide)
    assert "1 fail, 3" in line
