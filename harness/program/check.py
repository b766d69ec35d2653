"""Does a program make sense? Names, order, ranges; limits of an agent are the codec's business."""

from collections import Counter
from collections.abc import Iterable

from harness.errors import ProgramError
from harness.program.steps import (
    NAME,
    RESERVED,
    Assign,
    Buffer,
    Call,
    Digest,
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
    walk,
)
from harness.program.threads import Threads

WIDTHS = (1, 2, 4, 8)
_MIN, _MAX = -(1 << 63), (1 << 64) - 1
_MAX_U32 = (1 << 32) - 1


def check(steps: tuple[Step, ...], buffers: tuple[Buffer, ...], deadline_ms: int) -> None:
    """Raise `ProgramError` for the first thing that makes no sense."""
    if not 1 <= deadline_ms <= _MAX_U32:
        raise ProgramError(f"a deadline of {deadline_ms} ms: expected 1 to {_MAX_U32} ms")
    sizes = _check_buffers(buffers)
    _check_slot_names(steps, sizes)
    Order(sizes).visit(steps, set())


def check_name(name: str, what: str) -> None:
    """Raise `ProgramError` unless program text can use `name`."""
    if not NAME.match(name):
        raise ProgramError(f"{name!r} cannot be the name of a {what}: expected letters, digits and _")
    if name in RESERVED:
        raise ProgramError(f"{name!r} cannot be the name of a {what}: it is a word of program text")


