"""Frames: COBS between zero bytes. Whose check is right is decided by the session, which knows the seal.

See docs/protocol.md, "Frames". Nothing here reads, writes or waits: bytes go in, pieces come out.
"""

from dataclasses import dataclass

from cobs import cobs  # type: ignore[import-untyped]

_SHORTEST = 5
"""Bytes of the shortest body and check."""

_LONGEST_CHECK = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes between two zeros, `raw`. `data`: body and check, or None when they cannot be a frame.

    None: no COBS, too short or too long; console text, damage, another line rate.
    """

    raw: bytes
    data: bytes | None


def encode_frame(body: bytes, check: bytes, *, idle: bool = False) -> bytes:
    """One frame as it goes on the line. `idle`: the line was silent, put a zero byte in front as well."""
    frame: bytes = cobs.encode(body + check) + b"\0"
    return b"\0" + frame if idle else frame


def _decoded(raw: bytes, longest: int) -> bytes | None:
    try:
        data: bytes = cobs.decode(raw)
    except cobs.DecodeError:
        return None
    return data if _SHORTEST <= len(data) <= longest else None


class FrameDecoder:
    """Finds pieces in a stream of bytes, however it is cut. `max_body`: the longest body in bytes."""

    def __init__(self, max_body: int = 8192) -> None:
        self._longest = max_body + _LONGEST_CHECK
        self._limit = self._longest + self._longest // 254 + 1
        self._pending = bytearray()
        self._skipping = False

    @property
    def pending(self) -> bytes:
        """Bytes since the last zero: part of a frame, or noise."""
        return bytes(self._pending)

    def feed(self, data: bytes) -> list[Piece]:
        """What `data` completes, in order. What is longer than a frame comes in parts, all without data."""
        found: list[Piece] = []
        *ended, rest = data.split(b"\0")
        for part in ended:
            self._collect(part, found)
            self._finish(found)
        self._collect(rest, found)
        return found

    def _collect(self, part: bytes, found: list[Piece]) -> None:
        self._pending += part
        while len(self._pending) > self._limit:
            found.append(Piece(bytes(self._pending[: self._limit]), None))
            del self._pending[: self._limit]
            self._skipping = True

    def _finish(self, found: list[Piece]) -> None:
        raw = bytes(self._pending)
        self._pending.clear()
        skipping, self._skipping = self._skipping, False
        if raw:
            found.append(Piece(raw, None if skipping else _decoded(raw, self._longest)))
