"""An open link through a bench host."""

import threading
import time
from typing import Any, Protocol

from harness.errors import LinkError
from harness.links.ssh.connection import ASK_S, Connection

_CHUNK = 65536
_WRITE_TIMEOUT = 10.0
"""Seconds after which a link that takes no bytes is given up."""
_ENDING = 1.0
"""Seconds that a command on the bench gets to end, so that its port is free again."""


class Ended(Protocol):
    """What it means that the other side has closed a channel: an error, or None if the device did that."""

    def __call__(self, channel: Any) -> LinkError | None: ...


class SshLink:
    """Bytes over one channel of a connection; see `Link`. `silence`: see `SshAddress`.

    `command`: the channel runs a command, which gets a moment to end when the link is closed.
    """

    def __init__(
        self,
        channel: Any,
        connection: Connection,
        url: str,
        *,
        ended: Ended,
        rate: float | None = None,
        silence: float,
        command: bool = False,
    ) -> None:
        self.url = url
        self.rate = rate
        self._channel = channel
        self._connection = connection
        self._ended = ended
        self._most = max(2, round(silence / ASK_S))
        self._command = command
        self._closed = threading.Event()
        channel.settimeout(ASK_S)

    @property
    def baud(self) -> int | None:
        """Bits a second of a serial port, 8N1; None for a network."""
        return None if self.rate is None else round(self.rate * 10)

    def read(self) -> bytes:
        channel = self._channel
        # Counted, not timed: a process that was stopped for long has waited once.
        silent, answers = 0, self._connection.answers
        while not self._closed.is_set():
            try:
                data: bytes = channel.recv(_CHUNK)
            except TimeoutError:
                silent += 1
                if self._connection.answers != answers or self._heard():
                    silent, answers = 0, self._connection.answers
                if silent >= self._most:
                    error = self._connection.broken(f"no sign of life for {silent * ASK_S:g} s")
                    raise LinkError(f"{self.url}: {error}") from None
                continue
            if data:
                return data
            break
        if self._closed.is_set():
            return b""
        if self._connection.ended():
            raise LinkError(f"{self.url}: {self._connection.broken()}")
        if (gone := self._ended(channel)) is not None:
            raise gone
        return b""

    def _heard(self) -> bool:
        """Has the command said something beside the bytes of the link?"""
        heard = False
        while self._channel.recv_stderr_ready() and self._channel.recv_stderr(_CHUNK):
            heard = True
        return heard

    def write(self, data: bytes) -> None:
        end = time.monotonic() + _WRITE_TIMEOUT
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._channel.send(bytes(rest)) :]
            except TimeoutError:
                if time.monotonic() > end:
                    raise LinkError(f"{self.url}: the link took no bytes for {_WRITE_TIMEOUT:g} s") from None
            except (OSError, EOFError) as error:
                raise LinkError(f"{self.url}: the link is gone: {error or 'closed'}") from None

    def close(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        channel = self._channel
        try:
            if self._command and self._connection.alive:
                channel.shutdown_write()
                channel.status_event.wait(_ENDING)
            channel.close()
        except (OSError, EOFError):
            # The connection is gone, and with it the channel.
            pass
