"""From a URL to what opens it."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl, urlsplit

from harness.errors import UsageError
from harness.links.base import Dialer, Link
from harness.links.fault import FAULT, FAULT_SETTINGS, FaultDialer, Faults
from harness.links.ports import HWGREP, HwgrepDialer
from harness.links.raw import RawDialer
from harness.links.serial import PyserialDialer, SerialDialer, SerialSettings
from harness.links.ssh.address import OPTIONS, SshAddress, parse_address
from harness.links.tcp import ListenDialer, TcpDialer
from harness.links.unix import UnixDialer

FORMS = (
    "tcp://HOST:PORT",
    "/dev/ttyUSB0",
    "COM5",
    "serial:///dev/ttyUSB0?baud=115200",
    "tcp-listen://ADDRESS:PORT",
    "ssh://[USER@]BENCH[:PORT]/dev/ttyUSB0?baud=115200",
    "ssh://[USER@]BENCH[:PORT]/tcp/HOST:PORT",
    "hwgrep://EXPRESSION",
    "unix:///run/com1.sock",
    "any pyserial URL such as rfc2217://HOST:PORT?baud=115200",
    "fault+ before any of them",
)
"""The accepted forms of a link's URL, for people."""

_DEVICE = re.compile(r"(/|\\\\\.\\|COM\d+\Z|\\\\)", re.IGNORECASE)
_BOOLS = {"0": False, "1": True, "no": False, "yes": True, "off": False, "on": True}


def dialer(url: str) -> Dialer:
    """What opens the link that `url` names; nothing is opened yet. Raises `UsageError` for what is no URL."""
    if url.startswith(FAULT):
        return _faulty(url)
    scheme, found, _ = url.partition("://")
    if not found:
        return _named(url)
    if scheme == "tcp":
        return TcpDialer(*_host_and_port(url))
    if scheme == "socket" and "?" not in url:
        return RawDialer(*_host_and_port(url))
    if scheme == "tcp-listen":
        return ListenDialer(*_host_and_port(url, least=0))
    if scheme == "unix":
        if not url.removeprefix("unix://").startswith("/"):
            raise _bad(url, "it needs the path of a socket, from the root")
        return UnixDialer(url.removeprefix("unix://"))
    if scheme == "serial":
        parts = urlsplit(url)
        device = parts.netloc + parts.path
        if not device:
            raise _bad(url, "it names no port")
        return SerialDialer(device, _settings(url, parts.query))
    if scheme == "ssh":
        # Not at the beginning: its cryptography takes long to load.
        from harness.links.ssh.dialer import SshDialer

        return SshDialer(bench_address(url))
    if scheme == HWGREP:
        return _grep(url)
    ours, theirs = _split_query(url, _OPTIONS)
    return PyserialDialer(theirs, _settings(url, ours))


def open_link(url: str, *, timeout: float) -> Link:
    """Open the link that `url` names once, within `timeout` seconds where opening can take time.

    Raises `UsageError` for a URL that is none, `LinkError` when the link cannot be opened.
    """
    opener = dialer(url)
    try:
        return opener.open(timeout)
    except UsageError as error:
        raise _bad(url, str(error)) from error
    finally:
        opener.close()


def bench_address(url: str) -> SshAddress:
    """What ssh://... names. Raises `UsageError`."""
    ours, theirs = _split_query(url, OPTIONS)
    plain, _, query = theirs.partition("?")
    try:
        return parse_address(plain, _settings(url, query), dict(parse_qsl(ours, keep_blank_values=True)))
    except ValueError as error:
        raise _bad(url, str(error)) from error


