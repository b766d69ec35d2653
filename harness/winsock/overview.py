"""The requirements as a page of documentation: `python -m harness.winsock > docs/requirements.md`."""

from collections.abc import Iterable, Iterator

from harness.winsock.model import Leg, Requirement
from harness.winsock.requirements import NEEDS, REQUIREMENTS
from harness.winsock.wording import documented_result

INTRODUCTION = """\
# Requirements of the WSASocket page

Written by `python -m harness.winsock` from `harness/winsock/requirements/*.toml`: change those, not this
page.

Every checkable statement of Microsoft's page of `WSASocket` (Windows CE 5.0 ms898773, compared with CE
.NET 4.x ms911776, Windows Mobile aa915635, Windows Embedded CE 6.0 and Compact 2013 ee493507) has a
number and the results that conform to it. *Also accepted* stands where the page gives no precedence
between two of its statements, or names no code. A requirement that is checked in several ways has legs.
A leg can need something of the target; a target lists what it has under `provides`. What a target cannot
reach is reported as `not-provocable`, with what it lacks.

A code that the page lists for another condition is a deviation, and so are an exception, a call that
never returns, and a failure that leaves no code.
"""


def overview() -> str:
    """The page in Markdown."""
    return "\n".join(_lines(REQUIREMENTS.values())) + "\n"


def _lines(requirements: Iterable[Requirement]) -> Iterator[str]:
    yield INTRODUCTION
    yield "| need | what the target has to have |"
    yield "| --- | --- |"
    for need, meaning in NEEDS.items():
        yield f"| {need} | {meaning} |"
    section = ""
    for requirement in requirements:
        if requirement.section != section:
            section = requirement.section
            yield from ("", f"## {section}", "", "| requirement | statement | documented | needs |")
            yield "| --- | --- | --- | --- |"
        yield from _rows(requirement)


def _rows(requirement: Requirement) -> Iterator[str]:
    first, *others = requirement.legs
    head = f"**{requirement.id}** {requirement.title}"
    if not first.id:
        yield _row(head, requirement.statement, documented_result(first), first)
        return
    yield f"| {head} | {requirement.statement} | | |"
    for leg in (first, *others):
        yield _row(f"&nbsp; {leg.id}", leg.title, documented_result(leg), leg)


def _row(head: str, statement: str, result: str, leg: Leg) -> str:
    cells = (head, statement, result, ", ".join(leg.needs))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
