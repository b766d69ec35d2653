"""The protocol catalog of a device: its entries, and the cases that follow from them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from harness.winsock import CONSTANTS, STRUCTURES

ENTRY = STRUCTURES["WSAPROTOCOL_INFOW"]


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One WSAPROTOCOL_INFOW as the device enumerates it; `index` counts from 0.

    An entry stands for the protocol numbers `protocol` to `protocol + max_offset`.
    """

    index: int
    name: str
    family: int
    type: int
    protocol: int
    max_offset: int
    catalog_id: int
    service_flags: int
    provider_flags: int
    address_length: int

    @classmethod
    def unpack(cls, index: int, data: bytes) -> "CatalogEntry":
        """From the bytes of one structure."""

        def number(field: str) -> int:
            member = ENTRY.field(field)
            return int.from_bytes(data[member.offset : member.offset + member.size], "little", signed=False)

        text = ENTRY.field("szProtocol")
        name = data[text.offset : text.offset + text.size].decode("utf-16-le", "replace")
        return cls(
            index=index,
            name=name.partition("\0")[0] or f"entry {index}",
            family=number("iAddressFamily"),
            type=number("iSocketType"),
            protocol=number("iProtocol"),
            max_offset=number("iProtocolMaxOffset"),
            catalog_id=number("dwCatalogEntryId"),
            service_flags=number("dwServiceFlags1"),
            provider_flags=number("dwProviderFlags"),
            address_length=number("iMaxSockAddr"),
        )

    @property
    def loopback(self) -> bytes:
        """A socket address of `address_length` bytes: the family, port 0, and loopback where the family is
        one of the internet, else zeros."""
        address = (self.family & 0xFFFF).to_bytes(2, "little")
        if self.family == CONSTANTS["AF_INET"]:
            address += b"\0\0\x7f\0\0\1"
        elif self.family == CONSTANTS["AF_INET6"]:
            address += bytes(2 + 4 + 15) + b"\1"
        return address.ljust(self.address_length, b"\0")[: self.address_length]

    def supports(self, family: int, type_: int, protocol: int) -> bool:
        """Does the entry stand for this triple?"""
        offset = protocol - self.protocol
        return (family, type_) == (self.family, self.type) and 0 <= offset <= self.max_offset

    def has(self, flag: str) -> bool:
        """Is this XP1_ or PFL_ flag set?"""
        flags = self.provider_flags if flag.startswith("PFL_") else self.service_flags
        return bool(flags & CONSTANTS[flag])


@dataclass(frozen=True, slots=True)
class Combination:
    """Values that entries have, but no entry has together."""

    family: int
    type: int
    protocol: int

    @property
    def name(self) -> str:
        return f"af {self.family}, type {self.type}, protocol {self.protocol}"


def unpack_catalog(data: bytes, count: int) -> tuple[CatalogEntry, ...]:
    """The first `count` structures of what WSAEnumProtocolsW wrote."""
    return tuple(
        CatalogEntry.unpack(index, data[index * ENTRY.size : (index + 1) * ENTRY.size])
        for index in range(count)
    )


def contradictions(entries: Iterable[CatalogEntry]) -> Iterator[Combination]:
    """In each family, type against protocol: both occur in entries of the family, never in one.

    Raw sockets are left out (they are optional), and so is protocol 0 (it may stand for any).
    """
    every = [entry for entry in entries if entry.type != CONSTANTS["SOCK_RAW"]]
    for family in dict.fromkeys(entry.family for entry in every):
        types = dict.fromkeys(entry.type for entry in every if entry.family == family)
        protocols = dict.fromkeys(
            entry.protocol for entry in every if entry.family == family and entry.protocol
        )
        for type_, protocol in product(types, protocols):
            if not any(entry.supports(family, type_, protocol) for entry in every):
                yield Combination(family, type_, protocol)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An entry, and a value that other entries have in place of its own, never together with the rest of it.

    Two of family, type and protocol are None: those of the entry.
    """

    entry: CatalogEntry
    family: int | None = None
    type: int | None = None
    protocol: int | None = None

    @property
    def name(self) -> str:
        given = (("af", self.family), ("type", self.type), ("protocol", self.protocol))
        return ", ".join(
            [self.entry.name, *(f"{word} {value}" for word, value in given if value is not None)]
        )


def contradicted(entries: Iterable[CatalogEntry]) -> Iterator[Contradiction]:
    """Each entry with each type, and each protocol, of its family that contradicts it (`contradictions`)."""
    entries = tuple(entries)
    found = tuple(contradictions(entries))
    for entry in entries:
        for other in found:
            if (entry.family, entry.protocol) == (other.family, other.protocol):
                yield Contradiction(entry, type=other.type)
        for other in found:
            if (entry.family, entry.type) == (other.family, other.type):
                yield Contradiction(entry, protocol=other.protocol)


def contradicted_by_family(entries: Iterable[CatalogEntry]) -> Iterator[Contradiction]:
    """Each entry with each family of the others; raw sockets are left out, being optional."""
    every = [entry for entry in entries if entry.type != CONSTANTS["SOCK_RAW"]]
    for entry in every:
        for family in dict.fromkeys(other.family for other in every if other.family != entry.family):
            yield Contradiction(entry, family=family)
