"""The serial ports of this computer: by what name each is found again, and which one a pattern means.

`/dev/ttyUSB0` is whichever adapter was plugged in first; a stable name belongs to one adapter, or to one
socket: the links that udev makes in /dev/serial, and those of rules of one's own in /dev.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from serial.tools import list_ports  # type: ignore[import-untyped]
from serial.tools.list_ports_common import ListPortInfo  # type: ignore[import-untyped]

from harness.errors import Cause, LinkError, UsageError
from harness.links.base import Link
from harness.links.holder import holder
from harness.links.serial import SerialDialer, SerialSettings

LINKS = ("/dev/serial/by-id", "/dev", "/dev/serial/by-path")
"""Folders with stable names, the best first."""
HWGREP = "hwgrep"
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Port:
    """A port. `stable`: other names that lead to it, the best first; `usb`: "0403:6001", "" for none."""

    device: str
    stable: tuple[str, ...] = ()
    description: str = ""
    usb: str = ""
    serial_number: str = ""
    hardware: str = field(default="", repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """All of its names."""
        return (self.device, *self.stable)

    @property
    def held_by(self) -> str | None:
        """The process that has it open; None for nobody, and where that cannot be told."""
        return holder(self.device)

    def __str__(self) -> str:
        about = [f"USB {self.usb}"] if self.usb else []
        about += [f"serial number {self.serial_number}"] if self.serial_number else []
        more = ", ".join([*self.stable[:1], *about])
        return f"{self.device} ({more})" if more else self.device


def ports() -> list[Port]:
    """Those that are there now, in order of their names."""
    stable = _stable_names()
    found = {info.device: _port(info, stable) for info in list_ports.comports()}
    # What a stable name leads to is a port, although pyserial does not know its kind.
    for device, names in stable.items():
        found.setdefault(device, Port(device, names))
    return [found[device] for device in sorted(found, key=_by_number)]


def _port(info: ListPortInfo, stable: dict[str, tuple[str, ...]]) -> Port:
    usb = f"{info.vid:04x}:{info.pid:04x}" if info.vid is not None and info.pid is not None else ""
    description = info.description if info.description not in (None, "n/a", info.name) else ""
    names = stable.get(str(Path(info.device).resolve()), ())
    return Port(info.device, names, description, usb, info.serial_number or "", info.hwid or "")


def _stable_names() -> dict[str, tuple[str, ...]]:
    """Device -> links to it, those of the first folder first."""
    found: dict[str, list[str]] = {}
    for folder in LINKS:
        try:
            links = sorted(path for path in Path(folder).iterdir() if path.is_symlink())
        except OSError:
            continue
        for link in links:
            target = str(link.resolve())
            if folder != "/dev" or re.match(r"/dev/(tty[A-Z]|rfcomm)", target):
                found.setdefault(target, []).append(str(link))
    return {device: tuple(names) for device, names in found.items()}


def _by_number(device: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", device))


def missing(name: str) -> str:
    """What to say where there is no port of this name: the nearest name, and those there are."""
    there = [port for port in ports() if name not in port.names]
    near = nearest_port(name, there)
    hint = f"; did you mean {near}?" if near else ""
    return f"no such port{hint}; {listed(there)}"


def nearest_port(name: str, there: Iterable[Port]) -> str | None:
    """The most similar of all their names, if one is similar at all."""
    names = [each for port in there for each in port.names]
    found = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
    return found[0] if found else None


def listed(there: list[Port]) -> str:
    """ "there are /dev/ttyUSB0 (...), ..." """
    if not there:
        return "this computer has no serial port"
    shown = ", ".join(map(str, there[:_SHOWN]))
    more = f" and {len(there) - _SHOWN} more: ceharness ports" if len(there) > _SHOWN else ""
    return f"there {'is' if len(there) == 1 else 'are'} {shown}{more}"


class HwgrepDialer:
    """Opens the port that a regular expression finds, in its name, description or hardware; see `Dialer`.

    hwgrep://EXPRESSION&n=2 is written as pyserial does. It is looked for again each time: an adapter that
    comes back as another /dev/ttyUSB is found. Where several match, `n` says which (from 1 on, in the
    order of their names); without it that is an error: the wrong device might be the first one.
    """

    def __init__(self, expression: str, place: int | None, settings: SerialSettings) -> None:
        self.url = f"{HWGREP}://{expression}"
        try:
            self._pattern = re.compile(expression, re.IGNORECASE)
        except re.error as error:
            raise UsageError(f"{self.url}: no regular expression: {error}") from None
        if not expression:
            raise UsageError(f"{self.url}: it names no port")
        self._place = place
        self._settings = settings

    def open(self, timeout: float) -> Link:
        return SerialDialer(self.find().device, self._settings).open(timeout)

    def find(self) -> Port:
        """The port that is meant. Raises LinkError."""
        there = ports()
        found = [port for port in there if self._matches(port)]
        if not found:
            raise LinkError(f"{self.url}: no port matches; {listed(there)}", cause=Cause.NO_PORT)
        if self._place is None:
            if len(found) > 1:
                names = ", ".join(map(str, found))
                raise LinkError(f"{self.url}: {len(found)} ports match, add &n=1 or another number: {names}")
            return found[0]
        if self._place > len(found):
            raise LinkError(f"{self.url}: only {len(found)} match, n={self._place} is none of them")
        return found[self._place - 1]

    def _matches(self, port: Port) -> bool:
        texts = (*port.names, port.description, port.hardware)
        return any(self._pattern.search(text) for text in texts)

    def close(self) -> None:
        """Nothing stays open."""
