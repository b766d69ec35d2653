"""A program as text that can be read, replayed and compared."""

import re

from harness.program.model import (
    DEFAULT_DEADLINE_MS,
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
    Program,
    Ref,
    Repeat,
    Sleep,
    Step,
    Store,
    Thread,
    WhenOk,
)
from harness.program.steps import RESERVED

_DEFAULT = Export("coredll!GetLastError")


_latest: tuple[Program | None, str] = (None, "")


def format_program(program: Program) -> str:
    """The text of `program`, ended by a newline; `parse` makes the same program of it again.

    A report asks for the text of one program once for each check: the latest is kept.
    """
    global _latest
    known, text = _latest
    if known is not program:
        text = _Formatter(program).text()
        _latest = (program, text)
    return text


class _Formatter:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._names = {buffer.name for buffer in program.buffers}
        for step in program.walk():
            match step:
                case Call(result=str(name)) | Digest(result=str(name)) | Repeat(counter=str(name)):
                    self._names.add(name)
                case Assign(target=name):
                    self._names.add(name)
        self._inline = _inline_buffers(program)
        self._rules: dict[str, Export] = {}

    def text(self) -> str:
        program = self._program
        lines = ["fresh"] if program.fresh else []
        if program.deadline_ms != DEFAULT_DEADLINE_MS:
            lines.append(f"deadline {_time(program.deadline_ms)}")
        for buffer in program.buffers:
            if buffer.name not in self._inline:
                lines.append(f"buffer {_declaration(buffer)}")
        lines += self._steps(program.steps, "")
        return "".join(f"{line}\n" for line in lines)

    def _steps(self, steps: tuple[Step, ...], indent: str) -> list[str]:
        lines: list[str] = []
        for step in steps:
            match step:
                case Repeat():
                    lines.append(f"{indent}{self._repeat(step)} {{")
                case WhenOk():
                    lines.append(f"{indent}when ok {{")
                case Thread():
                    lines.append(f"{indent}thread {step.name} {{")
                case _:
                    lines.append(indent + self._line(step))
                    continue
            lines += self._steps(step.steps, indent + "    ")
            lines.append(f"{indent}}}")
        return lines

    def _repeat(self, step: Repeat) -> str:
        text = f"repeat {self._operand(step.count)}"
        if step.counter is not None:
            text += f" as {step.counter}"
        if step.until == "failure":
            text += " until failure"
        elif step.until is not None:
            text += f" until {self._operand(step.until)}"
        return text

    def _line(self, step: Step) -> str:
        operand = self._operand
        match step:
            case Call():
                return self._call(step)
            case Fill():
                place = self._address(step.buffer, step.offset)
                return f"fill {place}, {operand(step.length)}, {operand(step.position)}"
            case Digest():
                place = self._address(step.buffer, step.offset)
                start = "" if isinstance(step.start, int) and step.start == 0 else f", {operand(step.start)}"
                name = "" if step.result is None else f"{step.result} = "
                return f"{name}digest {place}, {operand(step.length)}{start}"
            case Sleep():
                return f"sleep {f'{int(step.ms)}ms' if isinstance(step.ms, int) else operand(step.ms)}"
            case Store():
                place = self._address(step.buffer, step.offset)
                return f"store {place}, {step.width}, {operand(step.value)}"
            case Assign():
                if step.op == "+" and isinstance(step.b, int) and step.b == 0:
                    return f"{step.target} = {operand(step.a)}"
                # An address in front of an operator shows its offset, so that + is the operator.
                a = step.a
                first = f"&{a.buffer}+{int(a.offset)}" if isinstance(a, Pointer) else operand(a)
                return f"{step.target} = {first} {step.op} {operand(step.b)}"
            case Join():
                return f"join {step.name}"
            case Repeat() | WhenOk() | Thread():
                raise AssertionError("blocks are more than a line")

    def _call(self, call: Call) -> str:
        name = "call" if call.result is None else f"{call.result} ="
        args = ", ".join(self._argument(arg) for arg in call.args)
        return f"{name} {call.export.name}({args}){self._rule(call.export)}"

    def _rule(self, export: Export) -> str:
        """The failure rule, unless it is known or was written before."""
        before = self._rules.get(export.name)
        if before == export or (before is None and export.known):
            return ""
        self._rules[export.name] = export
        text = f" fails {Fails(export.fails).rule}"
        if (export.reader, export.setter) != (_DEFAULT.reader, _DEFAULT.setter):
            text += f" reads {export.reader} {export.setter}"
        return text

    def _argument(self, operand: Operand) -> str:
        if isinstance(operand, Pointer) and operand.offset == 0 and operand.buffer in self._inline:
            return _declaration(self._inline.pop(operand.buffer))
        return self._operand(operand)

    def _operand(self, operand: Operand) -> str:
        match operand:
            case int():
                return self._number(operand)
            case Ref():
                return operand.name
            case Pointer():
                return self._address(operand.buffer, operand.offset)
            case Load():
                return f"{operand.buffer}+{int(operand.offset)}:{operand.width}"

    def _address(self, buffer: str, offset: Operand) -> str:
        if isinstance(offset, int) and offset == 0:
            return f"&{buffer}"
        return f"&{buffer}+{self._operand(offset)}"

    def _number(self, value: int) -> str:
        if isinstance(value, Constant) and self._speaks(value):
            return value.text
        return f"0x{int(value):X}" if value > 0xFFFF else str(int(value))

    def _speaks(self, value: Constant) -> bool:
        """Would the text of a constant be read as that constant here?"""
        words = value.text.split(" | ")
        return not any(word in self._names or (word in RESERVED and word != NULL.text) for word in words)


