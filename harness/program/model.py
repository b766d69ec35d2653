"""Call programs as data: what a device is asked to do, checked before anything is sent.

A program is a list of steps over slots (named machine words) and buffers (named bytes). Every
class here is immutable and compares by value; `Program` checks itself and raises `ProgramError`.
The text form is `harness.program.text`, the wire form `harness.program.codec`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.program.check import check
from harness.program.steps import (
    NULL,
    Assign,
    Buffer,
    Call,
    Constant,
    Digest,
    Export,
    Fails,
    Fill,
    Join,
    Load,
    Operand,
    Pointer,
    Ref,
    Repeat,
    Sleep,
    Step,
    Store,
    Thread,
    WhenOk,
    pattern,
    walk,
)

__all__ = [
    "DEFAULT_DEADLINE_MS",
    "NULL",
    "Assign",
    "Buffer",
    "Call",
    "Constant",
    "Digest",
    "Export",
    "Fails",
    "Fill",
    "Join",
    "Load",
    "Operand",
    "Pointer",
    "Program",
    "Ref",
    "Repeat",
    "Sleep",
    "Step",
    "Store",
    "Thread",
    "WhenOk",
    "pattern",
    "walk",
]


DEFAULT_DEADLINE_MS = 5000
"""The deadline of a program that names none: in the text, in the model and on the wire (ceagent.cddl)."""


@dataclass(frozen=True, slots=True)
class Program:
    """Steps and the buffers they use. Raises `ProgramError` when it makes no sense.

    `fresh`: runs in a worker process of its own. `deadline_ms`: a call still running then is "blocked".
    """

    steps: tuple[Step, ...]
    buffers: tuple[Buffer, ...] = ()
    fresh: bool = False
    deadline_ms: int = DEFAULT_DEADLINE_MS

    def __post_init__(self) -> None:
        check(self.steps, self.buffers, self.deadline_ms)

    def walk(self) -> Iterator[Step]:
        """All steps in the order in which they stand, inner blocks included."""
        return walk(self.steps)

    @property
    def calls(self) -> tuple[Call | Digest, ...]:
        """What has a number and a result: calls and digests, in order."""
        return tuple(step for step in self.walk() if isinstance(step, Call | Digest))
