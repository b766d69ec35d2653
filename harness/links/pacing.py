"""A link that sends slowly on purpose: for a device whose UART has no FIFO and no flow control.

`Pace(16, 0.002)` sends 16 bytes, then nothing for 2 ms after the line has carried them. What comes from the
device is not held up.
"""

import threading
import time
from dataclasses import dataclass

from harness.errors import LinkError
from harness.links.base import Dialer, Link


@dataclass(frozen=True, slots=True)
class Pace:
    """`chunk` bytes, then `pause` seconds."""

    chunk: int
    pause: float

    def rate(self, rate: float) -> float:
        """Bytes a second that a line of `rate` bytes a second takes at this pace."""
        return self.chunk / (self.chunk / rate + self.pause)


class PacedLink:
    """An open link with pauses between what is written; see `Link`."""

    def __init__(self, link: Link, pace: Pace) -> None:
        self._link = link
        self._pace = pace
        self._closed = threading.Event()
        self._free_at = 0.0

    @property
    def url(self) -> str:
        return self._link.url

    @property
    def rate(self) -> float | None:
        """None stays None: whether a network is behind the link does not depend on how it is used."""
        return None if self._link.rate is None else self._pace.rate(self._link.rate)

    @property
    def baud(self) -> int | None:
        return getattr(self._link, "baud", None)

    def read(self) -> bytes:
        return self._link.read()

    def write(self, data: bytes) -> None:
        for begin in range(0, len(data), self._pace.chunk):
            # Ends early when the link is closed.
            if self._closed.wait(max(0.0, self._free_at - time.monotonic())):
                raise LinkError(f"{self.url}: closed while bytes waited for their turn")
            piece = data[begin : begin + self._pace.chunk]
            self._link.write(piece)
            carrying = len(piece) / self._link.rate if self._link.rate else 0.0
            self._free_at = time.monotonic() + carrying + self._pace.pause

    def close(self) -> None:
        self._closed.set()
        self._link.close()


class PacedDialer:
    """Opens links that are written to at a pace; see `Dialer`."""

    def __init__(self, dialer: Dialer, pace: Pace) -> None:
        self._dialer = dialer
        self._pace = pace

    @property
    def url(self) -> str:
        return self._dialer.url

    def open(self, timeout: float) -> PacedLink:
        return PacedLink(self._dialer.open(timeout), self._pace)

    def close(self) -> None:
        self._dialer.close()
