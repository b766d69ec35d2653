"""A device behind a bench host that is reached over SSH: at a serial port of it, or on its network."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote

from harness.errors import UsageError
from harness.links.opening import bench_address
from harness.links.ssh import SILENCE_S, BenchPort
from harness.targets import keys
from harness.targets.base import Key, Kind, Reached, TargetConfig, Timing
from harness.targets.images import IMAGE, given_image
from harness.targets.keyfile import KEY, PreSharedKey, needed_key, read_key


def _link(value: str) -> str:
    if not value.startswith("ssh://"):
        raise ValueError(value)
    try:
        bench_address(value)
    except UsageError as error:
        raise ValueError(value) from error
    return value


def _url(settings: Mapping[str, str], slowness: float = 1.0) -> str:
    url = settings["link"]
    if "ssh_config" in settings:
        url = _with(url, "ssh_config", quote(settings["ssh_config"]))
    # A slow device has a slow network, and is waited for as much longer.
    return url if slowness == 1 else _with(url, "silence", f"{SILENCE_S * slowness:g}")


def _with(url: str, name: str, value: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{name}={value}"


def _key(settings: Mapping[str, str]) -> PreSharedKey | None:
    if "key" in settings:
        return read_key(settings["key"])
    # As for the kinds serial and tcp: a serial line may do without, a network may not.
    return None if _is_serial(settings) else needed_key(None)


def _is_serial(settings: Mapping[str, str]) -> bool:
    return isinstance(bench_address(settings["link"]).wanted, BenchPort)


def _place(settings: Mapping[str, str]) -> str:
    return settings["link"]


def _protection(settings: Mapping[str, str]) -> str:
    if (key := _key(settings)) is not None:
        return f"key from {key.source}"
    return "no key: whoever reaches this serial port of the bench host can run anything on the device"


def _way(config: TargetConfig) -> str:
    # Not at the beginning: its cryptography takes long to load.
    from harness.links.ssh.dialer import SshDialer

    made = SshDialer(bench_address(_url(config.settings)))
    try:
        return made.log_in()
    finally:
        made.close()


@contextmanager
def reach(config: TargetConfig) -> Iterator[Reached]:
    """The agent is already there; nothing to start and nothing to end. Raises UsageError for a wrong key."""
    key = _key(config.settings)
    yield Reached(_url(config.settings, config.timing.slowness), key.value if key else None)


KIND = Kind(
    name="ssh",
    summary="a device at a bench host that is reached over SSH, at a serial port or on the network there",
    evidence="device",
    keys=(
        Key(
            "link",
            "ssh://[USER@]BENCH[:PORT]/dev/ttyUSB0?baud=115200 or ssh://[USER@]BENCH[:PORT]/tcp/HOST:PORT",
            _link,
            required=True,
        ),
        Key("ssh_config", "a file as ssh -F takes it", keys.text),
        KEY,
        IMAGE,
    ),
    image=given_image,
    reach=reach,
    place=_place,
    link=_place,
    protection=_protection,
    check=_protection,
    timing=Timing(connect=20.0),
    way=_way,
)
