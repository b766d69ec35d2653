"""Hello and welcome, with challenge and proof between them if there is a key: who is there?"""

from harness.errors import Cause, NoAnswer, ProtocolError
from harness.session.clock import Limit
from harness.session.line import Line, Received
from harness.session.timing import RoundTrip, Timing
from harness.wire.coding import encode
from harness.wire.messages import (
    PROTOCOL_VERSION,
    Challenge,
    Hello,
    Message,
    Proof,
    Reason,
    Refusal,
    Welcome,
)
from harness.wire.sealing import Handshake, PlainSeal

_PROOFS = 2
"""Times a proof is sent before a new hello asks for a challenge: the agent may have restarted in between."""
_REFUSALS = 3
"""Refused proofs after which the key is wrong. One may have been for a stale challenge."""


class Greeting:
    """One attempt to open or resume session `number`: what to say when, and what the answers mean.

    Whoever holds it calls `ask` whenever `ask_at` has come, and lets it `hear` all that arrives. Nothing else
    may be sent meanwhile: an agent that has restarted takes the hello for a new session.
    """

    def __init__(
        self, line: Line, number: int, key: bytes | None, timing: Timing, round_trip: RoundTrip
    ) -> None:
        self.asked = 0
        self.challenged = False
        self.ask_at = line.clock.now()
        self._line = line
        self._number = number
        self._key = key
        self._timing = timing
        self._round_trip = round_trip
        self._interval = timing.hello
        self._refused = 0
        self._cooling = False
        self._asked_at = 0.0
        self._handshake: Handshake | None
        self._proof: Proof | None
        self._proofs: int
        self._renew()

    def ask(self) -> None:
        """Say hello, or show the proof again. Raises `LineBroken`."""
        line, now = self._line, self._line.clock.now()
        self._cooling = False
        if self._proof is not None and self._proofs < _PROOFS:
            self._show()
        else:
            hello = Hello(self._number) if self._handshake is None else self._handshake.hello()
            self._proof = None
            line.send(encode(hello))
        self.asked += 1
        self._asked_at = now
        self.ask_at = max(now, line.clear_at) + self._interval
        self._interval = min(self._interval * 1.5, self._timing.hello_most)

    def hear(self, received: Received) -> Welcome | None:
        """The welcome, if this is it: the line believes the frames of the session from now on.

        Raises `ProtocolError` when the agent refuses, with what to do; `LineBroken`.
        """
        message = received.message
        match message:
            case Welcome(session=self._number):
                return self._welcomed(message, received)
            case Challenge(session=self._number) if self._handshake is not None and not self._cooling:
                self._measure(received)
                self.challenged = True
                self._proof, self._line.checks.proposed = self._handshake.respond(message)
                self._proofs = 0
                self._show()
            case Refusal() if received.seal is None:
                self._refusal(message)
            case _:
                self._line.seen.message(name(message))
        return None

    def _renew(self) -> None:
        """Another handshake: another nonce, and so another challenge and another proof."""
        self._handshake = None if self._key is None else Handshake(self._key, self._number)
        self._proof = None
        self._proofs = 0

    def _show(self) -> None:
        assert self._proof is not None, "made when the challenge came"
        self._line.send(encode(self._proof))
        self._proofs += 1

    def _welcomed(self, welcome: Welcome, received: Received) -> Welcome | None:
        checks = self._line.checks
        if self._key is None:
            self._measure(received)
            checks.seal = PlainSeal(self._number, welcome.boot)
            return welcome
        if received.seal is None:
            raise ProtocolError(
                f"{self._line.url}: a welcome came without proof of the key, although a key is configured: "
                f"it is not believed. Either the agent has no key, or somebody else answers in its place",
                cause=Cause.KEY,
            )
        if received.seal is not checks.proposed:
            # That of a handshake before this one.
            return None
        checks.seal, checks.proposed = checks.proposed, None
        return welcome

    def _measure(self, received: Received) -> None:
        """Only an answer to the one question is a round trip (Karn's rule)."""
        if self.asked == 1 and not self.challenged:
            seconds = max(0.0, received.at - self._asked_at)
            self._round_trip.add(seconds)
            self._line.health.round_trip(seconds)

    def _refusal(self, refusal: Refusal) -> None:
        url = self._line.url
        match refusal.reason:
            # One that has ours was asked by somebody else, or by `await_agent`, before.
            case Reason.VERSION if refusal.detail != PROTOCOL_VERSION:
                raise ProtocolError(
                    f"{url}: the agent speaks protocol version {refusal.detail}, this harness "
                    f"{PROTOCOL_VERSION}: put the agent of this harness on the device",
                    cause=Cause.VERSION,
                )
            case Reason.KEY if refusal.detail == 1 and self._key is None:
                raise ProtocolError(
                    f"{url}: the agent wants a key, none is configured: set `key = FILE` in the target's "
                    f"section of lab.ini to a copy of the ceagent.key on the device, or CEHARNESS_KEY",
                    cause=Cause.KEY,
                )
            case Reason.KEY if refusal.detail == 0 and self._key is not None:
                raise ProtocolError(
                    f"{url}: a key is configured, the agent has none: put ceagent.key beside ceagent.exe on "
                    f"the device and start it again, or take the key out of the configuration",
                    cause=Cause.KEY,
                )
            case Reason.PROOF if self._key is not None:
                if self._cooling:
                    return
                self._refused += 1
                if self._refused >= _REFUSALS:
                    raise ProtocolError(
                        f"{url}: the key is wrong: the agent refuses its proof. The configured key and the "
                        f"ceagent.key on the device differ",
                        cause=Cause.KEY,
                    )
                self._renew()
                # What is still on its way belongs to the handshake before: let it pass.
                self._cooling = True
                self.ask_at = self._line.clock.now() + self._timing.hello
            case _:
                self._line.seen.message(name(refusal))


