"""The device's clocks: a tick counter, a performance counter, and the time of day."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Counts from the moment the device was switched on: as fast as the host's, but for what is skipped."""

    def __init__(self, first_tick: int = 0) -> None:
        """`first_tick`: what the tick counter shows at power-on, in milliseconds."""
        self._start = time.monotonic()
        self._first = first_tick
        self._skipped = 0.0

    def seconds(self) -> float:
        """Seconds since power-on, monotonic."""
        return time.monotonic() - self._start + self._skipped

    def skip(self, seconds: float) -> None:
        """It is that much later at once, for everything that reads this clock."""
        self._skipped += max(seconds, 0.0)

    def ticks(self) -> int:
        """Milliseconds, modulo 2**32."""
        return (self._first + int(self.seconds() * 1000)) & 0xFFFFFFFF

    def now(self) -> datetime:
        """The time of day, UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._skipped)
