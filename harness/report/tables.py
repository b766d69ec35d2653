"""Rows as terminal text."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from harness.report.rows import SEVERITY, RowDict, Tally

STYLES = {
    "pass": "green",
    "known": "green",
    "observed": "cyan",
    "inconclusive": "yellow",
    "not-provocable": "yellow",
    "fail": "bold red",
    "fixed": "bold red",
    "broken": "bold magenta",
}
EVIDENCE = {
    "model": "An emulated result proves the harness, not a device.",
    "device": "Measured on the device itself.",
    "independent": "Measured on an independent implementation, not on a Windows CE device.",
    "device image": "Measured on a real CE image on an emulated board.",
}
_VERDICT_WIDTH = max(map(len, SEVERITY))


def live_line(row: RowDict, title: str) -> Text:
    """One row as it happens."""
    verdict = str(row["verdict"])
    line = Text(f"{row['requirement']}  ")
    line.append(f"{verdict:<{_VERDICT_WIDTH}}  ", STYLES.get(verdict, ""))
    line.append(title)
    if case := row.get("case"):
        line.append(f" · {case}", "dim")
    documented, observed = str(row.get("documented") or ""), str(row.get("observed") or "")
    if documented == observed:
        line.append(f": {observed}")
    else:
        line.append(f": documented {documented or '-'}, observed {observed or '-'}")
    reason = str(row.get("reason") or "")
    if verdict not in ("pass", "observed") and reason:
        line.append(f" ({' '.join(reason.split())})", "dim")
    return line


def result_table(rows: Iterable[RowDict], titles: dict[str, str]) -> Table:
    """Every row, requirement by requirement."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("requirement", no_wrap=True)
    table.add_column("title and case", ratio=3)
    table.add_column("documented", ratio=2)
    table.add_column("observed", ratio=2)
    table.add_column("verdict", no_wrap=True)
    last = None
    for row in sorted(rows, key=lambda row: str(row["requirement"])):
        requirement, verdict = str(row["requirement"]), str(row["verdict"])
        first = requirement != last
        what = Text(titles.get(requirement, "") if first else "")
        if case := row.get("case"):
            what.append(f"{' · ' if first and what else '  · '}{case}", "dim")
        table.add_row(
            requirement if first else "",
            what,
            Text(str(row.get("documented") or "-")),
            Text(str(row.get("observed") or "-")),
            Text(verdict, STYLES.get(verdict, "")),
        )
        last = requirement
    return table


def summary_line(result: Tally) -> Text:
    """Counts: "44 requirements: 1 fail, 3 not-provocable, 40 pass"."""
    line = Text(f"{len(result.requirements)} requirements: ", "bold")
    for place, (verdict, count) in enumerate(result.verdicts.items()):
        line.append(", " if place else "")
        line.append(f"{count} {verdict}", STYLES.get(verdict, ""))
    if not result.verdicts:
        line.append("nothing was judged", "bold red")
    return line


def evidence_sentence(result: Tally) -> str:
    """What the results rest on, in words."""
    return " ".join(EVIDENCE.get(kind, f"Evidence: {kind}.") for kind in sorted(result.evidence))
