"""A session: programs to a device, each executed at most once, results back.

docs/protocol.md, "Programs, at most once", says what both sides do. The session sends a frame again while it
hears nothing; the agent never runs it twice. Whatever the device does comes back as an outcome; only a
failing lab raises.
"""

import secrets
import threading
import time
from collections.abc import Iterable

from harness.deadline import Deadline
from harness.links.base import Link
from harness.program.codec import ExportTable, compile_program, not_run
from harness.program.model import Program
from harness.program.result import Execution, Outcome, OutcomeKind
from harness.session.exchange import Exchange
from harness.session.greeting import greet
from harness.session.health import LineHealth
from harness.session.line import Line
from harness.session.timing import RoundTrip, Timing
from harness.wire.messages import Welcome

_REOPEN = 30.0
"""Seconds a device may take to come back, when the caller names no deadline."""
_IDLE = 2.0
"""Seconds of silence after which it is asked whether the device is still the one it was."""


class Session:
    """One controller, one agent, one line. Threads may share it; exchanges happen one after the other."""

    def __init__(self, link: Link, timing: Timing) -> None:
        self._line = Line(link)
        self._timing = timing
        self._round_trip = RoundTrip(timing)
        self._exports = ExportTable()
        self._lock = threading.Lock()
        self._number = 0
        self._next = 0
        self._welcome: Welcome | None = None
        self._broken = False

    @classmethod
    def open(cls, link: Link, *, deadline: Deadline, timing: Timing | None = None) -> "Session":
        """Say hello over `link` until the agent answers. The session owns the link from now on.

        Raises `NoAnswer`, `ProtocolError`, `LinkError`; the link is closed then.
        """
        session = cls(link, timing or Timing())
        try:
            session._begin(deadline)
        except BaseException:
            session.close()
            raise
        return session

    @property
    def welcome(self) -> Welcome:
        """What the agent said about itself, last time it was asked."""
        assert self._welcome is not None, "a session is made by Session.open"
        return self._welcome

    @property
    def url(self) -> str:
        """Where the link leads."""
        return self._line.link.url

    @property
    def health(self) -> LineHealth:
        """What the line was like so far."""
        return self._line.health

    def run(self, program: Program, *, deadline: Deadline | None = None) -> Execution:
        """Run one program; see `run_all`."""
        return self.run_all([program], deadline=deadline)[0]

    def run_all(self, programs: Iterable[Program], *, deadline: Deadline | None = None) -> list[Execution]:
        """Run programs in order, several on the way at once; their executions in the same order.

        Without `deadline` every program gets its own deadline and a margin; a device silent beyond that has
        lost the program (outcome LOST), and what comes behind is NOT_RUN. Raises `ProgramError` for a
        program that the agent cannot take (nothing of that one ran), `NoAnswer` when `deadline` passes
        first, `LinkError`, `ProtocolError`.
        """
        with self._lock:
            self._line.check()
            if self._broken:
                self._begin(deadline or Deadline(_REOPEN))
                self.health.restarts += 1
            limits = self.welcome.limits
            programs = list(programs)
            jobs = [(program, compile_program(program, self._exports, limits)) for program in programs]
            if time.monotonic() - self._line.last_received > _IDLE:
                reason = self._changed_while_idle(deadline or Deadline(_REOPEN))
                if reason:
                    return [
                        not_run(program, Outcome(OutcomeKind.NOT_RUN, reason=reason)) for program in programs
                    ]
            exchange = Exchange(
                self._line, self.welcome, self._next, self._exports, self._timing, self._round_trip
            )
            try:
                return exchange.run(jobs, deadline)
            finally:
                self._next, self._broken = exchange.next, exchange.broken

    def close(self) -> None:
        """Close the link. Safe to call twice."""
        self._line.close()

    # --- beginning ------------------------------------------------------------------------

    def _begin(self, deadline: Deadline) -> None:
        number = self._number
        while number in (0, self._number):
            number = secrets.randbits(32)
        welcome = greet(self._line, number, deadline, self._timing, self._round_trip)
        self._number, self._welcome, self._next = number, welcome, welcome.next
        self._exports.forget_all()
        self._broken = False

    def _changed_while_idle(self, deadline: Deadline) -> str:
        """Ask whether agent and session are those of before; if not, begin anew and say so."""
        welcome = greet(self._line, self._number, deadline, self._timing, self._round_trip)
        if welcome.boot == self.welcome.boot and welcome.next == self._next:
            return ""
        restarted = welcome.boot != self.welcome.boot
        self._begin(deadline)
        self.health.restarts += 1
        if restarted:
            return "the agent restarted since the program before, a new session has begun"
        return "another controller used the agent since the program before, a new session has begun"
