"""Bringing a line back: its link opened again and again, and the session's hello said on it."""

import logging
import threading

from harness.deadline import Deadline
from harness.errors import LinkError, LinkGone, LinkRefused, NoAnswer
from harness.session.clock import AwakeClock, Limit
from harness.session.greeting import greet
from harness.session.line import Line, LineBroken
from harness.session.timing import RoundTrip, Timing
from harness.wire.messages import Welcome

_log = logging.getLogger(__name__)
_ATTEMPT = 2.0
"""Seconds for one attempt to connect. A connection asked for before the device was back may hang for long."""
_LEAST = 1 / 16
"""Of the patience at first, which is always left: enough to open a link and to be greeted on it."""
_IN_VAIN = 5
"""Links at least that have to break in a row, each of them after the agent's welcome."""


class GaveUp(Exception):  # noqa: N818 - it is an event, and never leaves this package
    """The link did not come back. `tried`: what was done, in words.

    `by_device`: the last that was known is that the device's end is away: nothing of the lab explains it.
    `last`: the last error; `in_time`: the caller's deadline came before the session's own patience ended.
    """

    def __init__(self, tried: str, last: Exception, *, by_device: bool, in_time: bool) -> None:
        super().__init__(tried)
        self.tried, self.last = tried, last
        self.by_device, self.in_time = by_device, in_time

    def error(self, broken: LineBroken, deadline: Deadline | None, doubt: str) -> LinkError:
        """What callers get when the link broke with programs under way. `doubt`: which ones may have run."""
        allowed = ""
        if deadline is not None and self.in_time and not isinstance(self.last, LinkGone):
            allowed = f" within the {deadline.seconds:g} s that were allowed"
        kind = LinkGone if isinstance(self.last, LinkGone) else LinkError
        return kind(f"{broken}; it could not be opened again{allowed}: {self}; {doubt}")


class _TooLate(LinkError):  # noqa: N818 - says what happened
    """A link was opened in the last moment; no time is left to say hello on it."""


class Breaks:
    """Links that break, one after the other, before the agent says a word about a program."""

    def __init__(self, clock: AwakeClock, seconds: float) -> None:
        self.again = 0
        self._clock = clock
        self._seconds = seconds
        self._first: float | None = None

    def more(self) -> bool:
        """One more. True: that has gone on for too long now, the next link would break too."""
        if self._first is None:
            self._first, self.again = self._clock.now(), 0
            return False
        self.again += 1
        return self.again >= _IN_VAIN and self._clock.now() - self._first > self._seconds

    def over(self) -> None:
        """The agent said something about a program."""
        self._first = None

    def __str__(self) -> str:
        return f"it was opened again {self.again} times, and broke every time before a word about the program"


class Reopening:
    """Opens the line of one session. `patience`: seconds for that, halved by every failure in a row, down to
    a sixteenth."""

    def __init__(self, line: Line, key: bytes | None, timing: Timing, round_trip: RoundTrip) -> None:
        self.patience = timing.reopen
        self._line = line
        self._key = key
        self._timing = timing
        self._round_trip = round_trip
        self._closing = threading.Event()

    def close(self) -> None:
        """No link is opened any more; who waits for one gets `GaveUp`. Any thread may call this."""
        self._closing.set()

    def pause(self, most: float = float("inf")) -> None:
        """Between two attempts."""
        seconds = min(self._timing.retry, most)
        self._line.clock.expect(seconds)
        self._closing.wait(seconds)

    def greet(self, number: int, limit: Limit) -> Welcome:
        """Hello for session `number`, over the open link or, when there is none or it breaks, over another.

        Raises `GaveUp`, `NoAnswer`, `ProtocolError`.
        """
        line = self._line
        if line.usable:
            network = line.rate is None
            most = Limit(line.clock, min(limit.remaining(), self._timing.margin)) if network else limit
            try:
                return greet(line, number, self._key, most, self._timing, self._round_trip)
            except LineBroken:
                # Why shows when it is opened again.
                pass
            except NoAnswer:
                # A network may have forgotten the connection; a serial port leads where it leads.
                if not network or limit.over:
                    raise
        return self.bring_back(number, limit)

    def bring_back(
        self, number: int, limit: Limit, *, attempts: int | None = None, seconds: float | None = None
    ) -> Welcome:
        """A new link, and hello for session `number`.

        `limit`: that of the caller. `attempts`: at most so many. `seconds`: in place of `patience`. Raises
        `GaveUp`, `ProtocolError`.
        """
        line, clock = self._line, self._line.clock
        started = clock.now()
        patience = Limit(clock, self.patience if seconds is None else seconds)
        tries = 0
        before: Exception | None = None
        try:
            while True:
                tries += 1
                try:
                    welcome = self._attempt(number, limit, patience)
                except (LinkError, LineBroken, NoAnswer) as caught:
                    error = before if before is not None and isinstance(caught, _TooLate) else caught
                    before = error
                    left = min(patience.remaining(), limit.remaining())
                    if left > 0 and tries != attempts and not isinstance(error, LinkGone):
                        self.pause(left)
                        continue
                    if attempts is None:
                        self.patience = max(self.patience / 2, self._timing.reopen * _LEAST)
                    by_device = isinstance(error, LinkRefused | NoAnswer)
                    by_device |= isinstance(error, LineBroken) and error.by_device
                    _log.info("%s: given up after %d tries: %s", line.url, tries, error)
                    raise GaveUp(
                        _tried(tries, clock.now() - started, error),
                        error,
                        by_device=by_device,
                        in_time=patience.remaining() > 0,
                    ) from error
                self.patience = self._timing.reopen
                line.health.reconnects += 1
                _log.info("%s: opened again, try %d, %.1f s", line.url, tries, clock.now() - started)
                return welcome
        finally:
            line.health.reconnecting += clock.now() - started

    def _attempt(self, number: int, limit: Limit, patience: Limit) -> Welcome:
        line = self._line
        line.hang_up()
        if self._closing.is_set():
            raise LinkGone(f"{line.url}: the session is closed")
        line.open(max(0.001, min(_ATTEMPT, patience.remaining(), limit.remaining())))
        if self._closing.is_set():
            line.hang_up()
            raise LinkGone(f"{line.url}: the session is closed")
        # On a network, somebody may have connected who never says a word.
        most = max(patience.remaining(), self._timing.margin)
        if line.rate is None:
            most = min(most, self._timing.margin)
        whole = Limit(line.clock, min(most, limit.remaining()))
        if whole.over:
            raise _TooLate(f"{line.url}: opened, but no time is left to say hello")
        return greet(line, number, self._key, whole, self._timing, self._round_trip)


def _tried(tries: int, seconds: float, error: Exception) -> str:
    if isinstance(error, NoAnswer):
        return f"it was opened again, but {error}"
    times = "once" if tries == 1 else f"{tries} times"
    if isinstance(error, LinkGone):
        return f"tried {times}: {error}"
    return f"tried {times} in {seconds:.1f} s, the last time: {error}"
