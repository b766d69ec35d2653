"""One exchange: programs out, answers in, and what to do while nothing comes.

The rules of docs/protocol.md, "Programs, at most once": a frame may be sent again at any time, because the
agent never runs a number twice; at most a window of programs is unanswered; silence is probed with a hello; a
link that breaks is opened again, and what is unanswered is asked for again.

Who is asked again, and when: only the oldest unanswered program has a timer. That another one was lost
shows sooner, because agent and line keep the order: by an answer to a later program, or the refusal of one as
out of order.
"""

import contextlib
from collections import deque

from harness.deadline import Deadline
from harness.errors import LinkError, NoAnswer, ProgramError, ProtocolError
from harness.program.codec import Compiled, ExportTable
from harness.program.model import Program
from harness.program.result import Execution
from harness.session.clock import Limit
from harness.session.flight import MOST_UNANSWERED, Flight, Window, in_doubt, in_words
from harness.session.greeting import Greeting
from harness.session.landing import RESTARTED, SET_BACK, Landing
from harness.session.line import Line, LineBroken, Received
from harness.session.reopening import Breaks, GaveUp, Reopening
from harness.session.timing import RoundTrip, Timing
from harness.wire.coding import encode
from harness.wire.messages import Answer, Reason, Refusal, Run, Welcome, Working


