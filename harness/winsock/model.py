"""What the documentation says, as data: functions, structures, requirements.

Everything here is immutable. Numbers of errors and constants are those of the public Winsock headers;
`page` is the identifier of a documentation page, as in its address (ms898773).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from harness.errors import UsageError

FAILS: Mapping[str, int] = {"never": 0, "zero": 1, "minus-one": 2, "nonzero": 3, "null-word": 4}
"""Failure rules and their numbers in a call program (see `ceagent.cddl`)."""

SUCCESS, LISTED, ANY = "success", "listed", "any"
"""Words that stand among error names in an expectation: the call succeeded; it failed with any code of
its function's error table; any of the two, with any code."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: C type, and direction "in", "out" or "in,out"."""

    name: str
    type: str
    direction: str


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One row of a documented error table.

    `name`: as the page prints it; `header`: as the header spells it. `sub`: letter of the condition, if the
    page gives several for one code. `source`: "ce", or "win32" where the CE page has no table
    and the row comes from the desktop page (an expectation to confirm, not documented for CE).
    """

    name: str
    value: int
    condition: str
    header: str
    sub: str = ""
    source: str = "ce"
    eai: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """How to call an export of the device: everything a call program needs to know about it.

    `name`: "ws2!WSASocketW". `fails`: a number of `FAILS`. `reader`, `setter`: exports that read and set the
    last error this one leaves behind.
    """

    name: str
    parameters: tuple[str, ...]
    fails: int
    reader: str = "coredll!GetLastError"
    setter: str = "coredll!SetLastError"


@dataclass(frozen=True, slots=True)
class Function:
    """One documented function.

    `name`: as documented (WSASocket). `export`: how to call it, None for what only a provider's procedure
    table or the upcall table offers. `result`: C type of the value; `returns`: what the value is on success;
    `failure`: the value that means failure, "none" if there is none.
    `code`: where the error code is found: "last-error", "value" (the returned value is the code),
    "lpErrno" (behind that parameter) or "none".
    `complete`: the error table of a CE page was read to its end. `pages`: other editions of the page.
    """

    name: str
    export: Export | None
    result: str
    returns: str
    failure: str
    code: str
    parameters: tuple[Parameter, ...]
    errors: tuple[ErrorRow, ...]
    complete: bool
    since: str
    header: str
    page: str
    pages: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""

    @property
    def listed(self) -> frozenset[int]:
        """All codes of the error table."""
        return frozenset(row.value for row in self.errors)

    def rows(self, code: int) -> tuple[ErrorRow, ...]:
        """The rows with that code, in the order of the page."""
        return tuple(row for row in self.errors if row.value == code)


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a structure, at `offset` bytes, `size` bytes long."""

    name: str
    type: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure as devices of one word size lay it out; `size` in bytes, trailing padding included."""

    name: str
    size: int
    fields: tuple[Field, ...]
    note: str = ""

    def field(self, name: str) -> Field:
        """One member. Raises `UsageError` for an unknown name."""
        for member in self.fields:
            if member.name == name:
                return member
        near = get_close_matches(name, [member.name for member in self.fields], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"{self.name} has no member {name}{hint}")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What may come of a call, in error names and the words `SUCCESS`, `LISTED` and `ANY`.

    The more exact one wins: a name before `LISTED` before `ANY`. Whatever is not named contradicts the page.

    conforming: as documented.
    tolerated: the page leaves it open; word to reason.
    observed: not decided by the page at all, recorded for comparison; word to reason.
    inconclusive: shows that the condition was not reached; word to reason.
    statement: the documented result in words where it is no code ("all bytes equal").
    """

    conforming: tuple[str, ...] = ()
    tolerated: Mapping[str, str] = field(default_factory=dict)
    observed: Mapping[str, str] = field(default_factory=dict)
    inconclusive: Mapping[str, str] = field(default_factory=dict)
    statement: str = ""


CALLS, EXHAUSTION = "calls", "exhaustion"
"""How a condition is brought about where a target needs nothing for it: by what is called, with which
arguments and in which order; by using up all there is."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One way to check a requirement that has an expectation, or a need, of its own.

    `function`: the documented function whose result is judged. `needs`: see `NEEDS`. `provoked`: how its
    condition is brought about: `CALLS`, `EXHAUSTION`, or by what it needs.
    """

    id: str
    title: str
    function: str
    expectation: Expectation
    needs: tuple[str, ...] = ()
    provoked: str = CALLS

    def missing(self, provides: frozenset[str]) -> tuple[str, ...]:
        """Needs that a target with these abilities does not meet."""
        return tuple(need for need in self.needs if need not in provides)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One checkable statement of a documentation page.

    `legs` holds at least one; a requirement that is checked in one way has a single leg without an id.
    `informative_until`: on this version of Windows CE and older ones the page lacks the statement, so a
    deviation is only recorded (major, minor).
    """

    id: str
    title: str
    statement: str
    tested: str
    function: str
    section: str
    legs: tuple[Leg, ...]
    note: str = ""
    informative_until: tuple[int, int] | None = None

    def leg(self, id: str = "") -> Leg:
        """One leg; without an id the first that needs nothing, else the first. Raises `UsageError`."""
        if not id:
            return next((leg for leg in self.legs if not leg.needs), self.legs[0])
        for leg in self.legs:
            if leg.id == id:
                return leg
        names = ", ".join(leg.id for leg in self.legs if leg.id)
        if not names:
            raise UsageError(f"{self.id} is checked in one way only and has no leg {id!r}")
        raise UsageError(f"{self.id} has no leg {id!r}, only {names}")

    @property
    def conforming(self) -> tuple[str, ...]:
        """Conforming words of all legs, each once."""
        return tuple(dict.fromkeys(word for leg in self.legs for word in leg.expectation.conforming))

    @property
    def needs(self) -> tuple[str, ...]:
        """What every leg needs: without it nothing of the requirement can be checked."""
        first, *others = (leg.needs for leg in self.legs)
        return tuple(need for need in first if all(need in needs for needs in others))

    def reachable(self, provides: frozenset[str]) -> tuple[Leg, ...]:
        """The legs that a target with these abilities can reach."""
        return tuple(leg for leg in self.legs if not leg.missing(provides))
