"""getservbyname and its kin: a few well-known services and protocols."""

import struct
from dataclasses import dataclass

from harness.emulator.ws2.api import Winsock, winsock
from harness.emulator.ws2.byteorder import swap16
from harness.emulator.ws2.errors import WSANO_DATA, WinsockError

_BLOCK = 128


@dataclass(frozen=True, slots=True)
class Service:
    """One line of a services file."""

    name: str
    port: int
    protocol: str


SERVICES = tuple(
    Service(name, port, protocol)
    for name, port, protocols in (
        ("echo", 7, "tcp udp"),
        ("discard", 9, "tcp udp"),
        ("ftp", 21, "tcp"),
        ("telnet", 23, "tcp"),
        ("smtp", 25, "tcp"),
        ("time", 37, "tcp udp"),
        ("domain", 53, "tcp udp"),
        ("http", 80, "tcp"),
        ("ntp", 123, "udp"),
        ("https", 443, "tcp"),
    )
    for protocol in protocols.split()
)
PROTOCOLS = {"ip": 0, "icmp": 1, "tcp": 6, "udp": 17, "ipv6": 41, "ipv6-icmp": 58}


def service_by_name(name: str, protocol: str | None) -> Service | None:
    return next(
        (one for one in SERVICES if one.name == name and protocol in (None, one.protocol)),
        None,
    )


def service_by_port(port: int, protocol: str | None) -> Service | None:
    return next(
        (one for one in SERVICES if one.port == port and protocol in (None, one.protocol)),
        None,
    )


def _optional_text(ws: Winsock, pointer: int) -> str | None:
    return ws.memory.ansi(pointer, 64).decode("latin-1") if pointer else None


def _servent(ws: Winsock, found: Service | None) -> int:
    """A servent (16 bytes) in the thread's block. Raises WSANO_DATA."""
    if found is None:
        raise WinsockError(WSANO_DATA)
    block = ws.thread_block("servent", _BLOCK)
    name, protocol = found.name.encode() + b"\0", found.protocol.encode() + b"\0"
    place = block + 20
    data = struct.pack("<IIHHI", place, block + 16, swap16(found.port), 0, place + len(name))
    ws.memory.write(block, data + bytes(4) + name + protocol)
    return block


@winsock("getservbyname", "name proto", failure=0)
def getservbyname(ws: Winsock, name: int, protocol: int) -> int:
    """A servent; WSANO_DATA for an unknown service, WSAEFAULT. CE exports it; no CE page of it was found."""
    return _servent(
        ws, service_by_name(ws.memory.ansi(name, 64).decode("latin-1"), _optional_text(ws, protocol))
    )


@winsock("getservbyport", "port proto", failure=0)
def getservbyport(ws: Winsock, port: int, protocol: int) -> int:
    """The same by port, in network order."""
    return _servent(ws, service_by_port(swap16(port), _optional_text(ws, protocol)))


def _protoent(ws: Winsock, name: str, number: int) -> int:
    """A protoent (12 bytes) in the thread's block."""
    block = ws.thread_block("protoent", _BLOCK)
    data = struct.pack("<IIHH", block + 16, block + 12, number, 0)
    ws.memory.write(block, data + bytes(4) + name.encode() + b"\0")
    return block


@winsock("getprotobyname", "name", failure=0)
def getprotobyname(ws: Winsock, name: int) -> int:
    """A protoent; WSANO_DATA for an unknown protocol, WSAEFAULT. CE exports it; no CE page of it was
    found.
    """
    text = ws.memory.ansi(name, 64).decode("latin-1").lower()
    if text not in PROTOCOLS:
        raise WinsockError(WSANO_DATA)
    return _protoent(ws, text, PROTOCOLS[text])


@winsock("getprotobynumber", "number", failure=0)
def getprotobynumber(ws: Winsock, number: int) -> int:
    """The same by number."""
    for name, known in PROTOCOLS.items():
        if known == number:
            return _protoent(ws, name, number)
    raise WinsockError(WSANO_DATA)
