"""Recorded deviations as terminal text."""

import difflib
from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

from harness.conformance import Row, Verdict

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def known_table(rows: Iterable[Row]) -> Table | None:
    """The deviations that are recorded, one line for all cases of a requirement with the same outcome and
    reason; None if there are none."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row.verdict is Verdict.KNOWN:
            groups.setdefault((row.requirement, row.observed, row.recorded), []).append(row)
    if not groups:
        return None
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("known deviation", no_wrap=True)
    table.add_column("cases", ratio=4)
    table.add_column("observed", ratio=4)
    table.add_column("recorded reason", ratio=6)
    for (requirement, observed, recorded), cases in groups.items():
        what = cases[0].case if len(cases) == 1 else f"{len(cases)}, first {cases[0].case}"
        table.add_row(requirement, Text(what), Text(observed), Text(recorded))
    return table


def diff_lines(before: str, after: str, name: str) -> Iterator[Text]:
    """What changes in a file, as `diff -u` says it; nothing if nothing does."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="")
    for line in lines:
        head = line.startswith(("+++", "---"))
        yield Text(line, "bold" if head else _STYLES.get(line[:1], ""))
