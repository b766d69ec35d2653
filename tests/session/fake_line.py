"""The ends of a line between a session and a fake agent."""

import contextlib
import socket
from typing import Protocol

from harness.links.tcp import TcpLink
from harness.wire.framing import FrameDecoder


class WatchedLink(TcpLink):
    """A link that tells what of its bytes the host has taken over."""

    def __init__(self, connection: socket.socket, url: str) -> None:
        super().__init__(connection, url)
        self._arriving = 0
        self.arrived = 0

    def read(self) -> bytes:
        # Who reads again has passed on what was read before.
        self.arrived = self._arriving
        data = super().read()
        self._arriving += len(data)
        return data


class End(Protocol):
    """What an agent needs of its end of a line; a socket has it."""

    def recv(self, size: int, /) -> bytes: ...
    def sendall(self, data: bytes, /) -> None: ...
    def shutdown(self, how: int, /) -> None: ...
    def close(self) -> None: ...


class Connection:
    """One link's end on the device; `link` is the host's, if it is in this process."""

    def __init__(self, end: End, link: WatchedLink | None) -> None:
        self.socket = end
        self.link = link
        self.said = 0
        self.decoder = FrameDecoder()

    def say(self, data: bytes) -> None:
        self.said += len(data)
        with contextlib.suppress(OSError):
            self.socket.sendall(data)

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
