"""A run as a short Markdown text, for the summary page of a CI job."""

import re
from collections.abc import Iterator

from harness.conformance import Row, Verdict
from harness.report.replays import replays
from harness.report.sentences import (
    cautions,
    evidence_words,
    further_sentences,
    summary_sentence,
    target_name,
)
from harness.report.tables import title
from harness.report.writing import printable
from harness.results import Run

_MOST = 25
"""Red rows in the table. A CI job's page has little room, and the other reports have all."""
_LONGEST = 200
"""Signs of a cell."""
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def markdown_text(run: Run) -> str:
    """Sentence, counts, a table of what is red, evidence."""
    return "\n\n".join(_blocks(run)) + "\n"


def _blocks(run: Run) -> Iterator[str]:
    yield f"### WSASocket conformance: {_text(target_name(run))}"
    yield f"**{_text(summary_sentence(run))}**"
    if said := [*cautions(run), *further_sentences(run)]:
        yield "\n".join(f"- {_text(each)}" for each in said)
    counts = run.summary.counts
    if counts:
        head = "| " + " | ".join(counts) + " |"
        yield "\n".join((head, "| ---: " * len(counts) + "|", f"| {' | '.join(map(str, counts.values()))} |"))
    red = replays(run)
    if red:
        lines = ["| requirement | case | documented | observed | replay |", "| --- | --- | --- | --- | --- |"]
        lines += [_line(each.row, each.command) for each in red[:_MOST]]
        yield "\n".join(lines)
    if len(red) > _MOST:
        yield f"... and {len(red) - _MOST} more."
    yield f"_{_text(evidence_words(run))}_"


def _line(row: Row, command: str) -> str:
    name = f"{row.requirement} {title(row.requirement)}".rstrip()
    verdict = "" if row.verdict is Verdict.FAIL else f" ({row.verdict})"
    observed = row.observed or row.reason
    cells = [_cell(each) for each in (name + verdict, row.case, row.documented, observed)]
    return f"| {' | '.join([*cells, _code(command)])} |"


def _cell(text: str) -> str:
    line = " ".join(text.split())
    return _text(line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ...")


def _text(text: str) -> str:
    """One line in which nothing has a meaning of Markdown's or HTML's."""
    line = " ".join(printable(text).split())
    return re.sub(r"([\\`*_\[\]|~#$@!])", r"\\\1", line).translate(_ENTITIES)


def _code(text: str) -> str:
    """Code in a cell of a table."""
    line = " ".join(printable(text).split())
    ticks = "`" * (1 + max((len(found) for found in re.findall("`+", line)), default=0))
    return f"{ticks}{line.replace('|', chr(92) + '|')}{ticks}"
