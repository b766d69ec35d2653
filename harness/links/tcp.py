"""A link over TCP, dialled from here or from the device."""

import errno
import socket
import struct
import sys
import time

from harness.errors import Cause, LinkError, LinkGone, LinkRefused

_CHUNK = 65536
_WRITE_TIMEOUT = 10
"""Seconds after which a connection that takes no bytes is given up."""

_NOBODY_THERE = (errno.EHOSTUNREACH, getattr(errno, "EHOSTDOWN", errno.EHOSTUNREACH))
"""What a device that is off comes to on its own network, if not to silence: it is asked for in vain."""


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


class TcpDialer:
    """Connects to an address; see `Dialer`."""

    def __init__(self, host: str, port: int) -> None:
        self.url = tcp_url("tcp", host, port)
        self._host, self._port = host, port

    def open(self, timeout: float) -> TcpLink:
        host, port, url = self._host, self._port, self.url
        try:
            connection = socket.create_connection((host, port), timeout=timeout)
        except socket.gaierror as error:
            raise LinkError(
                f"{url}: no host of the name {host!r}: {error.strerror}", cause=Cause.NO_HOST
            ) from error
        except TimeoutError as error:
            raise LinkRefused(
                f"{url}: nothing there answered within {timeout:g} s: is the device on, its address right, "
                f"and no firewall between?",
                cause=Cause.UNREACHABLE,
            ) from error
        except ConnectionRefusedError as error:
            raise LinkRefused(
                f"{url}: connection refused: nothing listens on port {port} of {host}", cause=Cause.REFUSED
            ) from error
        except ConnectionResetError as error:
            raise LinkRefused(f"{url}: the connection was reset before it stood") from error
        except OSError as error:
            kind = LinkRefused if error.errno in _NOBODY_THERE else LinkError
            raise kind(f"{url}: {error.strerror or error}", cause=Cause.UNREACHABLE) from error
        if connection.getsockname() == connection.getpeername():
            # The system gave us that very port for our end. It is to be free for the agent, and at once.
            now = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
            connection.close()
            raise LinkRefused(
                f"{url}: connection refused: nothing listens on port {port} of {host}", cause=Cause.REFUSED
            )
        return TcpLink(_ready(connection, url), url)

    def close(self) -> None:
        """Nothing stays open."""


class ListenDialer:
    """Waits until the device connects to a port of this computer; see `Dialer`.

    The port is bound at the first use and stays so: a device that dials between two links is not refused.
    Of the connections that wait, the newest is taken and the others, which the device gave up, are closed.
    Port 0: any that is free, `bind` says which.
    """

    def __init__(self, host: str, port: int) -> None:
        self.url = tcp_url("tcp-listen", host, port)
        self._host, self._port = host, port
        self._listener: socket.socket | None = None
        self._closed = False

    def bind(self) -> int:
        """Bind now, if that has not happened yet; the number of the port. Raises `LinkError`."""
        self._bound()
        return self._port

    def _bound(self) -> socket.socket:
        if self._closed:
            raise LinkGone(f"{self.url}: closed on this side")
        if self._listener is None:
            try:
                family, _, _, _, address = socket.getaddrinfo(
                    self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
                )[0]
                self._listener = socket.create_server(address[:2], family=family)
            except socket.gaierror as error:
                raise LinkError(f"{self.url}: {self._host!r} is no address: {error.strerror}") from error
            except OSError as error:
                raise LinkError(
                    f"{self.url}: {_why_not_bound(error, self._port)}", cause=Cause.BUSY
                ) from error
            self._port = self._listener.getsockname()[1]
            self.url = tcp_url("tcp-listen", self._host, self._port)
        return self._listener

    def open(self, timeout: float) -> TcpLink:
        end = time.monotonic() + timeout
        newest = self._accept(timeout)
        while newest is not None and (newer := self._accept(0)) is not None:
            newest.close()
            newest = newer
        if newest is None:
            waited = timeout - max(0.0, end - time.monotonic())
            raise LinkRefused(
                f"{self.url}: no device has connected within {waited:.2g} s: is its agent started with "
                f"link=tcp:HOST:{self._port}, HOST being this computer, and no firewall between?",
                cause=Cause.UNREACHABLE,
            )
        return TcpLink(_ready(newest, self.url), self.url)

    def close(self) -> None:
        self._closed = True
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()

    def _accept(self, timeout: float) -> socket.socket | None:
        # Another thread may close it meanwhile.
        listener = self._bound()
        try:
            listener.settimeout(timeout)
            return listener.accept()[0]
        except (TimeoutError, BlockingIOError):
            return None
        except ConnectionAbortedError:
            # It was given up while it waited.
            return None
        except OSError as error:
            raise LinkError(f"{self.url}: {error.strerror or error}") from error


def tcp_url(scheme: str, host: str, port: int) -> str:
    """The URL of a TCP port; an IPv6 address goes in brackets."""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _why_not_bound(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of this computer is taken by another program"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this computer does not have that address"
    return str(error.strerror or error)


def _ready(connection: socket.socket, url: str) -> socket.socket:
    """Set as links need it: small frames go at once, a reader may wait for ever, a writer must not.

    Raises `LinkError`: not every system sets anything on a connection that was reset.
    """
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        limit_writing(connection)
    except OSError as error:
        connection.close()
        raise LinkError(f"{url}: the connection is gone: {error.strerror or error}") from error
    return connection


def limit_writing(connection: socket.socket) -> None:
    """A reader may wait for ever, a writer must not. Raises OSError."""
    limit = _WRITE_TIMEOUT * 1000 if sys.platform == "win32" else struct.pack("@ll", _WRITE_TIMEOUT, 0)
    connection.settimeout(None)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
