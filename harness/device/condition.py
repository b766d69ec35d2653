"""In what condition a device is: does its time go on, what does it take for today, may it fall asleep?

Asked by programs. Layout: SYSTEMTIME, eight words of 16 bits as in Win32.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.errors import LabError
from harness.program.model import Program
from harness.program.result import Execution
from harness.program.text import parse
from harness.winsock import symbols
from harness.wire.messages import Welcome

Run = Callable[[Program], Execution]

KEEPS_AWAKE = "coredll!SystemIdleTimerReset"
_SLEPT = 200
_TIME = f"""
before = coredll!GetTickCount()
call coredll!Sleep({_SLEPT})
after = coredll!GetTickCount()
call coredll!GetSystemTime(out now[16])
"""


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """`slept`: milliseconds that the tick counter went on while a call slept for `asked` of them; `now`: what
    the device takes for the time, UTC, None for no date at all."""

    asked: int
    slept: int
    now: datetime | None

    @property
    def stands_still(self) -> bool:
        """No call of the device ever times out."""
        return self.slept == 0

    def off(self, now: datetime) -> float | None:
        """Seconds that the device is ahead of `now`, negative when it is behind."""
        return None if self.now is None else (self.now - now).total_seconds()


def device_time(run: Run) -> DeviceTime:
    """Ask for it. Raises LabError; also when the device does not answer these calls."""
    execution = run(parse(_TIME, symbols(), name="time"))
    if not execution.outcome.returned:
        raise LabError(f"the device does not tell its time: {execution.outcome}")
    before, after = execution.value("before") or 0, execution.value("after") or 0
    slept = (after - before) % (1 << 32)
    year, month, _, day, hour, minute, second, thousandths = struct.unpack("<8H", execution.buffers["now"])
    now: datetime | None
    try:
        now = datetime(year, month, day, hour, minute, second, 1000 * thousandths, UTC)
    except ValueError:
        now = None
    return DeviceTime(_SLEPT, slept, now)


def stays_awake(welcome: Welcome) -> bool:
    """Can its agent keep it from falling asleep while a session is open?"""
    return KEEPS_AWAKE not in welcome.missing
