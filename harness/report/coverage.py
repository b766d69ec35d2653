"""Coverage of the requirements as a table and as JSON."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from harness.conformance.coverage import Check, Covered, numbered


def coverage_table(covered: Sequence[Covered]) -> Table:
    """One line for each test of each leg; where there is none, the reason."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("requirement", no_wrap=True)
    table.add_column("leg", no_wrap=True)
    table.add_column("suite", overflow="fold")
    table.add_column("test, or why there is none", ratio=1, overflow="fold")
    table.add_column("cases", justify="right", no_wrap=True)
    before = ""
    for each in covered:
        head = [each.requirement.id if each.requirement.id != before else "", each.leg.id]
        before = each.requirement.id
        for check in each.checks:
            table.add_row(*head, check.suite, Text(check.test), _cases(check))
            head = ["", ""]
        if not each.checks:
            why = Text(each.reason, "yellow") if each.reason else Text("no test, no reason", "bold red")
            table.add_row(*head, "", why, "")
    return table


def coverage_line(covered: Sequence[Covered]) -> Text:
    """ "56 of 56 requirements accounted for"."""
    numbers = numbered(covered)
    good = sum(numbers.values())
    style = "bold" if good == len(numbers) else "bold red"
    return Text(f"{good} of {len(numbers)} requirements accounted for", style)


def coverage_dict(covered: Sequence[Covered]) -> dict[str, Any]:
    """The same for programs."""
    numbers = numbered(covered)
    return {
        "requirements": len(numbers),
        "accounted": sum(numbers.values()),
        "missing": [str(each) for each in covered if not each.accounted],
        "legs": [
            {
                "requirement": each.requirement.id,
                "leg": each.leg.id,
                "title": each.leg.title or each.requirement.title,
                "needs": list(each.leg.needs),
                "provoked": each.leg.provoked,
                "reason": each.reason,
                "tests": [
                    {
                        "suite": check.suite,
                        "test": check.test,
                        "cases": check.cases,
                        "per_entry": check.per_entry,
                    }
                    for check in each.checks
                ],
            }
            for each in covered
        ],
    }


def _cases(check: Check) -> str:
    return f"{check.cases} per entry" if check.per_entry else str(check.cases)
