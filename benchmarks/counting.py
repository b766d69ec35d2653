"""Programs that count on the device, and what their answers must say.

Every call is InterlockedIncrement on one kept buffer of the agent's worker. It returns the new value, so the
calls of a run return 1, 2, 3 ... in order, or a call was lost, ran twice, or an answer is another one's.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from harness.program.model import Buffer, Call, Export, Fails, Pointer, Program, Repeat
from harness.program.result import Execution

ROUND_SINGLES = 16
ROUND_LISTS = 4
LIST_CALLS = 16
LOOP_CALLS = 720
ROUND_CALLS = ROUND_SINGLES + ROUND_LISTS * LIST_CALLS + LOOP_CALLS
"""A round: 16 programs of one call, 4 of 16 call steps, one loop of 720. A tenth are steps of their own."""

_COUNTER = Buffer("counter", 4, keep=1)
_INCREMENT = Call(Export("coredll!InterlockedIncrement", Fails.NEVER), (Pointer("counter"),))
_READ = Call(Export("coredll!InterlockedExchangeAdd", Fails.NEVER), (Pointer("counter"), 0))
READ = Program((_READ,), (Buffer("counter", 4, returned=True, keep=1),))
"""Leaves the counter as it is."""


@dataclass(frozen=True, slots=True)
class Count:
    """A program of `calls` calls; `first` is what the first of them must return."""

    program: Program
    first: int
    calls: int

    def complaint(self, execution: Execution) -> str:
        """What is wrong with the answer, "" for nothing."""
        if not execution.outcome.returned:
            return str(execution.outcome)
        last = self.first + self.calls - 1
        wanted = [last] if len(execution.calls) == 1 else list(range(self.first, last + 1))
        found = [call.value for call in execution.calls]
        if found != wanted:
            return f"values {found}, expected {wanted}"
        if sum(call.times for call in execution.calls) != self.calls or not all(
            call.ok for call in execution.calls
        ):
            return f"{execution.calls}, expected {self.calls} calls without an error"
        return ""


@cache
def _steps(calls: int) -> Program:
    return Program((_INCREMENT,) * calls, (_COUNTER,))


@cache
def _loop(calls: int) -> Program:
    return Program((Repeat(calls, (_INCREMENT,)),), (_COUNTER,))


def counts(total: int) -> Iterator[Count]:
    """Programs of `total` calls together, in the order in which they have to run."""
    done = 0
    sizes = [1] * ROUND_SINGLES + [LIST_CALLS] * ROUND_LISTS + [LOOP_CALLS]
    while done < total:
        for size in sizes:
            calls = min(size, total - done)
            if calls:
                program = _loop(calls) if size == LOOP_CALLS else _steps(calls)
                yield Count(program, done + 1, calls)
            done += calls


def frames(total: int) -> int:
    """Programs that `counts(total)` holds, about."""
    return -(-total // ROUND_CALLS) * (ROUND_SINGLES + ROUND_LISTS + 1)


def read_counter(execution: Execution) -> int:
    """The counter on the device. Raises ValueError when value and memory do not agree."""
    if not execution.outcome.returned:
        raise ValueError(f"the counter could not be read: {execution.outcome}")
    (value,) = struct.unpack("<I", execution.buffers["counter"])
    if execution.last.value != value:
        raise ValueError(f"the counter holds {value}, the call returned {execution.last.value}")
    return int(value)