def _time(ms: int) -> str:
    return f"{ms // 1000}s" if ms % 1000 == 0 else f"{ms}ms"


def _declaration(buffer: Buffer) -> str:
    keep = "" if buffer.keep is None else f"keep {buffer.keep} "
    if not buffer.init:
        kind = "out " if buffer.returned else "scratch "
        return f"{keep}{kind}{buffer.name}[{buffer.size}]"
    kind = "inout" if buffer.returned else "in"
    size = "" if buffer.size == len(buffer.init) else f"[{buffer.size}]"
    return f"{keep}{kind} {buffer.name}{size} = {_bytes(buffer.init)}"


_PLAIN = re.compile(r"[ !#-\[\]-~]+\Z")


def _bytes(data: bytes) -> str:
    if data.endswith(b"\0\0") and len(data) % 2 == 0 and not any(data[1::2]):
        text = data[:-2:2].decode("latin-1")
        if _PLAIN.match(text):
            return f'w"{text}"'
    if data.endswith(b"\0"):
        text = data[:-1].decode("latin-1")
        if _PLAIN.match(text):
            return f'"{text}"'
    return f'x"{data.hex(" ", 4)}"' if len(data) > 8 else f'x"{data.hex(" ", -2)}"'


def _inline_buffers(program: Program) -> dict[str, Buffer]:
    """The buffers that are declared where they are first used, without changing their order."""
    first: dict[str, int | None] = {}
    for place, (name, inline) in enumerate(_uses(program.steps)):
        first.setdefault(name, place if inline else None)
    found: dict[str, Buffer] = {}
    limit = 1 << 62
    for buffer in reversed(program.buffers):
        at = first.get(buffer.name)
        if at is None or at > limit or buffer.keep is not None:
            break
        limit = at
        found[buffer.name] = buffer
    return found


def _uses(steps: tuple[Step, ...]) -> "list[tuple[str, bool]]":
    """Buffers in the order in which the text mentions them, and could they be declared there?"""
    uses: list[tuple[str, bool]] = []

    def mention(*operands: object) -> None:
        uses.extend((one.buffer, False) for one in operands if isinstance(one, Pointer | Load))

    for step in steps:
        match step:
            case Call():
                for arg in step.args:
                    if isinstance(arg, Pointer) and arg.offset == 0:
                        uses.append((arg.buffer, True))
                    else:
                        mention(arg)
            case Repeat():
                mention(step.count, step.until)
                uses += _uses(step.steps)
            case WhenOk() | Thread():
                uses += _uses(step.steps)
            case Fill():
                uses.append((step.buffer, False))
                mention(step.offset, step.length, step.position)
            case Digest():
                uses.append((step.buffer, False))
                mention(step.offset, step.length, step.start)
            case Sleep():
                mention(step.ms)
            case Store():
                uses.append((step.buffer, False))
                mention(step.offset, step.value)
            case Assign():
                mention(step.a, step.b)
    return uses
