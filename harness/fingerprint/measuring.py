"""The program that measures a block, and what its answer says about the triples."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.errors import ProtocolError
from harness.fingerprint.block import Block
from harness.fingerprint.map import Run
from harness.fingerprint.outcome import of_end, of_error
from harness.program.model import Program
from harness.program.result import Execution, OutcomeKind
from harness.program.text import parse
from harness.winsock import named, symbols

CALL = "WSASocketW(af, type, protocol, NULL, 0, WSA_FLAG_OVERLAPPED)"
"""What is called for every triple."""
DEADLINE_S = 10
"""A call that has not returned then is blocked: twenty times what a program is meant to take."""
_STARTUP, _TESTED, _CLOSED, _CLEANUP = range(4)
_TEXT = """{fresh}deadline {deadline}s
call WSAStartup(0x0202, scratch wsadata[512])
repeat {rows} as {row} {{{family}
    repeat {columns} as {column} {{{protocol}
        tested = WSASocketW(af, {type}, protocol, NULL, 0, WSA_FLAG_OVERLAPPED)
        when ok {{
            closed = closesocket(tested)
        }}
    }}
}}
call WSACleanup()
"""


def program(block: Block, *, fresh: bool = False) -> Program:
    """Measures the triples of a block of one type, in their order. `fresh`: in a new worker process."""
    return parse(text(block, fresh=fresh), symbols(), name="fingerprint")


def text(block: Block, *, fresh: bool = False) -> str:
    """The text of that program."""
    family, protocol = block.families[0], block.protocols[0]
    return _TEXT.format(
        fresh="fresh\n" if fresh else "",
        deadline=DEADLINE_S,
        type=block.types[0],
        rows=len(block.families),
        row="row" if family else "af",
        family=f"\n    af = row + {family}" if family else "",
        columns=len(block.protocols),
        column="column" if protocol else "protocol",
        protocol=f"\n        protocol = column + {protocol}" if protocol else "",
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of one program.

    `known`: outcomes of the block's first triples; `count`: how many these are; `told`: how many the answer
    had room for, though of the last ones it may not tell whether their sockets were closed. `suspect`: the
    triple behind the known ones may be what ended the program, with this outcome. `left_open`: sockets may
    not have been closed. `useless`: why this device cannot be measured, "" if it can.
    """

    known: tuple[Run, ...]
    count: int
    told: int = 0
    suspect: str = ""
    left_open: bool = False
    useless: str = ""


def read(block: Block, execution: Execution) -> Measured:
    """What an execution of `program(block)` says. Not for those that were lost or not run.

    A triple is known when its socket, if there was one, is known to be closed or not. Raises `ProtocolError`
    for an answer that cannot be.
    """
    outcome = execution.outcome
    startup, tested, closed, _ = execution.calls
    if startup.ran and not startup.ok:
        return Measured((), 0, useless=f"WSAStartup fails with {named(startup.value or 0)}")
    known = tuple(_joined(tested.runs, closed.runs))
    count = sum(run[0] for run in known)
    failed_closing = any(error is not None for _, error in closed.runs)
    if count > len(block) or (outcome.returned and count != len(block)):
        raise ProtocolError(f"outcomes of {count} triples for {len(block)}")
    match outcome.kind:
        case OutcomeKind.RETURNED:
            return Measured(known, count, left_open=failed_closing)
        case OutcomeKind.OVERFLOW:
            # The turn for which there was no room may have made a socket.
            told = sum(run[0] for run in tested.runs)
            return Measured(known, count, told, left_open=True)
        case OutcomeKind.BLOCKED | OutcomeKind.FAULTED | OutcomeKind.EXITED if outcome.call != _STARTUP:
            # That worker is gone, and its sockets with it.
            if outcome.call == _CLEANUP or count == len(block):
                return Measured(known, count)
            return Measured(known, count, suspect=of_end(outcome, closing=outcome.call == _CLOSED))
        case _:
            return Measured((), 0, useless=str(outcome))


Turns = tuple[int, int | None]
"""So many turns of a call in a row, and their last error: a run of a `CallResult`."""


def _joined(tested: Iterable[Turns], closed: Iterable[Turns]) -> Iterator[Run]:
    """Outcomes of triples: the runs of WSASocket, its successes with what came of closing them.

    Ends where that is not known: an answer without room for all runs leaves the later ones out.
    """
    closings = iter(closed)
    left, closing_error = 0, None
    for count, error in tested:
        if error is not None:
            yield count, of_error(error)
            continue
        while count:
            if not left:
                left, closing_error = next(closings, (0, None))
            if not left:
                return
            now = min(left, count)
            yield now, of_error(closing_error, closing=True)
            left -= now
            count -= now
