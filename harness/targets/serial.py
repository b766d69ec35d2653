"""A device whose agent serves a serial port, on this machine or behind a network serial server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from harness.errors import UsageError
from harness.links.ports import HWGREP
from harness.targets import keys
from harness.targets.base import Key, Kind, Reached, TargetConfig
from harness.targets.images import IMAGE, given_image
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


def _flow(value: str) -> str:
    # Not xonxoff: those are two bytes of any frame.
    return keys.one_of("none", "rtscts")(value)


_level = keys.one_of("on", "off")


def _url(settings: Mapping[str, str]) -> str:
    """The port as a link's URL, with the settings of the section that it does not hold itself."""
    port = settings["port"]
    scheme, found, _ = port.partition("://")
    if scheme == "socket":
        # A raw network port has no speed, and no other lines than that of the data.
        return port
    words = {
        "baud": settings["baud"],
        "rtscts": "1" if settings.get("flow") == "rtscts" else "",
        **{line: str(int(settings[line] == "on")) for line in ("dtr", "rts") if line in settings},
    }
    query = "&".join(f"{key}={value}" for key, value in words.items() if value and f"{key}=" not in port)
    if not query:
        return port
    if not found:
        return f"serial://{port}?{query}"
    # In hwgrep://EXPRESSION a ? is part of the expression.
    return f"{port}{'&' if '?' in port or scheme == HWGREP else '?'}{query}"


@contextmanager
def reach(config: TargetConfig) -> Iterator[Reached]:
    """The agent is already there; nothing to start and nothing to end. Raises UsageError for a wrong key."""
    key = _key(config.settings)
    if config.settings.get("flow") == "rtscts" and "rts" in config.settings:
        raise UsageError(f"{config.name}: flow = rtscts drives RTS by itself: leave out `rts`")
    yield Reached(_url(config.settings), key.value if key else None)


KIND = Kind(
    name="serial",
    summary="a device whose agent serves a serial port (ceagent.exe link=COM1:)",
    evidence="device",
    keys=(
        Key(
            "port",
            "a serial port (COM5, /dev/serial/by-id/NAME) or a pyserial URL (rfc2217://host:2217)",
            keys.text,
            required=True,
        ),
        Key("baud", "a speed from 300 to 4000000", keys.whole(300, 4_000_000), default="115200"),
        Key("flow", "none or rtscts: frames are binary, which rules XON/XOFF out", _flow),
        Key("dtr", "on or off: the level of DTR while the port is open", _level),
        Key("rts", "on or off: the level of RTS while the port is open", _level),
        KEY,
        IMAGE,
    ),
    image=given_image,
    reach=reach,
    place=_place,
    link=_url,
    protection=_protection,
    check=_protection,
)
