"""Time as a session counts it: only while this process could run.

A process that was stopped, or whose computer slept, comes back to a clock that has leapt. The device
answered in time, but nobody was there to see it. So the leap is taken out: nothing is overdue because of the
host.
"""

import time

from harness.deadline import Deadline

_SLACK = 1.0
"""Seconds that work between two looks at the clock may take; what is beyond was not this process running."""


class AwakeClock:
    """Monotonic seconds without those in which this process did not run. For one thread at a time.

    It has to be looked at often: before every wait `expect` says how long that may take.
    """

    def __init__(self) -> None:
        self.frozen = 0.0
        self._last = time.monotonic()
        self._expected = 0.0

    def now(self) -> float:
        """Seconds, from any beginning."""
        moment = time.monotonic()
        gap = moment - self._last - self._expected
        if gap > _SLACK:
            self.frozen += gap
        self._last, self._expected = moment, 0.0
        return moment - self.frozen

    def expect(self, seconds: float) -> None:
        """The next look at the clock may come that much later."""
        self.now()
        self._expected = max(0.0, seconds)

    def rest(self) -> None:
        """Nobody waits for anything now: until the next look, all time passes, however much it is."""
        self.expect(float("inf"))

    def at(self, moment: float) -> float:
        """A moment of `time.monotonic`, of about now, on this clock."""
        return min(moment - self.frozen, self.now())


class Limit:
    """Until when something has to be done: seconds of an `AwakeClock`, a caller's deadline, or both."""

    def __init__(
        self, clock: AwakeClock, seconds: float | None = None, deadline: Deadline | None = None
    ) -> None:
        self._clock = clock
        self._end = None if seconds is None else clock.now() + seconds
        self._deadline = deadline
        self._frozen = clock.frozen

    def remaining(self) -> float:
        """Seconds left, 0.0 when it is over."""
        now = self._clock.now()
        ends = [] if self._end is None else [max(0.0, self._end - now)]
        if self._deadline is not None:
            frozen = self._clock.frozen - self._frozen
            left = self._deadline.remaining(extended=frozen) if frozen else self._deadline.remaining()
            ends.append(left)
        return min(ends, default=float("inf"))

    @property
    def over(self) -> bool:
        """Has the time passed?"""
        return self.remaining() == 0.0
