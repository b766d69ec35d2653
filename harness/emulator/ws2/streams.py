"""Byte streams between two ends of a connection, in the memory of the emulated device.

The two ends of a connection inside the device are two `StreamEnd`s, each the other's peer. A connection
with the host (edge.py) has one `StreamEnd`, and a peer that moves the bytes to a host socket.
"""

from collections.abc import Callable
from typing import Protocol

from harness.emulator.ws2.errors import WSAECONNRESET, WinsockError
from harness.emulator.ws2.sockaddr import Endpoint


class Peer(Protocol):
    """The other end, as one end sees it."""

    def room(self) -> int:
        """How many bytes it takes now."""

    def deliver(self, data: bytes | memoryview) -> None:
        """Take bytes; never more than `room()`."""

    def finish(self) -> None:
        """No more bytes will come."""

    def abort(self) -> None:
        """The connection is reset."""

    def drained(self) -> None:
        """This end has read something: there is room again."""

    def gone(self) -> None:
        """This end is closed: it takes nothing any more, and what is sent to it meets a reset."""

    def unread(self) -> int:
        """Bytes delivered that the receiver's system has not acknowledged yet."""


class StreamEnd:
    """What has arrived at one end, and the way to the other."""

    def __init__(self, local: Endpoint, remote: Endpoint, window: int, slack: int) -> None:
        """`window`: the receiver's SO_RCVBUF; `slack`: the sender's SO_SNDBUF, bytes on their way."""
        self.local, self.remote = local, remote
        self.window, self.slack = window, slack
        self.peer: Peer = GONE
        self.changed: Callable[[], None] = _nobody
        """Called after anything has happened at this end."""
        self.buffer = bytearray()
        self.finished = False
        """The peer has said that nothing more will come."""
        self.error = 0
        """Why the connection broke; 0 while it has not."""

    # --- for its owner ------------------------------------------------------------------------------

    def read(self, size: int, *, peek: bool = False) -> bytes | None:
        """Up to `size` bytes, b"" at the end of the stream, None when there is nothing yet."""
        if self.buffer:
            data = bytes(self.buffer[:size])
            if not peek:
                del self.buffer[:size]
                self.peer.drained()
            return data
        if self.error:
            raise WinsockError(self.error)
        return b"" if self.finished else None

    def write(self, data: bytes | memoryview) -> int:
        """Hand over what fits; the number of bytes taken."""
        if self.error:
            raise WinsockError(self.error)
        taken = min(len(data), self.peer.room())
        if taken:
            gone = self.peer is GONE
            self.peer.deliver(data[:taken])
            if gone:
                self.fail(WSAECONNRESET)
        return taken

    def can_write(self) -> bool:
        return bool(self.error) or self.peer.room() > 0

    def can_read(self) -> bool:
        return bool(self.buffer) or self.finished or bool(self.error)

    def close(self, *, reset: bool) -> None:
        """The owner is gone: after the data (or, with `reset`, at once) the peer learns of it."""
        self.changed = _nobody
        peer, self.peer = self.peer, GONE
        if reset:
            peer.abort()
        else:
            peer.finish()
        peer.gone()

    # --- Peer -----------------------------------------------------------------------------------------

    def room(self) -> int:
        return max(0, self.window + self.slack - len(self.buffer))

    def deliver(self, data: bytes | memoryview) -> None:
        self.buffer += data
        self.changed()

    def finish(self) -> None:
        self.finished = True
        self.changed()

    def abort(self) -> None:
        self.fail(WSAECONNRESET)

    def fail(self, code: int) -> None:
        """The connection is broken with this code; what has arrived and was not read is lost."""
        if not self.error:
            self.error = code
            self.buffer.clear()
            self.peer = GONE
            self.changed()

    def drained(self) -> None:
        self.changed()

    def gone(self) -> None:
        self.peer = GONE

    def unread(self) -> int:
        return max(0, len(self.buffer) - self.window)


class _Gone:
    """In place of a peer that has closed: takes bytes into nowhere; the answer to them is a reset."""

    def room(self) -> int:
        return 1 << 20

    def deliver(self, data: bytes | memoryview) -> None: ...

    def finish(self) -> None: ...

    def abort(self) -> None: ...

    def drained(self) -> None: ...

    def gone(self) -> None: ...

    def unread(self) -> int:
        return 0


GONE: Peer = _Gone()


def _nobody() -> None:
    """There is no owner to tell."""


def connect_ends(client: StreamEnd, server: StreamEnd) -> None:
    """Make two ends each other's peer."""
    client.peer, server.peer = server, client
