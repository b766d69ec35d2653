"""The requirements of the page in one run, the judged and the others, in the order of the page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.conformance import Row, Unjudged, Verdict, worst
from harness.results import Run
from harness.winsock import FUNCTIONS, REQUIREMENTS, ErrorRow, Requirement, documented_result

ERROR_TABLE = "Error table"
"""Section of the requirements that are rows of the documented error table."""
_OTHERS = "Not in the data of this version"


@dataclass(frozen=True, slots=True)
class Checked:
    """One requirement in one run.

    verdict: that of its worst case, or a word of `Unjudged`. documented, observed, reason: of the row that
    decided. count: how many cases there are, "5 of 6" where one came to a better verdict, "" without any.
    provoked: in which ways its conditions were brought about. rows: its cases.
    """

    id: str
    title: str
    statement: str
    tested: str
    section: str
    verdict: Verdict | Unjudged
    documented: str
    observed: str
    reason: str
    count: str
    provoked: str
    rows: tuple[Row, ...]

    @property
    def judged(self) -> bool:
        """Is there anything to tell: a row, or that one is missing?"""
        return self.verdict is not Unjudged.NOT_RUN


def checked(run: Run) -> list[Checked]:
    """Every requirement of the page, then those of rows that the data of this version do not know."""
    by_requirement: dict[str, list[Row]] = {}
    for row in run.rows:
        by_requirement.setdefault(row.requirement, []).append(row)
    missing = {name.partition(" ")[0] for name in run.summary.missing}
    known = [
        _checked(each.id, each, by_requirement.get(each.id, ()), missing) for each in REQUIREMENTS.values()
    ]
    strange = [name for name in by_requirement if name not in REQUIREMENTS]
    return [*known, *(_checked(name, None, by_requirement[name], missing) for name in strange)]


def sections(requirements: Iterable[Checked]) -> dict[str, list[Checked]]:
    """The same by section of the page."""
    found: dict[str, list[Checked]] = {}
    for each in requirements:
        found.setdefault(each.section, []).append(each)
    return found


def error_table(requirements: Iterable[Checked]) -> list[tuple[ErrorRow, Checked]]:
    """The documented error table of WSASocket row by row, each with the requirement that checks it."""
    by_row = {_row_of(each): each for each in requirements if each.section == ERROR_TABLE}
    return [(row, by_row[row.name, row.sub]) for row in FUNCTIONS["WSASocket"].errors]


def _row_of(each: Checked) -> tuple[str, str]:
    """Name and letter of its row of the table: WSASOCKET-019b, "WSAEINVAL: protocol info is unusable"."""
    last = each.id[-1]
    return each.title.partition(":")[0], last if last.isalpha() else ""


def _checked(id: str, known: Requirement | None, rows: Sequence[Row], missing: set[str]) -> Checked:
    verdict: Verdict | Unjudged = Unjudged.MISSING if id in missing else Unjudged.NOT_RUN
    documented, observed, reason, count = documented_result(known.leg()) if known else "", "", "", ""
    if rows:
        verdict = worst(row.verdict for row in rows)
        deciding = next(row for row in rows if row.verdict is verdict)
        documented, observed, reason = deciding.documented, deciding.observed, deciding.reason
        count = case_count(rows, verdict)
    return Checked(
        id=id,
        title=known.title if known else "",
        statement=_line(known.statement) if known else "",
        tested=_line(known.tested) if known else "",
        section=known.section if known else _OTHERS,
        verdict=verdict,
        documented=documented,
        observed=observed,
        reason=reason,
        count=count,
        provoked=", ".join(ways(rows)),
        rows=tuple(rows),
    )


def case_count(rows: Sequence[Row], verdict: str) -> str:
    """6, or "5 of 6" where one came to a better verdict."""
    deciding = sum(row.verdict == verdict for row in rows)
    return str(len(rows)) if deciding == len(rows) else f"{deciding} of {len(rows)}"


def ways(rows: Iterable[Row]) -> list[str]:
    """In which ways the conditions of a requirement were brought about, each once."""
    return list(dict.fromkeys(row.provoked.partition(":")[0] for row in rows if row.provoked))


def _line(text: str) -> str:
    return " ".join(text.split())
