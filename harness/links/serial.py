"""A link over a serial line, or over anything else that pyserial has a URL for."""

import errno
import re
import sys
import threading
from dataclasses import dataclass

import serial  # type: ignore[import-untyped]

from harness.errors import Cause, LinkError, UsageError
from harness.links.holder import holder

if sys.platform == "win32":
    _NO_TERMINAL: tuple[type[Exception], ...] = ()
else:
    import termios

    _NO_TERMINAL = (termios.error,)  # it is no OSError

_HUNG_UP = (errno.EPIPE, errno.ECONNRESET, errno.ECONNABORTED)
_BUSY = (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES)
_SPY_FILE = re.compile(r"[?&]file=[^&]+")
_WRITE_TIMEOUT = 10.0
"""Seconds after which a line that takes no bytes (flow control) is given up."""


@dataclass(frozen=True, slots=True)
class SerialSettings:
    """How the line is set: `baud` in bits a second, the rest as pyserial names them."""

    baud: int = 115200
    parity: str = "N"
    data: int = 8
    stop: float = 1
    rtscts: bool = False
    dtr: bool | None = None
    rts: bool | None = None


class SerialLink:
    """An open pyserial port; see `Link`."""

    def __init__(self, port: serial.SerialBase, url: str, settings: SerialSettings) -> None:
        self.url = url
        self.rate: float | None = settings.baud / 10
        self.baud = settings.baud
        self._port = port
        self._closed = False
        self._reading = threading.Lock()

    def read(self) -> bytes:
        with self._reading:
            if self._closed:
                return b""
            try:
                # One byte is waited for; what arrived with it is taken along.
                data: bytes = self._port.read(1)
                if not data and not self._closed:
                    # Of a terminal server: a device cannot hang up on a serial line.
                    raise LinkError(f"{self.url}: the port is gone: the connection to it has ended")
                more = self._port.in_waiting if data else 0
                return data + self._port.read(more) if more else data
            except (OSError, TypeError, AttributeError) as error:
                # pyserial's URL handlers fail with TypeError or AttributeError when closed while reading.
                if self._closed:
                    return b""
                raise LinkError(f"{self.url}: the port is gone: {error}") from error

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise LinkError(
                f"{self.url}: the port took no bytes for {_WRITE_TIMEOUT:g} s: is flow control wanted but "
                f"not wired, or nobody reading at the other end?"
            ) from error
        except OSError as error:
            raise LinkError(f"{self.url}: the port is gone: {error}") from error
        except (TypeError, AttributeError) as error:
            # As in `read`: closed while writing.
            if not self._closed:
                raise
            raise LinkError(f"{self.url}: the port is gone: it was closed") from error

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        cancel = getattr(self._port, "cancel_read", None)
        if cancel is None:
            self._port.close()
            return
        cancel()
        while not self._reading.acquire(timeout=0.1):
            # The read began only after it was cancelled.
            cancel()
        try:
            self._port.close()
        finally:
            self._reading.release()


class SerialDialer:
    """Opens a port of this computer, for this process alone; see `Dialer`."""

    def __init__(self, device: str, settings: SerialSettings) -> None:
        self.url = device
        self._settings = settings

    def open(self, timeout: float) -> SerialLink:
        port = serial.Serial()
        port.port = self.url
        port.write_timeout = _WRITE_TIMEOUT
        port.exclusive = True
        return _open(port, self.url, self._settings)

    def close(self) -> None:
        """Nothing stays open."""


class PyserialDialer:
    """Opens any URL of pyserial (rfc2217://, spy://, loop:// ...); see `Dialer`.

    Raises `UsageError` from `open` for a URL of an unknown kind.
    """

    def __init__(self, url: str, settings: SerialSettings) -> None:
        self.url = url
        self._settings = settings
        self._opened = 0

    def open(self, timeout: float) -> SerialLink:
        self._opened += 1
        try:
            port = serial.serial_for_url(_with_own_log(self.url, self._opened), do_not_open=True)
        except ValueError as error:
            raise UsageError(f"{self.url}: {error}") from error
        if self.url.startswith("rfc2217://"):
            _quieten(port)
        if self.url.startswith("spy://"):
            # A port of this computer, as those of `SerialDialer`.
            port.write_timeout = _WRITE_TIMEOUT
            port.exclusive = True
        return _open(port, self.url, self._settings)

    def close(self) -> None:
        """Nothing stays open."""


def _quieten(port: serial.SerialBase) -> None:
    """A server that hangs up while pyserial's thread answers it: no traceback, the reader learns it."""
    read_loop = port._telnet_read_loop

    def quiet() -> None:
        try:
            read_loop()
        except OSError:
            port._read_buffer.put(None)

    port._telnet_read_loop = quiet


def _with_own_log(url: str, number: int) -> str:
    """spy:// begins its file anew each time it is opened: the second time it gets file.2 instead."""
    if number == 1 or not url.startswith("spy://"):
        return url
    return _SPY_FILE.sub(rf"\g<0>.{number}", url)


def _open(port: serial.SerialBase, url: str, settings: SerialSettings) -> SerialLink:
    try:
        port.baudrate = settings.baud
        port.parity, port.bytesize, port.stopbits = settings.parity, settings.data, settings.stop
        port.rtscts = settings.rtscts
        if settings.dtr is not None:
            port.dtr = settings.dtr
        if settings.rts is not None:
            port.rts = settings.rts
        port.open()
    except ValueError as error:
        raise UsageError(f"{url}: {error}") from error
    except OSError as error:
        raise unopened(error, url) from error
    except _NO_TERMINAL as error:
        # The port went away meanwhile.
        raise unopened(OSError(*error.args), url) from error
    return SerialLink(port, url, settings)


def unopened(error: OSError, device: str) -> LinkError:
    """Why a port cannot be opened."""
    text = str(error)
    if error.errno == errno.ENOENT or "FileNotFoundError" in text:
        # Here, because that module opens ports with this one.
        from harness.links.ports import missing

        return LinkError(f"{device}: {missing(device)}", cause=Cause.NO_PORT)
    if error.errno in _HUNG_UP or (device.startswith("rfc2217://") and "thread died" in text):
        return LinkError(
            f"{device}: the terminal server hung up: another client may have the port, or it is switched off",
            cause=Cause.BUSY,
        )
    if error.errno == errno.EACCES:
        return LinkError(
            f"{device}: no permission to open it: on Linux, ports belong to the group dialout",
            cause=Cause.DENIED,
        )
    if error.errno in _BUSY or "exclusively lock" in text or "PermissionError" in text:
        who = holder(device) or "another program"
        return LinkError(f"{device}: the port is busy: {who} has it open", cause=Cause.BUSY)
    return LinkError(f"{device}: {text}")
