"""How fast is something that makes calls? Counted over a stated time, repeated; median and range."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

Calls = Callable[[int], int]
"""Makes about that many calls, checks every answer, returns how many it made."""
Counters = Callable[[], Mapping[str, int]]
"""Bytes that a line has carried so far, "up" and "down"."""

_ENOUGH_S = 0.2
"""A trial of that length says how many calls a measurement needs."""
_GROWTH = 4


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement. `up`, `down`: bytes on the line to the device and back, None if not counted."""

    calls: int
    seconds: float
    up: int | None = None
    down: int | None = None

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.calls / self.seconds

    def share(self, rate: float) -> float | None:
        """Share of the time for which the busier direction of a line, `rate` bytes a second, was in use."""
        if self.up is None or self.down is None:
            return None
        return max(self.up, self.down) / (rate * self.seconds)


@dataclass(slots=True)
class Cell:
    """All measurements of one system on one link. `line_rate`: bytes a second, None without a line."""

    system: str
    link: str
    line_rate: float | None
    measured: list[Measured] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Median of calls per second."""
        return statistics.median(one.rate for one in self.measured)

    @property
    def rates(self) -> tuple[float, float]:
        """Lowest and highest calls per second."""
        rates = [one.rate for one in self.measured]
        return min(rates), max(rates)

    @property
    def share(self) -> float | None:
        """Median share of the line that carried bytes, in the busier direction."""
        if self.line_rate is None:
            return None
        shares = [share for one in self.measured if (share := one.share(self.line_rate)) is not None]
        return statistics.median(shares) if shares else None

    @property
    def bytes_per_call(self) -> tuple[float, float] | None:
        """Bytes up and down for each call, over all measurements."""
        counted = [one for one in self.measured if one.up is not None and one.down is not None]
        if not counted:
            return None
        calls = sum(one.calls for one in counted)
        return sum(one.up or 0 for one in counted) / calls, sum(one.down or 0 for one in counted) / calls

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        lowest, highest = self.rates
        per_call = self.bytes_per_call
        return {
            "system": self.system,
            "link": self.link,
            "calls_per_second": {"median": self.rate, "lowest": lowest, "highest": highest},
            "bytes_per_call": None if per_call is None else {"up": per_call[0], "down": per_call[1]},
            "line_share": self.share,
            "runs": [asdict(one) for one in self.measured],
        }


def measure(calls: Calls, seconds: float, counters: Counters | None = None) -> Measured:
    """About `seconds` of calls, after a trial that says how many those are."""
    count = 1
    while True:
        begun = time.perf_counter()
        made = calls(count)
        spent = time.perf_counter() - begun
        if spent >= min(_ENOUGH_S, seconds):
            break
        count = max(made, count) * _GROWTH
    count = max(1, round(made / spent * seconds))
    before = counters() if counters else {}
    begun = time.perf_counter()
    made = calls(count)
    spent = time.perf_counter() - begun
    if counters is None:
        return Measured(made, spent)
    after = counters()
    return Measured(made, spent, after["up"] - before["up"], after["down"] - before["down"])
