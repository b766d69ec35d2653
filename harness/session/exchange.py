"""One exchange: programs out, answers in, and what to do while nothing comes.

The rules of docs/protocol.md, "Programs, at most once": a frame may be sent again at any time, because the
agent never runs a number twice; at most a window of programs is unanswered; silence is probed with a hello.
"""

import time
from collections import deque

from harness.deadline import Deadline
from harness.errors import LinkError, NoAnswer, ProgramError, ProtocolError
from harness.program.codec import Compiled, ExportTable, not_run, read_answer
from harness.program.model import Program
from harness.program.result import Execution, Outcome, OutcomeKind
from harness.session.flight import Flight, Landed, Window
from harness.session.greeting import check_version
from harness.session.line import Line, LineClosed, Received
from harness.session.timing import RoundTrip, Timing
from harness.wire.messages import LIMIT_NAMES, Answer, Hello, Reason, Refusal, Run, Welcome, Working, encode


class Exchange:
    """Runs one list of programs. `next` and `broken` (begin a new session first) are left for the session."""

    def __init__(
        self,
        line: Line,
        welcome: Welcome,
        following: int,
        exports: ExportTable,
        timing: Timing,
        round_trip: RoundTrip,
    ) -> None:
        self.next = following
        self.broken = False
        self._line = line
        self._welcome = welcome
        self._exports = exports
        self._timing = timing
        self._round_trip = round_trip
        self._window = Window()
        self._landed = Landed([])
        self._probing = False
        self._silent = 0
        self._went_back_for: int | None = None

    def run(self, jobs: list[tuple[Program, Compiled]], deadline: Deadline | None) -> list[Execution]:
        """The executions of `jobs`, in order. Raises what `Session.run_all` raises."""
        self._landed = Landed([None] * len(jobs))
        self._line.look_again()
        try:
            self._run(deque(enumerate(jobs)), deadline)
        except LineClosed as closed:
            if not self._window:
                raise LinkError(str(closed)) from closed
            self._lose("the device closed the connection")
        except BaseException:
            # Programs may still be under way: this session's numbers cannot be trusted any more.
            self.broken = True
            raise
        if self._landed.error is not None:
            raise self._landed.error
        missing = Outcome(OutcomeKind.NOT_RUN, reason="a program before it was lost")
        return [
            execution or not_run(program, missing)
            for execution, (program, _) in zip(self._landed.executions, jobs, strict=True)
        ]

    def _run(self, queue: "deque[tuple[int, tuple[Program, Compiled]]]", deadline: Deadline | None) -> None:
        room = self._welcome.limits.window
        while True:
            while queue and len(self._window) < room and self._may_launch():
                place, (program, compiled) = queue.popleft()
                self._launch(place, program, compiled)
            if not self._window:
                return
            received = self._line.receive(self._time_left(deadline))
            if received is not None:
                self._take(received)
            self._look_at_clock(deadline)

    # --- sending --------------------------------------------------------------------------

    def _may_launch(self) -> bool:
        return self._landed.error is None and not self.broken and not self._probing

    def _launch(self, place: int, program: Program, compiled: Compiled) -> None:
        new = self._exports.define(compiled.exports)
        run = Run(
            seq=self.next,
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
            self._landed.fail(
                ProgramError(f"the program takes {len(body)} bytes on the wire, the device allows {most}")
            )
            return
        now = time.monotonic()
        self._line.send(body, self._line.tag)
        patience = self._round_trip.patience() + self._on_the_line(body, program)
        self._window.add(Flight(place, program, run.seq, body, tuple(new), now, patience, now + patience))
        self.next = (self.next + 1) % 256

    def _resend(self, flight: Flight, now: float) -> None:
        self._line.send(flight.body, self._line.tag)
        self._line.health.resends += 1
        flight.sends += 1
        flight.ask_again_at(now, self._timing.resend_most)

    def _on_the_line(self, body: bytes, program: Program) -> float:
        """Seconds that question and answer take at the speed of the line, where it is known."""
        rate = self._line.link.rate
        if rate is None:
            return 0.0
        answer = 16 * len(program.calls) + sum(buffer.size for buffer in program.buffers if buffer.returned)
        return (len(body) + min(answer, self._welcome.limits.frame)) / rate

    def _expires(self, flight: Flight) -> float:
        wait = flight.program.deadline_ms / 1000 + self._timing.margin
        return flight.head_since + wait + self._on_the_line(flight.body, flight.program)

    def _time_left(self, deadline: Deadline | None) -> float:
        head = self._window.head
        asking = [head] if self._probing else self._window.waiting()
        end = min(*(flight.ask_at for flight in asking), self._expires(head))
        left = max(0.0, end - time.monotonic())
        return left if deadline is None else min(left, deadline.remaining())

    # --- receiving ------------------------------------------------------------------------

    def _take(self, received: Received) -> None:
        message = received.message
        if isinstance(message, Welcome):
            if message.session == self._line.tag:
                self._welcome_back(message)
            return
        if not received.tagged:
            check_version(self._line, message)
            return
        self._silent = 0
        if not isinstance(message, Answer | Refusal | Working):
            return
        flight = self._window.find(message.seq)
        if flight is None:
            # The answer to a frame that was sent again although it had arrived.
            return
        match message:
            case Working():
                self._line.health.working += 1
                flight.ask_again_at(received.at, self._timing.resend_most)
            case Refusal(reason=Reason.SEQUENCE):
                self._go_back(message.detail)
            case Answer() | Refusal():
                flight.reply = message
                self._went_back_for = None
                self._measure(flight, received)
                for done in self._window.land(received.at):
                    self._finish(done)
                if not self._window:
                    # Everything is answered: nothing is left to be asked about.
                    self._probing = False

    def _measure(self, flight: Flight, received: Received) -> None:
        if flight.sends != 1 or not flight.alone:
            return
        spent = sum(flight.reply.times) / 1e6 if isinstance(flight.reply, Answer) else 0.0
        seconds = max(0.0, received.at - flight.sent_at - spent)
        self._round_trip.add(seconds)
        self._line.health.round_trip(seconds)

    def _go_back(self, expected: int) -> None:
        """Number `expected` did not arrive, so later ones were refused: send all from it on again, once."""
        waiting = self._window.waiting()
        numbers = [one.seq for one in waiting]
        if expected not in numbers:
            if (self.next - expected) % 256 > 2 * self._welcome.limits.window:
                raise ProtocolError(
                    f"{self._line.link.url}: the agent expects program number {expected}, on the way "
                    f"are {', '.join(map(str, numbers))}: another controller may be using it"
                )
            return
        if self._probing or self._went_back_for == expected:
            # While probing the welcome sends everything again, and nothing may follow the hello before it.
            return
        self._went_back_for = expected
        now = time.monotonic()
        for one in waiting[numbers.index(expected) :]:
            self._resend(one, now)

    def _finish(self, flight: Flight) -> None:
        executions = self._landed.executions
        if isinstance(flight.reply, Answer):
            word = self._welcome.limits.word
            executions[flight.place] = read_answer(flight.program, flight.reply, word)
            return
        assert isinstance(flight.reply, Refusal)
        self._exports.forget(flight.defined)
        detail = flight.reply.detail
        match flight.reply.reason:
            case Reason.MALFORMED:
                near = flight.body[max(0, detail - 8) : detail + 8].hex(" ")
                self._landed.fail(
                    ProgramError(
                        f"the agent cannot read the program at byte {detail} of its message ({near})"
                    )
                )
            case Reason.LIMIT:
                name = LIMIT_NAMES[detail] if detail < len(LIMIT_NAMES) else f"number {detail}"
                allowed = getattr(self._welcome.limits, name, "an unknown number")
                self._landed.fail(
                    ProgramError(f"the program exceeds the device's limit {name!r} of {allowed}")
                )
            case Reason.WORKER:
                reason = f"the device could not start a worker process, error {detail}"
                outcome = Outcome(OutcomeKind.NOT_RUN, detail=detail, reason=reason)
                executions[flight.place] = not_run(flight.program, outcome)
            case reason:
                self.broken = True
                url = self._line.link.url
                self._landed.fail(ProtocolError(f"{url}: the agent refuses: {reason.name}, detail {detail}"))

    # --- silence --------------------------------------------------------------------------

    def _look_at_clock(self, deadline: Deadline | None) -> None:
        if not self._window:
            return
        now = time.monotonic()
        head = self._window.head
        if now >= self._expires(head):
            self._lose(self._why_lost(head, now))
        elif deadline is not None and deadline.expired:
            raise NoAnswer(
                f"{self._line.link.url}: no answer within the {deadline.seconds:g} s that were allowed, less "
                f"than the program's own deadline of {head.program.deadline_ms / 1000:g} s and the margin: "
                f"{self._line.describe()}"
            )
        elif self._probing:
            if now >= head.ask_at:
                self._probe(head, now)
        else:
            for flight in self._window.waiting():
                if now >= flight.ask_at and not self._probing:
                    self._ask_again(flight, head, now)

    def _ask_again(self, flight: Flight, head: Flight, now: float) -> None:
        if flight is head:
            self._silent += 1
            if self._silent > self._timing.probe:
                self._probing = True
                self._probe(head, now)
                return
        self._resend(flight, now)

    def _probe(self, head: Flight, now: float) -> None:
        # From here to the welcome nothing but hellos goes out: an agent that has restarted takes this
        # hello for a new session, and must not find an old program behind it.
        self._line.send(encode(Hello(self._line.tag)), 0)
        head.ask_again_at(now, self._timing.resend_most)

    def _welcome_back(self, welcome: Welcome) -> None:
        if welcome.boot != self._welcome.boot:
            self._lose(f"the agent restarted (boot 0x{self._welcome.boot:08X}, now 0x{welcome.boot:08X})")
            return
        if not self._probing:
            return
        waiting = self._window.waiting()
        numbers = [flight.seq for flight in waiting]
        if welcome.next not in (*numbers, self.next):
            raise ProtocolError(
                f"{self._line.link.url}: the agent's session stands at number {welcome.next}, ours at "
                f"{numbers[0]}: another controller is using it"
            )
        self._probing = False
        self._silent = 0
        now = time.monotonic()
        for flight in waiting:
            self._resend(flight, now)

    def _why_lost(self, head: Flight, now: float) -> str:
        waited = f"{now - head.head_since:.1f} s"
        seen = self._line.describe()
        if self._line.last_received < head.head_since:
            return f"the device went silent: not one byte in {waited}"
        if self._probing or self._silent:
            return f"the device went silent: {waited} without an answer; {seen}"
        return f"the agent is there, but did not answer this program in {waited}"

    def _lose(self, reason: str) -> None:
        self.broken = True
        for flight in self._window.clear():
            if flight.reply is not None:
                self._finish(flight)
                continue
            outcome = Outcome(OutcomeKind.LOST, reason=reason)
            self._landed.executions[flight.place] = not_run(flight.program, outcome)
