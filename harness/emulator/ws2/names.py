"""gethostname, sethostname, gethostbyname, gethostbyaddr: the names the device knows are its own."""

import struct
from ipaddress import IPv4Address, IPv6Address

from harness.emulator.ws2.api import Winsock, signed, winsock
from harness.emulator.ws2.constants import AF_INET
from harness.emulator.ws2.errors import (
    WSAEAFNOSUPPORT,
    WSAEALREADY,
    WSAEFAULT,
    WSAEINVAL,
    WSAHOST_NOT_FOUND,
    WSANO_DATA,
    WinsockError,
)
from harness.emulator.ws2.sockaddr import Address
from harness.emulator.ws2.state import DeviceState

LOCALHOST = "localhost"
LONGEST_NAME = 15
"""Of a host name: it has to do as a WINS name."""
HOSTENT_BLOCK = 1024


def addresses_of(device: DeviceState, name: str) -> list[Address]:
    """Addresses behind a name: none for a name the device does not know."""
    wanted = name.lower().rstrip(".")
    if wanted == LOCALHOST:
        return [IPv4Address("127.0.0.1"), IPv6Address("::1")]
    if wanted == device.name.lower():
        return list(device.settings.network.addresses) or [IPv4Address("127.0.0.1")]
    return []


def name_of(device: DeviceState, address: Address) -> str | None:
    """The name behind an address."""
    if address.is_loopback:
        return LOCALHOST
    return device.name if address in device.settings.network.addresses else None


@winsock("gethostname", "name namelen")
def gethostname(ws: Winsock, name: int, length: int) -> int:
    """The device's name with its zero (aa450405). WSAEFAULT (memory, or room for less than all of it),
    WSANOTINITIALISED, WSAENETDOWN.
    """
    data = ws.device.name.encode("latin-1", "replace") + b"\0"
    if signed(length) < len(data):
        raise WinsockError(WSAEFAULT)
    ws.need_writable(name, len(data))
    ws.memory.write(name, data)
    return 0


@winsock("sethostname", "pName cName", startup=False)
def sethostname(ws: Winsock, name: int, length: int) -> int:
    """Rename the device until it is switched off (aa450918).

    WSAEFAULT (memory, or cName too small for the name and its zero), WSAEINVAL (no WINS name: 1 to 15
    letters, digits and hyphens), WSAEALREADY (it has this name).
    """
    data = ws.memory.ansi(name, 256)
    if signed(length) < len(data):
        raise WinsockError(WSAEFAULT)
    text = data.decode("latin-1")
    if not 1 <= len(text) <= LONGEST_NAME or not text.replace("-", "").isascii():
        raise WinsockError(WSAEINVAL)
    if not text.replace("-", "").isalnum():
        raise WinsockError(WSAEINVAL)
    if text == ws.device.name:
        raise WinsockError(WSAEALREADY)
    ws.device.name = text
    return 0


@winsock("gethostbyname", "name", failure=0)
def gethostbyname(ws: Winsock, name: int) -> int:
    """A hostent in memory of the thread (aa450404). NULL asks for the device itself.

    WSANOTINITIALISED, WSAENETDOWN, WSAEFAULT, WSAHOST_NOT_FOUND (also for an address as text, which CE does
    not resolve), WSANO_DATA (a name without an IPv4 address).
    """
    text = ws.memory.ansi(name, 256).decode("latin-1") if name else ws.device.name
    found = addresses_of(ws.device, text or ws.device.name)
    if not found:
        raise WinsockError(WSAHOST_NOT_FOUND)
    addresses = [address for address in found if isinstance(address, IPv4Address)]
    if not addresses:
        raise WinsockError(WSANO_DATA)
    return _hostent(ws, text or ws.device.name, addresses)


@winsock("gethostbyaddr", "addr len type", failure=0)
def gethostbyaddr(ws: Winsock, address: int, length: int, kind: int) -> int:
    """A hostent for an IPv4 address (aa450403).

    WSANOTINITIALISED, WSAENETDOWN, WSAEAFNOSUPPORT (type), WSAEFAULT (memory, or len below 4),
    WSAHOST_NOT_FOUND.
    """
    if kind != AF_INET:
        raise WinsockError(WSAEAFNOSUPPORT)
    if signed(length) < 4:
        raise WinsockError(WSAEFAULT)
    wanted = IPv4Address(ws.memory.read(address, 4))
    name = name_of(ws.device, wanted)
    if name is None:
        raise WinsockError(WSAHOST_NOT_FOUND)
    return _hostent(ws, name, [wanted])


def _hostent(ws: Winsock, name: str, addresses: list[IPv4Address]) -> int:
    """Write a hostent (16 bytes), its two pointer lists, addresses and name into the thread's block."""
    block = ws.thread_block("hostent", HOSTENT_BLOCK)
    count = len(addresses)
    aliases = block + 16
    address_list = aliases + 4
    values = address_list + 4 * (count + 1)
    name_place = values + 4 * count
    data = struct.pack("<IIHHI", name_place, aliases, AF_INET, 4, address_list)
    data += bytes(4)
    data += b"".join(struct.pack("<I", values + 4 * place) for place in range(count)) + bytes(4)
    data += b"".join(address.packed for address in addresses)
    data += name.encode("latin-1", "replace")[: HOSTENT_BLOCK - len(data) - 1] + b"\0"
    ws.memory.write(block, data)
    return block