def greet(
    line: Line, number: int, key: bytes | None, limit: Limit, timing: Timing, round_trip: RoundTrip
) -> Welcome:
    """Say hello for session `number` until the agent answers.

    Raises `NoAnswer` with what was seen instead, `ProtocolError` when the agent refuses, `LineBroken`.
    """
    line.look_again()
    started = line.clock.now()
    greeting = Greeting(line, number, key, timing, round_trip)
    over = float("inf")
    while not limit.over:
        greeting.ask()
        # What has arrived by now counts, however late this thread is.
        while (received := line.receive(min(_until(line, greeting), limit.remaining()))) is not None:
            welcome = greeting.hear(received)
            if welcome is not None:
                return welcome
            if limit.over:
                over = min(over, line.clock.now())
            # But there may be no end of frames that are none for us.
            if received.at > (over if limit.over else greeting.ask_at):
                break
    waited = line.clock.now() - started
    asked = "1 hello" if greeting.asked == 1 else f"{greeting.asked} hellos"
    if greeting.challenged:
        raise NoAnswer(
            f"{line.url}: the agent asked for proof of the key, but said no welcome to it, "
            f"in {waited:.1f} s: {line.describe()}",
            cause=line.seen.cause,
        )
    raise NoAnswer(
        f"{line.url}: no agent answered {asked} in {waited:.1f} s: {line.describe()}. "
        f"Is the agent started on the device, and on this line?",
        cause=line.seen.cause,
    )


def _until(line: Line, greeting: Greeting) -> float:
    return max(0.0, greeting.ask_at - line.clock.now())


def name(message: Message) -> str:
    """What a message is, for an error text: "a refusal (limit)"."""
    if isinstance(message, Welcome):
        return f"a welcome to another session (0x{message.session:08X})"
    if isinstance(message, Refusal):
        return f"a refusal ({message.reason.name.lower().replace('_', ' ')})"
    return f"message {type(message).__name__.lower()}"
