"""A device whose agent serves a serial port, on this machine or behind a network serial server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from harness.targets import keys
from harness.targets.base import Key, Kind, Reached, TargetConfig
from harness.targets.keyfile import KEY, PreSharedKey, read_key


def _place(settings: Mapping[str, str]) -> str:
    return f"{settings['port']} at {settings['baud']} baud"


def _key(settings: Mapping[str, str]) -> PreSharedKey | None:
    # Not from the environment: an agent without a key refuses nobody, but we would refuse it.
    return read_key(settings["key"]) if "key" in settings else None


def _protection(settings: Mapping[str, str]) -> str:
    if (key := _key(settings)) is not None:
        return f"key from {key.source}"
    return "no key: whoever reaches this serial line can run anything on the device"


def _url(settings: Mapping[str, str]) -> str:
    port, baud = settings["port"], settings["baud"]
    scheme, found, _ = port.partition("://")
    if not found:
        return f"serial://{port}?baud={baud}"
    if scheme == "socket" or "baud=" in port:
        # A raw network port has no speed, or the URL says it itself.
        return port
    return f"{port}{'&' if '?' in port else '?'}baud={baud}"


@contextmanager
def reach(config: TargetConfig) -> Iterator[Reached]:
    """The agent is already there; nothing to start and nothing to end. Raises UsageError for a wrong key."""
    key = _key(config.settings)
    yield Reached(_url(config.settings), key.value if key else None)


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
        KEY,
    ),
    reach=reach,
    place=_place,
    link=_url,
    protection=_protection,
    check=_protection,
)
