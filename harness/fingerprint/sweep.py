"""The sweep: programs over all triples that are not measured yet, several on the way, split as need be.

Every triple gets exactly one outcome, whatever happens on the way:

- An answer that has no room for all outcomes tells those of the first triples; the rest is asked for again,
  in pieces that are likely to fit.
- Where a program was blocked or ended its process, the triple that it stands at is measured alone. What that
  comes to is its outcome, and the sweep goes on behind it. (A slow device can be late without a triple
  being to blame.)
- A program that was lost with the device is halved, and what was on the way with it comes one by one, until a
  triple is lost alone, twice: then that is its outcome.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from harness.errors import BroughtBack, ProtocolError
from harness.fingerprint.block import Block
from harness.fingerprint.map import OutcomeMap
from harness.fingerprint.measuring import program, read
from harness.fingerprint.outcome import LOST
from harness.program.model import Program
from harness.program.result import Execution, OutcomeKind

PROGRAM_S = 0.5
"""Seconds that a program is meant to take: what is on the way is lost when the sweep is cut off."""
_FIRST, _LEAST, _MOST = 256, 16, 65536
"""Triples of a program: of the first, and limits for those that follow."""
_GROWTH = 4
_FITS, _MORE = 0.75, 1.1
"""Share of what an answer had room for that the next is asked for; growth of that with every window that
fits. Programs of a thousand triples cost little more than larger ones; what is too large is asked twice."""
_PATIENCE = 3
"""Times in a row that a device may run nothing at all."""


class Hello(Protocol):
    """What is asked of `Device.welcome`."""

    @property
    def limits(self) -> "Window": ...


class Window(Protocol):
    """And of its limits."""

    @property
    def window(self) -> int: ...


class Runner(Protocol):
    """What is asked of a `Device`."""

    @property
    def welcome(self) -> Hello: ...

    def run_all(self, programs: Iterable[Program]) -> list[Execution]: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sweep is. `rate`: triples per second since it began or went on; `left`: seconds."""

    measured: int
    total: int
    rate: float
    left: float


@dataclass(frozen=True, slots=True)
class _Piece:
    """A block that waits. `alone`: nothing else is on the way with it; `lost`: so often it was that alone;
    `suspect`: a program ended at this triple."""

    block: Block
    alone: bool = False
    lost: int = 0
    suspect: bool = False


