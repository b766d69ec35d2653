"""Results in words."""

from collections.abc import Iterable

from harness.program.model import Call
from harness.program.result import SENTINEL, CallResult, Execution, Outcome, OutcomeKind
from harness.winsock import FUNCTIONS, NEEDS, Function, named

LOST = "the device restarted or fell silent"


def code_of(call: CallResult, function: Function | None) -> int | None:
    """The error code of a call that ran: None if it succeeded, SENTINEL if it failed and set none.

    In a loop it is the code of the last run if that failed, else of the first run that did.
    """
    code = call.error
    if code is None:
        code = next((error for _, error in call.runs if error is not None), None)
    if code is not None and function is not None and function.code == "value" and call.value is not None:
        return call.value & 0xFFFFFFFF
    return code


def observed(call: CallResult, function: Function | None, code: int | None) -> str:
    """What came of a call that ran, its code being `code`."""
    if code == SENTINEL:
        return "failed without setting an error code"
    times = f", in {call.times} runs" if call.runs and call.times > 1 else ""
    if code is not None:
        return named(code) + times
    if call.value is None or function is None or not _tells(function):
        return "success" + times
    return f"success, value {call.value & 0xFFFFFFFF}{times}"


def _tells(function: Function) -> bool:
    """Does the value of a success say anything? Handles and addresses do not, and differ from run to run."""
    if function.result in ("SOCKET", "WSAEVENT", "BOOL", "void") or function.result.endswith("*"):
        return False
    return not function.returns.startswith("0")


def ended(outcome: Outcome) -> str:
    """What an outcome other than "returned" looks like from outside."""
    match outcome.kind:
        case OutcomeKind.FAULTED if outcome.detail is not None:
            text = f"faulted: exception 0x{outcome.detail:08X}"
        case OutcomeKind.EXITED if outcome.detail is not None:
            text = f"the process exited with code {outcome.detail}"
        case OutcomeKind.BLOCKED:
            text = "blocked past its deadline"
        case OutcomeKind.UNRESOLVED:
            text = "the export does not exist on the device"
        case OutcomeKind.NO_THREAD:
            text = "the device could not make a thread"
        case OutcomeKind.LOST:
            text = LOST
        case _:
            text = outcome.kind.value
    return f"{text} ({outcome.reason})" if outcome.reason else text


def call_name(execution: Execution, number: int) -> str:
    """ "WSAStartup (call 1)", counted from 1."""
    call = execution.calls[number].call
    name = call.export.name.rpartition("!")[2] if isinstance(call, Call) else "digest"
    return f"{name} (call {number + 1})"


def function_of(call: CallResult) -> Function | None:
    """The documented function that was called, None for others."""
    return FUNCTIONS.find(call.call.export.name) if isinstance(call.call, Call) else None


def needed(needs: Iterable[str]) -> str:
    """ "needs a Winsock service provider of our own, installed on the device (provider)"."""
    return "needs " + " and ".join(f"{NEEDS[need]} ({need})" for need in needs)