class Exchange:
    """Runs one list of programs. `next` and `broken` (begin a new session first) are left for the session."""

    def __init__(
        self,
        line: Line,
        reopening: Reopening,
        welcome: Welcome,
        key: bytes | None,
        following: int,
        exports: ExportTable,
        timing: Timing,
        round_trip: RoundTrip,
        room: int = MOST_UNANSWERED,
    ) -> None:
        self.next = following
        self.broken = False
        self._line = line
        self._clock = line.clock
        self._reopening = reopening
        self._welcome = welcome
        self._key = key
        self._exports = exports
        self._timing = timing
        self._round_trip = round_trip
        self._room = min(welcome.limits.window, room, MOST_UNANSWERED)
        self._window = Window()
        self._landing = Landing(0, welcome.limits, exports, line.url)
        self._greeting: Greeting | None = None
        self._suspicious = False
        self._silent = 0
        self._dialled_for: int | None = None
        self._breaks = Breaks(line.clock, timing.reopen)
        self._serial = 0
        self._limit = Limit(line.clock)
        self._deadline: Deadline | None = None
        self._over_since = float("inf")

    def run(self, jobs: list[tuple[Program, Compiled]], deadline: Deadline | None) -> list[Execution]:
        """The executions of `jobs`, in order. Raises what `Session.run_all` raises."""
        self._landing = Landing(len(jobs), self._welcome.limits, self._exports, self._line.url)
        self._deadline, self._limit = deadline, Limit(self._clock, deadline=deadline)
        self._line.look_again()
        try:
            self._run(deque(enumerate(jobs)))
        except BaseException as error:
            # Programs may still be under way: this session's numbers cannot be trusted any more.
            self.broken = True
            if isinstance(error, ProtocolError) and self._window.waiting():
                error.add_note(f"  {in_doubt(self._window.waiting())}")
            raise
        self.broken |= self._landing.broken
        return self._landing.executions([program for program, _ in jobs])

    def _run(self, queue: "deque[tuple[int, tuple[Program, Compiled]]]") -> None:
        while True:
            try:
                while queue and len(self._window) < self._room and self._may_launch():
                    place, (program, compiled) = queue.popleft()
                    self._launch(place, program, compiled)
                if not self._window:
                    return
                received = self._line.receive(self._time_left())
                seen = self._clock.now()
                # What has arrived by now counts, however late this thread is.
                received = received or self._line.receive(0)
                if received is not None:
                    seen = received.at
                    self._take(received)
                self._look_at_clock(seen)
            except LineBroken as broken:
                self._bring_back(broken)

    # --- sending --------------------------------------------------------------------------

    def _may_launch(self) -> bool:
        useless = self.broken or self._landing.broken or self._landing.error is not None
        return not useless and self._greeting is None

    def _launch(self, place: int, program: Program, compiled: Compiled) -> None:
        new = self._exports.define(compiled.exports)
        run = Run(
            seq=self.next & 0xFF,
            steps=compiled.steps,
            buffers=compiled.buffers,
            exports=list(new.values()),
            deadline_ms=compiled.deadline_ms,
            fresh=compiled.fresh,
        )
        body = encode(run)
        most = self._welcome.limits.frame
        if len(body) > most:
            self._exports.forget(new)
            self._landing.fail(
                ProgramError(f"the program takes {len(body)} bytes on the wire, the device allows {most}")
            )
            return
        patience = self._round_trip.patience() + self._on_the_line(body, program)
        flight = Flight(place, program, self.next, body, tuple(new), patience)
        # From here on it is under way: should the link break now, it is asked for again.
        self._window.add(flight)
        self.next += 1
        self._line.checks.expected = self.next
        flight.sent_at = self._clock.now()
        if flight is self._window.head:
            flight.is_head(flight.sent_at)
        self._send(flight)
        flight.wait_from(self._clock.now())

    def _send(self, flight: Flight) -> None:
        flight.sends += 1
        self._serial += 1
        flight.serial = self._serial
        begun = self._clock.now()
        self._line.send(flight.body, flight.number)
        flight.sent(self._line.clear_at)
        # Whoever waits for room to write cannot see answers.
        self._window.head.writing += self._clock.now() - begun

    def _resend(self, *flights: Flight) -> None:
        for flight in flights:
            self._line.health.resends += 1
            self._send(flight)
            flight.wait_from(self._clock.now())

    def _on_the_line(self, body: bytes, program: Program) -> float:
        """Seconds that question and answer take at the speed of the line, where it is known."""
        rate = self._line.rate
        if rate is None:
            return 0.0
        answer = 16 * len(program.calls) + sum(buffer.size for buffer in program.buffers if buffer.returned)
        return (len(body) + min(answer, self._welcome.limits.frame)) / rate

    def _expires(self, flight: Flight) -> float:
        wait = flight.program.deadline_ms / 1000 + self._timing.margin + flight.writing
        return max(flight.head_since, flight.given_at) + wait + self._on_the_line(flight.body, flight.program)

    def _time_left(self) -> float:
        head = self._window.head
        ask_at = head.ask_at if self._greeting is None else self._greeting.ask_at
        left = min(ask_at, self._expires(head)) - self._clock.now()
        return max(0.0, min(left, self._limit.remaining()))

    # --- receiving ------------------------------------------------------------------------

    def _take(self, received: Received) -> None:
        message = received.message
        if self._greeting is not None:
            welcome = self._greeting.hear(received)
            if welcome is not None:
                self._welcomed(welcome)
                return
        elif isinstance(message, Welcome):
            self._late_welcome(message, received)
            return
        if received.seal is None or received.number is None:
            return
        self._silent = 0
        self._breaks.over()
        flight = self._window.find(received.number)
        if flight is None:
            # The answer to a frame that was sent again although it had arrived.
            return
        match message:
            case Working():
                self._line.health.working += 1
                flight.overdue, flight.arrived = False, True
                flight.back_off(self._timing.resend_most)
                flight.wait_from(received.at)
            case Refusal(reason=Reason.SEQUENCE):
                flight.refused += 1
                if flight.refusal_is_fresh:
                    self._go_back(message.detail)
            case Answer() | Refusal():
                flight.reply = message
                self._measure(flight, received)
                self._land(flight, received.at)

    def _land(self, flight: Flight, at: float) -> None:
        landed = self._window.land(at)
        for done in landed:
            self._landing.answered(done)
        if not self._window:
            # Everything is answered: nothing is left to be asked about.
            self._greeting = None
        elif self._greeting is None:
            # The agent answers in order, the line keeps it: an answer that should have come before is lost.
            before = [one for one in self._window.waiting() if one.number < flight.number]
            for one in before:
                one.arrived = True
            self._resend(*(one for one in before if one.serial < flight.serial))
            head = self._window.head
            if landed and landed[-1].overdue and head.serial < landed[-1].serial and head.sends == 1:
                # Its predecessor had got lost, so it was refused or got lost too.
                self._resend(head)

    def _measure(self, flight: Flight, received: Received) -> None:
        seconds = flight.round_trip(received.at)
        if seconds is not None:
            self._round_trip.add(seconds)
            self._line.health.round_trip(seconds)

    def _go_back(self, expected: int) -> None:
        """Number `expected` (a low byte) did not arrive, later ones were refused: all from it on again."""
        if self._greeting is not None:
            # The welcome sends everything again, and nothing may follow the hello before it.
            return
        waiting = self._window.waiting()
        places = [place for place, one in enumerate(waiting) if one.number & 0xFF == expected & 0xFF]
        if places:
            self._missed(waiting[places[0]])
            self._resend(*waiting[places[0] :])
        else:
            self._probe()

    def _missed(self, flight: Flight) -> None:
        """The agent waits for this one, which it never got. Raises `LinkError` if it never will."""
        if flight.missed():
            raise LinkError(
                f"{self._line.url}: a program of {len(flight.body)} bytes does not get through, sent "
                f"{flight.sends} times, though the agent is there and waits for it; "
                f"{in_doubt(self._window.waiting())}"
            )

    # --- silence --------------------------------------------------------------------------

    def _look_at_clock(self, seen: float) -> None:
        """Is anything overdue? All that arrived before `seen` has been looked at.

        What arrives afterwards puts nothing off: there may be no end of that.
        """
        if not self._window:
            return
        if self._limit.over:
            self._over_since = min(self._over_since, self._clock.now())
        head = self._window.head
        if seen >= self._expires(head):
            if self._may_be_forgotten(head):
                self._dialled_for = head.number
                raise LineBroken(self._why_lost(head), by_device=True)
            if head.answered_badly(self._line.health.bad_frames):
                raise LinkError(f"{self._line.url}: answers come damaged; {in_doubt(self._window.waiting())}")
            self._lose(self._why_lost(head))
        elif seen >= self._over_since:
            seconds = 0.0 if self._deadline is None else self._deadline.seconds
            raise NoAnswer(
                f"{self._line.url}: no answer within the {seconds:g} s that were allowed, less "
                f"than the program's own deadline of {head.program.deadline_ms / 1000:g} s and the margin: "
                f"{self._line.describe()}; {in_doubt(self._window.waiting())}"
            )
        elif self._greeting is not None:
            if seen >= self._greeting.ask_at:
                self._greeting.ask()
        elif seen >= head.ask_at:
            self._silent += 1
            if self._silent > self._timing.probe:
                self._probe()
            else:
                head.overdue = True
                head.back_off(self._timing.resend_most)
                self._resend(head)

    def _may_be_forgotten(self, head: Flight) -> bool:
        """A network may have forgotten the connection: another is tried before the device is to blame."""
        silent = self._line.last_received < head.head_since
        return silent and self._line.rate is None and self._dialled_for != head.number

    def _probe(self) -> None:
        # From here to the welcome nothing but the greeting goes out: an agent that has restarted takes this
        # hello for a new session, and must not find an old program behind it.
        self._greeting = Greeting(
            self._line, self._welcome.session, self._key, self._timing, self._round_trip
        )
        self._greeting.ask()

    def _late_welcome(self, welcome: Welcome, received: Received) -> None:
        """To a hello sent again, or of a greeting that became needless before its end."""
        checks = self._line.checks
        if welcome.session != self._welcome.session:
            return
        if received.seal is not None and received.seal is checks.proposed:
            checks.seal, checks.proposed = checks.proposed, None
            self._welcomed(welcome)
        elif received.seal is None and self._key is None and welcome.boot != self._welcome.boot:
            self._welcomed(welcome)

    def _welcomed(self, welcome: Welcome) -> None:
        """The agent is there: does it stand where we do? Then everything unanswered is asked for again."""
        self._greeting = None
        if welcome.boot != self._welcome.boot:
            self._lose(f"{RESTARTED} (boot 0x{self._welcome.boot:08X}, now 0x{welcome.boot:08X})")
            return
        waiting = self._window.waiting()
        if welcome.next not in (*(flight.number for flight in waiting), self.next):
            if not self._suspicious:
                # It may be a welcome of earlier that was long on its way.
                self._suspicious = True
                self._probe()
                return
            numbers = ", ".join(str(one.number) for one in waiting)
            self._lose(f"{SET_BACK}: it expects program {welcome.next}, under way were {numbers}")
            return
        self._suspicious = False
        self._silent = 0
        for flight in waiting:
            if flight.number < welcome.next:
                flight.arrived, flight.damaged = True, self._line.health.bad_frames
            if flight.number == welcome.next:
                self._missed(flight)
            flight.patience = self._round_trip.patience() + self._on_the_line(flight.body, flight.program)
            flight.refused = flight.sends
        self._resend(*waiting)

    def _bring_back(self, broken: LineBroken) -> None:
        """The link broke: open it again and go on. The time that takes counts for no program."""
        self._greeting = None
        with contextlib.suppress(LineBroken):
            # What had come before counts.
            while (received := self._line.receive(0)) is not None:
                self._take(received)
        if not self._window or self._never_holds(broken):
            return
        # Who was silent until the deadline need not be waited for again.
        attempts = 1 if self._dialled_for == self._window.head.number else None
        try:
            welcome = self._reopening.bring_back(self._welcome.session, self._limit, attempts=attempts)
        except GaveUp as gave_up:
            patient = not gave_up.in_time or (attempts is not None and not self._limit.over)
            if gave_up.by_device and patient:
                self._lose(f"{broken}; {gave_up}")
                return
            doubt = in_doubt(self._window.waiting())
            raise gave_up.error(broken, self._deadline, doubt) from gave_up
        if self._window:
            self._window.resume(self._clock.now())
        # If the link breaks again already, the line says so as soon as it is used.
        with contextlib.suppress(LineBroken):
            self._welcomed(welcome)

    def _never_holds(self, broken: LineBroken) -> bool:
        """Does every new link break before a word about a program? Who hangs up each time has lost it."""
        if self._breaks.more():
            why = f"{broken}; {self._breaks}"
            if not broken.by_device:
                raise LinkError(f"{why}; {in_doubt(self._window.waiting())}")
            self._lose(why)
            return True
        if self._breaks.again:
            self._reopening.pause(self._limit.remaining())
        return False

    def _why_lost(self, head: Flight) -> str:
        waited = f"{self._clock.now() - head.head_since:.1f} s"
        seen = self._line.describe()
        if self._line.last_received < head.head_since:
            return f"the device went silent: not one byte in {waited}"
        if self._greeting is not None or self._silent:
            return f"the device went silent: {waited} without an answer; {seen}"
        return f"the agent is there, but did not answer this program in {waited}"

    def _lose(self, reason: str) -> None:
        self.broken = True
        self._greeting = None
        behind = ""
        for flight in self._window.clear():
            if flight.reply is not None:
                self._landing.answered(flight)
                continue
            self._landing.lost(flight, reason + behind)
            behind = behind or f" (it was on its way behind {in_words([flight])})"
