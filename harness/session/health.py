"""What the line was like: counters for reports, and when they mean that it is bad."""

import statistics
from collections import deque
from dataclasses import dataclass, field, fields

_KEPT_ROUND_TRIPS = 10_000
_DAMAGED = 1e-3
"""Share of damaged pieces among all frames that came, above which a line is bad; fewer than 4 never count."""
_RESENT = 0.05
"""Share of frames sent again without need to wait, above which it is bad; fewer than 10 never count."""
_CONSOLE = 1024
"""Bytes of console text above which somebody else writes on the line; a boot message has less."""
_SLOW = 2.0
"""Seconds of a round trip above which it is slow."""


@dataclass(slots=True)
class LineHealth:
    """Counters of one session, over all its links.

    `bad_frames` are pieces between zeros that were no frame and no text: their check was wrong, their bytes
    are `noise_bytes`. `console_bytes` belong to pieces that read as text. `resends` are frames sent again; to
    `working` of them the agent said that it still had the program. `restarts` are sessions begun anew,
    `reconnects` are links opened again, which took `reconnecting` seconds, in vain or not. `round_trips` are
    the latest, in seconds, `worst` is the longest of all. `keyed`: the frames bear a keyed check.
    """

    keyed: bool = False
    bytes_sent: int = 0
    bytes_received: int = 0
    frames_sent: int = 0
    frames_received: int = 0
    bad_frames: int = 0
    noise_bytes: int = 0
    console_bytes: int = 0
    resends: int = 0
    working: int = 0
    restarts: int = 0
    reconnects: int = 0
    reconnecting: float = 0.0
    worst: float = 0.0
    round_trips: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT_ROUND_TRIPS), repr=False)

    def round_trip(self, seconds: float) -> None:
        """One was measured."""
        self.round_trips.append(seconds)
        self.worst = max(self.worst, seconds)

    def skipped(self, data: bytes) -> None:
        """A piece between zeros was no frame for us."""
        if reads_as_text(data):
            self.console_bytes += len(data)
        else:
            self.bad_frames += 1
            self.noise_bytes += len(data)

    @property
    def median(self) -> float | None:
        """Median round trip in seconds, None before the first."""
        return statistics.median(self.round_trips) if self.round_trips else None

    def as_dict(self) -> dict[str, float | int | bool | None]:
        """The counters by name, round trips as median and worst."""
        names = [one.name for one in fields(self) if one.name != "round_trips"]
        return {**{name: getattr(self, name) for name in names}, "median": self.median}

    def trouble(self) -> list[str]:
        """What is bad about the line, a short sentence each; none for a good line."""
        found: list[str] = []
        pieces = self.frames_received + self.bad_frames
        if self.bad_frames > 3 and self.bad_frames > _DAMAGED * pieces:
            found.append(
                f"{self.bad_frames} of {pieces} frames came damaged ({_share(self.bad_frames, pieces)}): "
                f"look at cable, speed and flow control"
            )
        resent = self.resends - self.working
        if resent >= 10 and resent > _RESENT * self.frames_sent:
            found.append(
                f"{resent} of {self.frames_sent} frames had to be sent again "
                f"({_share(resent, self.frames_sent)}): the line loses some"
            )
        if self.reconnects:
            times = "once" if self.reconnects == 1 else f"{self.reconnects} times"
            found.append(f"the link broke and was opened again {times}, which took {self.reconnecting:.1f} s")
        elif self.reconnecting:
            found.append(f"the link broke and could not be opened again, in {self.reconnecting:.1f} s")
        if self.restarts:
            times = "once" if self.restarts == 1 else f"{self.restarts} times"
            found.append(f"the session had to be begun anew {times}")
        if self.console_bytes > _CONSOLE:
            found.append(
                f"{self.console_bytes} bytes of text stood between the frames: something else, such as a "
                f"debug console, writes on this line"
            )
        if self.worst > _SLOW:
            found.append(
                f"the slowest round trip took {self.worst:.1f} s, the median {self.median or 0:.3f} s"
            )
        return found


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2g} %"


READABLE = bytes([*range(32, 127), *b"\t\n\r\x1b\b\a"])
"""Bytes that a person may have meant."""


def reads_as_text(data: bytes | bytearray) -> bool:
    """Could a person have meant this, at least 95 of 100 bytes of it? Frames always hold other bytes."""
    return len(data.translate(None, READABLE)) <= 0.05 * len(data)
