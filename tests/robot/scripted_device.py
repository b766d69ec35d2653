"""A device double: executes call programs on the host, with results that a test scripts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.device import LineReport
from harness.errors import LabError
from harness.program.model import (
    Assign,
    Call,
    Digest,
    Fails,
    Fill,
    Load,
    Pointer,
    Program,
    Ref,
    Repeat,
    Step,
    Store,
    WhenOk,
)
from harness.program.result import CallResult, Execution, Outcome, OutcomeKind
from harness.session.health import LineHealth

WORD = 0xFFFFFFFF
GOOD = {Fails.NEVER: 0, Fails.ZERO: 1, Fails.MINUS_ONE: 0, Fails.NONZERO: 0, Fails.NULL_WORD: 1}
BAD = {Fails.NEVER: 0, Fails.ZERO: 0, Fails.MINUS_ONE: WORD, Fails.NONZERO: 1, Fails.NULL_WORD: 0}


@dataclass(frozen=True)
class Error:
    """The call fails with this last error."""

    code: int


@dataclass(frozen=True)
class Ends:
    """The program ends in this call."""

    kind: OutcomeKind
    detail: int | None = None


Result = int | Error | Ends | None
Answer = Result | Callable[..., Result]


class _EndedError(Exception):
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


@dataclass(frozen=True)
class Info:
    major: int = 6
    minor: int = 0
    cpu: str = "double"

    @property
    def version(self) -> tuple[int, int]:
        return self.major, self.minor

    @property
    def identity(self) -> dict[str, str]:
        return {"version": f"{self.major}.{self.minor}.0", "cpu": self.cpu}

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Hello:
    build: str = "double 1.0"
    boot: int = 1


@dataclass
class ScriptedDevice:
    """`answers`: function name to value, Error, Ends, or a callable that gets the arguments (numbers, and
    bytearrays for pointers) and returns one of those. What is not named succeeds.

    fresh: as that of a TargetDevice; renewed: how often it was. pictures: what shows its state."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    name: str = "double"
    evidence: str = "model"
    url: str = "double://"
    word: int = 4
    failing: LabError | None = None
    programs: list[Program] = field(default_factory=list)
    closed: int = 0
    fresh: bool = False
    renewed: int = 0
    pictures: tuple[str, ...] = ()
    about: Info = Info()
    welcome: Hello = Hello()
    network: object = None
    recovery: tuple[object, ...] = ()
    line: LineReport = field(default_factory=lambda: LineReport("double://", "no key", "", LineHealth()))

    def info(self) -> Info:
        return self.about

    def run(self, program: Program) -> Execution:
        if self.failing is not None:
            raise self.failing
        self.programs.append(program)
        return _Worker(program, self.answers).execute()

    def renew(self) -> None:
        self.renewed += 1

    def show(self, folder: Path, name: str) -> list[Path]:
        return [folder / f"{name}-{picture}" for picture in self.pictures]

    @contextmanager
    def connected(self, *_: Any, **__: Any) -> Iterator["ScriptedDevice"]:
        """In place of `harness.targets.connect`."""
        try:
            yield self
        finally:
            self.closed += 1


class _Worker:
    def __init__(self, program: Program, answers: Mapping[str, Answer]) -> None:
        self.program, self.answers = program, answers
        self.memory = {each.name: bytearray(each.init.ljust(each.size, b"\0")) for each in program.buffers}
        self.slots: dict[str, int] = {}
        self.results: dict[int, list[tuple[int, int | None]]] = {}
        self.numbers = {id(step): number for number, step in enumerate(program.calls)}
        self.failed = False

    def execute(self) -> Execution:
        outcome = Outcome(OutcomeKind.RETURNED)
        try:
            self.steps(self.program.steps)
        except _EndedError as ended:
            outcome = ended.outcome
        calls = tuple(self.result(number) for number in range(len(self.program.calls)))
        buffers = {each.name: bytes(self.memory[each.name]) for each in self.program.buffers if each.returned}
        return Execution(self.program, outcome, calls, buffers)

    def result(self, number: int) -> CallResult:
        turns = self.results.get(number, [])
        call = self.program.calls[number]
        if not turns:
            return CallResult(call, False, None, None, None)
        if len(turns) == 1:
            return CallResult(call, True, turns[0][0], turns[0][1], 1)
        runs: list[tuple[int, int | None]] = []
        for _, error in turns:
            if runs and runs[-1][1] == error:
                runs[-1] = (runs[-1][0] + 1, error)
            else:
                runs.append((1, error))
        return CallResult(call, True, turns[-1][0], turns[-1][1], 1, tuple(runs))

    def steps(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            self.step(step)

    def step(self, step: Step) -> None:
        match step:
            case Call():
                self.call(step)
            case Digest():
                self.record(step, 0, None)
            case Repeat():
                self.repeat(step)
            case WhenOk():
                if not self.failed:
                    self.steps(step.steps)
            case Store():
                where, value = self.number(step.offset), self.number(step.value)
                size = step.width
                self.memory[step.buffer][where : where + size] = value.to_bytes(8, "little")[:size]
            case Assign():
                a, b = self.number(step.a), self.number(step.b)
                self.slots[step.target] = (a + b if step.op == "+" else a - b) & WORD
            case Fill():
                pass

    def repeat(self, step: Repeat) -> None:
        for turn in range(self.number(step.count)):
            if step.counter:
                self.slots[step.counter] = turn
            self.steps(step.steps)
            if step.until == "failure":
                if self.failed:
                    return
            elif step.until is not None and self.number(step.until) == 0:
                return

    def call(self, step: Call) -> None:
        answer: Any = self.answers.get(step.export.function)
        if callable(answer):
            answer = answer(*(self.argument(each) for each in step.args))
        if isinstance(answer, Ends):
            raise _EndedError(Outcome(answer.kind, self.numbers[id(step)], answer.detail))
        if isinstance(answer, Error):
            self.failed = True
            self.record(step, BAD[step.export.fails], answer.code)
            return
        self.failed = False
        self.record(step, GOOD[step.export.fails] if answer is None else answer, None)

    def record(self, step: Call | Digest, value: int, error: int | None) -> None:
        self.results.setdefault(self.numbers[id(step)], []).append((value, error))
        if step.result:
            self.slots[step.result] = value

    def argument(self, operand: Any) -> Any:
        if isinstance(operand, Pointer):
            return memoryview(self.memory[operand.buffer])[operand.offset :]
        return self.number(operand)

    def number(self, operand: Any) -> int:
        match operand:
            case int():
                return int(operand) & WORD
            case Ref():
                return self.slots.get(operand.name, 0)
            case Load():
                data = self.memory[operand.buffer][operand.offset : operand.offset + operand.width]
                return int.from_bytes(data, "little")
        return 0x10000
