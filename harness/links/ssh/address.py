"""What a URL of a link over SSH names: the bench host, and what of it is wanted."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from harness.links.serial import SerialSettings

SILENCE_S = 4.0
"""Seconds without a sign of life after which a connection is dead: less than a program's margin, so that no
device gets the blame for a network."""
_HOST = r"\[(?P<{0}v6>[0-9A-Fa-f:.%\w]+)]|(?P<{0}name>[^][:/@\s?#]+)"
_PLACE = re.compile(rf"(?:(?P<user>[^@/\s]+)@)?(?:{_HOST.format('')})(?::(?P<port>[^:/@]*))?(?P<path>/.*)?")
_TCP = re.compile(rf"/tcp/(?:{_HOST.format('')}):(?P<port>\d+)/?")
_DEVICE = re.compile(r"/[\w./:@%,+=-]+", re.ASCII)
"""Names of ports as systems make them, those by path too; nothing that a shell or sed reads."""


@dataclass(frozen=True, slots=True)
class BenchPort:
    """A serial port of the bench host."""

    device: str
    settings: SerialSettings


@dataclass(frozen=True, slots=True)
class BenchTcp:
    """A TCP port that the bench host reaches."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SshAddress:
    """`host` as it is named to `ssh`; user and port only where they are said. `url`: without any settings.

    `ssh_config`: a file, as `ssh -F` takes it. `silence`: seconds without a sign of life after which the
    connection is dead.
    """

    url: str
    host: str
    user: str | None
    port: int | None
    wanted: BenchPort | BenchTcp
    ssh_config: Path | None = None
    silence: float = SILENCE_S


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII) or float(text) == 0:
        raise ValueError(f"silence={text}, expected seconds, such as {SILENCE_S:g}")
    return float(text)


OPTIONS: dict[str, Callable[[str], Any]] = {"ssh_config": Path, "silence": _seconds}
"""Settings of the way, beside those of the port."""


def parse_address(url: str, settings: SerialSettings, options: Mapping[str, str]) -> SshAddress:
    """What ssh://... without its query names, the query being read. Raises ValueError: what is wrong."""
    found = _PLACE.fullmatch(url.partition("://")[2])
    if found is None:
        raise ValueError("it needs a bench host")
    user = unquote(found["user"]) if found["user"] else None
    port = None if found["port"] is None else _port(found["port"])
    wanted = _wanted(unquote(found["path"] or ""), settings)
    way = {name: OPTIONS[name](text) for name, text in options.items()}
    return SshAddress(url, found["v6"] or found["name"], user, port, wanted, **way)


def _wanted(path: str, settings: SerialSettings) -> BenchPort | BenchTcp:
    if path.startswith("/tcp/") or path == "/tcp":
        found = _TCP.fullmatch(path)
        if found is None:
            raise ValueError("behind /tcp/ it needs a host and a port")
        if settings != SerialSettings():
            raise ValueError("a TCP port has no baud, nor other settings of a serial line")
        return BenchTcp(found["v6"] or found["name"], _port(found["port"]))
    if path in ("", "/"):
        raise ValueError("behind the bench host it needs /dev/PORT or /tcp/HOST:PORT")
    if not _DEVICE.fullmatch(path):
        raise ValueError(f"{path!r} is no name of a port")
    if settings.dtr is not None or settings.rts is not None:
        raise ValueError("dtr and rts cannot be set on a bench host, whose stty has no word for them")
    if settings.parity in "MS" or settings.stop == 1.5:
        raise ValueError("a bench host can only set the parities N, E and O, and 1 or 2 stop bits")
    return BenchPort(path, settings)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ValueError(f"its port {text!r} is not a number from 1 to 65535")
    return int(text)