class Sweep:
    """Fills the gaps of a map. What is measured is in the map at once, so that it is kept whatever happens.

    `unexplained`: programs that ended early, although the triple they ended at does nothing of that alone.
    """

    def __init__(self, device: Runner, outcomes: OutcomeMap) -> None:
        self.unexplained = 0
        self._device, self._map = device, outcomes
        self._queue = deque(_Piece(block) for block in outcomes.missing())
        self._by_time, self._by_room = _FIRST, _MOST
        self._fresh = False
        self._nothing_ran = 0

    def run(self, seen: Callable[[Progress], None] = lambda progress: None) -> str:
        """Until all is measured: "". Else why this device cannot be measured (to the end).

        `seen` is called after every window of programs. Raises what `Device.run_all` raises.
        """
        begun, before = time.monotonic(), self._map.measured
        total = len(self._map.area)
        while self._queue:
            useless = self._round()
            if useless:
                return useless
            measured = self._map.measured
            rate = (measured - before) / max(time.monotonic() - begun, 1e-6)
            seen(Progress(measured, total, rate, (total - measured) / rate if rate else float("inf")))
        return ""

    def _round(self) -> str:
        """One window of programs. Why nothing more can be measured, or ""."""
        pieces = self._next_pieces()
        programs = [program(piece.block, fresh=self._fresh and not at) for at, piece in enumerate(pieces)]
        begun = time.monotonic()
        try:
            executions = self._device.run_all(programs)
        except BroughtBack:
            # Measuring again does no harm.
            self._queue.extendleft(reversed(pieces))
            return ""
        except BaseException:
            self._queue.extendleft(reversed(pieces))
            raise
        self._fresh = False
        self._fit_time(pieces, executions, time.monotonic() - begun)
        waiting: list[_Piece] = []
        useless, lost = "", False
        for piece, execution in zip(pieces, executions, strict=True):
            if execution.outcome.kind is OutcomeKind.LOST:
                waiting += [replace(piece, alone=True)] if lost else self._lost(piece)
                lost = True
            elif execution.outcome.kind is OutcomeKind.NOT_RUN:
                waiting.append(piece)
            else:
                again, why = self._take(piece, execution)
                waiting += again
                useless = useless or why
        self._queue.extendleft(reversed(waiting))
        if all(execution.outcome.returned for execution in executions):
            self._by_room = min(_MOST, round(self._by_room * _MORE) + 1)
        return useless or self._stuck(executions)

    def _next_pieces(self) -> list[_Piece]:
        pieces: list[_Piece] = []
        while self._queue and len(pieces) < self._device.welcome.limits.window:
            if self._queue[0].alone:
                return pieces or [self._queue.popleft()]
            piece = self._queue.popleft()
            head, rest = piece.block.take(max(1, min(self._by_time, self._by_room)))
            self._queue.extendleft(_Piece(block) for block in reversed(rest))
            pieces.append(_Piece(head) if rest else piece)
        return pieces

    def _fit_time(self, pieces: list[_Piece], executions: list[Execution], seconds: float) -> None:
        """What programs took says how many triples the next ones get."""
        kinds = {execution.outcome.kind for execution in executions}
        if OutcomeKind.BLOCKED in kinds:
            wanted = 1.0 / _GROWTH
        elif kinds != {OutcomeKind.RETURNED}:
            return
        else:
            wanted = PROGRAM_S * len(pieces) / max(seconds, 1e-6)
            if wanted > 1 and 2 * max(len(piece.block) for piece in pieces) < self._by_time:
                return  # small ones say nothing about large ones
        wanted = max(1 / _GROWTH, min(wanted, _GROWTH))
        self._by_time = max(_LEAST, min(round(self._by_time * wanted), _MOST))

    def _stuck(self, executions: list[Execution]) -> str:
        if any(execution.outcome.kind is not OutcomeKind.NOT_RUN for execution in executions):
            self._nothing_ran = 0
            return ""
        self._nothing_ran += 1
        return executions[0].outcome.reason if self._nothing_ran == _PATIENCE else ""

    # --- what came of a program -----------------------------------------------------------

    def _take(self, piece: _Piece, execution: Execution) -> tuple[list[_Piece], str]:
        """Puts what is known into the map. What is to be measured still; why nothing more can be."""
        measured = read(piece.block, execution)
        if measured.useless:
            return [piece], measured.useless
        self._map.put(piece.block, measured.known)
        self._fresh |= measured.left_open
        whole = measured.count == len(piece.block)
        if execution.outcome.kind is OutcomeKind.OVERFLOW and not whole:
            self._less_room(piece.block, measured.told)
        if whole:
            self.unexplained += piece.suspect
            return [], ""
        if len(piece.block) == 1 and measured.suspect:
            self._map.put(piece.block, [(1, measured.suspect)])
            return [], ""
        rest = [_Piece(block) for block in piece.block.behind(measured.count)]
        if measured.suspect:
            first, behind = rest[0].block.take(1)
            rest = [_Piece(first, suspect=True), *map(_Piece, behind), *rest[1:]]
        return rest, ""

    def _less_room(self, block: Block, told: int) -> None:
        if len(block) == 1:
            raise ProtocolError("the answer about one triple did not fit a frame")
        fits = int(told * _FITS) if told else len(block) // 2
        self._by_room = max(1, min(self._by_room, fits))

    def _lost(self, piece: _Piece) -> list[_Piece]:
        """The first of those on the way that were lost."""
        if len(piece.block) > 1:
            half, rest = piece.block.take(len(piece.block) // 2)
            return [_Piece(block, alone=True) for block in (half, *rest)]
        if not piece.lost or not piece.alone:
            return [replace(piece, alone=True, lost=1)]
        self._map.put(piece.block, [(1, LOST)])
        return []
