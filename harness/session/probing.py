"""Is an agent there? Asked so that nothing changes on it: no session begins.

A hello of a protocol version that never was is answered by every agent, with its key or without, by the
version that it has (docs/protocol.md, "Sessions").
"""

from collections.abc import Callable
from contextlib import suppress

from harness.deadline import Deadline
from harness.errors import LinkError, NoAnswer
from harness.links.base import Dialer
from harness.session.clock import AwakeClock
from harness.session.line import Line, LineBroken
from harness.wire.coding import encode
from harness.wire.messages import Hello, Reason, Refusal

_NO_VERSION = 0
_NO_SESSION = 1
_ASK_S = 0.25
_RETRY_S = 0.1


def await_agent(dialer: Dialer, deadline: Deadline, over: Callable[[float], str | None]) -> None:
    """Returns when an agent has answered; no link to it is open then.

    `over`: why none ever will, None while one may; its argument: seconds it may take to find out. Raises
    LinkError with that, NoAnswer with what was seen instead.
    """
    line = Line(dialer, AwakeClock())
    before = ""
    try:
        while True:
            try:
                if not line.usable:
                    line.hang_up()
                    line.open(max(0.001, deadline.remaining()))
                line.send(encode(Hello(_NO_SESSION, version=_NO_VERSION)))
                if _answered(line):
                    return
                before = f"{line.url}: {line.describe()}"
            except (LinkError, LineBroken) as error:
                # A machine that is still starting takes connections, and drops them.
                before = before or str(error)
                line.clock.expect(_RETRY_S)
                if (reason := over(min(_RETRY_S, deadline.remaining()))) is not None:
                    raise LinkError(reason) from error
            if deadline.expired:
                raise NoAnswer(f"no agent answered within {deadline.seconds:g} s: {before}")
    finally:
        with suppress(LinkError):
            line.hang_up()
        line.close()


def _answered(line: Line) -> bool:
    """Raises LineBroken."""
    found = False
    # An agent on a serial line answers all that has waited for it there, one after the other.
    while (received := line.receive(_ASK_S)) is not None:
        found |= isinstance(received.message, Refusal) and received.message.reason is Reason.VERSION
    return found
