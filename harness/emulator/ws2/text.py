"""Addresses as text: inet_addr, inet_ntoa, WSAStringToAddressW, WSAAddressToStringW."""

from ipaddress import IPv4Address, IPv6Address

from harness.emulator.exports import GuestFault
from harness.emulator.ws2.api import Winsock, signed, winsock
from harness.emulator.ws2.constants import AF_INET, AF_INET6
from harness.emulator.ws2.errors import WSAEFAULT, WSAEINVAL, WinsockError
from harness.emulator.ws2.sockaddr import SIZES, Endpoint

INADDR_NONE = 0xFFFFFFFF


def parse_ipv4(text: str) -> IPv4Address | None:
    """a.b.c.d, a.b.c, a.b or a, each part decimal, octal or hexadecimal; None for anything else (ms890981).

    The last part fills what is left of the four bytes.
    """
    parts = text.split(".")
    if not 1 <= len(parts) <= 4:
        return None
    numbers = [_number(part) for part in parts]
    if any(number is None for number in numbers):
        return None
    *leading, last = (number for number in numbers if number is not None)
    if any(number > 255 for number in leading) or last >= 1 << 8 * (4 - len(leading)):
        return None
    value = last
    for place, number in enumerate(leading):
        value |= number << 8 * (3 - place)
    return IPv4Address(value)


def _number(text: str) -> int | None:
    """A C number: 0x..., 0..., or decimal."""
    lower = text.lower()
    base = 16 if lower.startswith("0x") else 8 if len(text) > 1 and text.startswith("0") else 10
    digits = lower[2:] if base == 16 else lower
    if not digits.isascii() or not digits.isalnum():
        return None
    try:
        return int(digits, base)
    except ValueError:
        return None


def parse_endpoint(text: str, family: int) -> Endpoint | None:
    """An address with or without a port: 1.2.3.4:80, ::1, [::1]:80. None when it is none of these."""
    address, port = text, ""
    if family == AF_INET:
        address, _, port = text.partition(":")
    elif text.startswith("["):
        address, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            return None
        port = rest[1:]
    if port and not (port.isascii() and port.isdigit() and int(port) < 65536):
        return None
    if family == AF_INET:
        found = parse_ipv4(address)
        return None if found is None else Endpoint(found, int(port or 0))
    try:
        return Endpoint(IPv6Address(address.partition("%")[0]), int(port or 0))
    except ValueError:
        return None


def format_endpoint(endpoint: Endpoint) -> str:
    """With the port unless it is 0; IPv6 in brackets when a port follows."""
    if not endpoint.port:
        return str(endpoint.address)
    shown = f"[{endpoint.address}]" if endpoint.family == AF_INET6 else str(endpoint.address)
    return f"{shown}:{endpoint.port}"


@winsock("inet_addr", "cp", failure=INADDR_NONE, startup=False)
def inet_addr(ws: Winsock, text: int) -> int:
    """An address in network order; INADDR_NONE for text that is none, 0 for empty text. Sets no error
    code.
    """
    try:
        found = ws.memory.ansi(text).decode("latin-1")
    except GuestFault:
        return INADDR_NONE
    if not found.strip():
        return 0
    address = parse_ipv4(found.strip())
    return INADDR_NONE if address is None else int.from_bytes(address.packed, "little")


@winsock("inet_ntoa", "in", failure=0, startup=False)
def inet_ntoa(ws: Winsock, address: int) -> int:
    """Text in memory of the thread, valid until its next call (ms890984)."""
    text = str(IPv4Address(address.to_bytes(4, "little"))).encode("ascii") + b"\0"
    block = ws.thread_block("inet_ntoa", 16)
    ws.memory.write(block, text)
    return block


@winsock("WSAStringToAddressW", "AddressString AddressFamily lpProtocolInfo lpAddress lpAddressLength")
def wsa_string_to_address(
    ws: Winsock, text: int, family: int, info: int, result: int, length_pointer: int
) -> int:
    """ms898775. WSANOTINITIALISED; WSAEFAULT (memory, or a buffer too small: the size needed comes back);
    WSAEINVAL (no such family, text that is no address, and, as CE has it, a result whose family field is not
    preset to the family).
    """
    if family not in SIZES:
        raise WinsockError(WSAEINVAL)
    if signed(ws.memory.u32(length_pointer)) < SIZES[family]:
        ws.memory.set_u32(length_pointer, SIZES[family])
        raise WinsockError(WSAEFAULT)
    ws.need_writable(result, SIZES[family])
    endpoint = parse_endpoint(ws.memory.wide(text, 256), family)
    if endpoint is None or ws.memory.u16(result) != family:
        raise WinsockError(WSAEINVAL)
    ws.put_address(result, length_pointer, endpoint)
    return 0


@winsock("WSAAddressToStringW", "lpsaAddress dwAddressLength lpProtocolInfo lpszString lpdwStringLength")
def wsa_address_to_string(
    ws: Winsock, address: int, length: int, info: int, result: int, length_pointer: int
) -> int:
    """ms898728. WSANOTINITIALISED; WSAEFAULT (memory, or too few characters: the number needed comes back);
    WSAEINVAL (no address, or of a family without a transport).
    """
    try:
        endpoint = ws.address(address, length)
    except WinsockError as error:
        raise WinsockError(WSAEINVAL) from error
    if all(entry.family != endpoint.family for entry in ws.device.catalog.selectable()):
        raise WinsockError(WSAEINVAL)
    text = format_endpoint(endpoint)
    given = ws.memory.u32(length_pointer)
    ws.memory.set_u32(length_pointer, len(text) + 1)
    if given < len(text) + 1:
        raise WinsockError(WSAEFAULT)
    ws.memory.set_wide(result, text)
    return 0
