"""What a run amounts to: one verdict for each requirement, what is missing, and the exit code."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from harness.conformance.row import Row
from harness.conformance.verdict import SEVERITY, Verdict, worst
from harness.winsock import REQUIREMENTS, Requirement

CONFORMING, DEVIATIONS, LAB_BROKEN = 0, 1, 3
"""Exit codes of a run; 2 is for wrong use of the harness."""


@dataclass(frozen=True, slots=True)
class Summary:
    """`verdicts`: requirement to its verdict, in the order in which rows came. `missing`: what the target can
    reach and no row judges, "WSASOCKET-012" or, where only one leg is missing, "WSASOCKET-020 straddling".
    `unmatched`: recorded deviations that no row is about, in words. `lab_broken`: at least one row says that
    the lab failed."""

    verdicts: Mapping[str, Verdict]
    missing: tuple[str, ...]
    unmatched: tuple[str, ...]
    lab_broken: bool

    @property
    def counts(self) -> dict[Verdict, int]:
        """Requirements by verdict, worst first; verdicts that nobody got are left out."""
        counts = Counter(self.verdicts.values())
        return {verdict: counts[verdict] for verdict in SEVERITY if counts[verdict]}

    @property
    def exit_code(self) -> int:
        """LAB_BROKEN if anything could not be judged because the lab failed; DEVIATIONS for a deviation that
        is not recorded, for a record of something that does not happen, and for a requirement that nobody
        judged; else CONFORMING."""
        if self.lab_broken:
            return LAB_BROKEN
        if self.missing or self.unmatched or any(verdict.red for verdict in self.verdicts.values()):
            return DEVIATIONS
        return CONFORMING


def expected_legs(requirements: Iterable[Requirement], provides: Iterable[str]) -> tuple[str, ...]:
    """What a target with these abilities can reach: "WSASOCKET-012", or "WSASOCKET-020 straddling" for a leg
    of a requirement that has several."""
    abilities = frozenset(provides)
    return tuple(
        _named(requirement.id, leg.id)
        for requirement in requirements
        for leg in requirement.reachable(abilities)
    )


def summarize(rows: Iterable[Row], expected: Iterable[str] = (), unmatched: Iterable[str] = ()) -> Summary:
    """What the rows of a run amount to.

    expected: what the run was to judge, see `expected_legs`; nothing is missing without it. unmatched: see
    `Expectations.unmatched`; for a whole run.
    """
    verdicts: dict[str, list[Verdict]] = {}
    judged: set[str] = set()
    for row in rows:
        verdicts.setdefault(row.requirement, []).append(row.verdict)
        judged.add(_named(row.requirement, row.leg or _first_leg(row.requirement)))
    lab_broken = any(Verdict.BROKEN in each for each in verdicts.values())
    return Summary(
        {requirement: worst(each) for requirement, each in verdicts.items()},
        tuple(_missing(expected, judged)),
        tuple(unmatched),
        lab_broken,
    )


def _missing(expected: Iterable[str], judged: Set[str]) -> Iterator[str]:
    """A requirement of which nothing was judged is named without its legs."""
    legs: dict[str, list[str]] = {}
    for name in expected:
        legs.setdefault(name.partition(" ")[0], []).append(name)
    for requirement, names in legs.items():
        lost = [name for name in names if name not in judged]
        yield from [requirement] if len(lost) == len(names) else lost


def _named(requirement: str, leg: str) -> str:
    return f"{requirement} {leg}".rstrip()


def _first_leg(requirement: str) -> str:
    known = REQUIREMENTS.get(requirement)
    return known.leg().id if known else ""
