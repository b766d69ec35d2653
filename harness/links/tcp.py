"""A link over TCP."""

import socket
import struct
import sys

from harness.errors import LinkError

_CHUNK = 65536
_WRITE_TIMEOUT = 10
"""Seconds after which a connection that takes no bytes is given up."""


class TcpLink:
    """A connected socket; see `Link`."""

    rate: float | None = None

    def __init__(self, connection: socket.socket, url: str) -> None:
        self.url = url
        self._socket = connection
        self._closed = False

    def read(self) -> bytes:
        try:
            return self._socket.recv(_CHUNK)
        except (ConnectionResetError, ConnectionAbortedError):
            return b""
        except OSError as error:
            if self._closed:
                return b""
            raise LinkError(f"{self.url}: the connection is gone: {error.strerror or error}") from error

    def write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except BlockingIOError as error:
            raise LinkError(f"{self.url}: the connection took no bytes for {_WRITE_TIMEOUT} s") from error
        except OSError as error:
            raise LinkError(f"{self.url}: the connection is gone: {error.strerror or error}") from error

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            # Already disconnected: then no read is waiting, or it is about to end by itself.
            pass
        finally:
            self._socket.close()


def open_tcp(host: str, port: int, *, timeout: float) -> TcpLink:
    """Connect within `timeout` seconds. Raises `LinkError` that says what went wrong."""
    url = f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"
    try:
        connection = socket.create_connection((host, port), timeout=timeout)
    except socket.gaierror as error:
        raise LinkError(f"{url}: no host of the name {host!r}: {error.strerror}") from error
    except TimeoutError as error:
        raise LinkError(
            f"{url}: nothing there answered within {timeout:g} s: is the device on, its address right, "
            f"and no firewall between?"
        ) from error
    except ConnectionRefusedError as error:
        raise LinkError(f"{url}: connection refused: nothing listens on port {port} of {host}") from error
    except OSError as error:
        raise LinkError(f"{url}: {error.strerror or error}") from error
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # For sending only: a reader may wait for ever, a writer must not.
    limit = _WRITE_TIMEOUT * 1000 if sys.platform == "win32" else struct.pack("@ll", _WRITE_TIMEOUT, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
    return TcpLink(connection, url)
