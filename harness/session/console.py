"""Text between the frames: what a boot loader or a debug console writes on the agent's line.

Nothing here reads, writes or waits: bytes go in, with the time at which they came; what they are comes out.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cobs import cobs  # type: ignore[import-untyped]

from harness.session.health import READABLE, reads_as_text

Console = Callable[[bytes, float], None]
"""Takes text from the line, and when it came, in seconds as `time.time` counts them."""

_RUN = 12
"""Readable bytes in a row that are text although what stands around them is not."""
_SHORTEST = 5
_LONGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Heard:
    """`text` that came at `at`; without text, something of `size` bytes, the zero behind it not counted:
    `data`, which came out of COBS, or None for what is no frame."""

    at: float
    text: bytes = b""
    size: int = 0
    data: bytes | None = None


class ConsoleReader:
    """Takes a stream apart into text and what else stands between its zeros."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._marks: list[tuple[int, float]] = []

    def feed(self, data: bytes, at: float) -> list[Heard]:
        """What `data` completes; it came at `at`, on any clock."""
        found: list[Heard] = []
        *ended, rest = data.split(b"\0")
        for part in ended:
            self._add(part, at)
            found += self.flush()
        self._add(rest, at)
        if len(self._pending) > _LONGEST:
            found += self.flush()
        return found

    def flush(self) -> list[Heard]:
        """What has come since the last zero, as if one followed."""
        raw, marks = bytes(self._pending), self._marks
        self._pending.clear()
        self._marks = []
        if not raw:
            return []
        if reads_as_text(raw):
            return _lines(raw, marks)
        data = _decoded(raw)
        if data is None:
            return _runs(raw, marks)
        return [Heard(marks[0][1], size=len(raw), data=data)]

    def _add(self, part: bytes, at: float) -> None:
        if part:
            self._marks.append((len(self._pending), at))
            self._pending += part


def _decoded(raw: bytes) -> bytes | None:
    try:
        data: bytes = cobs.decode(raw)
    except cobs.DecodeError:
        return None
    return data if len(data) >= _SHORTEST else None


def _lines(text: bytes, marks: list[tuple[int, float]], begin: int = 0) -> list[Heard]:
    """Line by line, each with the time of its first byte. `begin`: where in the piece the text begins."""
    found, place, times = [], begin, list(marks)
    for line in text.splitlines(keepends=True):
        while len(times) > 1 and times[1][0] <= place:
            del times[0]
        found.append(Heard(times[0][1], line))
        place += len(line)
    return found


def _runs(raw: bytes, marks: list[tuple[int, float]]) -> list[Heard]:
    """Text and something else between the same two zeros: a frame into which somebody wrote."""
    found: list[Heard] = []
    begin = other = 0
    for end in range(len(raw) + 1):
        if end < len(raw) and raw[end] in READABLE:
            continue
        # A frame may begin with what could be a bell.
        last = begin + len(raw[begin:end].rstrip(b"\a\b\t\x1b"))
        if last - begin >= _RUN:
            if begin > other:
                found.append(Heard(marks[0][1], size=begin - other))
            found += _lines(raw[begin:last], marks, begin)
            other = last
        begin = end + 1
    if len(raw) > other:
        found.append(Heard(marks[-1][1], size=len(raw) - other))
    return found


def visible(text: bytes) -> str:
    """Without anything that would move a cursor or change a colour: other bytes become \\x1b."""
    return "".join(chr(byte) if 32 <= byte < 127 or byte == 9 else f"\\x{byte:02x}" for byte in text)
