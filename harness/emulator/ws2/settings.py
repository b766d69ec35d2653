"""Reading catalog.toml: the protocols, limits and network of an emulated device, checked."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from harness.emulator.ws2 import constants
from harness.emulator.ws2.catalog import MAX_PROTOCOL_CHAIN, NAME_LENGTH, Catalog, ProtocolInfo

DEFAULT_FILE = Path(__file__).parent.parent / "data" / "catalog.toml"


class CatalogError(ValueError):
    """A mistake in a catalog file, in one line: file, place, what was expected."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the device has, whatever its host has."""

    descriptors: int = 1024
    receive_buffer: int = 32768
    send_buffer: int = 16384
    backlog: int = 200


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """The device's place in a network that does not exist outside it."""

    name: str = "ce-device"
    addresses: tuple[IPv4Address | IPv6Address, ...] = field(default=(IPv4Address("10.0.2.15"),))
    elsewhere: str = "unreachable"
    connect_timeout: float = 21.0
    send_timeout: float = 189.0
    subsystem: str = "up"


@dataclass(frozen=True, slots=True)
class Settings:
    """All of a catalog file."""

    entries: tuple[ProtocolInfo, ...]
    limits: Limits
    network: NetworkSettings

    def catalog(self) -> Catalog:
        """A catalog of its own for one boot of a device."""
        return Catalog(self.entries)


def load_settings(path: Path | None = None) -> Settings:
    """Read a catalog file, or the default one. Raises CatalogError."""
    file = path or DEFAULT_FILE
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"{file}: {error}") from error
    return _Reader(str(file)).settings(document)


_NAMES = {name: value for name, value in vars(constants).items() if name.isupper()}
_T = TypeVar("_T")
_SOME_NUMBER = range(-(2**31), 2**32)
_FAMILIES = "AF_"
_TYPES = "SOCK_"
_PROTOCOLS = "IPPROTO_"


