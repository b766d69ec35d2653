"""The arithmetic of a serial line: when does which byte arrive, and when does the receiver get to see it?

Nothing here reads a clock, waits or does I/O: times come in as seconds, wake-up times go out.
"""

import math
from typing import Protocol

CHARACTER_BITS = 10
"""8N1: start bit, eight data bits, stop bit."""
_NEVER = math.inf


class ByteClock:
    """One direction of a line that carries `rate` bytes a second.

    The time of a byte counts from the moment at which the line began to be busy, so nothing adds up: a
    poll that comes late delays what it sees, never what comes after.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._pending = bytearray()
        self._ready = bytearray()
        self._anchor = 0.0
        self._carried = 0
        self._pushed = 0

    def push(self, data: bytes, now: float) -> None:
        """The sender gives `data` to the line at time `now`; it follows what is still under way."""
        self._arrive(now)
        if not self._pending:
            self._anchor, self._carried, self._pushed = now, 0, 0
        self._pending += data
        self._pushed += len(data)

    def take(self, now: float) -> bytes:
        """What has arrived by `now` and was not taken yet."""
        self._arrive(now)
        data = bytes(self._ready)
        self._ready.clear()
        return data

    @property
    def under_way(self) -> int:
        """Bytes that had not arrived when the line was last looked at."""
        return len(self._pending)

    def arrival(self, count: int) -> float:
        """When the `count`-th byte of those under way arrives; 1 is the next one."""
        return self._anchor + (self._carried + count) / self._rate

    def _arrive(self, now: float) -> None:
        # The margin is far below a byte's time: a wake-up exactly at an arrival finds that byte.
        arrived = int((now - self._anchor) * self._rate + 1e-6) - self._carried
        count = min(max(arrived, 0), len(self._pending))
        self._ready += self._pending[:count]
        del self._pending[:count]
        self._carried += count


class Receiver(Protocol):
    """What stands at the end of a line and decides when software gets to see what arrived."""

    def collect(self, clock: ByteClock, now: float) -> bytes:
        """What is handed over at `now`. Called before anything is pushed at that time."""

    def wake(self, clock: ByteClock) -> float | None:
        """When to call `collect` next; None: not before something is pushed."""


class Uart:
    """Hands over 14 bytes at a time, or what there is when the line falls silent.

    14 of 16 is the usual trigger level of a 16550's receive buffer. The four character times that a
    real one waits for silence are left out, in favour of everybody.
    """

    def __init__(self, trigger: int = 14) -> None:
        self._trigger = trigger
        self._held = bytearray()

    def collect(self, clock: ByteClock, now: float) -> bytes:
        self._held += clock.take(now)
        if clock.under_way and len(self._held) < self._trigger:
            return b""
        data = bytes(self._held)
        self._held.clear()
        return data

    def wake(self, clock: ByteClock) -> float | None:
        if not clock.under_way:
            return None
        return clock.arrival(min(clock.under_way, max(1, self._trigger - len(self._held))))


class UsbAdapter:
    """Hands over 62 bytes at once, or what there is when the latency timer runs out.

    FTDI, AN232B-04, "Small Amounts of Data and End of Buffer Conditions": a buffer of 62 user bytes that
    is full is sent; otherwise a timer of 16 ms sends what is there. Sending and running out reset the timer.
    """

    def __init__(self, packet: int = 62, latency: float = 0.016) -> None:
        self._packet = packet
        self._latency = latency
        self._held = bytearray()
        self._reset_at = 0.0
        self._held_since = 0.0

    def collect(self, clock: ByteClock, now: float) -> bytes:
        sent = bytearray()
        while (at := min(self._full_at(clock), self._runs_out(clock))) <= now:
            self._absorb(clock, at)
            sent += self._held
            self._held.clear()
            self._reset_at = at
        self._absorb(clock, now)
        return bytes(sent)

    def wake(self, clock: ByteClock) -> float | None:
        at = min(self._full_at(clock), self._runs_out(clock))
        return None if at == _NEVER else at

    def _absorb(self, clock: ByteClock, at: float) -> None:
        if not self._held and clock.under_way:
            self._held_since = clock.arrival(1)
        self._held += clock.take(at)

    def _full_at(self, clock: ByteClock) -> float:
        missing = self._packet - len(self._held)
        return clock.arrival(missing) if clock.under_way >= missing else _NEVER

    def _runs_out(self, clock: ByteClock) -> float:
        """The first time the timer runs out with something to send; until then it just runs on."""
        if self._held:
            since = self._held_since
        elif clock.under_way:
            since = clock.arrival(1)
        else:
            return _NEVER
        periods = max(1, math.ceil((since - self._reset_at) / self._latency))
        return self._reset_at + periods * self._latency
