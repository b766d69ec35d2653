"""Hello and welcome: who is there, and does it speak our protocol?"""

import time

from harness.deadline import Deadline
from harness.errors import LinkError, NoAnswer, ProtocolError
from harness.session.line import Line, LineClosed
from harness.session.timing import RoundTrip, Timing
from harness.wire.messages import PROTOCOL_VERSION, Hello, Message, Reason, Refusal, Welcome, encode


def greet(line: Line, number: int, deadline: Deadline, timing: Timing, round_trip: RoundTrip) -> Welcome:
    """Say hello for session `number` until the agent answers.

    Raises `NoAnswer` with what was seen instead, `ProtocolError` for another version, `LinkError`.
    """
    line.look_again()
    line.tag = number
    try:
        return _ask(line, number, deadline, timing, round_trip)
    except LineClosed as closed:
        raise LinkError(
            f"{line.link.url}: the other side closed the line before it said welcome: {line.describe()}"
        ) from closed


def _ask(line: Line, number: int, deadline: Deadline, timing: Timing, round_trip: RoundTrip) -> Welcome:
    started = time.monotonic()
    hellos = 0
    interval = timing.hello
    while not deadline.expired:
        sent = time.monotonic()
        line.send(encode(Hello(number)), 0)
        hellos += 1
        welcome = _await_welcome(line, number, min(sent + interval, sent + deadline.remaining()))
        if welcome is not None:
            if hellos == 1:
                seconds = time.monotonic() - sent
                round_trip.add(seconds)
                line.health.round_trip(seconds)
            return welcome
        interval = min(interval * 1.5, timing.hello_most)
    waited = time.monotonic() - started
    asked = "1 hello" if hellos == 1 else f"{hellos} hellos"
    raise NoAnswer(
        f"{line.link.url}: no agent answered {asked} in {waited:.1f} s: {line.describe()}. "
        f"Is the agent started on the device, and on this line?"
    )


def _await_welcome(line: Line, number: int, end: float) -> Welcome | None:
    # Also looks when `end` has passed: what has arrived by now counts, however late this thread is.
    while (received := line.receive(max(0.0, end - time.monotonic()))) is not None:
        message = received.message
        if isinstance(message, Welcome) and message.session == number:
            return message
        check_version(line, message)
        line.seen.message(name(message))
    return None


def check_version(line: Line, message: Message) -> None:
    """Raise `ProtocolError` if `message` is the refusal of our protocol version."""
    if isinstance(message, Refusal) and message.reason is Reason.VERSION:
        raise ProtocolError(
            f"{line.link.url}: the agent speaks protocol version {message.detail}, this harness "
            f"{PROTOCOL_VERSION}: put the agent of this harness on the device"
        )


def name(message: Message) -> str:
    """What a message is, for an error text: "a working answer"."""
    if isinstance(message, Welcome):
        return f"a welcome to another session (0x{message.session:08X})"
    if isinstance(message, Refusal):
        return f"a refusal ({message.reason.name.lower().replace('_', ' ')})"
    return f"message {type(message).__name__.lower()}"
