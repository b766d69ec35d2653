"""Socket addresses: `sockaddr_in` (16 bytes) and `sockaddr_in6` (28 bytes) of the guest, and back."""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from harness.emulator.ws2.constants import AF_INET, AF_INET6
from harness.emulator.ws2.errors import WSAEFAULT, WinsockError

Address = IPv4Address | IPv6Address
SIZES = {AF_INET: 16, AF_INET6: 28}
"""Bytes of a socket address of each family."""

ANY: dict[int, Address] = {AF_INET: IPv4Address(0), AF_INET6: IPv6Address(0)}
LOOPBACK: dict[int, Address] = {AF_INET: IPv4Address("127.0.0.1"), AF_INET6: IPv6Address("::1")}
BROADCAST = IPv4Address("255.255.255.255")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and a port (host order) as the guest knows them."""

    address: Address
    port: int

    @property
    def family(self) -> int:
        return AF_INET if isinstance(self.address, IPv4Address) else AF_INET6

    @property
    def is_any(self) -> bool:
        return self.address == ANY[self.family]

    def pack(self) -> bytes:
        """The guest's structure. Flow and scope are 0."""
        port = struct.pack(">H", self.port)
        if self.family == AF_INET:
            return struct.pack("<H", AF_INET) + port + self.address.packed + bytes(8)
        return struct.pack("<H", AF_INET6) + port + bytes(4) + self.address.packed + bytes(4)


def wildcard(family: int) -> Endpoint:
    """Any address, port 0."""
    return Endpoint(ANY[family], 0)


def family_of(data: bytes) -> int:
    """sa_family of a structure. Raises WSAEFAULT when there is not even that much of it."""
    if len(data) < 2:
        raise WinsockError(WSAEFAULT)
    return int.from_bytes(data[:2], "little")


def unpack(data: bytes) -> Endpoint:
    """An Endpoint from a guest's structure. Raises WSAEFAULT for a short one or a family without a layout."""
    family = family_of(data)
    if family not in SIZES or len(data) < SIZES[family]:
        raise WinsockError(WSAEFAULT)
    port = int.from_bytes(data[2:4], "big")
    if family == AF_INET:
        return Endpoint(IPv4Address(data[4:8]), port)
    return Endpoint(IPv6Address(data[8:24]), port)
