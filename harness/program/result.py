"""What came of a call program: outcomes and values, with the names of the program."""

from dataclasses import dataclass, field
from enum import Enum

from harness.program.model import Call, Digest, Program

SENTINEL = 0x2000BEEF
"""Last error that the agent sets before each call: read back, the function failed and set no code."""


class OutcomeKind(Enum):
    """What happened to a program; all but LOST and NOT_RUN are the agent's own words."""

    RETURNED = "returned"
    BLOCKED = "blocked"
    FAULTED = "faulted"
    EXITED = "exited"
    UNRESOLVED = "unresolved"
    OUT_OF_RANGE = "out of range"
    OVERFLOW = "overflow"
    NO_THREAD = "no thread"
    LOST = "lost"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`call` is the number of the call it happened in; `detail` an exception, exit or error code.

    `reason` says in words why a program was lost or not run. `address`: of the instruction that
    faulted, where the agent knows it.
    """

    kind: OutcomeKind
    call: int | None = None
    detail: int | None = None
    reason: str = ""
    address: int | None = None

    @property
    def returned(self) -> bool:
        """Did the program run to its end?"""
        return self.kind is OutcomeKind.RETURNED

    def __str__(self) -> str:
        place = "" if self.call is None else f" in call {self.call}"
        match self.kind:
            case OutcomeKind.FAULTED if self.detail is not None:
                text = f"faulted{place} with exception 0x{self.detail:08X}"
                if self.address is not None:
                    text += f" at 0x{self.address:08X}"
            case OutcomeKind.EXITED if self.detail is not None:
                text = f"process exited{place} with code {self.detail}"
            case OutcomeKind.UNRESOLVED if self.detail is not None:
                text = f"export not found{place}, error {self.detail}"
            case OutcomeKind.NO_THREAD if self.detail is not None:
                begins = "" if self.call is None else f" that begins with call {self.call}"
                text = f"the thread{begins} could not be made, error {self.detail}"
            case OutcomeKind.BLOCKED:
                text = f"blocked{place} until the deadline"
            case OutcomeKind.OUT_OF_RANGE:
                text = f"reached beyond a buffer{place or ''}"
            case OutcomeKind.OVERFLOW:
                text = f"answer too long for a frame{place}"
            case _:
                text = self.kind.value + place
        return f"{text}: {self.reason}" if self.reason else text


@dataclass(frozen=True, slots=True)
class CallResult:
    """What one call (or digest) of a program came to.

    `value`: last value, an unsigned machine word, None if it did not run. `error`: last error if it
    failed, else None (a call in a loop: that of its last run). `microseconds`: all its runs together.
    `runs`: for a call in a loop, how many turns in a row came to what (None is success, else the error).
    """

    call: Call | Digest
    ran: bool
    value: int | None
    error: int | None
    microseconds: int | None
    runs: tuple[tuple[int, int | None], ...] = ()

    @property
    def ok(self) -> bool:
        """It ran, and no run of it failed."""
        return self.ran and self.error is None and all(error is None for _, error in self.runs)

    @property
    def times(self) -> int:
        """How often it ran."""
        return sum(count for count, _ in self.runs) if self.runs else int(self.ran)

    @property
    def set_no_code(self) -> bool:
        """It failed without setting a last error."""
        return self.error == SENTINEL


@dataclass(frozen=True, slots=True)
class Execution:
    """A program and what came of it; `buffers` holds the returned ones in full, by name."""

    program: Program
    outcome: Outcome
    calls: tuple[CallResult, ...]
    buffers: dict[str, bytes] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Was it not run since the device could not start a process for it?"""
        return self.outcome.kind is OutcomeKind.NOT_RUN and self.outcome.detail is not None

    @property
    def last(self) -> CallResult:
        """The last call of the program as written, whether it ran or not."""
        return self.calls[-1]

    def named(self, result: str) -> CallResult:
        """The call whose value is kept under that name. Raises KeyError."""
        for call in self.calls:
            if call.call.result == result:
                return call
        raise KeyError(result)

    def value(self, name: str) -> int | None:
        """The value of the call of that name, None if it did not run. Raises KeyError."""
        return self.named(name).value
