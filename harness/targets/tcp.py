"""A device whose agent listens on TCP."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from harness.targets import keys
from harness.targets.base import Key, Kind, Reached, TargetConfig
from harness.targets.images import IMAGE, given_image
from harness.targets.keyfile import KEY, needed_key


def _host(value: str) -> str:
    if not value or any(sign in value for sign in "/ \t@?#"):
        raise ValueError(value)
    return value.strip("[]")


def _place(settings: Mapping[str, str]) -> str:
    host = settings["host"]
    return f"tcp://[{host}]:{settings['port']}" if ":" in host else f"tcp://{host}:{settings['port']}"


def _protection(settings: Mapping[str, str]) -> str:
    return f"key from {needed_key(settings.get('key')).source}"


@contextmanager
def reach(config: TargetConfig) -> Iterator[Reached]:
    """The agent is already there; nothing to start and nothing to end. Raises UsageError without a key."""
    yield Reached(_place(config.settings), needed_key(config.settings.get("key")).value)


KIND = Kind(
    name="tcp",
    summary="a device whose agent listens on TCP (ceagent.exe link=tcp:5555)",
    evidence="device",
    keys=(
        Key("host", "a host name or an address", _host, required=True),
        Key("port", "a TCP port, 1 to 65535", keys.whole(1, 65535), default="5555"),
        KEY,
        IMAGE,
    ),
    image=given_image,
    reach=reach,
    place=_place,
    link=_place,
    protection=_protection,
    check=_protection,
)
