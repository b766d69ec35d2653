"""What a UART sees of what another one sends, bit by bit: pseudo terminals know no speed.

`waveform` is the line over time, idle high, each byte a low start bit, eight data bits (the lowest first) and
a high stop bit: 8N1. `receive` reads such a line as a 16550 does (PC16550D data sheet, "UART receiver"):
sixteen samples a bit, the start bit checked in its middle, each bit taken there.
"""

import bisect
import random
from collections.abc import Iterable
from dataclasses import dataclass

OVERSAMPLING = 16


@dataclass(frozen=True)
class Receiver:
    """Which UART listens. `break_waits`: after a break it waits for a high line, with one zero byte for the
    whole of it (the 16550 does). `resync`: low where the stop bit should be begins the next byte (the 16550
    again); otherwise the line has to go high first. `passes_errors`: bytes with a framing error reach the
    program, as they do through Linux's terminals unless told otherwise (termios(3), INPCK)."""

    break_waits: bool = True
    resync: bool = True
    passes_errors: bool = True


PC16550 = Receiver()
STRICT = Receiver(passes_errors=False)
PATIENT = Receiver(resync=False)
EAGER = Receiver(break_waits=False)
RECEIVERS = {"16550": PC16550, "strict": STRICT, "patient": PATIENT, "eager": EAGER}


class Waveform:
    """Times at which the line changes, in seconds; it is high before the first."""

    def __init__(self, edges: list[float]) -> None:
        self.edges = edges

    def high(self, moment: float) -> bool:
        return bisect.bisect_right(self.edges, moment) % 2 == 0

    def falls(self, moment: float) -> float | None:
        """When it goes low, at `moment` or afterwards."""
        place = bisect.bisect_left(self.edges, moment)
        place += place % 2
        return self.edges[place] if place < len(self.edges) else None


def waveform(
    data: Iterable[int], baud: float, gaps: random.Random | None = None, most: float = 30
) -> Waveform:
    """Bytes at a speed, one behind the other; with `gaps` some have a pause of up to `most` bits before."""
    edges: list[float] = []
    now, level = 0.0, True
    for byte in data:
        if gaps is not None and gaps.random() < 0.2:
            now += gaps.uniform(0, most) / baud
        for bit in (0, *(byte >> place & 1 for place in range(8)), 1):
            if bool(bit) != level:
                edges.append(now)
                level = bool(bit)
            now += 1 / baud
    return Waveform(edges)


def receive(line: Waveform, baud: float, receiver: Receiver = PC16550) -> bytes:
    """The bytes that a program gets at the other end."""
    tick, bit = 1 / baud / OVERSAMPLING, 1 / baud
    found = bytearray()
    now = 0.0
    while (fall := line.falls(now)) is not None:
        # The edge is noticed with the next tick of the clock.
        start = (fall // tick + 1) * tick
        now = start
        following = start
        while following is not None:
            start, following = following, None
            if line.high(start + bit / 2 - tick):
                now = start + bit / 2
                break
            byte = sum(line.high(start + (1.5 + place) * bit - tick) << place for place in range(8))
            stop = line.high(start + 9.5 * bit - tick)
            now = start + 9.5 * bit
            if stop or receiver.passes_errors:
                found.append(byte)
            if stop:
                break
            if (byte == 0 and receiver.break_waits) or not receiver.resync:
                break
            # What was taken for a stop bit is the next start bit.
            following = start + 9 * bit
    return bytes(found)


def heard(
    data: bytes, sent_at: float, listening_at: float, receiver: Receiver = PC16550, **gaps: float
) -> bytes:
    """What a program that listens at one speed gets of what is sent at another; `seed=1` makes pauses."""
    seed = gaps.get("seed")
    return receive(
        waveform(data, sent_at, None if seed is None else random.Random(seed)), listening_at, receiver
    )
