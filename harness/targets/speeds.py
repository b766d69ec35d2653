"""At which speed does an agent answer? The sure way: open the port at one after the other, and say hello."""

import re

from harness.deadline import Deadline
from harness.errors import LinkError, NoAnswer, ProtocolError, UsageError
from harness.session.session import Session
from harness.session.timing import Timing
from harness.targets.base import Reached
from harness.targets.dialing import TargetDialer

SPEEDS = (115200, 57600, 38400, 19200, 9600, 230400, 460800, 921600)
"""Bits a second, the usual ones first."""
_EACH = 1.0
"""Seconds for one of them: a hello, its answer over 9600 baud, and once again."""
_BAUD = re.compile(r"(?<=[?&]baud=)\d+")


def speed_of_agent(reached: Reached, pacing: str = "") -> int | None:
    """The speed at which an agent answers, other than that of the link's URL.

    None when none does, and for a link whose speed cannot be set. It takes some seconds; the line has to be
    closed before. `pacing`: see `TargetConfig`.
    """
    configured = _BAUD.search(reached.url)
    if configured is None:
        return None
    for speed in SPEEDS:
        if speed == int(configured[0]):
            continue
        url = _BAUD.sub(str(speed), reached.url)
        if _answers(Reached(url, reached.key, reached.fault), pacing):
            return speed
    return None


def _answers(reached: Reached, pacing: str) -> bool:
    try:
        Session.open(
            TargetDialer(reached, "", pacing),
            key=reached.key,
            deadline=Deadline(_EACH),
            timing=Timing(hello=_EACH / 3, hello_most=_EACH / 3, reopen=0.1),
        ).close()
    except ProtocolError:
        # It refuses, so it is there.
        return True
    except (NoAnswer, LinkError, UsageError):
        # Not every port takes every speed.
        return False
    return True
