"""From the verdicts of two runs to what the suites are worth. Nothing here runs anything.

A leg is written "WSASOCKET-020 straddling"; a requirement without legs, or all legs of one, "WSASOCKET-020".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.conformance import Row, Verdict, worst


class Finding(StrEnum):
    """What one trial came to. The first and the fourth are good."""

    CAUGHT = "caught"
    """What has to turn red did, and everything else stayed."""
    SURVIVED = "survived"
    """Nothing turned red."""
    MISATTRIBUTED = "misattributed"
    """Something turned red, but not all that has to, or something else changed too."""
    GREEN = "green"
    """The device conforms, and nothing turned red."""
    RED = "red"
    """The device conforms, and the suites say that it does not."""
    BROKEN = "broken"
    """The run came to no end of its own, or the lab failed: it says nothing of the suites."""

    @property
    def good(self) -> bool:
        return self in (Finding.CAUGHT, Finding.GREEN)


@dataclass(frozen=True, slots=True)
class Expected:
    """`must`: turn red (of a requirement: at least one leg). `may`: what may change beside it, and, where
    nothing must turn red, must not turn red. `becomes`: legs with the verdict they get instead of theirs."""

    must: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    becomes: Mapping[str, Verdict] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """`red`: legs that turned red. `missing`: of what must turn red, what did not. `unexpected`: other
    changes, such as "WSASOCKET-012: pass -> fail"."""

    finding: Finding
    red: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]


def by_leg(rows: Iterable[Row]) -> dict[str, Verdict]:
    """The verdict of each leg that has rows."""
    found: dict[str, list[Verdict]] = {}
    for row in rows:
        found.setdefault(f"{row.requirement} {row.leg}".strip(), []).append(row.verdict)
    return {leg: worst(verdicts) for leg, verdicts in found.items()}


def judge(expected: Expected, before: Mapping[str, Verdict], after: Mapping[str, Verdict]) -> Judgement:
    """`before`: legs of the undisturbed device, `after`: those of the device on trial."""
    red = tuple(leg for leg, verdict in after.items() if verdict.red)
    missing = tuple(sorted(one for one in expected.must if not any(_within(leg, {one}) for leg in red)))
    unexpected = tuple(
        f"{leg}: {before.get(leg, 'no row')} -> {after.get(leg, 'no row')}"
        for leg in dict.fromkeys((*before, *after))
        if not _allowed(leg, expected, before.get(leg), after.get(leg))
    )
    return Judgement(_finding(expected, red, missing, unexpected), red, missing, unexpected)


def _allowed(leg: str, expected: Expected, before: Verdict | None, after: Verdict | None) -> bool:
    if leg in expected.becomes:
        return after is expected.becomes[leg]
    if before is after:
        return True
    if after is Verdict.BROKEN or after is None:
        return False  # the lab failed, or a row is lost: no finding about a device
    if not expected.must and after.red:
        return False
    return _within(leg, expected.must | expected.may)


def _within(leg: str, named: Iterable[str]) -> bool:
    """Is the leg one of those, or a leg of one of them?"""
    return any(name in (leg, leg.partition(" ")[0], "*") for name in named)


def _finding(expected: Expected, red: object, missing: object, unexpected: object) -> Finding:
    if not expected.must:
        return Finding.RED if unexpected else Finding.GREEN
    if not red:
        return Finding.SURVIVED
    return Finding.MISATTRIBUTED if missing or unexpected else Finding.CAUGHT
