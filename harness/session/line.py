"""A line to an agent: messages go out, messages come in, over one link after the other."""

import queue
import threading
import time
from collections import deque
from dataclasses import dataclass

from harness.errors import LinkError, ProtocolError
from harness.links.base import Dialer, Link
from harness.session.checks import Checks, Opened
from harness.session.clock import AwakeClock
from harness.session.console import Console, ConsoleReader, Heard
from harness.session.health import LineHealth
from harness.session.seen import Seen
from harness.wire.coding import decode
from harness.wire.framing import FrameDecoder, Piece, encode_frame
from harness.wire.messages import Hello, Message, Proof, Run, WireError
from harness.wire.sealing import Role, Seal, open_check

_IDLE = 0.05
"""Seconds of silence after which a frame gets a zero byte in front."""
_ENDING = 1.0
"""Seconds that the reader gets to find out why nothing can be sent any more."""
_BUSY = 10.0
"""Seconds that writing a frame or closing a link may take: slow lines, flow control, terminal servers."""
_BACKLOG = 1 << 18
"""Bytes that are read ahead of whoever waits for the line; whatever sends more than that is left to wait."""
_LONGEST = 1 << 16
"""Longest body that any agent may announce, in bytes."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message from the agent: `seal` and `number` as in `Opened`; `at`: when it arrived, awake seconds."""

    message: Message
    seal: Seal | None
    number: int | None
    at: float


class LineBroken(Exception):  # noqa: N818 - it is an event, and never leaves this package
    """The link ended. `by_device`: closed by the other side; else a port or a network went away."""

    def __init__(self, why: str, *, by_device: bool) -> None:
        super().__init__(why)
        self.by_device = by_device


