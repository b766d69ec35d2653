"""Rows as terminal text."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from harness.conformance import Row, Summary, Verdict, worst
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
    if row.observed:
        line.append(f": {row.observed}")
        if row.documented != row.observed:
            line.append(f", documented: {row.documented or 'nothing'}", "" if row.verdict.red else "dim")
    if row.verdict not in (Verdict.PASS, Verdict.OBSERVED) and row.reason:
        line.append(f" ({_line(row.reason)})", "dim")
    return line


def result_table(rows: Iterable[Row], *, short: bool = False) -> Table:
    """One line for each requirement, with the row that decided its verdict; every row that is red or broken.

    "cases" says how many rows there are, and how many came to that verdict if not all did.
    short: what is neither red nor broken is cut to one line.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("requirement", no_wrap=True)
    table.add_column("title", ratio=4)
    table.add_column("cases", justify="right", no_wrap=True)
    table.add_column("documented", ratio=5)
    table.add_column("observed", ratio=5)
    table.add_column("verdict", no_wrap=True)
    by_requirement: dict[str, list[Row]] = {}
    for row in rows:
        by_requirement.setdefault(row.requirement, []).append(row)
    for requirement, cases in sorted(by_requirement.items()):
        verdict = worst(row.verdict for row in cases)
        deciding = [row for row in cases if row.verdict is verdict]
        count = str(len(cases)) if len(deciding) == len(cases) else f"{len(deciding)} of {len(cases)}"
        line = (Text(title(requirement)), Text(count), *_sides(deciding[0]))
        alarming = verdict.red or verdict is Verdict.BROKEN
        for cell in line:
            cell.no_wrap, cell.overflow = short and not alarming, "ellipsis"
        table.add_row(requirement, *line)
        if alarming:
            for row in deciding:
                table.add_row("", Text(f"  {row.case or row.reason}", "dim"), "", *_sides(row))
    return table


def _sides(row: Row) -> tuple[Text, Text, Text]:
    """Documented, observed (the reason where nothing was), verdict."""
    observed = Text(row.observed) if row.observed else Text(_line(row.reason) or "-", "dim")
    return Text(row.documented or "-"), observed, Text(row.verdict, STYLES[row.verdict])


def _line(text: str) -> str:
    return " ".join(text.split())


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
