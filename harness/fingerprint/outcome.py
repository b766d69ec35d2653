"""What WSASocket answers to a triple, in the words that stand in a fingerprint.

success                   a socket, closed again
error 10047               none, with that error code
no code                   none, and no error code was set
blocked                   the call did not return
faulted 0xC0000005        it ended the process with that exception
exited 7                  it ended the process with that exit code
lost                      the device restarted or went silent in it, each time
closing error 10038       a socket; closing it failed (or: no code, blocked, faulted ..., exited ...)
not measured              nobody asked yet
"""

import re

from harness.program.result import SENTINEL, Outcome, OutcomeKind
from harness.winsock import named

SUCCESS = "success"
NO_CODE = "no code"
LOST = "lost"
NOT_MEASURED = "not measured"
_CLOSING = "closing "
_FORM = re.compile(
    r"success|lost|not measured|(closing )?(error \d+|no code|blocked|faulted 0x[0-9A-F]{8}|exited \d+)"
)


def of_error(error: int | None, *, closing: bool = False) -> str:
    """What a returned call came to. `error`: its last error, None for success; `closing`: of closesocket."""
    if error is None:
        return SUCCESS
    return (_CLOSING if closing else "") + (NO_CODE if error == SENTINEL else f"error {error}")


def of_end(outcome: Outcome, *, closing: bool = False) -> str:
    """What a call came to in which a program ended: blocked, faulted or exited."""
    what = outcome.kind.value
    if outcome.kind is OutcomeKind.FAULTED:
        what += f" 0x{outcome.detail or 0:08X}"
    elif outcome.kind is OutcomeKind.EXITED:
        what += f" {outcome.detail or 0}"
    return (_CLOSING if closing else "") + what


def is_outcome(text: str) -> bool:
    """Is this one of the forms above?"""
    return _FORM.fullmatch(text) is not None


def in_words(outcome: str) -> str:
    """For people: "WSAEAFNOSUPPORT (10047)" for "error 10047"."""
    if outcome.startswith(_CLOSING):
        return f"{SUCCESS}, but closing it: {in_words(outcome.removeprefix(_CLOSING))}"
    kind, _, code = outcome.partition(" ")
    if kind == "error":
        return named(int(code))
    return "failed without a code" if outcome == NO_CODE else outcome