class _Reader:
    """Knows the file and the place it is reading, for messages."""

    def __init__(self, file: str) -> None:
        self.place = file

    def at(self, place: str) -> "_Reader":
        return _Reader(f"{self.place}: {place}")

    def wrong(self, what: str) -> CatalogError:
        return CatalogError(f"{self.place}: {what}")

    def settings(self, document: Mapping[str, Any]) -> Settings:
        self.known(document, ("protocol", "limits", "network"))
        tables = document.get("protocol")
        if not isinstance(tables, list) or not tables:
            raise self.wrong("no [[protocol]] entry; at least one is needed")
        entries = tuple(
            self.at(f"[[protocol]] number {place}").protocol(table)
            for place, table in enumerate(tables, start=1)
        )
        seen: dict[int, str] = {}
        for entry in entries:
            if entry.id in seen:
                raise self.wrong(f"id {entry.id} is given to {seen[entry.id]!r} and to {entry.name!r}")
            seen[entry.id] = entry.name
        for entry in entries:
            for link in entry.chain:
                if entry.chain_length > 1 and link not in seen:
                    raise self.wrong(f"chain of {entry.name!r}: there is no entry with id {link}")
        return Settings(
            entries,
            self.at("[limits]").limits(document.get("limits", {})),
            self.at("[network]").network(document.get("network", {})),
        )

    def protocol(self, table: Mapping[str, Any]) -> ProtocolInfo:
        self.known(table, _PROTOCOL_KEYS)
        name = self.text(table, "name")
        if not 0 < len(name) <= NAME_LENGTH:
            raise self.wrong(f"name: expected 1 to {NAME_LENGTH} characters")
        layered = table.get("layered", False)
        if not isinstance(layered, bool):
            raise self.wrong("layered: expected true or false")
        chain = tuple(table.get("chain", ()))
        if len(chain) > MAX_PROTOCOL_CHAIN or not all(isinstance(link, int) for link in chain):
            raise self.wrong(f"chain: expected a list of at most {MAX_PROTOCOL_CHAIN} catalog ids")
        if len(chain) == 1 or (layered and chain):
            raise self.wrong("chain: a chain has two entries or more, a layer (layered = true) has none")
        return ProtocolInfo(
            name=name,
            id=self.number(table, "id", within=range(1, 2**32)),
            family=self.number(table, "family", prefix=_FAMILIES),
            type=self.number(table, "type", prefix=_TYPES),
            protocol=self.number(table, "protocol", prefix=_PROTOCOLS),
            protocol_range=self.number(table, "protocol_range", 0, within=range(2**31)),
            service_flags=self.flags(table, "service_flags", "XP1_"),
            provider_flags=self.flags(table, "provider_flags", "PFL_"),
            provider=self.provider(table),
            chain_length=0 if layered else max(1, len(chain)),
            chain=chain,
            max_address=self.number(table, "max_address", 16, within=range(2, 129)),
            min_address=self.number(table, "min_address", 16, within=range(2, 129)),
            message_size=self.number(table, "message_size", 0, within=range(2**32)),
        )

    def limits(self, table: Mapping[str, Any]) -> Limits:
        self.known(table, tuple(known.name for known in fields(Limits)))
        default = Limits()
        return Limits(
            descriptors=self.number(table, "descriptors", default.descriptors, within=range(1, 2**24)),
            receive_buffer=self.number(
                table, "receive_buffer", default.receive_buffer, within=range(1, 2**20 + 1)
            ),
            send_buffer=self.number(table, "send_buffer", default.send_buffer, within=range(1, 2**20 + 1)),
            backlog=self.number(table, "backlog", default.backlog, within=range(1, 2**16)),
        )

    def network(self, table: Mapping[str, Any]) -> NetworkSettings:
        self.known(table, tuple(known.name for known in fields(NetworkSettings)))
        default = NetworkSettings()
        addresses = table.get("addresses")
        if addresses is not None and not isinstance(addresses, list):
            raise self.wrong("addresses: expected a list of addresses")
        return NetworkSettings(
            name=self.text(table, "name", default.name),
            addresses=default.addresses if addresses is None else tuple(map(self.address, addresses)),
            elsewhere=self.choice(table, "elsewhere", ("unreachable", "silent")),
            connect_timeout=self.seconds(table, "connect_timeout", default.connect_timeout),
            send_timeout=self.seconds(table, "send_timeout", default.send_timeout),
            subsystem=self.choice(table, "subsystem", ("up", "down")),
        )

    # --- values -------------------------------------------------------------------------------------

    def known(self, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        if not isinstance(table, Mapping):
            raise self.wrong("expected a table")
        for key in table:
            if key not in keys:
                close = get_close_matches(key, keys, n=1)
                raise self.wrong(f"unknown key {key!r}" + (f"; did you mean {close[0]!r}?" if close else ""))

    def text(self, table: Mapping[str, Any], key: str, default: str | None = None) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or not value:
            raise self.wrong(f"{key}: expected a text")
        return value

    def choice(self, table: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
        """One of several words; the first is the default."""
        value = table.get(key, allowed[0])
        if value not in allowed:
            raise self.wrong(f"{key}: expected {' or '.join(map(repr, allowed))}, found {value!r}")
        return str(value)

    def seconds(self, table: Mapping[str, Any], key: str, default: float) -> float:
        value = table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise self.wrong(f"{key}: expected a number of seconds, 0 or more")
        return float(value)

    def number(
        self,
        table: Mapping[str, Any],
        key: str,
        default: int | None = None,
        *,
        within: range = _SOME_NUMBER,
        prefix: str = "",
    ) -> int:
        """A number, or with `prefix` also the name of one."""
        value = table.get(key, default)
        if prefix and isinstance(value, str):
            value = self.named(key, value, prefix)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(f"{key}: expected a number" + (f" or a name {prefix}..." if prefix else ""))
        if value not in within:
            raise self.wrong(f"{key}: {value} is not within {within.start} to {within.stop - 1}")
        return value

    def named(self, key: str, name: str, prefix: str) -> int:
        value = _NAMES.get(name) if name.startswith(prefix) else None
        if value is None:
            close = get_close_matches(name, [known for known in _NAMES if known.startswith(prefix)], n=1)
            raise self.wrong(f"{key}: unknown {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
        return int(value)

    def flags(self, table: Mapping[str, Any], key: str, prefix: str) -> int:
        names = table.get(key, [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self.wrong(f"{key}: expected a list of {prefix}... names")
        value = 0
        for name in names:
            value |= self.named(key, name, prefix)
        return value

    def provider(self, table: Mapping[str, Any]) -> UUID:
        return self.parsed("provider", self.text(table, "provider", str(UUID(int=0))), UUID, "a GUID")

    def address(self, value: Any) -> IPv4Address | IPv6Address:
        return self.parsed("addresses", value, ip_address, "an IPv4 or IPv6 address")

    def parsed(self, key: str, value: Any, parse: Callable[[Any], _T], expected: str) -> _T:
        try:
            return parse(value)
        except (ValueError, TypeError, AttributeError) as error:
            raise self.wrong(f"{key}: expected {expected}, found {value!r}") from error


_PROTOCOL_KEYS = (
    "name",
    "id",
    "family",
    "type",
    "protocol",
    "protocol_range",
    "service_flags",
    "provider_flags",
    "provider",
    "chain",
    "layered",
    "min_address",
    "max_address",
    "message_size",
)
