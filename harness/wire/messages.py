"""Messages: what the body of a frame means, as in device_agent/protocol/ceagent.cddl.

`harness.wire.coding` makes bytes of them and reads them back.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

PROTOCOL_VERSION = 2

NONCE_BYTES = 16
"""Bytes of the random number that each side adds to a handshake."""

PROOF_BYTES = 16


class WireError(ValueError):
    """A body that is no message of this protocol."""


class Reason(IntEnum):
    """Why the agent refused."""

    VERSION = 1
    MALFORMED = 2
    LIMIT = 3
    SEQUENCE = 4
    NO_SESSION = 5
    WORKER = 6
    KEY = 7
    PROOF = 8


class OutcomeCode(IntEnum):
    """What ended a program before its end."""

    BLOCKED = 1
    FAULTED = 2
    EXITED = 3
    UNRESOLVED = 4
    OUT_OF_RANGE = 5
    OVERFLOW = 6
    NO_THREAD = 7

    @property
    def has_detail(self) -> bool:
        """A code follows the number of the call: exception, exit code, last error."""
        return self in (
            OutcomeCode.FAULTED,
            OutcomeCode.EXITED,
            OutcomeCode.UNRESOLVED,
            OutcomeCode.NO_THREAD,
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What an agent can take, in the order of the message; see `limits` in the CDDL for units."""

    word: int
    frame: int
    window: int
    arena: int
    slots: int
    buffers: int
    kept: int
    exports: int
    depth: int
    arity: int
    threads: int


LIMIT_NAMES = tuple(Limits.__dataclass_fields__)
"""The names of the limits; a refusal's detail counts them from 0."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Controller: let us talk. `session` is random and never 0; with a `nonce`: I have a key."""

    session: int
    nonce: bytes | None = None
    version: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class Challenge:
    """Agent: show that you have the key."""

    session: int
    boot: int
    nonce: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """Controller: here is what only a holder of the key can compute."""

    session: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class Welcome:
    """Agent: who I am and what I can take; `next` is the number, 32 bits, of the program expected next."""

    session: int
    boot: int
    next: int
    limits: Limits
    build: str
    missing: tuple[str, ...] = ()
    version: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class Run:
    """Controller: run a program; `seq` is the low byte of its number.

    Steps, buffers and exports are as in the CDDL, ready for CBOR.
    """

    seq: int
    steps: list[object]
    buffers: list[object] = field(default_factory=list)
    exports: list[object] = field(default_factory=list)
    deadline_ms: int | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """Agent: how a program ended early, in call number `call`.

    `address`: of the instruction that faulted, where it is known; no other outcome has one.
    """

    code: OutcomeCode
    call: int
    detail: int | None = None
    address: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Agent: what came of a program. `times` are microseconds; `word` is the size of a value in bytes.

    `lone`: the value and the time of a program's only call, each as a bare number. Such a number does not
    tell its word.
    """

    seq: int
    values: tuple[int, ...] = ()
    times: tuple[int, ...] = ()
    outcome: Outcome | None = None
    errors: dict[int, int | None] = field(default_factory=dict)
    runs: tuple[tuple[int, int, int | None], ...] = ()
    outputs: tuple[bytes, ...] = ()
    word: int = 4
    lone: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Agent: nothing of message `seq` was executed."""

    seq: int
    reason: Reason
    detail: int = 0


@dataclass(frozen=True, slots=True)
class Working:
    """Agent: I hold message `seq` and have not finished it."""

    seq: int


Message: TypeAlias = Hello | Challenge | Proof | Welcome | Run | Answer | Refusal | Working
