"""At which speed does the other side send? Told from the bytes that a wrong speed makes of what it sends.

A serial line carries no speed: a receiver that listens at another one than the sender's takes its bits at
the wrong places. What comes out looks like noise, but only some bytes can come out, and some often. Here
what a speed would make of console text and of frames is worked out for every usual speed, and compared with
what came. A likelihood per byte decides; it has to be better by far than that of any other speed, of a good
line and of noise, else nothing is said.
"""

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache

from cobs import cobs  # type: ignore[import-untyped]

SPEEDS = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
"""Bits a second that devices use, and that are told apart."""
LEAST = 32
"""Bytes without which nothing is said."""

_MOST = 1024
_LEARNT = 2500
_SURE, _SURE_PER_BYTE = 12.0, 0.05
"""Natural logarithm of how much more likely the best speed has to be than anything else, and the same for
each byte. A sender that is faster leaves less of a trace:"""
_SURE_OF_FASTER, _SURE_OF_FASTER_PER_BYTE = 24.0, 0.15
_UNLIKE = 1.2
"""Divergence above which bytes are not of a table's kind: measured, the right one has at most 1.3 with 200
bytes, and 0.1 where a receiver is faster than the sender; parity bits give 2.2."""
_SURPRISE = 0.03
"""Share of bytes that no table foresees: damage, another kind of text."""
_NOISE = (0.5, 1, 2, 4, 8, 16, 32, 64)
"""Bits for which a line that nobody drives keeps its level, on average."""
_FINE = 8
_JITTER = 1 / 16
"""Of a bit: a receiver notices an edge with the next of the sixteen ticks that it has for each."""


def speed_of_sender(data: bytes, listening: int) -> int | None:
    """Which of `SPEEDS` the sender of `data` probably uses, which was received at `listening` baud.

    None when it does not show: a good line, noise, too few bytes, or speeds that leave no trace.
    """
    data = data[:_MOST]
    if len(data) < LEAST or listening not in SPEEDS:
        return None
    counts = Counter(data)
    best: dict[int | None, tuple[float, _Table]] = {}
    for speed, table in _tables(listening):
        fit = table.fit(counts)
        if speed not in best or fit > best[speed][0]:
            best[speed] = fit, table
    ranking = sorted(best.items(), key=lambda entry: entry[1][0], reverse=True)
    (speed, (fit, table)), (_, (second, _)) = ranking[:2]
    if speed is None:
        return None
    least, each = (
        (_SURE, _SURE_PER_BYTE) if speed < listening else (_SURE_OF_FASTER, _SURE_OF_FASTER_PER_BYTE)
    )
    if fit - second < max(least, each * len(data)):
        return None
    # What is of a kind of its own fits nothing well, but something best.
    return speed if len(counts) > 1 and table.likens(counts) else None


class _Table:
    """How likely each byte is, as natural logarithms."""

    def __init__(self, learnt: bytes) -> None:
        counts, share = Counter(learnt), (1 - _SURPRISE) / max(1, len(learnt))
        self._logs = [math.log(counts[byte] * share + _SURPRISE / 256) for byte in range(256)]

    def fit(self, counts: Mapping[int, int]) -> float:
        """Of all these bytes."""
        return sum(self._logs[byte] * count for byte, count in counts.items())

    def likens(self, counts: Mapping[int, int]) -> bool:
        """Are they distributed like this? By the Kullback-Leibler divergence, which few bytes make larger."""
        total = sum(counts.values())
        surprise = sum(count / total * math.log(count / total) for count in counts.values())
        return surprise - self.fit(counts) / total < _UNLIKE + 30 / total


@cache
def _tables(listening: int) -> Sequence[tuple[int | None, _Table]]:
    """What every speed would make of text and of frames; None for a good line and for noise."""
    found: list[tuple[int | None, _Table]] = [(None, _Table(bytes(range(256))))]
    for bits in _NOISE:
        found.append((None, _Table(_received(_noise(bits), _FINE, _Errors.LIKE_16550))))
    # The right speed, but seven data bits and a parity bit: no frames pass, but that is another fault.
    found += [(None, _Table(_with_parity(_text(), odd))) for odd in (0, 1)]
    found.append((None, _Table(bytes(byte | 0x80 for byte in _text()))))
    for sent in (_text(), _frames()):
        found.append((None, _Table(sent)))
        levels = _levels(sent)
        for speed in SPEEDS:
            if speed != listening:
                found += [(speed, _Table(_received(levels, speed / listening, how))) for how in _Errors]
    return found


