"""Programs on their way: what was sent, when to ask again, what came of it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from harness.program.model import Program
from harness.program.result import Execution
from harness.wire.messages import Answer, Refusal


@dataclass(slots=True)
class Flight:
    """One program under way. Times are monotonic seconds.

    `defined`: exports that its message defines; `sends`: how often it was sent; `ask_at`: when to send
    it again, `patience` after the last time; `head_since`: since when it is the oldest unanswered one.
    """

    place: int
    program: Program
    seq: int
    body: bytes
    defined: tuple[int, ...]
    sent_at: float
    patience: float
    ask_at: float
    sends: int = 1
    alone: bool = False
    head_since: float = 0.0
    reply: Answer | Refusal | None = None

    def ask_again_at(self, now: float, most: float) -> None:
        """Next time later than this time, up to `most` seconds between two."""
        self.patience = min(self.patience * 2, max(most, self.patience))
        self.ask_at = now + self.patience


class Window:
    """Flights in the order of their numbers, from the oldest unanswered on."""

    def __init__(self) -> None:
        self._flights: deque[Flight] = deque()

    def __len__(self) -> int:
        return len(self._flights)

    def __iter__(self) -> Iterator[Flight]:
        return iter(self._flights)

    @property
    def head(self) -> Flight:
        return self._flights[0]

    def add(self, flight: Flight) -> None:
        flight.alone = not self._flights
        if flight.alone:
            flight.head_since = flight.sent_at
        self._flights.append(flight)

    def waiting(self) -> list[Flight]:
        """The unanswered ones."""
        return [flight for flight in self._flights if flight.reply is None]

    def find(self, seq: int) -> Flight | None:
        """The unanswered flight of that number."""
        for flight in self._flights:
            if flight.seq == seq and flight.reply is None:
                return flight
        return None

    def land(self, now: float) -> list[Flight]:
        """Take out the answered ones at the front."""
        landed: list[Flight] = []
        while self._flights and self._flights[0].reply is not None:
            landed.append(self._flights.popleft())
        if landed and self._flights:
            self._flights[0].head_since = now
        return landed

    def clear(self) -> list[Flight]:
        """Take out all."""
        gone = list(self._flights)
        self._flights.clear()
        return gone


@dataclass(slots=True)
class Landed:
    """What came of the programs of one exchange, in their places; the first error is raised at its end."""

    executions: list[Execution | None]
    error: Exception | None = None

    def fail(self, error: Exception) -> None:
        if self.error is None:
            self.error = error
