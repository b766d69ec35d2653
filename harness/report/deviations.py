"""What a red row tells at the end of a run, so that nobody has to run anything again to understand it."""

import re
import textwrap
from collections.abc import Iterator

from rich.text import Text

from harness.conformance import Row
from harness.report.tables import STYLES, title

_INDENT = " " * 14


def alarming(row: Row) -> bool:
    """Does the row need a person's attention: a deviation, or a broken test or lab?"""
    return row.verdict.alarming


def program_name(row: Row, number: int) -> str:
    """File name for the program of the row: "WSASOCKET-012-1.ceprog"."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]', '-', row.requirement)}-{number}.ceprog"


def deviation_lines(row: Row, replay: str, *, width: int = 110) -> Iterator[Text]:
    """One red row in full: documented, observed, reason, how provoked, what is recorded of it, program.

    replay: the command that runs the program again, "" if there is none. width: columns for running text;
    programs and the command are not wrapped.
    """
    head = Text(f"{row.requirement} ", "bold")
    head.append(row.verdict, STYLES[row.verdict])
    head.append(f"  {title(row.requirement)}", "bold")
    if row.case:
        head.append(f" · {row.case}")
    yield head
    sides = {
        name: getattr(row, name) for name in ("documented", "observed", "reason", "provoked", "recorded")
    }
    for name, text in sides.items():
        if text:
            style = "red" if name == "observed" else ""
            for number, line in enumerate(_wrapped(text, width - len(_INDENT))):
                yield Text(_INDENT if number else f"  {name:<12}").append(line, style)
    if row.program:
        yield Text("  program")
        yield from (Text(f"    {line}", "cyan") for line in row.program.splitlines())
    if replay:
        yield Text("  replay      ").append(replay, "bold")


def _wrapped(text: str, width: int) -> Iterator[str]:
    for line in text.splitlines():
        yield from textwrap.wrap(line, max(width, 40), break_on_hyphens=False) or [""]
