"""Runs as terminal text, one line each."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from rich.table import Table
from rich.text import Text

from harness.conformance.verdict import SEVERITY
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
        cells = [Text(system_of(entry)), Text(entry.evidence or "-")] if wide else []
        cells += [_counts(entry), Text(lab_of(entry) or "-", "" if lab_of(entry) else "dim")]
        for cell in cells:
            cell.no_wrap, cell.overflow = True, "ellipsis"
        table.add_row(str(number), entry.run, when(entry), entry.target or "-", *cells)
    return table


def when(entry: Entry) -> str:
    """When it began, in the time of this computer: "2026-05-01 10:00"."""
    try:
        return f"{datetime.fromisoformat(entry.started).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return entry.started


def system_of(entry: Entry) -> str:
    """What the device said that it is."""
    known = entry.identity
    version = f"Windows CE {known['version']}" if "version" in known else ""
    return ", ".join(filter(None, (version, known.get("cpu", ""), known.get("oem", "")))) or "-"


def lab_of(entry: Entry) -> str:
    """What was the matter with the run itself, not with the device; empty if nothing was."""
    ends = "ended by Ctrl-C" if entry.stopped else "" if entry.ended else "cut off"
    back = f"brought back {entry.recoveries} time{'' if entry.recoveries == 1 else 's'}"
    words = (ends, *entry.lab, back if entry.recoveries else "", *entry.trouble)
    return "; ".join(" ".join(each.split()) for each in words if each)


def _counts(entry: Entry) -> Text:
    """ "1 fail, 57 pass"."""
    counts = Counter(each.verdict for each in entry.requirements.values())
    words = [(f"{counts[verdict]} {verdict}", STYLES[verdict]) for verdict in SEVERITY if counts[verdict]]
    if entry.missing:
        words.insert(0, (f"{len(entry.missing)} missing", "bold red"))
    found = Text(", ").join(Text(word, style) for word, style in words)
    return found if words else Text("nothing was judged", "dim")
