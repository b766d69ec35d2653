"""Programs in the form the wire wants, and answers in the form people want.

Numbers on the wire, names here: slots, buffers and exports are numbered as ceagent.cddl says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from harness.errors import ProgramError, ProtocolError
from harness.program.model import (
    DEFAULT_DEADLINE_MS,
    Assign,
    Buffer,
    Call,
    Digest,
    Export,
    Fails,
    Fill,
    Join,
    Load,
    Operand,
    Pointer,
    Program,
    Ref,
    Repeat,
    Sleep,
    Step,
    Store,
    Thread,
    WhenOk,
)
from harness.program.result import CallResult, Execution, Outcome, OutcomeKind
from harness.wire.messages import Answer

"""Deadline of a program that names none; the same number is in ceagent.cddl."""

_DEFAULT = Export("coredll!GetLastError")


class Limits(Protocol):
    """What `compile_program` looks at in the limits of an agent."""

    @property
    def word(self) -> int: ...
    @property
    def arena(self) -> int: ...
    @property
    def slots(self) -> int: ...
    @property
    def buffers(self) -> int: ...
    @property
    def kept(self) -> int: ...
    @property
    def exports(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def arity(self) -> int: ...
    @property
    def threads(self) -> int: ...


class ExportTable:
    """The exports of one session: a number for each, and which of them the agent knows already."""

    def __init__(self) -> None:
        self._numbers: dict[Export, int] = {}
        self._entries: list[list[object]] = []
        self._needs: list[tuple[int, ...]] = []
        self._defined: set[int] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def number(self, export: Export) -> int:
        """The number of `export` in the table, entered if it is new."""
        if export.fails is Fails.NEVER:
            export = Export(export.name)
        if export in self._numbers:
            return self._numbers[export]
        pair: tuple[int, ...] = ()
        if (export.reader, export.setter) != (_DEFAULT.reader, _DEFAULT.setter):
            pair = (self.number(Export(export.reader)), self.number(Export(export.setter)))
        number = len(self._entries)
        self._numbers[export] = number
        self._entries.append([number, export.name, int(export.fails), *pair])
        self._needs.append(pair)
        return number

    def cut(self, length: int) -> None:
        """Take back all entries from number `length` on; none of them was used."""
        self._numbers = {export: number for export, number in self._numbers.items() if number < length}
        del self._entries[length:], self._needs[length:]

    def define(self, numbers: Iterable[int]) -> dict[int, list[object]]:
        """Entries that a message using `numbers` has to carry, by number; they count as defined from now."""
        new: dict[int, list[object]] = {}
        for number in numbers:
            for one in (*self._needs[number], number):
                if one not in self._defined:
                    self._defined.add(one)
                    new[one] = self._entries[one]
        return new

    def forget(self, numbers: Iterable[int]) -> None:
        """The message that defined these was not taken: the next one that uses them defines them again."""
        self._defined.difference_update(numbers)

    def forget_all(self) -> None:
        """A new session: nothing is defined there."""
        self._defined.clear()


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program as parts of a run message; `exports` are the numbers it uses in an `ExportTable`."""

    steps: list[object]
    buffers: list[object]
    exports: tuple[int, ...]
    deadline_ms: int | None
    fresh: bool


def compile_program(program: Program, exports: ExportTable, limits: Limits) -> Compiled:
    """`program` as parts of a run message. Raises `ProgramError` if the agent's limits do not allow it."""
    compiler = _Compiler(program, exports, limits)
    before = len(exports)
    try:
        steps = compiler.steps(program.steps, 0)
        compiler.check_limits()
    except ProgramError:
        exports.cut(before)
        raise
    return Compiled(
        steps=steps,
        buffers=[_buffer(buffer) for buffer in program.buffers],
        exports=tuple(compiler.used),
        deadline_ms=None if program.deadline_ms == DEFAULT_DEADLINE_MS else program.deadline_ms,
        fresh=program.fresh,
    )


def _buffer(buffer: Buffer) -> list[object]:
    init = buffer.init.rstrip(b"\0")
    if buffer.keep is not None:
        return [buffer.size, buffer.returned, init, buffer.keep]
    return [buffer.size, buffer.returned, *([init] if init else [])]


