"""A link with a reader: messages go out, messages come in, with the time they arrived."""

import queue
import threading
import time
from collections import deque
from dataclasses import dataclass

from harness.errors import LinkError, ProtocolError
from harness.links.base import Link
from harness.session.health import LineHealth, Seen
from harness.wire.framing import Frame, FrameDecoder, encode_frame
from harness.wire.messages import Hello, Message, Run, WireError, decode

_IDLE = 0.05
"""Seconds of silence after which a frame gets a zero byte in front."""
_ENDING = 5.0
"""Seconds that the reader gets to find out why nothing can be sent any more."""
_LONGEST = 1 << 16
"""Longest body that any agent may announce, in bytes."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message from the agent. `tagged`: it belongs to the session; `at`: when it arrived, monotonic."""

    message: Message
    tagged: bool
    at: float


class LineClosed(Exception):  # noqa: N818 - it is an event, and never leaves this package
    """The other side closed the line."""


class Line:
    """Owns a link: one thread blocks in `read`, everything else happens in the caller's thread."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.health = LineHealth()
        self.seen = Seen()
        self._decoder = FrameDecoder(_LONGEST)
        self._chunks: queue.SimpleQueue[tuple[float, bytes | BaseException]] = queue.SimpleQueue()
        self._events: deque[Received] = deque()
        self._last_sent = float("-inf")
        self._end: BaseException | None = None
        self._ended: BaseException | None = None
        self.last_received = float("-inf")
        self._reader = threading.Thread(target=self._read, name=f"reader of {link.url}", daemon=True)
        self._reader.start()

    @property
    def tag(self) -> int:
        """The number of the session whose frames are let through."""
        return self._decoder.tag

    @tag.setter
    def tag(self, tag: int) -> None:
        self._decoder.tag = tag

    def check(self) -> None:
        """Raise `LinkError` if the line has ended meanwhile."""
        if isinstance(self._ended, LineClosed):
            raise LinkError(str(self._ended))
        if self._ended is not None:
            raise self._ended

    def send(self, body: bytes, tag: int) -> None:
        """Put a frame on the line. Raises `LineClosed` or `LinkError`."""
        now = time.monotonic()
        frame = encode_frame(body, tag, idle=now - self._last_sent >= _IDLE)
        try:
            self.link.write(frame)
        except LinkError:
            # The reader knows whether the other side closed the line, or the line broke.
            self._reader.join(_ENDING)
            if isinstance(self._ended, LineClosed):
                raise self._ended from None
            raise
        self._last_sent = time.monotonic()
        self.health.frames_sent += 1
        self.health.bytes_sent += len(frame)

    def receive(self, timeout: float) -> Received | None:
        """The next message, or None after `timeout` seconds without one.

        Raises `LineClosed`, `LinkError`, and `ProtocolError` for a good frame that holds no message.
        """
        end = time.monotonic() + timeout
        while not self._events:
            if self._end is not None:
                raise self._end
            try:
                at, chunk = self._chunks.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                return None
            if isinstance(chunk, BaseException):
                self._end = chunk
                raise chunk
            self._take(at, chunk)
        return self._events.popleft()

    def look_again(self) -> None:
        """Forget what was seen so far: the next error message is about what comes now."""
        self.seen = Seen()

    def describe(self) -> str:
        """What was seen, in words, with all that has arrived by now."""
        self._drain()
        if pending := self._decoder.pending:
            self.seen.noise(pending)
        return str(self.seen)

    def _drain(self) -> None:
        while self._end is None and not self._chunks.empty():
            at, chunk = self._chunks.get()
            if isinstance(chunk, BaseException):
                self._end = chunk
            else:
                self._take(at, chunk)

    def close(self) -> None:
        """Close the link and wait for the reader to end."""
        self.link.close()
        self._reader.join()

    def _read(self) -> None:
        try:
            while data := self.link.read():
                self._chunks.put((time.monotonic(), data))
            end: BaseException = LineClosed(f"{self.link.url}: closed by the other side")
        except BaseException as error:
            # Whatever it is, it is raised in the thread that waits for the line.
            end = error
        self._ended = end
        self._chunks.put((time.monotonic(), end))

    def _take(self, at: float, chunk: bytes) -> None:
        self.last_received = at
        self.health.bytes_received += len(chunk)
        self.seen.bytes += len(chunk)
        for found in self._decoder.feed(chunk):
            if isinstance(found, Frame):
                self._frame(found, at)
            else:
                self.health.bad_frames += 1
                self.health.noise_bytes += len(found.data)
                self.seen.noise(found.data)

    def _frame(self, frame: Frame, at: float) -> None:
        self.health.frames_received += 1
        try:
            message = decode(frame.body)
        except WireError as error:
            raise ProtocolError(f"{self.link.url}: a good frame, but {error}") from error
        if isinstance(message, Hello | Run):
            self.seen.echo()
            return
        self._events.append(Received(message, frame.tagged, at))
