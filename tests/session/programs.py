"""Programs, timing and clocks that the session tests share."""

from collections.abc import Callable

import pytest

from harness.deadline import Deadline
from harness.program.model import Buffer, Call, Export, Fails, Pointer, Program, Ref
from harness.session import Timing
from harness.session.clock import AwakeClock

STARTUP = Export("ws2!WSAStartup", Fails.NONZERO)
SOCKET = Export("ws2!WSASocketW", Fails.NULL_WORD, "ws2!WSAGetLastError", "ws2!WSASetLastError")
CLOSE = Export("ws2!closesocket", Fails.NONZERO, "ws2!WSAGetLastError", "ws2!WSASetLastError")

SMALL = Program((Call(CLOSE, (5,), "closed"),))
THREE = Program(
    (
        Call(STARTUP, (0x0202, Pointer("wsadata"))),
        Call(SOCKET, (2, 1, 6, 0, 0, 1), "s"),
        Call(CLOSE, (Ref("s"),)),
    ),
    (Buffer("wsadata", 400, returned=True),),
)

QUICK = Timing(
    hello=0.05, hello_most=0.05, resend_least=0.05, resend_most=0.1, margin=30, probe=2, reopen=60, retry=0.01
)
"""Asks again soon, gives up late: for tests in which an answer has to come."""
HASTY = Timing(
    hello=0.05,
    hello_most=0.05,
    resend_least=0.02,
    resend_most=0.02,
    margin=0.4,
    probe=2,
    reopen=0.4,
    retry=0.01,
)
"""Gives up soon: for tests in which no answer comes."""
PATIENT = Timing(resend_least=60, resend_most=60)
"""Never asks twice: for tests that count frames on a line that loses none."""


def leap(monkeypatch: pytest.MonkeyPatch, reached: Callable[[], bool]) -> None:
    """Let time run out for the programs under way as soon as `reached`, and not before."""
    usual = AwakeClock.now

    def now(self: AwakeClock) -> float:
        return usual(self) + (10_000 if reached() else 0)

    monkeypatch.setattr(AwakeClock, "now", now)


class Until(Deadline):
    """Passes when `reached` says so."""

    def __init__(self, reached: Callable[[], bool]) -> None:
        super().__init__(120)
        self._reached = reached

    def remaining(self, *, extended: float = 0.0) -> float:
        return 0.0 if self._reached() else super().remaining(extended=extended)
