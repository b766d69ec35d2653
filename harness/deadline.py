"""One point in time by which something has to be done, handed down instead of time-outs."""

import time


class Deadline:
    """`seconds` from now; `remaining()` never goes below zero."""

    __slots__ = ("_end", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self, *, extended: float = 0.0) -> float:
        """Seconds left, 0.0 when the deadline has passed. `extended`: seconds that did not count."""
        return max(0.0, self._end + extended - time.monotonic())

    @property
    def expired(self) -> bool:
        return self.remaining() == 0.0

    def __repr__(self) -> str:
        return f"Deadline({self.seconds:g} s, {self.remaining():.3f} s left)"
