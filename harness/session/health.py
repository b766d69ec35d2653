"""What the line was like: counters for reports, and what was seen for error messages."""

import statistics
from collections import deque
from dataclasses import asdict, dataclass, field

from harness.wire.framing import split_frame
from harness.wire.messages import WireError, decode

_SAMPLE = 80
_KEPT_ROUND_TRIPS = 10_000


@dataclass(slots=True)
class LineHealth:
    """Counters of one session.

    `bad_frames` are pieces between zeros that were no frame, their bytes are `noise_bytes`. `resends` are
    frames sent again; to `working` of them the agent said that it still had the program. `restarts` are
    sessions begun anew. `round_trips` are the latest, in seconds, `worst` is the longest of all.
    """

    bytes_sent: int = 0
    bytes_received: int = 0
    frames_sent: int = 0
    frames_received: int = 0
    bad_frames: int = 0
    noise_bytes: int = 0
    resends: int = 0
    working: int = 0
    restarts: int = 0
    worst: float = 0.0
    round_trips: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT_ROUND_TRIPS), repr=False)

    def round_trip(self, seconds: float) -> None:
        self.round_trips.append(seconds)
        self.worst = max(self.worst, seconds)

    @property
    def median(self) -> float | None:
        """Median round trip in seconds, None before the first."""
        return statistics.median(self.round_trips) if self.round_trips else None

    def as_dict(self) -> dict[str, float | int | None]:
        """The counters by name, round trips as median and worst."""
        counters = asdict(self)
        del counters["round_trips"]
        return {**counters, "median": self.median}


class Seen:
    """What came back while nobody answered, in words."""

    def __init__(self) -> None:
        self.bytes = 0
        self._noise = bytearray()
        self._strangers: set[int] = set()
        self._echo = False
        self._other: list[str] = []

    def noise(self, data: bytes) -> None:
        """A piece between zeros that is no frame of ours."""
        split = split_frame(data)
        if split is not None:
            try:
                decode(split[0])
            except WireError:
                pass
            else:
                self._strangers.add(split[1])
                return
        room = _SAMPLE - len(self._noise)
        self._noise += data[:room]

    def echo(self) -> None:
        """One of our own frames came back."""
        self._echo = True

    def message(self, text: str) -> None:
        """A good frame that was no answer to the question."""
        if text not in self._other:
            self._other.append(text)

    def __str__(self) -> str:
        if not self.bytes:
            return "nothing came back, not one byte"
        found = [f"{self.bytes} bytes came back"]
        if self._echo:
            found.append("our own frames among them: the line echoes, nobody reads it as an agent")
        if self._strangers:
            tags = ", ".join(f"0x{tag:08X}" for tag in sorted(self._strangers)[:3])
            found.append(f"good frames of other sessions ({tags}): somebody else may be talking on this line")
        found += [f"a frame with {text}" for text in self._other[:3]]
        if self._noise:
            text = bytes(self._noise).decode("latin-1")
            printable = sum(char.isprintable() or char in "\r\n\t" for char in text)
            hint = "console text" if printable > 0.9 * len(text) else "no frames: is the speed right?"
            found.append(f"{hint}: {_readable(bytes(self._noise))}")
        return "; ".join(found)


def _readable(data: bytes) -> str:
    text = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in data)
    text = text.replace("\\x0d\\x0a", "\\n").replace("\\x0a", "\\n").replace("\\x0d", "\\r")
    return f"'{text}'" + ("..." if len(data) >= _SAMPLE else "")
