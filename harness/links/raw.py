"""A serial line behind a raw TCP port of a terminal server, socket://HOST:PORT.

Bytes go as over TCP, but it is a server of the lab that takes the connection, not the device: when it
refuses or hangs up, the device has done nothing.
"""

from harness.errors import LinkError, LinkRefused
from harness.links.tcp import TcpDialer, TcpLink, tcp_url


class RawLink:
    """A connection to the server; see `Link`."""

    rate: float | None = None

    def __init__(self, link: TcpLink, url: str) -> None:
        self.url = url
        self._link = link
        self._closed = False

    def read(self) -> bytes:
        data = self._link.read()
        if not data and not self._closed:
            raise LinkError(f"{self.url}: the terminal server closed the connection")
        return data

    def write(self, data: bytes) -> None:
        self._link.write(data)

    def close(self) -> None:
        self._closed = True
        self._link.close()


class RawDialer:
    """Connects to the server; see `Dialer`."""

    def __init__(self, host: str, port: int) -> None:
        self.url = tcp_url("socket", host, port)
        self._dialer = TcpDialer(host, port)

    def open(self, timeout: float) -> RawLink:
        try:
            return RawLink(self._dialer.open(timeout), self.url)
        except LinkRefused as error:
            raise LinkError(f"the terminal server takes no connection: {error}") from error

    def close(self) -> None:
        self._dialer.close()