class _Reader:
    """The one thread that blocks in a link's `read`; everything else happens in the caller's thread."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.chunks: queue.SimpleQueue[tuple[float, bytes | BaseException]] = queue.SimpleQueue()
        self.decoder = FrameDecoder(_LONGEST)
        self.text = ConsoleReader()
        self.pieces: deque[tuple[float, Piece]] = deque()
        self.end: BaseException | None = None
        self._backlog = 0
        self._room = threading.Condition()
        self._leaving = False
        self._thread = threading.Thread(target=self._read, name=f"reader of {link.url}", daemon=True)
        self._thread.start()

    def next(self, timeout: float) -> tuple[float, bytes | BaseException]:
        """What has come, and when. Raises `queue.Empty` after `timeout` seconds."""
        at, chunk = self.chunks.get(timeout=timeout)
        if isinstance(chunk, bytes):
            with self._room:
                self._backlog -= len(chunk)
                self._room.notify()
        return at, chunk

    def join(self, timeout: float | None = None) -> None:
        self._thread.join(timeout)

    def leave(self) -> None:
        """Close the link and wait for the thread to end."""
        self.link.close()
        with self._room:
            self._leaving = True
            self._room.notify()
        self.join()

    def _read(self) -> None:
        end: BaseException
        try:
            while data := self.link.read():
                at = time.monotonic()
                with self._room:
                    self._room.wait_for(lambda: self._backlog < _BACKLOG or self._leaving)
                    self._backlog += len(data)
                self.chunks.put((at, data))
            end = LineBroken(f"{self.link.url}: closed by the other side", by_device=True)
        except LinkError as error:
            end = LineBroken(str(error), by_device=False)
        except BaseException as error:
            # Whatever it is, it is raised in the thread that waits for the line.
            end = error
        self.end = end
        self.chunks.put((time.monotonic(), end))


class Line:
    """Has at most one open link at a time. `seen` and `health` are about all of them.

    `console` gets the text that stands between the frames.
    """

    def __init__(self, dialer: Dialer, clock: AwakeClock, console: Console | None = None) -> None:
        self.url = dialer.url
        self.clock = clock
        self.health = LineHealth()
        self.seen = Seen()
        self.checks = Checks()
        self.last_received = float("-inf")
        self.clear_at = float("-inf")
        self._dialer = dialer
        self._console = console
        self._reader: _Reader | None = None
        self._broken: BaseException | None = None
        self._last_sent = float("-inf")

    @property
    def rate(self) -> float | None:
        """Bytes a second of the open link, None when unknown."""
        return None if self._reader is None else self._reader.link.rate

    def open(self, timeout: float) -> None:
        """Open a link; there must be none. Raises `LinkError`."""
        self.clock.expect(timeout)
        self._reader = _Reader(self._dialer.open(timeout))
        self.url = self._dialer.url
        self._broken = None
        self._last_sent = self.clear_at = float("-inf")

    def hang_up(self) -> None:
        """Close the link, if one is open, and wait for its reader to end."""
        reader = self._reader
        if reader is not None:
            self.clock.expect(_BUSY)
            reader.leave()
            self.last_words()
            self._reader = None

    def close(self) -> None:
        """Close the link and let go of what opens it. Any thread may do so: who waits gets `LineBroken`."""
        reader = self._reader
        if reader is not None:
            reader.leave()
        self._dialer.close()

    def last_words(self) -> None:
        """Tell the console what text has come by now, also what no frame follows: a device that died."""
        self._drain()
        if self._reader is not None:
            self._tell(self._reader.text.flush())

    @property
    def usable(self) -> bool:
        """Is a link open that has not ended, as far as is known by now?"""
        self._drain()
        return self._reader is not None and self._broken is None

    def send(self, body: bytes, number: int | None = None) -> None:
        """Put a frame on the line: about program `number`, or with the open check. Raises `LineBroken`.

        Afterwards `clear_at` says when the line has carried it, if its speed is known.
        """
        if number is None:
            check = open_check(body)
        else:
            assert self.checks.seal is not None, "no program before the welcome"
            check = self.checks.seal.check(Role.CONTROLLER, number, body)
        now = self.clock.now()
        frame = encode_frame(body, check, idle=now - self._last_sent >= _IDLE)
        reader = self._reader
        if reader is None:
            raise LineBroken(f"{self.url}: not open", by_device=False)
        rate = reader.link.rate
        carrying = len(frame) / rate if rate else 0.0
        self.clock.expect(_BUSY + carrying)
        try:
            reader.link.write(frame)
        except LinkError as error:
            # The reader knows whether the other side closed the line, or the line broke. What it had read
            # before can still be received.
            self.clock.expect(_ENDING)
            reader.join(_ENDING)
            if reader.end is None:
                self._drain()
                self._broken = LineBroken(str(error), by_device=False)
            raise reader.end or LineBroken(str(error), by_device=False) from None
        self._last_sent = self.clock.now()
        self.clear_at = max(now, self.clear_at) + carrying
        self.health.frames_sent += 1
        self.health.bytes_sent += len(frame)

    def receive(self, timeout: float) -> Received | None:
        """The next message, or None after `timeout` seconds without one.

        Raises `LineBroken`, and `ProtocolError` for a good frame that holds no message.
        """
        end = self.clock.now() + timeout
        overdue: int | None = None
        while True:
            received = self._next()
            if received is not None:
                return received
            reader = self._reader
            if reader is None:
                raise LineBroken(f"{self.url}: not open", by_device=False)
            if self._broken is not None:
                raise self._broken
            left = end - self.clock.now()
            if left <= 0:
                # What has arrived by now counts, however late this thread is.
                overdue = reader.chunks.qsize() if overdue is None else overdue - 1
                if overdue <= 0:
                    return None
            self.clock.expect(left)
            try:
                at, chunk = reader.next(max(0.0, left))
            except queue.Empty:
                continue
            self._take(reader, at, chunk)

    def look_again(self) -> None:
        """Forget what was seen so far: the next error message is about what comes now."""
        # Links of serial lines alone have a speed.
        self.seen = Seen(None if self._reader is None else getattr(self._reader.link, "baud", None))

    def describe(self) -> str:
        """What was seen, in words, with all that has arrived by now."""
        self._drain()
        if self._reader is not None:
            while self._reader.pieces:
                at, piece = self._reader.pieces.popleft()
                self._open(at, piece)
            if pending := self._reader.decoder.pending:
                self.seen.noise(pending)
        return str(self.seen)

    def _drain(self) -> None:
        reader = self._reader
        if reader is not None:
            # There may be no end of what comes meanwhile.
            for _ in range(reader.chunks.qsize()):
                self._take(reader, *reader.next(0))

    def _take(self, reader: _Reader, at: float, chunk: bytes | BaseException) -> None:
        if isinstance(chunk, BaseException):
            self._broken = chunk
            return
        moment = self.clock.at(at)
        self.last_received = moment
        self.health.bytes_received += len(chunk)
        self.seen.arrived(chunk)
        if self._console is not None:
            self._tell(reader.text.feed(chunk, moment))
        # Their checks wait: a welcome may change what is right for those behind it.
        reader.pieces.extend((moment, piece) for piece in reader.decoder.feed(chunk))

    def _tell(self, heard: list[Heard]) -> None:
        for one in heard:
            if one.text and self._console is not None:
                self._console(one.text, time.time() - (self.clock.now() - one.at))

    def _next(self) -> Received | None:
        while self._reader is not None and self._reader.pieces:
            at, piece = self._reader.pieces.popleft()
            opened = self._open(at, piece)
            if opened is None:
                continue
            try:
                message = decode(opened.body)
            except WireError as error:
                raise ProtocolError(f"{self.url}: a good frame, but {error}") from error
            if isinstance(message, Hello | Run | Proof):
                self.seen.echo()
                continue
            return Received(message, opened.seal, opened.number, at)
        return None

    def _open(self, at: float, piece: Piece) -> Opened | None:
        opened = None if piece.data is None else self.checks.open(piece.data)
        if opened is None:
            self.health.skipped(piece.raw)
            self.seen.noise(piece.raw, piece.data)
        else:
            self.health.frames_received += 1
        return opened
