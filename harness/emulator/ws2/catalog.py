"""The protocol catalog: what transport services the emulated device has.

An entry is one WSAPROTOCOL_INFOW: 628 bytes on a 32-bit device (CE page ee494294). The catalog is
a list in install order, and that order governs enumeration and selection (ee494925).
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from harness.emulator.ws2.constants import AF_UNSPEC, PFL_HIDDEN, PFL_MATCHES_PROTOCOL_ZERO

PROTOCOL_INFO_SIZE = 628
MAX_PROTOCOL_CHAIN = 7
NAME_LENGTH = 255
WINSOCK_2 = 2
NO_PROVIDER = UUID(int=0)

_LAYOUT = struct.Struct("<4I I 16s I i7I 9i 2I 512s")
assert _LAYOUT.size == PROTOCOL_INFO_SIZE


@dataclass(frozen=True, slots=True)
class ProtocolInfo:
    """One WSAPROTOCOL_INFOW. As a catalog entry, or as a guest passed it to WSASocket."""

    name: str
    id: int
    family: int
    type: int
    protocol: int
    protocol_range: int = 0
    service_flags: int = 0
    provider_flags: int = 0
    provider: UUID = NO_PROVIDER
    chain_length: int = 1
    chain: tuple[int, ...] = ()
    max_address: int = 16
    min_address: int = 16
    message_size: int = 0
    version: int = WINSOCK_2
    byte_order: int = 0
    security: int = 0
    reserved: tuple[int, int, int, int] = (0, 0, 0, 0)
    """dwServiceFlags2 to 4 and dwProviderReserved."""
    built_in: bool = True
    """Came with the device; False for an entry a guest installed."""
    library: str = ""
    """Path of the provider's DLL; empty where ws2.dll serves the entry itself."""

    @property
    def layer_only(self) -> bool:
        """An unchained layered protocol: never selected by a triple, never enumerated to applications."""
        return self.chain_length == 0

    @property
    def hidden(self) -> bool:
        return bool(self.provider_flags & PFL_HIDDEN)

    def takes_protocol(self, protocol: int) -> bool:
        """Does this entry serve `protocol`? 0 counts only with PFL_MATCHES_PROTOCOL_ZERO."""
        if protocol == 0:
            return bool(self.provider_flags & PFL_MATCHES_PROTOCOL_ZERO)
        return self.protocol <= protocol <= self.protocol + self.protocol_range

    def pack(self) -> bytes:
        """The 628 bytes of WSAPROTOCOL_INFOW."""
        chain = (self.chain + (0,) * MAX_PROTOCOL_CHAIN)[:MAX_PROTOCOL_CHAIN]
        return _LAYOUT.pack(
            self.service_flags,
            *self.reserved[:3],
            self.provider_flags,
            self.provider.bytes_le,
            self.id,
            self.chain_length,
            *chain,
            self.version,
            self.family,
            self.max_address,
            self.min_address,
            self.type,
            self.protocol,
            self.protocol_range,
            self.byte_order,
            self.security,
            self.message_size,
            self.reserved[3],
            self.name[:NAME_LENGTH].encode("utf-16-le"),
        )

    @classmethod
    def unpack(cls, data: bytes) -> "ProtocolInfo":
        """The structure a guest passed; it may hold anything."""
        fields = _LAYOUT.unpack(data)
        return cls(
            name=fields[26].decode("utf-16-le", "replace").partition("\0")[0],
            id=fields[6],
            family=fields[16],
            type=fields[19],
            protocol=fields[20],
            protocol_range=fields[21],
            service_flags=fields[0],
            provider_flags=fields[4],
            provider=UUID(bytes_le=fields[5]),
            chain_length=fields[7],
            chain=tuple(fields[8:15]),
            version=fields[15],
            max_address=fields[17],
            min_address=fields[18],
            byte_order=fields[22],
            security=fields[23],
            message_size=fields[24],
            reserved=(fields[1], fields[2], fields[3], fields[25]),
            built_in=False,
        )


class Catalog:
    """The entries of one device, in install order."""

    def __init__(self, entries: Iterable[ProtocolInfo]) -> None:
        self._selectable: list[ProtocolInfo] = []
        self._put(entries)

    def _put(self, entries: Iterable[ProtocolInfo]) -> None:
        """These from now on. What every new socket asks for is sorted out once, here."""
        self._entries = list(entries)
        self._selectable = [entry for entry in self._entries if not entry.layer_only]

    def __iter__(self) -> Iterator[ProtocolInfo]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def by_id(self, catalog_id: int) -> ProtocolInfo | None:
        return next((entry for entry in self._entries if entry.id == catalog_id), None)

    def selectable(self) -> Sequence[ProtocolInfo]:
        """Base protocols and chains: what a triple can select (CE page ms898773)."""
        return self._selectable

    def of_family(self, family: int) -> Sequence[ProtocolInfo]:
        """Those of one address family; AF_UNSPEC is any."""
        return [entry for entry in self.selectable() if family in (AF_UNSPEC, entry.family)]

    def enumerated(self) -> list[ProtocolInfo]:
        """What WSAEnumProtocols shows: base protocols and chains that are not hidden (ms898739)."""
        return [entry for entry in self.selectable() if not entry.hidden]

    def install(self, entries: Iterable[ProtocolInfo]) -> list[ProtocolInfo]:
        """Append entries; each gets the next free catalog id. Returns them as they stand in the catalog."""
        highest = max((entry.id for entry in self._entries), default=1000)
        installed = [
            replace(entry, id=highest + place, built_in=False) for place, entry in enumerate(entries, start=1)
        ]
        self._put([*self._entries, *installed])
        return installed

    def has(self, provider: UUID) -> bool:
        """Is there an entry of this provider?"""
        return any(entry.provider == provider for entry in self._entries)

    def deinstall(self, provider: UUID) -> bool:
        """Remove what a guest installed under this provider id. False when there is nothing of it."""
        kept = [entry for entry in self._entries if entry.built_in or entry.provider != provider]
        removed = len(kept) != len(self._entries)
        self._put(kept)
        return removed