def _text() -> bytes:
    """Letters, digits and signs about as often as boot loaders and debug consoles write them."""
    source = random.Random(1)
    words = (
        "".join(source.choices("eeeeettaaoooiinnssrrhllddccuummppffggywbvkxjqz", k=source.randint(2, 9)))
        for _ in range(600)
    )
    forms = ("{} ", "{} ", "{} ", "{}: ", "{}=", "{}, ", "{}...", "({}) ", "[{}] ", "{}\r\n", "{}\r\n")
    numbers = ("{:d} ", "0x{:08x} ", "{:08X} ", "{:d}.", "{:02d}:")
    text = []
    for word in words:
        spelt = source.choice((word, word, word.capitalize(), word.upper()))
        text.append(source.choice(forms).format(spelt))
        if source.random() < 0.3:
            text.append(
                source.choice(numbers).format(source.choice((source.randrange(100), source.getrandbits(32))))
            )
    return "".join(text).encode("ascii")


def _frames() -> bytes:
    """Frames as an agent sends them: small numbers, many of them alike, and checks that are noise."""
    source = random.Random(2)
    bodies = (
        bytes([0x84 + place % 4, 3, place % 24, 0x81, source.randrange(24), 0x19])
        + source.randbytes(source.randrange(4, 16))
        for place in range(200)
    )
    return b"".join(cobs.encode(body) + b"\0" for body in bodies)


def _with_parity(text: bytes, odd: int) -> bytes:
    return bytes(byte | (byte.bit_count() + odd) % 2 << 7 for byte in text)


def _noise(bits: float) -> bytes:
    """A line that changes at any time, with `_FINE` levels for each bit of the receiver."""
    source = random.Random(5)
    levels, level = bytearray(b"\1" * 20), 0
    while len(levels) < 20 * _FINE * 1000:
        levels += bytes([level]) * (1 + int(source.expovariate(1 / (bits * _FINE))))
        level ^= 1
    return bytes(levels + b"\1" * 2000)


def _levels(sent: bytes) -> bytes:
    """The line, one byte for each bit of the sender, with pauses here and there; 8N1."""
    source = random.Random(3)
    levels = bytearray(b"\1" * 20)
    for byte in sent:
        levels += bytes((0, *(byte >> place & 1 for place in range(8)), 1))
        if source.random() < 0.1:
            levels += b"\1" * source.randrange(1, 30)
    return bytes(levels + b"\1" * 2000)


class _Errors(Enum):
    """What begins the next byte where the line is low instead of a stop bit: that low, but for a break the
    next edge (16550); always the next edge; always that low."""

    LIKE_16550 = 1
    WAITS = 2
    EAGER = 3


def _received(levels: bytes, step: float, errors: _Errors) -> bytes:
    """What a receiver makes of them, one of whose bits takes `step` of theirs."""
    source = random.Random(4)
    found = bytearray()
    end = len(levels) - int(12 * step) - 2
    now = 0.0
    while len(found) < _LEARNT and now < end:
        if levels[int(now)]:
            place = levels.find(0, int(now))
            if place < 0 or place > end:
                break
            now = float(place)
        middle = now + (0.5 + source.uniform(-_JITTER, _JITTER)) * step
        if levels[int(middle)]:
            now = middle
            continue
        byte = sum(levels[int(middle + place * step)] << (place - 1) for place in range(1, 9))
        found.append(byte)
        stop = middle + 9 * step
        if levels[int(stop)]:
            now = stop
        elif errors is _Errors.WAITS or (errors is _Errors.LIKE_16550 and byte == 0):
            now = float(levels.index(1, int(stop)))
        else:
            now = stop - 0.5 * step
    return bytes(found)
