"""A link with faults: what a bad cable does, on purpose and reproducibly.

    fault+tcp://10.0.0.5:5555?flip=1e-3&drop=1e-4&dup=1e-4&stall=1e-6&cut=1e-6&seed=7

`flip`, `drop`, `dup`, `stall` and `cut` are probabilities, for every byte and in both directions:

    flip    one bit of the byte, drawn at random, comes over inverted
    drop    the byte does not come over
    dup     the byte comes over twice
    stall   the line stands still for `STALL` seconds before the byte; bytes before it are through
    cut     the link breaks, as if the plug had been pulled: the byte is gone, another link can be opened

Each kind of fault has a random stream of its own in each direction, made from `seed` (0 when not given). The
streams go on when the link is opened again. So the same bytes meet the same faults, however they are cut
into reads and writes, and whatever the other faults do. The gaps between faults are drawn (a geometric
distribution), not a number for each byte: a good line costs nothing.
"""

import math
import random
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from harness.errors import LinkError
from harness.links.base import Dialer, Link

FAULT = "fault+"
"""What stands before the URL of a link that is to have faults."""
STALL = 0.25
"""Seconds for which a stalled line stands still."""
_NEVER = 1e-300


class Kind(Enum):
    """What can happen to a byte, in the order in which it happens when several meet at one."""

    STALL = "stall"
    CUT = "cut"
    DROP = "drop"
    FLIP = "flip"
    DUP = "dup"


@dataclass(frozen=True, slots=True)
class Faults:
    """Probabilities for every byte, and where the random streams begin."""

    flip: float = 0.0
    drop: float = 0.0
    dup: float = 0.0
    stall: float = 0.0
    cut: float = 0.0
    seed: int = 0


def _probability(text: str) -> float:
    error = ValueError("a probability from 0 to 1, such as 1e-3")
    try:
        value = float(text)
    except ValueError:
        raise error from None
    if not 0 <= value <= 1:
        raise error
    return value


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError("a whole number from 0 on")
    return int(text)


FAULT_SETTINGS: dict[str, Callable[[str], float | int]] = {
    **{kind.value: _probability for kind in Kind},
    "seed": _seed,
}
"""Settings of a fault URL, and what reads each; ValueError says what was expected."""


class _Events:
    """Where in a direction's stream one kind of fault happens. `at`: place of the next, from 0 on."""

    def __init__(self, probability: float, seed: str) -> None:
        self.random = random.Random(seed)
        # 0 never happens, nor does what is so small that its inverse is no number; 1 always.
        self._never = probability < _NEVER
        self._scale = 1 / math.log1p(-probability) if _NEVER <= probability < 1 else 0.0
        self.at: float = 0
        self._draw(0)

    def next(self, place: int) -> None:
        """The one at `place` has been: go to the one after it."""
        self._draw(place + 1)

    def _draw(self, first: int) -> None:
        if self._never:
            self.at = math.inf
        else:
            self.at = first + int(math.log(1 - self.random.random()) * self._scale)


class FaultStream:
    """One direction: bytes in; bytes, stalls and cuts out. Pure: nothing is read, written or waited for."""

    def __init__(self, faults: Faults, direction: str, counts: "Counter[str]") -> None:
        self._events = {
            kind: _Events(getattr(faults, kind.value), f"{faults.seed} {direction} {kind.value}")
            for kind in Kind
        }
        self._place = 0
        self._next = self._nearest()
        self._counts = counts

    def feed(self, data: bytes) -> list[bytes | Kind]:
        """What comes of `data`: pieces to pass on, `Kind.STALL` and `Kind.CUT` between them.

        After a cut nothing follows: the rest of `data` is lost with the link.
        """
        found: list[bytes | Kind] = []
        begin, end = self._place, self._place + len(data)
        passing = bytearray()
        while self._next < end:
            place = int(self._next)
            passing += data[self._place - begin : place - begin]
            self._place = place + 1
            byte = data[place - begin : place - begin + 1]
            for kind in self._at(place):
                if kind is Kind.STALL or kind is Kind.CUT:
                    if passing:
                        found.append(bytes(passing))
                    passing.clear()
                    found.append(kind)
                    if kind is Kind.CUT:
                        return found
                else:
                    byte = self._change(byte, kind)
            passing += byte
        passing += data[self._place - begin :]
        self._place = end
        if passing:
            found.append(bytes(passing))
        return found

    def _nearest(self) -> float:
        return min(events.at for events in self._events.values())

    def _at(self, place: int) -> list[Kind]:
        """The faults of the byte at `place`; each stream goes on behind it."""
        kinds = [kind for kind, events in self._events.items() if events.at == place]
        for kind in kinds:
            self._events[kind].next(place)
            self._counts[kind.value] += 1
        self._next = self._nearest()
        return kinds

    def _change(self, byte: bytes, kind: Kind) -> bytes:
        if kind is Kind.DROP:
            return b""
        if kind is Kind.DUP:
            return byte * 2
        bit = 1 << self._events[Kind.FLIP].random.randrange(8)
        return bytes(one ^ bit for one in byte)


class FaultLink:
    """An open link with faults; see `Link`. A write that meets a stall takes that long."""

    def __init__(self, link: Link, url: str, outgoing: FaultStream, incoming: FaultStream) -> None:
        self.url = url
        self._link = link
        self._outgoing, self._incoming = outgoing, incoming
        self._arrived: deque[bytes | Kind] = deque()
        self._over = threading.Event()
        self._cut = False

    @property
    def rate(self) -> float | None:
        return self._link.rate

    @property
    def baud(self) -> int | None:
        return getattr(self._link, "baud", None)

    def read(self) -> bytes:
        while True:
            if not self._arrived:
                data = b"" if self._over.is_set() else self._link.read()
                if not data:
                    self._check()
                    return b""
                self._arrived.extend(self._incoming.feed(data))
            while self._arrived and not self._over.is_set():
                piece = self._arrived.popleft()
                if isinstance(piece, bytes):
                    return piece
                self._suffer(piece)
            if self._over.is_set():
                self._arrived.clear()

    def write(self, data: bytes) -> None:
        self._check()
        for piece in self._outgoing.feed(data):
            if isinstance(piece, bytes):
                self._link.write(piece)
            else:
                self._suffer(piece)
                self._check()

    def close(self) -> None:
        self._over.set()
        self._link.close()

    def _suffer(self, kind: Kind) -> None:
        if kind is Kind.STALL:
            # Ends early when the link is closed.
            self._over.wait(STALL)
            return
        self._cut = True
        self.close()

    def _check(self) -> None:
        if self._cut:
            raise LinkError(f"{self.url}: the line was cut, as this URL asks for")


class FaultDialer:
    """Opens a link and puts faults into it; see `Dialer`. `counts`: how many of each kind so far."""

    def __init__(self, dialer: Dialer, url: str, faults: Faults) -> None:
        self.url = url
        self.counts: Counter[str] = Counter()
        self._dialer = dialer
        self._outgoing = FaultStream(faults, "out", self.counts)
        self._incoming = FaultStream(faults, "in", self.counts)

    def open(self, timeout: float) -> FaultLink:
        return FaultLink(self._dialer.open(timeout), self.url, self._outgoing, self._incoming)

    def close(self) -> None:
        self._dialer.close()