def _check_buffers(buffers: tuple[Buffer, ...]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    kept: set[int] = set()
    for buffer in buffers:
        check_name(buffer.name, "buffer")
        if buffer.name in sizes:
            raise ProgramError(f"buffer {buffer.name!r} is declared twice")
        if not 0 <= buffer.size <= _MAX_U32:
            raise ProgramError(f"buffer {buffer.name!r} of {buffer.size} bytes: expected 0 to {_MAX_U32}")
        if len(buffer.init) > buffer.size:
            raise ProgramError(
                f"buffer {buffer.name!r} has {buffer.size} bytes, its first bytes are {len(buffer.init)}"
            )
        if buffer.keep is not None:
            if not 0 <= buffer.keep <= _MAX_U32:
                raise ProgramError(
                    f"buffer {buffer.name!r} has keep number {buffer.keep}: expected 0 or more"
                )
            if buffer.keep in kept:
                raise ProgramError(f"two buffers have keep number {buffer.keep}")
            kept.add(buffer.keep)
        sizes[buffer.name] = buffer.size
    return sizes


def _check_slot_names(steps: tuple[Step, ...], sizes: dict[str, int]) -> None:
    every = list(walk(steps))
    results = Counter(step.result for step in every if isinstance(step, Call | Digest) and step.result)
    counters = {step.counter for step in every if isinstance(step, Repeat) and step.counter is not None}
    targets = {step.target for step in every if isinstance(step, Assign)}
    for step in every:
        if isinstance(step, Call | Digest) and step.result == "":
            raise ProgramError("the empty name cannot be the name of a value")
    for name, count in results.items():
        if count > 1:
            raise ProgramError(f"two calls keep their value under the name {name!r}")
    values = {*results, *counters, *targets}
    for name in sorted(values):
        check_name(name, "value")
        if name in sizes:
            raise ProgramError(f"{name!r} is the name of a buffer and of a value")
    for name in [step.name for step in every if isinstance(step, Thread)]:
        check_name(name, "thread")
        if name in values or name in sizes:
            raise ProgramError(
                f"{name!r} is the name of a thread and of a {'buffer' if name in sizes else 'value'}"
            )
    for one, what, other, why in (
        (set(results), "value of a call", counters, "counts a loop"),
        (set(results), "value of a call", targets, "is assigned to"),
        (counters, "counter of a loop", targets, "is assigned to"),
    ):
        if both := sorted(one & other):
            raise ProgramError(f"{both[0]!r} is the {what}, but also {why}")


class Order:
    """Walks the steps as they would run and checks every operand against what has a value by then.

    `sizes`: bytes of each declared buffer. `known`: the names that have a value. Raises `ProgramError`.
    """

    def __init__(self, sizes: dict[str, int]) -> None:
        self._sizes = sizes
        self._counting: list[str] = []
        self.threads = Threads()

    def visit(self, steps: tuple[Step, ...], known: set[str]) -> None:
        """Check steps in order; `known` grows by what they give."""
        for step in steps:
            self.step(step, known)
            known.update(given(step))

    def step(self, step: Step, known: set[str]) -> None:
        """Check one step and those inside it."""
        self.threads.give(given(step))
        match step:
            case Call():
                for operand in step.args:
                    self.operand(operand, known)
            case Repeat():
                self._repeat(step, known)
            case WhenOk():
                with self.threads.block():
                    self.visit(step.steps, known)
            case Thread():
                sets = set_in(step.steps)
                with self.threads.thread(step.name, sets):
                    self.visit(step.steps, set(known))
                known -= sets
            case Join():
                known |= self.threads.join(step.name)
            case Fill():
                self._span(step.buffer, step.offset, step.length, known)
                self.operand(step.position, known)
            case Digest():
                self._span(step.buffer, step.offset, step.length, known)
                # A digest may continue itself from turn to turn: its slot is 0 at first.
                self.operand(step.start, known | {step.result} if step.result else known)
            case Sleep():
                self.plain(step.ms, "a time to sleep", known)
            case Store():
                self._width(step.width)
                self._span(step.buffer, step.offset, step.width, known)
                self.operand(step.value, known)
            case Assign():
                if step.op not in ("+", "-"):
                    raise ProgramError(f"{step.op!r} is no operation: expected + or -")
                self.operand(step.a, known)
                self.operand(step.b, known)

    def _repeat(self, step: Repeat, known: set[str]) -> None:
        self.plain(step.count, "a count", known)
        if step.counter is not None:
            if step.counter in self._counting:
                raise ProgramError(f"{step.counter!r} counts this loop and the loop around it")
            self._counting.append(step.counter)
            known.add(step.counter)
        # What a later step of the body sets, an earlier one sees in the next turn.
        inside = known | set_in(step.steps)
        with self.threads.loop():
            self.visit(step.steps, inside)
        if step.until is not None and step.until != "failure":
            self.operand(step.until, inside)
        known |= inside
        if step.counter is not None:
            self._counting.pop()

    def operand(self, operand: Operand, known: Iterable[str]) -> None:
        """Check one operand."""
        match operand:
            case int():
                if not _MIN <= operand <= _MAX:
                    raise ProgramError(f"{int(operand)} does not fit a machine word")
            case Ref():
                if operand.name in self._sizes:
                    raise ProgramError(f"{operand.name!r} is a buffer: expected a value, or &{operand.name}")
                if operand.name not in known:
                    if thread := self.threads.setting(operand.name):
                        raise ProgramError(
                            f"{operand.name!r} gets its value in thread {thread!r}: join that before"
                        )
                    raise ProgramError(f"{operand.name!r} has no value here: no step before gives it one")
            case Pointer():
                size = self._size(operand.buffer)
                if not 0 <= operand.offset <= size:
                    raise ProgramError(
                        f"&{operand.buffer}+{operand.offset} is outside the buffer of {size} bytes"
                    )
            case Load():
                self._width(operand.width)
                size = self._size(operand.buffer)
                if not 0 <= operand.offset <= size - operand.width:
                    place = f"{operand.buffer}+{operand.offset}:{operand.width}"
                    raise ProgramError(f"{place} is outside the buffer of {size} bytes")
            case _:
                raise ProgramError(f"{operand!r} is no operand: expected a number, Ref, Pointer or Load")

    def plain(self, operand: Operand, what: str, known: Iterable[str]) -> None:
        """Check an operand that is a count, an offset or a time: no address, not negative."""
        if isinstance(operand, Pointer):
            raise ProgramError(f"an address cannot be {what}")
        if isinstance(operand, int) and operand < 0:
            raise ProgramError(f"{int(operand)} cannot be {what}: expected 0 or more")
        self.operand(operand, known)

    def _span(self, buffer: str, offset: Operand, length: Operand, known: Iterable[str]) -> None:
        size = self._size(buffer)
        self.plain(offset, "an offset", known)
        self.plain(length, "a length", known)
        start = offset if isinstance(offset, int) else 0
        end = start + (length if isinstance(length, int) else 0)
        if end > size:
            raise ProgramError(f"bytes {start} to {end} are outside buffer {buffer!r} of {size} bytes")

    def _size(self, buffer: str) -> int:
        if buffer not in self._sizes:
            raise ProgramError(f"no buffer {buffer!r} is declared")
        return self._sizes[buffer]

    @staticmethod
    def _width(width: int) -> None:
        if width not in WIDTHS:
            raise ProgramError(f"a number of {width} bytes: expected 1, 2, 4 or 8")


def set_in(steps: tuple[Step, ...]) -> set[str]:
    """The names that steps give a value, with those of the steps inside them."""
    return {name for step in walk(steps) for name in given(step)}


def given(step: Step) -> set[str]:
    """The names that a step gives a value, without those of the steps inside it."""
    match step:
        case Call() | Digest() if step.result is not None:
            return {step.result}
        case Assign():
            return {step.target}
        case Repeat() if step.counter is not None:
            return {step.counter}
    return set()
