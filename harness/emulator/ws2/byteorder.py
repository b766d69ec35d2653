"""htonl and its kin. The emulated CPUs are little-endian, so every one of them swaps bytes."""

from harness.emulator.exports import Call, export
from harness.emulator.ws2.api import Winsock, winsock


def swap16(value: int) -> int:
    return int.from_bytes((value & 0xFFFF).to_bytes(2, "little"), "big")


def swap32(value: int) -> int:
    return int.from_bytes((value & 0xFFFFFFFF).to_bytes(4, "little"), "big")


@export("ws2!htons", "hostshort")
def htons(call: Call, value: int) -> int:
    """Cannot fail and needs no WSAStartup, as all four of these (ms890325)."""
    return swap16(value)


@export("ws2!ntohs", "netshort")
def ntohs(call: Call, value: int) -> int:
    """ms895783"""
    return swap16(value)


@export("ws2!htonl", "hostlong")
def htonl(call: Call, value: int) -> int:
    """ms890324"""
    return swap32(value)


@export("ws2!ntohl", "netlong")
def ntohl(call: Call, value: int) -> int:
    """ms895778"""
    return swap32(value)


def _convert16(ws: Winsock, s: int, value: int, result: int) -> int:
    ws.socket(s)
    ws.need_writable(result, 2)
    ws.memory.set_u16(result, swap16(value))
    return 0


def _convert32(ws: Winsock, s: int, value: int, result: int) -> int:
    ws.socket(s)
    ws.need_writable(result, 4)
    ws.memory.set_u32(result, swap32(value))
    return 0


@winsock("WSAHtons", "s hostshort lpnetshort")
def wsa_htons(ws: Winsock, s: int, value: int, result: int) -> int:
    """WSANOTINITIALISED, WSAENETDOWN, WSAENOTSOCK, WSAEFAULT, as all four of these (ms898744)."""
    return _convert16(ws, s, value, result)


@winsock("WSANtohs", "s netshort lphostshort")
def wsa_ntohs(ws: Winsock, s: int, value: int, result: int) -> int:
    """ms898757"""
    return _convert16(ws, s, value, result)


@winsock("WSAHtonl", "s hostlong lpnetlong")
def wsa_htonl(ws: Winsock, s: int, value: int, result: int) -> int:
    """ms898743"""
    return _convert32(ws, s, value, result)


@winsock("WSANtohl", "s netlong lphostlong")
def wsa_ntohl(ws: Winsock, s: int, value: int, result: int) -> int:
    """ms898756"""
    return _convert32(ws, s, value, result)
