"""What a program came to, as text lines and as JSON."""

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from harness.program.model import Call, Constant, Load, Operand, Pointer, Ref
from harness.program.result import SENTINEL, CallResult, Execution, OutcomeKind
from harness.program.text import format_program
from harness.report.writing import hex_dump
from harness.winsock import error_meaning, error_name

# System errors of loading a module and looking up a name in it.
_UNRESOLVED = {126: "there is no such module (error 126)", 127: "the module has no such export (error 127)"}


def execution_lines(execution: Execution, *, skip: int = 0) -> Iterator[Text | str]:
    """Each call with value, error and time; returned buffers as hex dump; an outcome other than "returned".

    skip: leaves out that many calls in front.
    """
    for number, result in enumerate(execution.calls):
        if number < skip:
            continue
        yield from _call_lines(number, result)
    for name, data in execution.buffers.items():
        yield Text(f"{name} ({len(data)} bytes)", "bold")
        yield hex_dump(data, indent="  ")
    if not execution.outcome.returned:
        yield Text(_ending(execution), "bold red")


def _ending(execution: Execution) -> str:
    outcome = execution.outcome
    if outcome.kind is OutcomeKind.UNRESOLVED and outcome.call is not None:
        name, code = _what(execution.calls[outcome.call]), outcome.detail or 0
        return f"the device does not have {name}: {_UNRESOLVED.get(code, f'error {code}')}"
    return str(outcome)


def _call_lines(number: int, result: CallResult) -> Iterator[Text]:
    line = Text(f"{number:>3}  ", "dim")
    if result.call.result is not None:
        line.append(f"{result.call.result} = ", "")
    line.append(_what(result), "bold")
    if isinstance(result.call, Call):
        line.append(f"({', '.join(map(_operand, result.call.args))})")
    if not result.ran or result.value is None:
        line.append("  did not run", "yellow")
        yield line
        return
    line.append(f"  {value_text(result.value)}")
    if result.microseconds is not None:
        line.append(f"  {result.microseconds} µs", "dim")
    if result.runs:
        line.append(f"  ({result.times} times)", "dim")
    yield line
    if result.runs:
        for count, error in result.runs:
            yield Text(f"       {count:>6} x {'ok' if error is None else error_text(result, error)}")
    elif result.error is not None:
        yield Text(f"       {error_text(result, result.error)}", "red")


def value_text(value: int) -> str:
    """0xffffffff (-1), 452 (0x1c4), 3."""
    if value >= 0x8000_0000:
        bits = 64 if value > 0xFFFF_FFFF else 32
        return f"0x{value:x} ({value - (1 << bits)})" if value >> (bits - 1) else f"0x{value:x}"
    return str(value) if value < 10 else f"{value} (0x{value:x})"


def error_text(result: CallResult, error: int) -> str:
    """WSAEAFNOSUPPORT (10047): address family not supported."""
    if error == SENTINEL:
        return "failed and set no error code"
    name, meaning = _error(result, error)
    text = f"{name} ({error})" if name else f"error {error} (0x{error:x})"
    return f"{text}: {meaning}" if meaning else text


def execution_dict(execution: Execution) -> dict[str, Any]:
    """The same for programs: outcome, calls, buffers (hexadecimal), program text."""
    outcome = execution.outcome
    return {
        "outcome": {
            "kind": outcome.kind.value,
            "call": outcome.call,
            "detail": outcome.detail,
            "address": outcome.address,
            "text": str(outcome),
        },
        "calls": [_call_dict(result) for result in execution.calls],
        "buffers": {name: data.hex() for name, data in execution.buffers.items()},
        "program": format_program(execution.program),
    }


def _call_dict(result: CallResult) -> dict[str, Any]:
    name, meaning = ("", "") if result.error is None else _error(result, result.error)
    return {
        "call": _what(result),
        "result": result.call.result,
        "ran": result.ran,
        "value": result.value,
        "error": result.error,
        "error_name": name or None,
        "meaning": meaning or None,
        "microseconds": result.microseconds,
        "runs": [list(run) for run in result.runs],
    }


def _what(result: CallResult) -> str:
    return result.call.export.name if isinstance(result.call, Call) else f"digest &{result.call.buffer}"


def _operand(operand: Operand) -> str:
    match operand:
        case Constant():
            return operand.text
        case Ref(name):
            return name
        case Pointer(buffer, offset):
            return f"&{buffer}+{offset}" if offset else f"&{buffer}"
        case Load(buffer, offset, width):
            return f"{buffer}+{offset}:{width}"
        case _:
            return str(operand)


def _error(result: CallResult, error: int) -> tuple[str, str]:
    """Name and documented meaning of an error code, empty where there is none."""
    if error == SENTINEL:
        return "", "failed and set no error code"
    what = _what(result)
    # COREDLL's own codes are other numbers with other names.
    if not what.startswith("ws2!"):
        return "", ""
    name = error_name(error)
    return "" if name.startswith("error ") else name, error_meaning(what, error)
