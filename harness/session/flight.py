"""Programs on their way: what was sent, when to ask again, what came of it."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.program.formatter import format_program
from harness.program.model import Program
from harness.wire.messages import Answer, Refusal

MOST_UNANSWERED = 120
"""Programs unanswered at once, whatever the agent allows: a number is told by its low byte within 128."""
_SHOWN = 4
"""Programs in doubt that an error text shows by their text; the others by number."""
_WIDTH = 72
_IN_VAIN = 32
"""Times that a program is sent for which the agent waits, and which it never gets."""


@dataclass(slots=True)
class Flight:
    """One program under way. Times are awake seconds (`AwakeClock`).

    `number` counts the session's programs from 0. `defined`: exports that its message defines. `sends`: how
    often it was sent; `refused`: how often it was refused as out of order; `serial`: place of its last
    sending among all. `clear_at`: when the line has carried it; `given_at`: the same of the latest sending
    that may have been the first to arrive; `arrived`: the agent is known to have it; `wanted`: how often it
    had been sent when the agent was first known to wait for it. `head_since`: since when it is the oldest
    unanswered one, `damaged`: bad frames by the agent's latest welcome that showed it to have arrived, None
    before one; `writing`: how long of that this side could only write; `ask_at`: when to send it again
    while it is that, `patience` after the last time; `overdue`: that has happened, and no `working` came
    since.
    """

    place: int
    program: Program
    number: int
    body: bytes
    defined: tuple[int, ...]
    patience: float
    sent_at: float = 0.0
    clear_at: float = 0.0
    given_at: float = 0.0
    arrived: bool = False
    wanted: int | None = None
    damaged: int | None = None
    ask_at: float = 0.0
    sends: int = 0
    refused: int = 0
    serial: int = 0
    alone: bool = False
    overdue: bool = False
    head_since: float = 0.0
    writing: float = 0.0
    reply: Answer | Refusal | None = None

    @property
    def refusal_is_fresh(self) -> bool:
        """Was the latest refusal an answer to the latest sending? Each sending gets at most one."""
        return self.refused >= self.sends

    def missed(self) -> bool:
        """The agent waits for it. True: it has done so often that no other sending will arrive either."""
        self.wanted = self.sends if self.wanted is None else self.wanted
        return self.sends - self.wanted >= _IN_VAIN

    def answered_badly(self, damaged: int) -> bool:
        """The agent has it and is there, and since it said so frames came damaged: `damaged` by now."""
        return self.damaged is not None and damaged > self.damaged

    def sent(self, clear_at: float) -> None:
        """Once more; the line has carried it at `clear_at`."""
        self.clear_at = clear_at
        if not self.arrived:
            self.given_at = clear_at

    def round_trip(self, at: float) -> float | None:
        """Seconds until the reply came, without those of the device's work; None when that cannot be told."""
        if self.sends != 1 or not self.alone:
            return None
        busy = sum(self.reply.times) / 1e6 if isinstance(self.reply, Answer) else 0.0
        return max(0.0, at - self.sent_at - busy)

    def is_head(self, now: float) -> None:
        """From now on it is the oldest unanswered one."""
        self.head_since, self.writing = now, 0.0
        self.wait_from(now)

    def wait_from(self, now: float) -> None:
        """Nothing needs to be asked before its patience ends."""
        self.ask_at = max(now, self.clear_at) + self.patience

    def back_off(self, most: float) -> None:
        """More patience than this time, up to `most` seconds."""
        self.patience = min(self.patience * 2, max(most, self.patience))


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
        self._flights.append(flight)

    def waiting(self) -> list[Flight]:
        """The unanswered ones."""
        return [flight for flight in self._flights if flight.reply is None]

    def find(self, number: int) -> Flight | None:
        """The unanswered flight of that number."""
        for flight in self._flights:
            if flight.number == number:
                return flight if flight.reply is None else None
        return None

    def land(self, now: float) -> list[Flight]:
        """Take out the answered ones at the front; the next one is head from now on."""
        landed: list[Flight] = []
        while self._flights and self._flights[0].reply is not None:
            landed.append(self._flights.popleft())
        if landed and self._flights:
            self.head.is_head(now)
        return landed

    def resume(self, now: float) -> None:
        """Over another link: what was before counts for no program."""
        self.head.head_since, self.head.writing = now, 0.0
        for flight in self._flights:
            flight.wanted = None

    def clear(self) -> list[Flight]:
        """Take out all."""
        gone = list(self._flights)
        self._flights.clear()
        return gone


def in_words(flights: Iterable[Flight]) -> str:
    """Which programs, for people: "program 12 (call ws2!WSACleanup()), 13 (...) and 14, 15"."""
    flights = list(flights)
    shown = [f"{flight.number} ({first_call(flight.program)})" for flight in flights[:_SHOWN]]
    rest = [str(flight.number) for flight in flights[_SHOWN:]]
    listed = ", ".join(shown) + (f" and {', '.join(rest)}" if rest else "")
    return f"program{'s' if len(flights) > 1 else ''} {listed}"


def in_doubt(waiting: list[Flight]) -> str:
    """What is to be said of these when an error ends the wait for them."""
    return f"whether it ran is in doubt for {in_words(waiting)}" if waiting else "no program was under way"


def first_call(program: Program) -> str:
    """What is shown of a program where there is room for one line."""
    lines = [line.strip() for line in format_program(program).splitlines()]
    first = next((line for line in lines if "(" in line), lines[0] if lines else "empty")
    return first if len(first) <= _WIDTH else first[: _WIDTH - 3] + "..."
