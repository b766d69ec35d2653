"""Programs of every shape that makes sense."""

from typing import Any

from hypothesis import strategies as st

from harness.program.model import (
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
    Program,
    Ref,
    Repeat,
    Sleep,
    Step,
    Store,
    Thread,
    WhenOk,
)
from tests.program.small_symbols import FUNCTIONS

numbers = st.one_of(
    st.integers(-3, 300),
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.sampled_from(
        [
            Constant(2, "AF_INET"),
            Constant(0, "NULL"),
            Constant(0x41, "WSA_FLAG_OVERLAPPED | 0x40"),
            Constant(255, "0xFF"),
        ]
    ),
)
known = [Export(one.name, Fails(one.fails), one.reader, one.setter, known=True) for one in FUNCTIONS.values()]
unknown = st.builds(
    Export,
    name=st.sampled_from(["coredll!Foo", "my-dll.dll!Bar", r"\dir\x.dll!?f@@YA", "ws2!Odd"]),
    fails=st.sampled_from(Fails),
    reader=st.sampled_from(["coredll!GetLastError", "ws2!WSAGetLastError"]),
    setter=st.sampled_from(["coredll!SetLastError", "ws2!WSASetLastError"]),
)
inits = st.one_of(
    st.just(b""),
    st.binary(max_size=24),
    st.text('abc 0#"\\é', max_size=6).map(lambda text: text.encode("latin-1") + b"\0"),
    st.text('abc 0#"\\é', max_size=6).map(lambda text: text.encode("utf-16-le") + b"\0\0"),
)


class _Builder:
    """Draws steps; remembers which names have a value."""

    def __init__(self, draw: Any, buffers: tuple[Buffer, ...]) -> None:
        self.draw = draw
        self.buffers = buffers
        self.known: list[str] = []
        self.count = 0
        self.loops = 0
        self.sets: set[str] | None = None  # by the thread whose steps are drawn
        self.begun: list[dict[str, set[str]]] = []  # in each block, not joined: what they set
        self.threads = 0

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def operand(self, *, plain: bool = False) -> Operand:
        kinds = ["number"] + ["ref"] * bool(self.known)
        if self.buffers:
            kinds += ["load"] if plain else ["load", "pointer", "pointer"]
        kind = self.draw(st.sampled_from(kinds))
        if kind == "ref":
            return Ref(self.draw(st.sampled_from(self.known)))
        if kind == "number":
            return self.draw(numbers.map(lambda n: abs(int(n)) % 1000 if plain else n))
        buffer = self.draw(st.sampled_from(self.buffers))
        if kind == "pointer":
            return Pointer(buffer.name, self.draw(st.one_of(st.just(0), st.integers(0, buffer.size))))
        width = self.draw(st.sampled_from([width for width in (1, 2, 4, 8) if width <= buffer.size]))
        return Load(buffer.name, self.draw(st.integers(0, buffer.size - width)), width)

    def span(self) -> tuple[str, Operand, Operand]:
        buffer = self.draw(st.sampled_from(self.buffers))
        offset = self.operand(plain=True)
        length = self.operand(plain=True)
        if isinstance(offset, int):
            offset %= buffer.size
        if isinstance(length, int):
            length %= buffer.size - (offset if isinstance(offset, int) else 0) + 1
        return buffer.name, offset, length

    def steps(self, depth: int) -> tuple[Step, ...]:
        self.begun.append({})
        drawn = tuple(self.step(depth) for _ in range(self.draw(st.integers(0, 4 if depth == 0 else 2))))
        self.begun.pop()
        return drawn

    def step(self, depth: int) -> Step:
        kinds = ["call", "call", "sleep", "assign"]
        kinds += ["fill", "digest", "store"] if self.buffers else []
        kinds += ["repeat", "when"] if depth < 3 else []
        if self.loops == 0 and self.sets is None:
            kinds += ["thread"] if self.threads < 4 and depth < 3 else []
            kinds += ["join"] * 2 if self.begun[-1] else []
        kind = self.draw(st.sampled_from(kinds))
        if kind == "call":
            return self.call()
        if kind == "thread":
            return self.thread(depth)
        if kind == "join":
            name = self.draw(st.sampled_from(sorted(self.begun[-1])))
            self.known += sorted(self.begun[-1].pop(name))
            return Join(name)
        if kind == "sleep":
            return Sleep(self.operand(plain=True))
        if kind == "assign":
            a, b = self.operand(), self.operand()
            target = self.draw(st.sampled_from([*sorted(self.variables()), self.name("v")]))
            self.give(target)
            return Assign(target, a, self.draw(st.sampled_from(["+", "-"])), b)
        if kind == "fill":
            return Fill(*self.span(), self.operand())
        if kind == "digest":
            place = self.span()
            start = self.operand()
            result = self.draw(st.sampled_from([None, self.name("d")]))
            if result:
                self.give(result)
            return Digest(*place, start, result)
        if kind == "store":
            buffer = self.draw(st.sampled_from(self.buffers))
            width = self.draw(st.sampled_from([width for width in (1, 2, 4, 8) if width <= buffer.size]))
            return Store(buffer.name, self.draw(st.integers(0, buffer.size - width)), width, self.operand())
        if kind == "when":
            return WhenOk(self.steps(depth + 1))
        count = self.operand(plain=True)
        counter = self.draw(st.sampled_from([None, self.name("i")]))
        if counter:
            self.give(counter)
        self.loops += 1
        steps = self.steps(depth + 1)
        self.loops -= 1
        until = self.draw(st.sampled_from([None, "failure", "operand"]))
        return Repeat(count, steps, counter, self.operand() if until == "operand" else until)

    def call(self) -> Call:
        export = self.draw(st.one_of(st.sampled_from(known), unknown))
        count = len(FUNCTIONS[export.name].parameters) if export.known else self.draw(st.integers(0, 4))
        args = tuple(self.operand() for _ in range(count))
        result = self.draw(st.sampled_from([None, self.name("r")]))
        if result:
            self.give(result)
        return Call(export, args, result)

    def thread(self, depth: int) -> Thread:
        self.threads += 1
        name, before = self.name("t"), list(self.known)
        self.sets = set()
        steps = self.steps(depth + 1)
        self.known = [name for name in before if name not in self.sets]
        self.begun[-1][name] = self.sets
        self.sets = None
        return Thread(name, steps)

    def give(self, name: str) -> None:
        if self.sets is not None:
            self.sets.add(name)
        if name not in self.known:
            self.known.append(name)

    def variables(self) -> set[str]:
        return {name for name in self.known if name.startswith("v")}


@st.composite
def programs(draw: Any) -> Program:
    buffers: list[Buffer] = []
    for number in range(draw(st.integers(0, 3))):
        init = draw(inits)
        size = max(1, len(init) + draw(st.sampled_from([0, 0, 5, 300])))
        keep = draw(st.sampled_from([None, None, None, number]))
        buffers.append(Buffer(f"b{number}", size, init, draw(st.booleans()), keep))
    builder = _Builder(draw, tuple(buffers))
    steps = builder.steps(0)
    deadline_ms = draw(st.sampled_from([5000, 1, 20000, 1500]))
    return Program(steps, tuple(buffers), draw(st.booleans()), deadline_ms)