def _faulty(url: str) -> Dialer:
    """fault+URL?flip=1e-3&seed=7: the settings of the faults, and the URL without them."""
    ours, theirs = _split_query(url.removeprefix(FAULT), FAULT_SETTINGS)
    values: dict[str, float | int] = {}
    for key, text in parse_qsl(ours, keep_blank_values=True):
        try:
            values[key] = FAULT_SETTINGS[key](text)
        except ValueError as error:
            raise _bad(url, f"{key}={text}, expected {error}") from error
    return FaultDialer(dialer(theirs), url, Faults(**values))  # type: ignore[arg-type]


def _grep(url: str) -> Dialer:
    """hwgrep://EXPRESSION&n=1&baud=9600: as pyserial, & begins the settings, since ? is for expressions."""
    expression, _, query = url.partition("://")[2].partition("&")
    place: int | None = None
    ours: list[str] = []
    for pair in query.split("&") if query else ():
        key, _, text = pair.partition("=")
        if key != "n":
            ours.append(pair)
        elif text.isascii() and text.isdigit() and int(text):
            place = int(text)
        else:
            raise _bad(url, f"{pair}, expected a number from 1 on")
    return HwgrepDialer(expression, place, _settings(url, "&".join(ours)))


def _split_query(url: str, settings: Iterable[str]) -> tuple[str, str]:
    """Those settings (as a query), and the URL without them: what is left is for whoever opens that."""
    front, mark, query = url.partition("?")
    pairs = query.split("&") if mark else []
    ours = [pair for pair in pairs if pair.partition("=")[0] in settings]
    if not ours:
        return "", url
    theirs = [pair for pair in pairs if pair not in ours]
    return "&".join(ours), f"{front}?{'&'.join(theirs)}" if theirs else front


def _bad(url: str, why: str) -> UsageError:
    return UsageError(f"{url!r} is not a link: {why}; expected " + ", ".join(FORMS))


def _named(name: str) -> Dialer:
    # "COM1:" is how Windows CE writes it.
    device = name.removesuffix(":")
    if _DEVICE.match(device):
        return SerialDialer(device, SerialSettings())
    if re.fullmatch(r"[\w.-]+:\d+", name):
        raise _bad(name, f"perhaps tcp://{name} was meant")
    raise _bad(name, "neither a URL nor the name of a serial port")


def _host_and_port(url: str, least: int = 1) -> tuple[str, int]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise _bad(url, "its port is not a number from 1 to 65535") from error
    if not parts.hostname or port is None or port < least or parts.path.strip("/") or parts.query:
        raise _bad(url, "it needs a host and a port, and nothing else")
    return parts.hostname, port


def _choice(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.upper() not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return text.upper()

    return read


def _baud(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ValueError("bits a second, such as 115200")
    return int(text)


def _bool(text: str) -> bool:
    if text.lower() not in _BOOLS:
        raise ValueError("0 or 1")
    return _BOOLS[text.lower()]


_OPTIONS: dict[str, Callable[[str], object]] = {
    "baud": _baud,
    "parity": _choice("N", "E", "O", "M", "S"),
    "data": lambda text: int(_choice("5", "6", "7", "8")(text)),
    "stop": lambda text: float(_choice("1", "1.5", "2")(text)),
    "rtscts": _bool,
    "dtr": _bool,
    "rts": _bool,
}
"""Settings of a serial URL. Software flow control is missing on purpose: frames are binary."""
_SOFTWARE_FLOW = ("xonxoff", "xon", "softflow")


def _settings(url: str, query: str) -> SerialSettings:
    values: dict[str, object] = {}
    for key, text in parse_qsl(query, keep_blank_values=True):
        if key in _SOFTWARE_FLOW:
            raise _bad(url, f"{key} is impossible: frames are binary, XON and XOFF are bytes of them")
        if key not in _OPTIONS:
            raise _bad(url, f"unknown setting {key!r}, there are {', '.join(_OPTIONS)}")
        try:
            values[key] = _OPTIONS[key](text)
        except ValueError as error:
            raise _bad(url, f"{key}={text}, expected {error}") from error
    return SerialSettings(**values)  # type: ignore[arg-type]
