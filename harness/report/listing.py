"""Runs as terminal text, one line each."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from rich.table import Table
from rich.text import Text

from harness.conformance.verdict import SEVERITY
from harness.history import system_of, troubles
from harness.report.tables import STYLES
from harness.results import Entry

_ROOM_FOR_ALL = 120  # columns


def run_table(runs: Iterable[tuple[int, Entry]], *, width: int = 160) -> Table:
    """One line for each run, with its number; what does not fit is cut. width: columns there are; a narrow
    table has neither system nor evidence."""
    wide = width >= _ROOM_FOR_ALL
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("run", no_wrap=True)
    table.add_column("started", no_wrap=True)
    table.add_column("target", no_wrap=True)
    if wide:
        table.add_column("system", ratio=3)
        table.add_column("evidence", no_wrap=True)
    table.add_column("requirements", ratio=3)
    table.add_column("lab", ratio=3)
    for number, entry in runs:
        cells = [Text(system_of(entry) or "-"), Text(entry.evidence or "-")] if wide else []
        cells += [_counts(entry), _lab(entry)]
        for cell in cells:
            cell.no_wrap, cell.overflow = True, "ellipsis"
        table.add_row(str(number), entry.run, _when(entry), entry.target or "-", *cells)
    return table


def _when(entry: Entry) -> str:
    """When it began, in the time of this computer: "2026-05-01 10:00"."""
    return f"{datetime.fromisoformat(entry.started).astimezone():%Y-%m-%d %H:%M}"


def _lab(entry: Entry) -> Text:
    """What was the matter with the run itself, not with the device."""
    ends = ["ended by Ctrl-C"] if entry.stopped else []
    steps = f"{entry.recoveries} recovery step{'' if entry.recoveries == 1 else 's'}"
    words = [*ends, *troubles(entry), *([steps] if entry.recoveries else [])]
    return Text("; ".join(" ".join(each.split()) for each in words) or "-", "" if words else "dim")


def _counts(entry: Entry) -> Text:
    """ "1 fail, 57 pass"."""
    counts = Counter(each.verdict for each in entry.requirements.values())
    words = [(f"{counts[verdict]} {verdict}", STYLES[verdict]) for verdict in SEVERITY if counts[verdict]]
    if entry.missing:
        words.insert(0, (f"{len(entry.missing)} missing", "bold red"))
    found = Text(", ").join(Text(word, style) for word, style in words)
    return found if words else Text("nothing was judged", "dim")
