"""A device whose agent dials this computer: for devices behind a firewall, or whose address changes."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from harness.targets.base import Key, Kind, Reached, TargetConfig, Timing
from harness.targets.images import IMAGE, given_image
from harness.targets.keyfile import KEY, needed_key

_EVERY_ADDRESS = "0.0.0.0"
_PLACE = re.compile(r"(?:(?P<host>\[[0-9A-Fa-f:.%]+]|[A-Za-z0-9._-]+):)?(?P<port>\d{1,5})", re.ASCII)


def _listen(value: str) -> str:
    """[ADDR:]PORT; normal form has both, an IPv6 address in brackets."""
    found = _PLACE.fullmatch(value)
    if found is None or not 1 <= int(found["port"]) <= 65535:
        raise ValueError(value)
    return f"{found['host'] or _EVERY_ADDRESS}:{int(found['port'])}"


def _place(settings: Mapping[str, str]) -> str:
    return f"tcp-listen://{settings['listen']}"


def _protection(settings: Mapping[str, str]) -> str:
    return f"key from {needed_key(settings.get('key')).source}"


@contextmanager
def reach(config: TargetConfig) -> Iterator[Reached]:
    """Opening its URL waits for the agent's call. Raises UsageError without a key."""
    yield Reached(_place(config.settings), needed_key(config.settings.get("key")).value)


KIND = Kind(
    name="tcp-listen",
    summary="a device whose agent dials this computer (ceagent.exe link=tcp:HOST:PORT)",
    evidence="device",
    keys=(
        Key(
            "listen",
            "[ADDRESS:]PORT of this computer, such as 5555 or 192.168.1.2:5555",
            _listen,
            required=True,
        ),
        KEY,
        IMAGE,
    ),
    image=given_image,
    reach=reach,
    place=_place,
    link=_place,
    protection=_protection,
    check=_protection,
    timing=Timing(connect=30.0),
)
