"""RTS and DTR of a serial port as switches: a relay or a reset input is wired to one of them.

On a port of this computer only the lines named are touched: its speed stays, whoever has it open keeps it,
and the levels stay when this ends. Over RFC 2217 a line that is not named is off, as it is while nobody has
the port open, and the server decides what the levels are afterwards.
"""

import errno
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import serial  # type: ignore[import-untyped]

from harness.errors import LinkError, UsageError
from harness.links.opening import dialer
from harness.links.ports import HwgrepDialer
from harness.links.serial import PyserialDialer, SerialDialer, unopened

LINES = ("dtr", "rts")


@dataclass(frozen=True, slots=True)
class Level:
    """A line is set: `on` is asserted, a positive voltage on RS-232."""

    line: str
    on: bool


Step = Level | float
"""A line is set, or so many seconds pass."""


def drive(url: str, steps: Sequence[Step]) -> None:
    """Do the steps on the port that `url` names, a device or any URL of a serial link.

    Levels before the first pause count from the moment the port opens, as far as the system lets that be
    chosen: Linux raises both lines for a moment when nobody else has the port open.
    Raises LinkError, UsageError for what is no serial port.
    """
    opener = dialer(url)
    try:
        if isinstance(opener, HwgrepDialer):
            _on_device(opener.find().device, steps)
        elif isinstance(opener, SerialDialer):
            _on_device(opener.url, steps)
        elif isinstance(opener, PyserialDialer):
            _on_url(opener.url, steps)
        else:
            raise UsageError(f"{url} is no serial port: it has neither RTS nor DTR")
    finally:
        opener.close()


def _on_device(device: str, steps: Sequence[Step]) -> None:
    if sys.platform == "win32":
        _on_url(device, steps)
        return
    import fcntl
    import struct
    import termios

    bits = {"dtr": termios.TIOCM_DTR, "rts": termios.TIOCM_RTS}
    try:
        # Without a lock: whoever talks to the device may go on meanwhile.
        port = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            _keep_levels(port)
            for step in steps:
                if isinstance(step, Level):
                    request = termios.TIOCMBIS if step.on else termios.TIOCMBIC
                    fcntl.ioctl(port, request, struct.pack("I", bits[step.line]))
                else:
                    time.sleep(step)
        finally:
            os.close(port)
    except (OSError, termios.error) as error:
        failure = error if isinstance(error, OSError) else OSError(*error.args)
        if failure.errno in (errno.ENOTTY, errno.EINVAL):
            raise LinkError(f"{device}: it has neither RTS nor DTR, as a pseudo terminal") from error
        raise unopened(failure, device) from error


def _keep_levels(port: int) -> None:
    """Closing the port is not to lower the lines (HUPCL, termios(3))."""
    import termios

    attributes = termios.tcgetattr(port)
    attributes[2] &= ~termios.HUPCL
    termios.tcsetattr(port, termios.TCSANOW, attributes)


def _on_url(url: str, steps: Sequence[Step]) -> None:
    try:
        port = serial.serial_for_url(url, do_not_open=True)
        first, rest = _split(steps)
        named = {step.line for step in steps if isinstance(step, Level)}
        untouched = (Level(line, on=False) for line in LINES if line not in named)
        for level in (*untouched, *first):
            setattr(port, level.line, level.on)
        port.open()
    except ValueError as error:
        raise UsageError(f"{url}: {error}") from error
    except OSError as error:
        raise unopened(error, url) from error
    try:
        for step in rest:
            if isinstance(step, Level):
                setattr(port, step.line, step.on)
            else:
                time.sleep(step)
    except OSError as error:
        raise LinkError(f"{url}: {error}") from error
    finally:
        port.close()


def _split(steps: Sequence[Step]) -> tuple[list[Level], Sequence[Step]]:
    """The levels before the first pause, and what comes behind them."""
    first: list[Level] = []
    for place, step in enumerate(steps):
        if not isinstance(step, Level):
            return first, steps[place:]
        first.append(step)
    return first, ()
