"""The network of one emulated device: which ports are taken, and what an address leads to.

It exists in the memory of the device alone. The host takes part only through edge.py, which
offers the device's listening ports on the host's loopback; no errno, privilege or limit of the host reaches a
guest, and several devices never meet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Protocol

from harness.emulator.ws2.errors import WSAEADDRINUSE, WSAEADDRNOTAVAIL, WSAENOBUFS, WinsockError
from harness.emulator.ws2.settings import NetworkSettings
from harness.emulator.ws2.sockaddr import BROADCAST, Address, Endpoint

if TYPE_CHECKING:
    from harness.emulator.ws2.sockets import Socket

EPHEMERAL = range(49152, 65536)
"""Ports handed out for port 0 (CE page of bind)."""


class Transport(Enum):
    """Each has port numbers of its own."""

    TCP = auto()
    UDP = auto()
    RAW = auto()


class Route(Enum):
    """Where an address leads."""

    OWN = auto()
    BROADCAST = auto()
    MULTICAST = auto()
    UNREACHABLE = auto()
    SILENT = auto()


class Crossing(Protocol):
    """A connection that leads outside, over a path."""

    def path_changed(self) -> None:
        """The path has been cut, or is whole again."""


class Path:
    """The way to an address outside the device. While it is cut, nothing passes in either direction, and
    nobody is told."""

    def __init__(self) -> None:
        self.cut = False
        self._crossings: list[Crossing] = []

    def enter(self, crossing: Crossing) -> None:
        """Tell this connection, from now on, what becomes of the path."""
        self._crossings.append(crossing)

    def leave(self, crossing: Crossing) -> None:
        if crossing in self._crossings:
            self._crossings.remove(crossing)

    def set(self, *, cut: bool) -> None:
        self.cut = cut
        for crossing in tuple(self._crossings):
            crossing.path_changed()


@dataclass(frozen=True, slots=True)
class _Claim:
    endpoint: Endpoint
    owner: "Socket"
    reuse: bool


class Network:
    """Ports and routes. Ports of IPv4 and IPv6 are apart, as on a device whose stacks are."""

    def __init__(self, settings: NetworkSettings) -> None:
        self.settings = settings
        self.outside: dict[Endpoint, int] = {}
        """Addresses and ports that lie outside the device after all; the host's loopback port for each."""
        self._paths: dict[Address, Path] = {}
        self.published: dict[tuple[int, int], int] = {}
        """The host's loopback port that a family and port were last reached through: they get it again."""
        self._claims: dict[tuple[Transport, int, int], list[_Claim]] = {}
        self._next = {(transport, family): 0 for transport in Transport for family in (2, 23)}

    # --- addresses ------------------------------------------------------------------------------------

    def is_own(self, address: Address) -> bool:
        return address.is_loopback or address in self.settings.addresses

    def route(self, address: Address) -> Route:
        """Where a packet for this address goes. The unspecified address is not a destination."""
        if self.is_own(address):
            return Route.OWN
        if address == BROADCAST:
            return Route.BROADCAST
        if address.is_multicast:
            return Route.MULTICAST
        return Route.SILENT if self.settings.elsewhere == "silent" else Route.UNREACHABLE

    def path(self, address: Address) -> Path:
        """The way to an address outside, the same at each call."""
        return self._paths.setdefault(address, Path())

    @property
    def cut(self) -> list[str]:
        """Addresses to which the path is cut."""
        return [str(address) for address, path in self._paths.items() if path.cut]

    def source_for(self, destination: Address) -> Address:
        """The address from which the device speaks to a destination."""
        if self.is_own(destination):
            return destination
        family = type(destination)
        own = [address for address in self.settings.addresses if isinstance(address, family)]
        return own[0] if own else (family(1) if family is not IPv4Address else IPv4Address("127.0.0.1"))

    # --- ports ----------------------------------------------------------------------------------------

    def claim(self, transport: Transport, wanted: Endpoint, owner: "Socket", *, reuse: bool) -> Endpoint:
        """Take an address and port; port 0 gets a free one from EPHEMERAL.

        Raises WSAEADDRNOTAVAIL (not an address of this device), WSAEADDRINUSE, WSAENOBUFS (no port left).
        """
        if not wanted.is_any and not self.is_own(wanted.address) and not wanted.address.is_multicast:
            raise WinsockError(WSAEADDRNOTAVAIL)
        if transport is Transport.RAW:
            wanted = Endpoint(wanted.address, 0)
        elif wanted.port == 0:
            wanted = Endpoint(wanted.address, self._free_port(transport, wanted))
        elif any(
            not (reuse and other.reuse) and _overlap(other.endpoint, wanted)
            for other in self._claimed(transport, wanted)
        ):
            raise WinsockError(WSAEADDRINUSE)
        key = (transport, wanted.family, wanted.port)
        self._claims.setdefault(key, []).append(_Claim(wanted, owner, reuse))
        return wanted

    def release(self, transport: Transport, endpoint: Endpoint, owner: "Socket") -> None:
        """Give back what a socket claimed."""
        key = (transport, endpoint.family, endpoint.port)
        left = [claim for claim in self._claims.get(key, ()) if claim.owner is not owner]
        if left:
            self._claims[key] = left
        else:
            self._claims.pop(key, None)

    def owners(self, transport: Transport, destination: Endpoint) -> Iterator["Socket"]:
        """Sockets bound to a destination, those with its very address before those with any."""
        claims = sorted(self._claimed(transport, destination), key=lambda claim: claim.endpoint.is_any)
        for claim in claims:
            if claim.endpoint.is_any or claim.endpoint.address == destination.address:
                yield claim.owner

    def all_on_port(self, transport: Transport, destination: Endpoint) -> list["Socket"]:
        """Every socket with this port, whatever its address: receivers of broadcasts and multicasts."""
        return [claim.owner for claim in self._claimed(transport, destination)]

    def _claimed(self, transport: Transport, endpoint: Endpoint) -> list[_Claim]:
        return self._claims.get((transport, endpoint.family, endpoint.port), [])

    def _free_port(self, transport: Transport, wanted: Endpoint) -> int:
        start = self._next[transport, wanted.family]
        for step in range(len(EPHEMERAL)):
            place = (start + step) % len(EPHEMERAL)
            if (transport, wanted.family, EPHEMERAL[place]) not in self._claims:
                self._next[transport, wanted.family] = (place + 1) % len(EPHEMERAL)
                return EPHEMERAL[place]
        raise WinsockError(WSAENOBUFS)


def _overlap(one: Endpoint, other: Endpoint) -> bool:
    """Two addresses of one port that would get the same packets."""
    return one.is_any or other.is_any or one.address == other.address
