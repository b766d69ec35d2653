"""The parts of call programs: exports, operands, buffers and steps.

All are immutable and compare by value. What they mean together is checked by `Program`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, TypeAlias

from harness.errors import ProgramError

RESERVED = frozenset(
    [
        "as",
        "buffer",
        "call",
        "deadline",
        "digest",
        "failure",
        "fails",
        "fill",
        "fresh",
        "in",
        "inout",
        "join",
        "keep",
        "never",
        "NULL",
        "ok",
        "out",
        "reads",
        "repeat",
        "scratch",
        "sleep",
        "store",
        "thread",
        "until",
        "when",
    ]
)
"""Words of the text form, which no slot and no buffer may have as a name."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
EXPORT_NAME = re.compile(r"[A-Za-z0-9_.\\-]+![A-Za-z_?@$][A-Za-z0-9_?@$]*\Z")
LONGEST_NAME = 63
"""Bytes of "module!function" that an agent holds; docs/protocol.md."""
_CONSTANT_TEXT = re.compile(r"(\w+)( \| \w+)*\Z", re.ASCII)


class Fails(IntEnum):
    """Which returned values mean that a call failed; 32 bits are looked at, but for NULL_WORD."""

    NEVER = 0
    ZERO = 1
    MINUS_ONE = 2
    NONZERO = 3
    NULL_WORD = 4

    @property
    def rule(self) -> str:
        """The rule as program text writes it: "minus-one"."""
        return self.name.lower().replace("_", "-")


class Constant(int):
    """A number that remembers how it was written ("AF_INET", "A | 0x40"); equals the bare number."""

    text: str

    def __new__(cls, value: int, text: str) -> "Constant":
        if not _CONSTANT_TEXT.match(text):
            raise ProgramError(f"{text!r} is not the text of a constant: names or numbers joined by ' | '")
        self = super().__new__(cls, value)
        self.text = text
        return self

    def __repr__(self) -> str:
        return f"Constant({int(self)}, {self.text!r})"


NULL = Constant(0, "NULL")


@dataclass(frozen=True, slots=True)
class Export:
    """A function of a module on the device and how to tell that it failed.

    `name`, `reader` and `setter` are "module!function"; reader and setter get and set the last error.
    `known`: the rest is in the harness's own data, so that program text need not repeat it.
    """

    name: str
    fails: Fails = Fails.NEVER
    reader: str = "coredll!GetLastError"
    setter: str = "coredll!SetLastError"
    known: bool = field(default=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name in (self.name, self.reader, self.setter):
            if not EXPORT_NAME.match(name):
                raise ProgramError(f"{name!r} is not the name of an export: expected module!Function")
            if len(name) > LONGEST_NAME:
                raise ProgramError(
                    f"{name!r} is too long for an export: expected {LONGEST_NAME} bytes at most"
                )
        object.__setattr__(self, "fails", Fails(self.fails))

    @property
    def function(self) -> str:
        """The name without its module: "WSASocketW"."""
        return self.name.partition("!")[2]


@dataclass(frozen=True, slots=True)
class Ref:
    """The value of a slot: an earlier call, a counter, a variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """The address of byte `offset` of a buffer."""

    buffer: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """The little-endian number of `width` bytes (1, 2, 4, 8) at byte `offset` of a buffer."""

    buffer: str
    offset: int
    width: int


Operand: TypeAlias = int | Ref | Pointer | Load


@dataclass(frozen=True, slots=True)
class Buffer:
    """`size` bytes on the device: `init`, then zeros. `returned`: its bytes come back with the answer.

    With `keep` (a number) it outlives the program, for later programs of the same worker process.
    """

    name: str
    size: int
    init: bytes = b""
    returned: bool = False
    keep: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One native call; `result` names the slot its value goes to."""

    export: Export
    args: tuple[Operand, ...] = ()
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """`steps`, `count` times; slot `counter` counts 0, 1, ...

    `until`: "failure" ends after a turn whose last call failed, an operand when it is zero.
    """

    count: Operand
    steps: "tuple[Step, ...]"
    counter: str | None = None
    until: "Literal['failure'] | Operand | None" = None


@dataclass(frozen=True, slots=True)
class WhenOk:
    """`steps`, if the last call that ran did not fail."""

    steps: "tuple[Step, ...]"


@dataclass(frozen=True, slots=True)
class Fill:
    """Write `length` bytes of the position-coded pattern (see `pattern`) from `position` on."""

    buffer: str
    offset: Operand
    length: Operand
    position: Operand


@dataclass(frozen=True, slots=True)
class Digest:
    """CRC-32 of `length` bytes, continued from `start` (0 to begin), into slot `result`."""

    buffer: str
    offset: Operand
    length: Operand
    start: Operand = 0
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Sleep:
    """Do nothing for `ms` milliseconds."""

    ms: Operand


@dataclass(frozen=True, slots=True)
class Store:
    """Write `value` as a little-endian number of `width` bytes (1, 2, 4, 8) into a buffer."""

    buffer: str
    offset: Operand
    width: int
    value: Operand


@dataclass(frozen=True, slots=True)
class Assign:
    """Variable `target` = a + b or a - b, in machine words that wrap around."""

    target: str
    a: Operand
    op: Literal["+", "-"] = "+"
    b: Operand = 0


@dataclass(frozen=True, slots=True)
class Thread:
    """`steps` in a thread of its own, at the same time as what stands after it."""

    name: str
    steps: "tuple[Step, ...]"


@dataclass(frozen=True, slots=True)
class Join:
    """Wait for the end of a thread; the program's end waits for all."""

    name: str


Step: TypeAlias = Call | Repeat | WhenOk | Fill | Digest | Sleep | Store | Assign | Thread | Join


_STEP = 2654435761


def pattern(position: int, length: int) -> bytes:
    """The bytes that `Fill` writes on the device: byte i is ((position + i) * 2654435761 mod 2^32) >> 24."""
    products = range(position * _STEP, (position + length) * _STEP, _STEP)
    return bytes([product >> 24 & 0xFF for product in products])


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """`steps` and all steps inside them, in the order in which they stand."""
    for step in steps:
        yield step
        if isinstance(step, Repeat | WhenOk | Thread):
            yield from walk(step.steps)
