"""A link over a Unix domain socket: an emulated serial port, such as QEMU's `-chardev socket`."""

import socket

from harness.errors import LinkError, LinkRefused
from harness.links.tcp import TcpLink, limit_writing


class UnixDialer:
    """Connects to the socket of that path; see `Dialer`."""

    def __init__(self, path: str) -> None:
        self.url = f"unix://{path}"
        self._path = path

    def open(self, timeout: float) -> TcpLink:
        family = getattr(socket, "AF_UNIX", None)
        if family is None:
            raise LinkError(f"{self.url}: this system has no Unix domain sockets")
        connection = socket.socket(family)
        try:
            connection.settimeout(timeout)
            connection.connect(self._path)
            limit_writing(connection)
        except (ConnectionRefusedError, FileNotFoundError, TimeoutError) as error:
            connection.close()
            raise LinkRefused(f"{self.url}: nobody listens there ({error.strerror or error})") from error
        except OSError as error:
            connection.close()
            raise LinkError(f"{self.url}: {error.strerror or error}") from error
        return TcpLink(connection, self.url)

    def close(self) -> None:
        """Nothing stays open."""
