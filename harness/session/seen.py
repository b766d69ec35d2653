"""What came back while nobody answered, in words for error messages."""

from harness.errors import Cause
from harness.session.health import reads_as_text
from harness.session.speed import speed_of_sender
from harness.wire.coding import decode
from harness.wire.messages import Answer, Challenge, Message, Refusal, WireError, Working

_SAMPLE = 80
_KEPT = 1024
_MESSAGES = 3


class Seen:
    """Collects what is not the answer one waits for. `baud`: at which speed this side listens, if at any."""

    def __init__(self, baud: int | None = None) -> None:
        self.bytes = 0
        self._baud = baud
        self._sample = bytearray()
        self._noise = bytearray()
        self._strangers = 0
        self._echo = False
        self._other: list[str] = []

    def arrived(self, data: bytes) -> None:
        """Anything at all."""
        self.bytes += len(data)
        self._sample += data[: _KEPT - len(self._sample)]

    def noise(self, data: bytes, frame: bytes | None = None) -> None:
        """A piece between zeros that is no frame of ours; `frame`: it decoded, body and check."""
        if frame is not None and is_message(frame, Answer, Refusal, Working, Challenge):
            self._strangers += 1
            return
        room = _SAMPLE - len(self._noise)
        self._noise += data[:room]

    def echo(self) -> None:
        """One of our own frames came back."""
        self._echo = True

    def message(self, text: str) -> None:
        """A good frame that was no answer to the question."""
        if text not in self._other and len(self._other) < _MESSAGES:
            self._other.append(text)

    def __str__(self) -> str:
        if not self.bytes:
            return "nothing came back, not one byte"
        found = [f"{self.bytes} bytes came back"]
        if self._echo:
            found.append("our own frames among them: the line echoes, nobody reads it as an agent")
        if self._strangers:
            frames = "a frame" if self._strangers == 1 else f"{self._strangers} frames"
            found.append(f"{frames} of another session: somebody else may be talking on this line")
        found += [f"a frame with {text}" for text in self._other]
        if self._noise:
            hint = "console text" if reads_as_text(self._noise) else self._speed()
            found.append(f"{hint}: {_readable(bytes(self._noise))}")
        return "; ".join(found)

    @property
    def cause(self) -> Cause | None:
        """The same in one word: None for frames of an agent that were not the answer."""
        if not self.bytes:
            return Cause.SILENCE
        if self._echo:
            return Cause.ECHO
        if self._strangers:
            return Cause.OTHERS
        if self._other or not self._noise:
            return None
        if reads_as_text(self._noise):
            return Cause.TEXT
        return Cause.NOISE if self._sent_at() is None else Cause.SPEED

    def _speed(self) -> str:
        found = self._sent_at()
        if found is None:
            return "no frames: is the speed right?"
        return f"no frames: they look as if sent at {found} baud, while this side listens at {self._baud}"

    def _sent_at(self) -> int | None:
        return None if self._baud is None else speed_of_sender(bytes(self._sample), self._baud)


def is_message(data: bytes, *kinds: type[Message]) -> bool:
    """Would it be a message (of these kinds), if its check, which belongs to a session, were right?"""
    for size in (4, 8):
        try:
            message = decode(data[:-size])
        except WireError:
            continue
        return not kinds or isinstance(message, kinds)
    return False


def _readable(data: bytes) -> str:
    text = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in data)
    text = text.replace("\\x0d\\x0a", "\\n").replace("\\x0a", "\\n").replace("\\x0d", "\\r")
    return f"'{text}'" + ("..." if len(data) >= _SAMPLE else "")
