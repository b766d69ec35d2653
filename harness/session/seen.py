"""What came back while nobody answered, in words for error messages."""

from harness.session.health import reads_as_text
from harness.wire.coding import decode
from harness.wire.messages import Answer, Challenge, Refusal, WireError, Working

_SAMPLE = 80
_MESSAGES = 3


class Seen:
    """Collects what is not the answer one waits for."""

    def __init__(self) -> None:
        self.bytes = 0
        self._noise = bytearray()
        self._strangers = 0
        self._echo = False
        self._other: list[str] = []

    def noise(self, data: bytes, frame: bytes | None = None) -> None:
        """A piece between zeros that is no frame of ours; `frame`: it decoded, body and check."""
        if frame is not None and _message_of_another_session(frame):
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
            hint = "console text" if reads_as_text(self._noise) else "no frames: is the speed right?"
            found.append(f"{hint}: {_readable(bytes(self._noise))}")
        return "; ".join(found)


def _message_of_another_session(frame: bytes) -> bool:
    """Would it be a message from an agent, had it another check?"""
    for size in (4, 8):
        try:
            message = decode(frame[:-size])
        except WireError:
            continue
        return isinstance(message, Answer | Refusal | Working | Challenge)
    return False


def _readable(data: bytes) -> str:
    text = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in data)
    text = text.replace("\\x0d\\x0a", "\\n").replace("\\x0a", "\\n").replace("\\x0d", "\\r")
    return f"'{text}'" + ("..." if len(data) >= _SAMPLE else "")
