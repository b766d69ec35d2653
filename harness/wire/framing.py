"""Frames: COBS between zero bytes, with a CRC-32 that also carries the session number.

See docs/protocol.md, "Frames". Nothing here reads, writes or waits: bytes go in, frames come out.
"""

import zlib
from dataclasses import dataclass

from cobs import cobs  # type: ignore[import-untyped]

_CHECK = 4
"""Bytes of the check behind a body."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A body whose check was right; `tagged`: with the session's tag, not with tag 0."""

    body: bytes
    tagged: bool


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes between two zeros that are no frame of this session: console text, damage, another session."""

    data: bytes


def _check(body: bytes, tag: int) -> bytes:
    return (zlib.crc32(body) ^ tag).to_bytes(_CHECK, "little")


def encode_frame(body: bytes, tag: int = 0, *, idle: bool = False) -> bytes:
    """One frame as it goes on the line. `idle`: the line was silent, put a zero byte in front as well."""
    frame: bytes = cobs.encode(body + _check(body, tag)) + b"\0"
    return b"\0" + frame if idle else frame


def split_frame(data: bytes) -> tuple[bytes, int] | None:
    """(body, tag) that would make `data`, bytes between two zeros, a frame; None if nothing would."""
    try:
        decoded: bytes = cobs.decode(data)
    except cobs.DecodeError:
        return None
    if len(decoded) <= _CHECK:
        return None
    body = decoded[:-_CHECK]
    return body, zlib.crc32(body) ^ int.from_bytes(decoded[-_CHECK:], "little")


class FrameDecoder:
    """Finds frames in a stream of bytes, however it is cut into pieces.

    `max_body` is the longest body in bytes that can be a frame; `tag` is the session's tag, settable.
    """

    def __init__(self, max_body: int = 8192) -> None:
        self.tag = 0
        self._max_body = max_body
        longest = max_body + _CHECK
        self._limit = longest + longest // 254 + 1
        self._pending = bytearray()
        self._skipping = False

    @property
    def pending(self) -> bytes:
        """Bytes since the last zero: part of a frame, or noise."""
        return bytes(self._pending)

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """What `data` completes, in order. Longer than a frame can be: noise, in pieces, up to a zero."""
        found: list[Frame | Noise] = []
        *ended, rest = data.split(b"\0")
        for piece in ended:
            self._collect(piece, found)
            self._finish(found)
        self._collect(rest, found)
        return found

    def _collect(self, piece: bytes, found: list[Frame | Noise]) -> None:
        self._pending += piece
        while len(self._pending) > self._limit:
            found.append(Noise(bytes(self._pending[: self._limit])))
            del self._pending[: self._limit]
            self._skipping = True

    def _finish(self, found: list[Frame | Noise]) -> None:
        data = bytes(self._pending)
        self._pending.clear()
        skipping, self._skipping = self._skipping, False
        if not data:
            return
        split = None if skipping else split_frame(data)
        if split is not None and split[1] in (0, self.tag) and len(split[0]) <= self._max_body:
            body, tag = split
            found.append(Frame(body, tagged=tag != 0))
        else:
            found.append(Noise(data))
