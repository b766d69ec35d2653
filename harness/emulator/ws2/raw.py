"""Raw IPv4 sockets inside the device: packets between them, and an answer to ICMP echo.

A receiver gets whole packets with their IPv4 header, as Winsock delivers them.
"""

import struct

from harness.emulator.ws2.constants import IPPROTO_ICMP
from harness.emulator.ws2.network import Route, Transport
from harness.emulator.ws2.sockaddr import Endpoint, wildcard
from harness.emulator.ws2.sockets import Datagram, Socket

_ECHO_REQUEST, _ECHO_REPLY = 8, 0


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) over `data`, padded to an even length."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send(sock: Socket, payload: bytes, source: Endpoint, destination: Endpoint) -> None:
    """Deliver to the device's raw sockets of the same protocol; answer an echo request to the device."""
    if sock.network.route(destination.address) not in (Route.OWN, Route.BROADCAST):
        return
    _deliver(sock, payload, source, destination)
    if sock.protocol == IPPROTO_ICMP and len(payload) >= 8 and payload[0] == _ECHO_REQUEST:
        rest = payload[4:]
        body = bytes((_ECHO_REPLY, 0))
        reply = body + struct.pack(">H", checksum(body + bytes(2) + rest)) + rest
        _deliver(sock, reply, destination, source)


def _deliver(sock: Socket, payload: bytes, source: Endpoint, destination: Endpoint) -> None:
    header = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 128, sock.protocol, 0,
        source.address.packed, destination.address.packed,
    )  # fmt: skip
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    datagram = Datagram(header + payload, Endpoint(source.address, 0))
    for receiver in sock.network.all_on_port(Transport.RAW, wildcard(sock.family)):
        bound = receiver.local
        if receiver.protocol == sock.protocol and bound is not None:
            if not bound.is_any and bound.address != destination.address:
                continue
            receiver.take(datagram)
