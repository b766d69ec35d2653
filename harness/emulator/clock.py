"""The device's clocks: a tick counter, a performance counter, and the time of day."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Counts from the moment the device was switched on."""

    def __init__(self, first_tick: int = 0) -> None:
        """`first_tick`: what the tick counter shows at power-on, in milliseconds."""
        self._start = time.monotonic()
        self._first = first_tick

    def seconds(self) -> float:
        """Seconds since power-on, monotonic."""
        return time.monotonic() - self._start

    def ticks(self) -> int:
        """Milliseconds, modulo 2**32."""
        return (self._first + int(self.seconds() * 1000)) & 0xFFFFFFFF

    def now(self) -> datetime:
        """The time of day, UTC."""
        return datetime.now(UTC)
