"""How long a session waits, and how it learns that from the line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. The defaults fit serial lines at 115200 baud and networks alike.

    `hello`: between two hellos at first, growing to `hello_most`. `resend_least` and `resend_most`: bounds of
    the time after which an unanswered frame is sent again. `margin`: on top of a program's own
    deadline, for replacing a worker and the way back. `probe`: silent resends before asking who is there.
    `reopen`: how long a broken link is opened again; `retry`: between two attempts.
    """

    hello: float = 0.25
    hello_most: float = 1.0
    resend_least: float = 0.2
    resend_most: float = 3.0
    margin: float = 5.0
    probe: int = 3
    reopen: float = 30.0
    retry: float = 0.2


class RoundTrip:
    """A smoothed round trip time and when to send again, as RFC 6298 does it for TCP."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._smooth: float | None = None
        self._deviation = 0.0

    def add(self, seconds: float) -> None:
        """A measured round trip, of a frame that was sent once only (Karn's rule)."""
        if self._smooth is None:
            self._smooth, self._deviation = seconds, seconds / 2
            return
        self._deviation += (abs(seconds - self._smooth) - self._deviation) / 4
        self._smooth += (seconds - self._smooth) / 8

    def patience(self) -> float:
        """Seconds to wait for an answer before sending again."""
        timing = self._timing
        if self._smooth is None:
            return min(1.0, timing.resend_most)
        wanted = self._smooth + 4 * self._deviation
        return min(max(wanted, timing.resend_least), timing.resend_most)
