"""A session: programs to a device, each executed at most once, results back.

docs/protocol.md, "Programs, at most once", says what both sides do. The session sends a frame again while it
hears nothing, and opens its link again when that breaks; the agent never runs a program twice. Whatever the
device does comes back as an outcome; only a failing lab raises.
"""

import secrets
import threading
from collections.abc import Iterable

from harness.deadline import Deadline
from harness.errors import LinkError, LinkGone, NoAnswer
from harness.links.base import Dialer
from harness.program.codec import ExportTable, compile_program, not_run
from harness.program.model import Program
from harness.program.result import Execution, Outcome, OutcomeKind
from harness.session.clock import AwakeClock, Limit
from harness.session.console import Console
from harness.session.exchange import Exchange
from harness.session.flight import MOST_UNANSWERED
from harness.session.greeting import greet
from harness.session.health import LineHealth
from harness.session.line import Line, LineBroken
from harness.session.reopening import GaveUp, Reopening
from harness.session.timing import RoundTrip, Timing
from harness.wire.messages import Welcome

_IDLE = 2.0
"""Seconds of silence after which it is asked whether the device is still the one it was."""
_ENDING = 1.0
"""Seconds that programs of another thread get to end when the session is closed."""
_NUMBERS = (1 << 32) - 1
"""Programs of one session at most: no number comes again within it, and the agent takes all but the last."""
_ATTEMPTS = 5
"""Links opened until the first welcome: one that breaks may be a bad line, five in a row are no agent."""


