"""What a run amounts to: one verdict for each requirement, what is missing, and the exit code."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.conformance.row import Row
from harness.conformance.verdict import SEVERITY, Verdict, worst
from harness.winsock import Requirement

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


def summarize(
    rows: Iterable[Row],
    requirements: Iterable[Requirement] = (),
    provides: Iterable[str] = (),
    unmatched: Iterable[str] = (),
) -> Summary:
    """What the rows of a run amount to.

    requirements: those the run was to judge, all of them or the ones selected. provides: abilities of the
    target; what it cannot reach may be missing. unmatched: see `Expectations.unmatched`; for a whole run.
    """
    verdicts: dict[str, list[Verdict]] = {}
    legs: dict[str, set[str]] = {}
    for row in rows:
        verdicts.setdefault(row.requirement, []).append(row.verdict)
        legs.setdefault(row.requirement, set()).add(row.leg)
    lab_broken = any(Verdict.BROKEN in each for each in verdicts.values())
    return Summary(
        {requirement: worst(each) for requirement, each in verdicts.items()},
        tuple(_missing(requirements, frozenset(provides), legs)),
        tuple(unmatched),
        lab_broken,
    )


def _missing(
    requirements: Iterable[Requirement], provides: frozenset[str], judged: Mapping[str, set[str]]
) -> Iterable[str]:
    for requirement in requirements:
        reachable = [leg.id for leg in requirement.reachable(provides)]
        seen = {leg or requirement.leg().id for leg in judged.get(requirement.id, ())}
        lost = [leg for leg in reachable if leg not in seen]
        if lost and len(lost) == len(reachable):
            yield requirement.id
        else:
            yield from (f"{requirement.id} {leg}" for leg in lost)