class _Compiler:
    """Walks a program once; numbers are given in the order in which things stand."""

    def __init__(self, program: Program, exports: ExportTable, limits: Limits) -> None:
        self._program = program
        self._exports = exports
        self._limits = limits
        self._buffers = {buffer.name: number for number, buffer in enumerate(program.buffers)}
        self._slots = {
            call.result: number for number, call in enumerate(program.calls) if call.result is not None
        }
        self._slot_count = len(program.calls)
        self._deepest = 0
        self._threads: dict[str, int] = {}
        self.used: dict[int, None] = {}

    def check_limits(self) -> None:
        buffers = self._program.buffers
        for need, what, allowed in (
            (sum(buffer.size for buffer in buffers), "bytes of buffers", self._limits.arena),
            (len(buffers), "buffers", self._limits.buffers),
            (sum(buffer.keep is not None for buffer in buffers), "kept buffers", self._limits.kept),
            (self._slot_count, "values and counters", self._limits.slots),
            (self._deepest, "nested blocks", self._limits.depth),
            (len(self._threads), "threads", self._limits.threads),
            (len(self._exports), "different functions in this session", self._limits.exports),
        ):
            if need > allowed:
                raise ProgramError(f"the program needs {need} {what}, the device allows {allowed}")

    def steps(self, steps: tuple[Step, ...], depth: int) -> list[object]:
        self._deepest = max(self._deepest, depth)
        made: list[object] = []
        selected: int | None = None
        for step in steps:
            if isinstance(step, Call):
                export = self._exports.number(step.export)
                self.used[export] = None
                if export != selected:
                    made.append(export)
                    selected = export
                made.append(self._call(step))
            else:
                made.append(self._operation(step, depth))
        return made

    def _call(self, call: Call) -> list[object]:
        if len(call.args) > self._limits.arity:
            raise ProgramError(
                f"{call.export.name} is called with {len(call.args)} arguments, "
                f"the device allows {self._limits.arity}"
            )
        return [self._operand(arg) for arg in call.args]

    def _operation(self, step: Step, depth: int) -> dict[int, object]:
        operand, buffers = self._operand, self._buffers
        match step:
            case Repeat():
                return {1: self._repeat(step, depth)}
            case WhenOk():
                return {2: self.steps(step.steps, depth + 1)}
            case Fill():
                place = [operand(step.offset), operand(step.length), operand(step.position)]
                return {3: [buffers[step.buffer], *place]}
            case Digest():
                place = [operand(step.offset), operand(step.length), operand(step.start)]
                return {4: [buffers[step.buffer], *place]}
            case Sleep():
                return {5: operand(step.ms)}
            case Store():
                return {6: [buffers[step.buffer], operand(step.offset), step.width, operand(step.value)]}
            case Assign():
                # The operands first: a variable has a slot from its first mention on.
                a, b = operand(step.a), operand(step.b)
                return {7 if step.op == "+" else 8: [self._slot(step.target), a, b]}
            case Thread():
                number = self._threads[step.name] = len(self._threads)
                return {9: [number, self.steps(step.steps, depth + 1)]}
            case Join():
                return {10: self._threads[step.name]}
            case Call():
                raise AssertionError("calls are no operations")

    def _repeat(self, step: Repeat, depth: int) -> list[object]:
        count = self._operand(step.count)
        if step.counter is None:
            counter = self._slot_count
            self._slot_count += 1
        else:
            counter = self._slot(step.counter)
        inner = self.steps(step.steps, depth + 1)
        if step.until is None:
            until: object = None
        else:
            until = True if step.until == "failure" else self._until(step.until)
        return [count, counter, until, inner]

    def _until(self, until: object) -> object:
        if isinstance(until, int | Ref | Pointer | Load):
            return self._operand(until)
        raise ProgramError(f"{until!r} cannot end a loop: expected 'failure' or an operand")

    def _slot(self, name: str) -> int:
        if name not in self._slots:
            self._slots[name] = self._slot_count
            self._slot_count += 1
        return self._slots[name]

    def _operand(self, operand: Operand) -> object:
        match operand:
            case int():
                return self._constant(int(operand))
            case Ref():
                return [self._slot(operand.name)]
            case Pointer():
                return [self._buffers[operand.buffer], int(operand.offset)]
            case Load():
                return [self._buffers[operand.buffer], int(operand.offset), operand.width]

    def _constant(self, value: int) -> int:
        bits = 8 * self._limits.word
        if not -(1 << bits - 1) <= value < 1 << bits:
            raise ProgramError(f"{value} does not fit the device's machine word of {bits} bits")
        return value


