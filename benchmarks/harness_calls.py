"""The host's side of the harness: one session, three ways to use it, an instant or a real agent behind it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.call import ARGUMENTS, HANDLE, MICROSECONDS
from benchmarks.measuring import Calls
from harness.deadline import Deadline
from harness.links import dialer
from harness.program.model import Program
from harness.program.result import Execution
from harness.program.text import parse
from harness.session.session import Session
from harness.winsock import symbols

BATCH = 64
"""Calls of a batched program: about 460 bytes, 40 ms of a line at 115200 baud."""
MODES = ("stop-and-wait", "windowed", "batched")
_OPENING = 30.0
_SOCKET = f"ws2!WSASocketW({', '.join(map(str, ARGUMENTS))})"
_PAIR = "s{0} = {1}\ncall ws2!closesocket(s{0})"


@dataclass(frozen=True, slots=True)
class Work:
    """Programs to run. `calls`: calls of one program; `check` raises ValueError for a wrong execution."""

    one: Program
    one_calls: int
    batch: Program
    batch_calls: int
    check: Callable[[Execution], None]


def _program(text: str) -> Program:
    return parse(text, symbols(), name="benchmark")


def _expect(execution: Execution, right: Callable[[Execution], bool]) -> None:
    if not execution.outcome.returned or not right(execution):
        raise ValueError(f"{execution.outcome}: {execution.calls[:4]}")


def _answered_instantly(execution: Execution) -> None:
    _expect(
        execution,
        lambda one: all(
            (call.value, call.microseconds, call.error) == (HANDLE, MICROSECONDS, None) for call in one.calls
        ),
    )


def _made_and_closed(execution: Execution) -> None:
    _expect(execution, lambda one: all(call.ok for call in one.calls))


INSTANT = Work(
    one=_program(f"call {_SOCKET}"),
    one_calls=1,
    batch=_program("\n".join([f"call {_SOCKET}"] * BATCH)),
    batch_calls=BATCH,
    check=_answered_instantly,
)
"""What peers do: one WSASocket per call."""
REAL = Work(
    one=_program(_PAIR.format(0, _SOCKET)),
    one_calls=2,
    batch=_program("\n".join(_PAIR.format(number, _SOCKET) for number in range(BATCH // 2))),
    batch_calls=BATCH,
    check=_made_and_closed,
)
"""Sockets have to be closed again: WSASocketW and closesocket, two calls."""
STARTUP = _program("call ws2!WSAStartup(0x0202, scratch wsadata[512])")


def modes(session: Session, work: Work) -> dict[str, Calls]:
    """The three ways by name."""

    def stop_and_wait(count: int) -> int:
        programs = -(-count // work.one_calls)
        for _ in range(programs):
            work.check(session.run(work.one))
        return programs * work.one_calls

    def many(program: Program, calls: int) -> Calls:
        def run(count: int) -> int:
            programs = -(-count // calls)
            for execution in session.run_all([program] * programs):
                work.check(execution)
            return programs * calls

        return run

    ways = (stop_and_wait, many(work.one, work.one_calls), many(work.batch, work.batch_calls))
    return dict(zip(MODES, ways, strict=True))


@contextmanager
def session_to(url: str, key: bytes | None = None) -> Iterator[Session]:
    """A session with the agent at `url`."""
    session = Session.open(dialer(url), key=key, deadline=Deadline(_OPENING))
    try:
        yield session
    finally:
        session.close()


def start_winsock(session: Session) -> None:
    """Call WSAStartup in the agent's worker, for the programs that follow. Raises ValueError."""
    execution = session.run(STARTUP)
    _expect(execution, lambda one: one.last.ok)
