"""Rows as terminal text."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from harness.conformance import Row, Summary, Verdict
from harness.winsock import REQUIREMENTS

STYLES = {
    Verdict.PASS: "green",
    Verdict.KNOWN: "green",
    Verdict.OBSERVED: "cyan",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_PROVOCABLE: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.FIXED: "bold red",
    Verdict.BROKEN: "bold magenta",
}
EVIDENCE = {
    "model": "An emulated result proves the harness, not a device.",
    "device": "Measured on the device itself.",
}
_VERDICT_WIDTH = max(map(len, Verdict))


def title(requirement: str) -> str:
    """The title of a requirement, empty for one that the data does not know."""
    known = REQUIREMENTS.get(requirement)
    return known.title if known else ""


def live_line(row: Row) -> Text:
    """One row as it happens."""
    line = Text(f"{row.requirement}  ")
    line.append(f"{row.verdict:<{_VERDICT_WIDTH}}  ", STYLES[row.verdict])
    line.append(title(row.requirement))
    if row.case:
        line.append(f" · {row.case}", "dim")
    if row.documented == row.observed:
        line.append(f": {row.observed}")
    else:
        line.append(f": documented {row.documented or '-'}, observed {row.observed or '-'}")
    if row.verdict not in (Verdict.PASS, Verdict.OBSERVED) and row.reason:
        line.append(f" ({' '.join(row.reason.split())})", "dim")
    return line


def result_table(rows: Iterable[Row]) -> Table:
    """Every row, requirement by requirement."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("requirement", no_wrap=True)
    table.add_column("title and case", ratio=3)
    table.add_column("documented", ratio=2)
    table.add_column("observed", ratio=2)
    table.add_column("verdict", no_wrap=True)
    last = None
    for row in sorted(rows, key=lambda row: row.requirement):
        first = row.requirement != last
        what = Text(title(row.requirement) if first else "")
        if row.case:
            what.append(f"{' · ' if what else '  · '}{row.case}", "dim")
        table.add_row(
            row.requirement if first else "",
            what,
            Text(row.documented or "-"),
            Text(row.observed or "-"),
            Text(row.verdict, STYLES[row.verdict]),
        )
        last = row.requirement
    return table


def summary_line(summary: Summary) -> Text:
    """Counts: "44 requirements: 1 fail, 3 not-provocable, 40 pass"."""
    count = len(summary.verdicts)
    line = Text(f"{count} requirement{'' if count == 1 else 's'}: ", "bold")
    for place, (verdict, count) in enumerate(summary.counts.items()):
        line.append(", " if place else "")
        line.append(f"{count} {verdict}", STYLES[verdict])
    if not summary.verdicts:
        line.append("nothing was judged", "bold red")
    return line


def evidence_sentence(rows: Iterable[Row]) -> str:
    """What the results rest on, in words."""
    kinds = sorted({row.evidence for row in rows} - {""})
    return " ".join(EVIDENCE.get(kind, f"Evidence: {kind}.") for kind in kinds)