class Session:
    """One controller, one agent, one line. Threads may share it; exchanges happen one after the other."""

    def __init__(
        self,
        dialer: Dialer,
        key: bytes | None,
        timing: Timing,
        console: Console | None = None,
        window: int = MOST_UNANSWERED,
    ) -> None:
        self._line = Line(dialer, AwakeClock(), console)
        self._window = window
        self._line.health.keyed = key is not None
        self._key = key
        self._timing = timing
        self._round_trip = RoundTrip(timing)
        self._reopening = Reopening(self._line, key, timing, self._round_trip)
        self._exports = ExportTable()
        self._lock = threading.Lock()
        self._number = 0
        self._next = 0
        self._sent = 0
        self._welcome: Welcome | None = None
        self._broken = False

    @classmethod
    def open(
        cls,
        dialer: Dialer,
        *,
        key: bytes | None = None,
        deadline: Deadline,
        timing: Timing | None = None,
        console: Console | None = None,
        window: int = MOST_UNANSWERED,
    ) -> "Session":
        """Open a link and say hello over it until the agent answers. The session owns `dialer` from now on.

        `key`: the pre-shared key, 32 bytes; without one the session bears no proof of who speaks. `console`
        gets the text between the frames. `window`: programs unanswered at once, if the agent allows so many.
        Raises `NoAnswer`, `ProtocolError` (another version, a key that is missing, wrong or not asked for),
        `LinkError`; nothing stays open then.
        """
        session = cls(dialer, key, timing or Timing(), console, window)
        try:
            session._first(deadline)
        except BaseException:
            session.close()
            raise
        session._line.clock.rest()
        return session

    @property
    def welcome(self) -> Welcome:
        """What the agent said about itself, last time it was asked."""
        assert self._welcome is not None, "a session is made by Session.open"
        return self._welcome

    @property
    def url(self) -> str:
        """Where the link leads."""
        return self._line.url

    @property
    def health(self) -> LineHealth:
        """What the line was like so far."""
        return self._line.health

    @property
    def sent(self) -> int:
        """Programs that were put on the line so far, in this session and those before it."""
        return self._sent

    @property
    def broken(self) -> bool:
        """Was a program lost, so that the next one begins a new session?"""
        return self._broken

    def run(self, program: Program, *, deadline: Deadline | None = None) -> Execution:
        """Run one program; see `run_all`."""
        return self.run_all([program], deadline=deadline)[0]

    def run_all(self, programs: Iterable[Program], *, deadline: Deadline | None = None) -> list[Execution]:
        """Run programs in order, several on the way at once; their executions in the same order.

        A link that breaks is opened again, and the programs under way are asked for again: the caller sees a
        delay. Without `deadline` every program gets its own deadline and a margin; a device silent beyond
        that, or one that restarted, or hung up and takes no new connection, has lost the program (outcome
        LOST), and what comes behind is NOT_RUN. Time in which this process could not run does not count.

        Raises `ProgramError` for a program that the agent cannot take (nothing of that one ran), `NoAnswer`
        when `deadline` passes first, `LinkError` when the link cannot be opened again (it names the programs
        that may or may not have run), `LinkGone` when that is certain, `ProtocolError`.
        """
        most = threading.TIMEOUT_MAX if deadline is None else deadline.remaining()
        if not self._lock.acquire(timeout=min(most, threading.TIMEOUT_MAX)):
            raise NoAnswer(f"{self.url}: programs of another thread are under way, none of these was sent")
        try:
            return self._run_all(list(programs), deadline)
        finally:
            self._line.clock.rest()
            self._lock.release()

    def _run_all(self, programs: list[Program], deadline: Deadline | None) -> list[Execution]:
        if self._broken or self._next + len(programs) > _NUMBERS:
            self._begin(deadline)
            self.health.restarts += 1
        limits = self.welcome.limits
        jobs = [(program, compile_program(program, self._exports, limits)) for program in programs]
        idle = self._line.clock.now() - self._line.last_received > _IDLE
        if not self._line.usable or idle:
            reason = self._changed_while_idle(deadline)
            if reason:
                return [not_run(program, Outcome(OutcomeKind.NOT_RUN, reason=reason)) for program in programs]
        exchange = Exchange(
            self._line,
            self._reopening,
            self.welcome,
            self._key,
            self._next,
            self._exports,
            self._timing,
            self._round_trip,
            self._window,
        )
        try:
            return exchange.run(jobs, deadline)
        finally:
            self._sent += exchange.next - self._next
            self._next, self._broken = exchange.next, exchange.broken

    def hang_up(self) -> None:
        """Close the link for now: who opens the same port meanwhile can have it. The next use opens it again.

        Does nothing while programs of another thread are under way.
        """
        if self._lock.acquire(blocking=False):
            try:
                self._line.hang_up()
            finally:
                self._lock.release()

    def begin_anew(self, deadline: Deadline) -> None:
        """A new link and a new session with whatever agent answers before `deadline`, however long it takes
        to come back: after a device was started anew on purpose. The counters of the line go on, and none of
        them counts this.

        Raises `NoAnswer`, `LinkError`, `ProtocolError`.
        """
        if not self._lock.acquire(timeout=deadline.remaining()):
            raise NoAnswer(f"{self.url}: programs of another thread are under way")
        health = self.health
        reconnects, reconnecting = health.reconnects, health.reconnecting
        try:
            self._broken = True
            limit = Limit(self._line.clock, deadline=deadline)
            number = self._fresh_number()
            try:
                welcome = self._reopening.bring_back(number, limit, seconds=deadline.remaining())
            except GaveUp as gave_up:
                raise self._error(gave_up, f"{self.url}: no agent came back: {gave_up}") from gave_up
            self._begun(number, welcome)
        finally:
            health.reconnects, health.reconnecting = reconnects, reconnecting
            self._line.clock.rest()
            self._lock.release()

    def close(self) -> None:
        """Close the link. Safe to call twice."""
        self._reopening.close()
        self._line.close()
        # Whoever waits for the line in another thread ends now, and until then it is theirs.
        if self._lock.acquire(timeout=_ENDING):
            try:
                self._line.last_words()
            finally:
                self._lock.release()

    # --- beginning ------------------------------------------------------------------------

    def _first(self, deadline: Deadline) -> None:
        line, limit = self._line, Limit(self._line.clock, deadline=deadline)
        number = self._fresh_number()
        line.open(deadline.remaining())
        try:
            welcome = greet(line, number, self._key, limit, self._timing, self._round_trip)
        except LineBroken as broken:
            seen = line.describe()
            try:
                welcome = self._reopening.bring_back(number, limit, attempts=_ATTEMPTS - 1)
            except GaveUp as gave_up:
                closed = (
                    "the other side closed the line" if broken.by_device else f"the line broke ({broken})"
                )
                raise self._error(
                    gave_up,
                    f"{line.url}: {closed} before it said welcome: {seen}; opening it again, {gave_up}",
                ) from gave_up
        self._begun(number, welcome)

    def _begin(self, deadline: Deadline | None) -> None:
        """A new session with an agent that was there before."""
        number = self._fresh_number()
        self._begun(number, self._greeted(number, deadline))

    def _begun(self, number: int, welcome: Welcome) -> None:
        self._number, self._welcome, self._next = number, welcome, welcome.next
        self._line.checks.expected = welcome.next
        self._exports.forget_all()
        self._broken = False

    def _fresh_number(self) -> int:
        number = self._number
        while number in (0, self._number):
            number = secrets.randbits(32)
        return number

    def _greeted(self, number: int, deadline: Deadline | None) -> Welcome:
        """Hello for session `number`, the link opened again if need be."""
        # However short the patience with the link has become: whoever is there gets time to answer.
        patience = max(self._reopening.patience, self._timing.margin)
        limit = Limit(self._line.clock, None if deadline else patience, deadline=deadline)
        try:
            return self._reopening.greet(number, limit)
        except GaveUp as gave_up:
            raise self._error(gave_up, f"{self._line.url}: the link is closed; {gave_up}") from gave_up

    def _error(self, gave_up: GaveUp, text: str) -> Exception:
        """What callers get when no link comes back and no program is under way."""
        if isinstance(gave_up.last, NoAnswer):
            # Another one: what is the cause of its own cause sends Robot Framework in circles.
            return NoAnswer(*gave_up.last.args, cause=gave_up.last.cause)
        return LinkGone(text) if isinstance(gave_up.last, LinkGone) else LinkError(text)

    def _changed_while_idle(self, deadline: Deadline | None) -> str:
        """Ask whether agent and session are those of before; if not, begin anew and say so."""
        welcome = self._greeted(self._number, deadline)
        if welcome.boot == self.welcome.boot and welcome.next != self._next:
            # It may be a welcome of earlier that was long on its way.
            welcome = self._greeted(self._number, deadline)
        if welcome.boot == self.welcome.boot and welcome.next == self._next:
            return ""
        restarted = welcome.boot != self.welcome.boot
        self._begin(deadline)
        self.health.restarts += 1
        if restarted:
            return "the agent restarted since the program before, a new session has begun"
        return (
            "the device was set back to an earlier state, or another controller used it, since the program "
            "before; a new session has begun"
        )
