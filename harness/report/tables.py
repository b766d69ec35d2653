"""Rows as terminal text."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from harness.conformance import Row, Summary, Verdict, worst
from harness.report.checked import case_count, ways
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
    "device image": "Measured on a device's image in QEMU: the software is the device's.",
    "independent": "Measured on a Winsock that nobody here wrote, and that is not Windows CE's.",
}
_VERDICT_WIDTH = max(map(len, Verdict))
_ID_WIDTH = len("WSASOCKET-019a") + 2
_ROOM_FOR_TITLES = 130  # columns


def title(requirement: str) -> str:
    """The title of a requirement, empty for one that the data does not know."""
    known = REQUIREMENTS.get(requirement)
    return known.title if known else ""


def live_line(row: Row) -> Text:
    """One row as it happens; its reason only if there is nothing else to say."""
    line = Text(f"{row.requirement:<{_ID_WIDTH}}")
    line.append(f"{row.verdict:<{_VERDICT_WIDTH}}  ", STYLES[row.verdict])
    line.append(title(row.requirement))
    if row.case:
        line.append(f" · {row.case}", "dim")
    if row.observed:
        line.append(f": {row.observed}")
        if row.documented != row.observed:
            line.append(f", documented: {row.documented or 'nothing'}", "" if row.verdict.red else "dim")
    if row.reason and (row.verdict is Verdict.BROKEN or not row.observed):
        line.append(f" ({_line(row.reason)})", "dim")
    return line


def requirement_line(rows: Sequence[Row]) -> Text:
    """All cases of one requirement in one line: verdict, title, how many came to that verdict."""
    verdict = worst(row.verdict for row in rows)
    line = Text(f"{rows[0].requirement:<{_ID_WIDTH}}")
    line.append(f"{verdict:<{_VERDICT_WIDTH}}  ", STYLES[verdict])
    line.append(f"{title(rows[0].requirement) or rows[0].case}  ")
    line.append(_cases(rows, verdict), "dim")
    return line


def test_line(name: str, passed: bool) -> Text:
    """A test that belongs to no requirement, as it ends."""
    line = Text(f"{'-':<{_ID_WIDTH}}")
    verdict = Verdict.PASS if passed else Verdict.FAIL
    return line.append(f"{verdict:<{_VERDICT_WIDTH}}  ", STYLES[verdict]).append(name)


def result_table(rows: Iterable[Row], *, width: int = 160) -> Table:
    """One line for each requirement, with the row that decided its verdict.

    "cases" says how many rows there are, and how many came to that verdict if not all did. What does not
    fit is cut. width: columns there are; in a narrow table titles, and how it was provoked, are left out.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("requirement", no_wrap=True)
    titled = width >= _ROOM_FOR_TITLES
    if titled:
        table.add_column("title", ratio=4)
    table.add_column("cases", justify="right", no_wrap=True)
    table.add_column("documented", ratio=5)
    table.add_column("observed", ratio=5)
    if titled:
        table.add_column("provoked by", ratio=2)
    table.add_column("verdict", no_wrap=True)
    by_requirement: dict[str, list[Row]] = {}
    for row in rows:
        by_requirement.setdefault(row.requirement, []).append(row)
    for requirement, cases in sorted(by_requirement.items()):
        verdict = worst(row.verdict for row in cases)
        deciding = next(row for row in cases if row.verdict is verdict)
        cells = [Text(title(requirement))] if titled else []
        *sides, last = _sides(deciding)
        cells += [
            Text(case_count(cases, verdict)),
            *sides,
            *([Text(", ".join(ways(cases)) or "-", "dim")] if titled else []),
            last,
        ]
        for cell in cells:
            cell.no_wrap, cell.overflow = True, "ellipsis"
        table.add_row(requirement, *cells)
    return table


def _cases(rows: Sequence[Row], verdict: Verdict) -> str:
    return f"{case_count(rows, verdict)} case{'' if len(rows) == 1 else 's'}"


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
