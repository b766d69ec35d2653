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
        self._slept = 0.0
        self._stopped: float | None = None

    def seconds(self) -> float:
        """Seconds since power-on in which it was awake, monotonic."""
        now = time.monotonic() if self._stopped is None else self._stopped
        return now - self._start + self._skipped - self._slept

    def stop(self) -> None:
        """The device falls asleep. Only the time of day goes on."""
        self._stopped = time.monotonic()

    def go_on(self) -> None:
        """It is awake again."""
        if self._stopped is not None:
            self._slept += time.monotonic() - self._stopped
            self._stopped = None

    def skip(self, seconds: float) -> None:
        """It is that much later at once, for everything that reads this clock."""
        self._skipped += max(seconds, 0.0)

    def ticks(self) -> int:
        """Milliseconds, modulo 2**32."""
        return (self._first + int(self.seconds() * 1000)) & 0xFFFFFFFF

    def now(self) -> datetime:
        """The time of day, UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._skipped)
