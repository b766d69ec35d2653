"""A device that answers WSASocket as a script says, and overflows, faults, blocks or gets lost at will.

It counts how often it was asked for each triple, and reads the program itself: what it runs is what the
device would run.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from harness.program.model import Assign, Call, Program, Ref, Repeat, WhenOk
from harness.program.result import SENTINEL, CallResult, Execution, Outcome, OutcomeKind

Triple = tuple[int, int, int]
"""Type, address family, protocol."""
Answer = Callable[[Triple], str]
"""The outcome of a triple, as a fingerprint names it."""
_HANDLE, _INVALID = 0x104, 0xFFFFFFFF


class _Ended(Exception):  # noqa: N818 - the program has
    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


@dataclass
class _Limits:
    window: int = 8


@dataclass
class _Welcome:
    limits: _Limits = field(default_factory=_Limits)


@dataclass
class ScriptedSweep:
    """`room`: runs that an answer has room for; `hiccups`: probability that a program is lost, with all
    behind it, or late, though no triple is to blame (a triple alone: lost once at most); `most`: calls that
    a program may make before it is late."""

    answer: Answer
    room: int = 10_000
    hiccups: float = 0.0
    most: int = 1_000_000
    random: Random = field(default_factory=Random)
    startup: int = 0
    asked: Counter[Triple] = field(default_factory=Counter)
    programs: list[Program] = field(default_factory=list)
    after: Callable[["ScriptedSweep"], None] = lambda self: None
    welcome: _Welcome = field(default_factory=_Welcome)
    hiccuped: set[str] = field(default_factory=set)

    def run_all(self, programs: Iterable[Program]) -> list[Execution]:
        executions: list[Execution] = []
        gone = ""
        for program in programs:
            if gone:
                kind = self.random.choice((OutcomeKind.LOST, OutcomeKind.NOT_RUN))
                executions.append(_nothing(program, Outcome(kind, reason=gone)))
                continue
            self.programs.append(program)
            execution = _Run(self, program).execute()
            if execution.outcome.kind is OutcomeKind.LOST:
                gone = "the device restarted"
            executions.append(execution)
        self.after(self)
        return executions


def _nothing(program: Program, outcome: Outcome) -> Execution:
    return Execution(program, outcome, tuple(CallResult(c, False, None, None, None) for c in program.calls))


class _Run:
    """One program. Calls are WSAStartup, WSASocketW, closesocket, WSACleanup."""

    def __init__(self, device: ScriptedSweep, program: Program) -> None:
        self.device, self.program = device, program
        self.numbers = {id(call): number for number, call in enumerate(program.calls)}
        self.slots: dict[str, int] = {}
        self.turns: dict[int, list[tuple[int | None, int]]] = {0: [], 1: [], 2: [], 3: []}
        self.outcome_of_socket = ""
        self.failed = False
        self.left = device.most

    def execute(self) -> Execution:
        outcome = Outcome(OutcomeKind.RETURNED)
        if self.device.random.random() < self.device.hiccups:
            alone, name = self.is_alone(), str(self.program.steps)
            if self.device.random.random() < 0.5:
                if not alone or name not in self.device.hiccuped:
                    self.device.hiccuped.add(name)
                    return _nothing(self.program, Outcome(OutcomeKind.LOST, reason="hiccup"))
            elif not alone:
                self.left = 1
        try:
            self.steps(self.program.steps)
        except _Ended as ended:
            outcome = ended.outcome
        if outcome.kind is OutcomeKind.LOST:
            return _nothing(self.program, outcome)
        return self.told(outcome)

    def is_alone(self) -> bool:
        """Is it about one triple?"""
        return all(step.count == 1 for step in self.program.walk() if isinstance(step, Repeat))

    def steps(self, steps: tuple[object, ...]) -> None:
        for step in steps:
            match step:
                case Repeat():
                    assert isinstance(step.count, int)
                    for turn in range(step.count):
                        self.slots[step.counter or ""] = turn
                        self.steps(step.steps)
                case WhenOk():
                    if not self.failed:
                        self.steps(step.steps)
                case Assign():
                    self.slots[step.target] = self.value(step.a) + self.value(step.b)
                case Call():
                    self.call(step)

    def value(self, operand: object) -> int:
        return self.slots[operand.name] if isinstance(operand, Ref) else int(operand)  # type: ignore[call-overload, no-any-return]

    def call(self, call: Call) -> None:
        number = self.numbers[id(call)]
        match call.export.function:
            case "WSAStartup":
                self.note(number, self.device.startup or None, self.device.startup)
            case "WSASocketW":
                family, type_, protocol = (self.value(each) for each in call.args[:3])
                triple = (type_, family, protocol)
                self.late(number)
                self.device.asked[triple] += 1
                self.outcome_of_socket = self.device.answer(triple)
                if self.outcome_of_socket.startswith("closing"):
                    self.note(number, None, _HANDLE)
                else:
                    self.come_to(number, self.outcome_of_socket, _HANDLE, _INVALID)
            case "closesocket":
                self.late(number)
                text = self.outcome_of_socket
                self.come_to(number, text.removeprefix("closing "), 0, _INVALID)
            case "WSACleanup":
                self.note(number, None, 0)

    def late(self, number: int) -> None:
        if self.left == 0:
            raise _Ended(Outcome(OutcomeKind.BLOCKED, number))
        self.left -= 1

    def come_to(self, number: int, text: str, good: int, bad: int) -> None:
        kind, _, code = text.partition(" ")
        match kind:
            case "success":
                self.note(number, None, good)
            case "error":
                self.note(number, int(code), bad)
            case "no":
                self.note(number, SENTINEL, bad)
            case "blocked":
                raise _Ended(Outcome(OutcomeKind.BLOCKED, number))
            case "faulted":
                raise _Ended(Outcome(OutcomeKind.FAULTED, number, int(code, 16)))
            case "exited":
                raise _Ended(Outcome(OutcomeKind.EXITED, number, int(code)))
            case "lost":
                raise _Ended(Outcome(OutcomeKind.LOST, reason="the device restarted"))

    def note(self, number: int, error: int | None, value: int) -> None:
        self.failed = error is not None
        self.turns[number].append((error, value))

    def told(self, outcome: Outcome) -> Execution:
        """With as many runs as there is room for, in the order in which they ended, as an agent tells them.

        An agent whose program ended otherwise than well does not say that runs are missing.
        """
        ended, still_open = self.runs()
        told = (ended + still_open)[: self.device.room]
        if len(told) < len(ended + still_open) and outcome.returned:
            outcome = Outcome(OutcomeKind.OVERFLOW, 1)
        results = []
        for number, call in enumerate(self.program.calls):
            turns = self.turns[number]
            runs = tuple((count, error) for one, count, error in told if one == number)
            looped = number in (1, 2)
            if not turns or (looped and not runs):
                results.append(CallResult(call, False, None, None, None))
            else:
                error, value = turns[-1]
                results.append(CallResult(call, True, value, error, 1, runs if looped else ()))
        return Execution(self.program, outcome, tuple(results))

    def runs(self) -> tuple[list[tuple[int, int, int | None]], list[tuple[int, int, int | None]]]:
        """Runs of the two calls in the loop: those that ended, in the order of their ends, and the last."""
        order: list[tuple[int, int | None]] = []
        closings = iter(self.turns[2])
        for error, _ in self.turns[1]:
            order.append((1, error))
            if error is None:
                closing = next(closings, None)
                if closing is not None:
                    order.append((2, closing[0]))
        ended: list[tuple[int, int, int | None]] = []
        current: dict[int, tuple[int, int | None]] = {}
        for number, error in order:
            if number in current and current[number][1] == error:
                current[number] = (current[number][0] + 1, error)
                continue
            if number in current:
                ended.append((number, *current[number]))
            current[number] = (1, error)
        return ended, [(number, *current[number]) for number in sorted(current)]