# --- answers -------------------------------------------------------------------------------

_KINDS = {
    1: OutcomeKind.BLOCKED,
    2: OutcomeKind.FAULTED,
    3: OutcomeKind.EXITED,
    4: OutcomeKind.UNRESOLVED,
    5: OutcomeKind.OUT_OF_RANGE,
    6: OutcomeKind.OVERFLOW,
    7: OutcomeKind.NO_THREAD,
}


def read_answer(program: Program, answer: Answer, word: int) -> Execution:
    """What `answer` says about `program`, with its names. `word`: bytes of a value of that agent.

    Raises `ProtocolError` when the answer cannot be one to this program.
    """
    calls = program.calls
    done = answer.outcome is None
    if answer.lone:
        if answer.values[0] >> 8 * word:
            raise ProtocolError(
                f"an answer with value {answer.values[0]} from an agent whose word is {word} bytes"
            )
    elif answer.word != word and answer.values:
        raise ProtocolError(
            f"an answer with values of {answer.word} bytes from an agent whose word is {word}"
        )
    if (done and len(answer.values) != len(calls)) or len(answer.values) > len(calls):
        raise ProtocolError(f"an answer with {len(answer.values)} values to a program of {len(calls)} calls")
    if len(answer.times) != len(answer.values):
        raise ProtocolError(f"an answer with {len(answer.values)} values, but {len(answer.times)} times")
    for number in (*answer.errors, *(run[0] for run in answer.runs)):
        if number >= len(calls):
            raise ProtocolError(f"an answer about call {number} to a program of {len(calls)} calls")
    looped = _looped(program)
    outcome = Outcome(OutcomeKind.RETURNED)
    if answer.outcome is not None:
        told = answer.outcome
        outcome = Outcome(_KINDS[told.code], told.call, told.detail, address=told.address)
    return Execution(
        program=program,
        outcome=outcome,
        calls=tuple(
            _result(call, number, answer, in_loop=looped[number]) for number, call in enumerate(calls)
        ),
        buffers=_returned(program, answer, done=done),
    )


def not_run(program: Program, outcome: Outcome) -> Execution:
    """The execution of a program of which nothing is known but `outcome`."""
    return Execution(
        program, outcome, tuple(CallResult(call, False, None, None, None) for call in program.calls)
    )


def _result(call: Call | Digest, number: int, answer: Answer, *, in_loop: bool) -> CallResult:
    runs = tuple((count, error) for one, count, error in answer.runs if one == number)
    listed = number < len(answer.values)
    if in_loop:
        ran = listed and bool(runs)
        error = runs[-1][1] if runs else None
    else:
        error = answer.errors.get(number)
        ran = listed and (error is not None or number not in answer.errors)
    if not ran:
        return CallResult(call, False, None, None, None, runs)
    return CallResult(call, True, answer.values[number], error, answer.times[number], runs)


def _returned(program: Program, answer: Answer, *, done: bool) -> dict[str, bytes]:
    returned = [buffer for buffer in program.buffers if buffer.returned]
    if len(answer.outputs) != len(returned) and (done or answer.outputs):
        raise ProtocolError(
            f"an answer with {len(answer.outputs)} buffers to a program that returns {len(returned)}"
        )
    found: dict[str, bytes] = {}
    for buffer, data in zip(returned, answer.outputs, strict=False):
        if len(data) > buffer.size:
            raise ProtocolError(f"{len(data)} bytes came back for buffer {buffer.name!r} of {buffer.size}")
        found[buffer.name] = data.ljust(buffer.size, b"\0")
    return found


def _looped(program: Program) -> list[bool]:
    """For each call of the program, is it inside a loop?"""
    found: list[bool] = []

    def visit(steps: tuple[Step, ...], in_loop: bool) -> None:
        for step in steps:
            match step:
                case Call() | Digest():
                    found.append(in_loop)
                case Repeat():
                    visit(step.steps, True)
                case WhenOk() | Thread():
                    visit(step.steps, in_loop)

    visit(program.steps, False)
    return found
