"""A device whose agent serves a serial port, on this machine or behind a network serial server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from harness.targets import keys
from harness.targets.base import Key, Kind, Reached, TargetConfig


def _place(settings: Mapping[str, str]) -> str:
    return f"{settings['port']} at {settings['baud']} baud"


@contextmanager
def reach(config: TargetConfig) -> Iterator[Reached]:
    """The agent is already there; nothing to start and nothing to end."""
    port, baud = config.settings["port"], config.settings["baud"]
    scheme, found, _ = port.partition("://")
    if not found:
        yield Reached(f"serial://{port}?baud={baud}")
    elif scheme == "socket" or "baud=" in port:
        # A raw network port has no speed, or the URL says it itself.
        yield Reached(port)
    else:
        yield Reached(f"{port}{'&' if '?' in port else '?'}baud={baud}")


KIND = Kind(
    name="serial",
    summary="a device whose agent serves a serial port (ceagent.exe link=COM1:)",
    evidence="device",
    keys=(
        Key(
            "port",
            "a serial port (COM5, /dev/ttyUSB0) or a pyserial URL (rfc2217://host:2217)",
            keys.text,
            required=True,
        ),
        Key("baud", "a speed from 300 to 4000000", keys.whole(300, 4_000_000), default="115200"),
    ),
    reach=reach,
    place=_place,
)
