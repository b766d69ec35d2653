"""Which tests check a requirement, and which of its legs wait for a target that has what they need."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.conformance.tags import read_tags
from harness.conformance.wording import needed
from harness.winsock import Leg, Requirement

_NUMBER = re.compile(r"(.*\d)[a-z]?$")


@dataclass(frozen=True, slots=True)
class Check:
    """A test of the suites. suite: its file; cases: how many it has at least; per_entry: so many for each
    entry of the device's protocol catalog, or more. tags: all of them."""

    suite: str
    test: str
    cases: int
    per_entry: bool
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Covered:
    """One leg of a requirement, and the tests that check it."""

    requirement: Requirement
    leg: Leg
    checks: tuple[Check, ...]

    @property
    def reason(self) -> str:
        """Why a target cannot reach it: "needs ...", "" where any target can."""
        return needed(self.leg.needs) if self.leg.needs else ""

    @property
    def accounted(self) -> bool:
        """Is there a test, or a reason why there is none?"""
        return bool(self.checks or self.leg.needs)

    def __str__(self) -> str:
        return " ".join(filter(None, (self.requirement.id, self.leg.id)))


def cover(requirements: Iterable[Requirement], checks: Iterable[Check]) -> list[Covered]:
    """Every leg of these requirements, in order."""
    checks = list(checks)
    return [
        Covered(requirement, leg, tuple(check for check in checks if _checks(check, requirement, leg)))
        for requirement in requirements
        for leg in requirement.legs
    ]


def astray(checks: Iterable[Check]) -> Iterator[str]:
    """Tests that are tagged with a requirement, but with none or another of its legs, in words."""
    for check in checks:
        requirements, leg = read_tags(check.tags)
        for requirement in requirements:
            legs = [each.id for each in requirement.legs if each.id]
            if leg not in (legs or ["", *legs]):
                wrong = f"there is no leg {leg}" if leg else "its leg is not named"
                hint = f" (one of {', '.join(legs)})" if legs else ""
                yield f"{check.suite}: {check.test}: checks {requirement.id}, but {wrong}{hint}"


def numbered(covered: Iterable[Covered]) -> dict[str, bool]:
    """The numbers of the page, and whether all that belongs to one is accounted for: WSASOCKET-019 stands
    for 019a, 019b and 019c."""
    numbers: dict[str, bool] = {}
    for each in covered:
        match = _NUMBER.match(each.requirement.id)
        number = match[1] if match else each.requirement.id
        numbers[number] = numbers.get(number, True) and each.accounted
    return numbers


def _checks(check: Check, requirement: Requirement, leg: Leg) -> bool:
    requirements, tagged = read_tags(check.tags)
    return requirement in requirements and tagged == leg.id
