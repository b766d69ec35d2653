"""getsockopt and setsockopt."""

import struct
from ipaddress import IPv4Address, IPv6Address

from harness.emulator.ws2.api import Winsock, signed, winsock
from harness.emulator.ws2.constants import (
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPPROTO_TCP,
    IPPROTO_UDP,
    SO_ACCEPTCONN,
    SO_BROADCAST,
    SO_CONDITIONAL_ACCEPT,
    SO_DEBUG,
    SO_DONTLINGER,
    SO_DONTROUTE,
    SO_ERROR,
    SO_KEEPALIVE,
    SO_LINGER,
    SO_MAX_MSG_SIZE,
    SO_OOBINLINE,
    SO_PROTOCOL_INFOW,
    SO_RCVBUF,
    SO_REUSEADDR,
    SO_SNDBUF,
    SO_TYPE,
    SOCK_STREAM,
    SOL_SOCKET,
    TCP_NODELAY,
)
from harness.emulator.ws2.errors import WSAEFAULT, WSAEINVAL, WSAENOPROTOOPT, WinsockError
from harness.emulator.ws2.sockaddr import Address
from harness.emulator.ws2.sockets import Socket, State

LARGEST_BUFFER = 1 << 20
"""Of SO_RCVBUF (CE page ms884940); 0 is not supported for SO_SNDBUF."""

REMEMBERED = (SO_DEBUG, SO_KEEPALIVE, SO_DONTROUTE, SO_OOBINLINE, SO_CONDITIONAL_ACCEPT)
"""SOL_SOCKET switches that the device keeps and that change nothing in it."""

IP_OPTIONS, IP_HDRINCL, IP_TOS, IP_TTL = 1, 2, 3, 4
IP_MULTICAST_IF, IP_MULTICAST_TTL, IP_MULTICAST_LOOP, IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP = range(9, 14)
IP_DEFAULTS = {
    IP_HDRINCL: 0,
    IP_TOS: 0,
    IP_TTL: 128,
    IP_MULTICAST_IF: 0,
    IP_MULTICAST_TTL: 1,
    IP_MULTICAST_LOOP: 1,
}
IPV6_UNICAST_HOPS, IPV6_JOIN_GROUP, IPV6_LEAVE_GROUP = 4, 12, 13
IPV6_DEFAULTS = {IPV6_UNICAST_HOPS: 128, 9: 0, 10: 1, 11: 1}
_BYTES = {IP_TTL, IP_TOS, IP_MULTICAST_TTL, IPV6_UNICAST_HOPS}
"""Options whose value has to be 0 to 255."""


@winsock("setsockopt", "s level optname optval optlen", provider="WSPSetSockOpt")
def setsockopt(ws: Winsock, s: int, level: int, name: int, value: int, length: int) -> int:
    """Set an option (aa450935).

    WSAENOTSOCK, WSAEFAULT (memory, or optlen too small), WSAEINVAL (level, or value), WSAENOPROTOOPT (unknown
    option, or one that CE does not let be set). An option of TCP/IP set before bind always succeeds; a bad
    value shows up as a failure of bind.
    """
    sock = ws.socket(s)
    if level == SOL_SOCKET:
        _set_socket_option(ws, sock, name, value, signed(length))
    elif level in (IPPROTO_TCP, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP):
        try:
            _set_protocol_option(ws, sock, level, name, value, signed(length))
        except WinsockError as error:
            if sock.local is not None or error.code != WSAEINVAL:
                raise
            sock.bad_option = True
    else:
        raise WinsockError(WSAEINVAL)
    return 0


@winsock("getsockopt", "s level optname optval optlen", provider="WSPGetSockOpt")
def getsockopt(ws: Winsock, s: int, level: int, name: int, value: int, length_pointer: int) -> int:
    """Read an option (ms890305). WSAENOTSOCK, WSAEFAULT, WSAEINVAL (level), WSAENOPROTOOPT (option).

    SO_PROTOCOL_INFOW gives the catalog entry the socket is bound to, SO_ERROR is cleared by being read.
    """
    sock = ws.socket(s)
    if level == SOL_SOCKET:
        data = socket_option(sock, name)
    elif level in (IPPROTO_TCP, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP):
        data = _protocol_option(sock, level, name)
    else:
        raise WinsockError(WSAEINVAL)
    if signed(ws.memory.u32(length_pointer)) < len(data):
        raise WinsockError(WSAEFAULT)
    ws.need_writable(value, len(data))
    ws.need_writable(length_pointer, 4)
    ws.memory.write(value, data)
    ws.memory.set_u32(length_pointer, len(data))
    if (level, name) == (SOL_SOCKET, SO_ERROR):
        sock.error = 0
    return 0


# --- SOL_SOCKET ----------------------------------------------------------------------------------------


def socket_option(sock: Socket, name: int) -> bytes:
    """The value of a SOL_SOCKET option as the guest reads it. Raises WSAENOPROTOOPT."""
    if name == SO_PROTOCOL_INFOW:
        return sock.entry.pack()
    if name == SO_LINGER:
        return struct.pack("<HH", *sock.linger)
    if name in REMEMBERED:
        return sock.options.get((SOL_SOCKET, name), bytes(4))
    numbers = {
        SO_TYPE: sock.type,
        SO_ERROR: sock.error,
        SO_ACCEPTCONN: int(sock.state is State.LISTENING),
        SO_REUSEADDR: int(sock.reuse_address),
        SO_BROADCAST: int(sock.broadcast),
        SO_DONTLINGER: int(not sock.linger[0]),
        SO_SNDBUF: sock.send_buffer,
        SO_RCVBUF: sock.receive_buffer,
        SO_MAX_MSG_SIZE: sock.entry.message_size,
    }
    if name not in numbers or (name in (SO_BROADCAST, SO_MAX_MSG_SIZE) and sock.type == SOCK_STREAM):
        raise WinsockError(WSAENOPROTOOPT)
    return struct.pack("<I", numbers[name])


def _set_socket_option(ws: Winsock, sock: Socket, name: int, value: int, length: int) -> None:
    if name == SO_LINGER:
        data = _value(ws, value, length, 4)
        on, seconds = struct.unpack("<HH", data)
        sock.linger = (int(on != 0), seconds)
        return
    known = (*REMEMBERED, SO_REUSEADDR, SO_BROADCAST, SO_DONTLINGER, SO_SNDBUF, SO_RCVBUF)
    if name not in known or (name == SO_BROADCAST and sock.type == SOCK_STREAM):
        raise WinsockError(WSAENOPROTOOPT)
    number = int.from_bytes(_value(ws, value, length, 4), "little")
    if name == SO_SNDBUF:
        if number == 0:
            raise WinsockError(WSAEINVAL)
        sock.send_buffer = min(number, LARGEST_BUFFER)
    elif name == SO_RCVBUF:
        if number > LARGEST_BUFFER:
            raise WinsockError(WSAEINVAL)
        sock.receive_buffer = number
        if sock.stream is not None:
            sock.stream.window = number
    elif name == SO_REUSEADDR:
        sock.reuse_address = number != 0
    elif name == SO_BROADCAST:
        sock.broadcast = number != 0
    elif name == SO_DONTLINGER:
        sock.linger = (int(number == 0), sock.linger[1])
    elif name == SO_CONDITIONAL_ACCEPT and sock.state is State.LISTENING:
        raise WinsockError(WSAEINVAL)
    else:
        sock.options[SOL_SOCKET, name] = struct.pack("<I", int(number != 0))


# --- levels of the protocols ----------------------------------------------------------------------------


def _protocol_option(sock: Socket, level: int, name: int) -> bytes:
    kept = sock.options.get((level, name))
    if kept is not None:
        return kept
    defaults = _defaults(sock, level)
    if name not in defaults:
        raise WinsockError(WSAENOPROTOOPT)
    return struct.pack("<I", defaults[name])


def _defaults(sock: Socket, level: int) -> dict[int, int]:
    """Options of a level that this socket has, with their values."""
    if level == IPPROTO_TCP:
        return {TCP_NODELAY: 0} if sock.is_stream else {}
    if level == IPPROTO_IP:
        return IP_DEFAULTS
    return IPV6_DEFAULTS if level == IPPROTO_IPV6 else {}


def _set_protocol_option(ws: Winsock, sock: Socket, level: int, name: int, value: int, length: int) -> None:
    groups: dict[tuple[int, int], tuple[bool, int]] = {
        (IPPROTO_IP, IP_ADD_MEMBERSHIP): (True, 8),
        (IPPROTO_IP, IP_DROP_MEMBERSHIP): (False, 8),
        (IPPROTO_IPV6, IPV6_JOIN_GROUP): (True, 20),
        (IPPROTO_IPV6, IPV6_LEAVE_GROUP): (False, 20),
    }
    if (level, name) in groups:
        join, size = groups[level, name]
        _membership(sock, _value(ws, value, length, size), join=join)
        return
    if name not in _defaults(sock, level):
        raise WinsockError(WSAENOPROTOOPT)
    number = int.from_bytes(_value(ws, value, length, 4), "little")
    if level != IPPROTO_TCP and name in _BYTES and number > 255:
        raise WinsockError(WSAEINVAL)
    if level == IPPROTO_TCP:
        number = int(number != 0)
    sock.options[level, name] = struct.pack("<I", number)


def _membership(sock: Socket, data: bytes, *, join: bool) -> None:
    """Join or leave a multicast group: ip_mreq (8 bytes) or ipv6_mreq (20 bytes)."""
    group: Address = IPv4Address(data[:4]) if len(data) == 8 else IPv6Address(data[:16])
    if not group.is_multicast or (not join and group not in sock.groups):
        raise WinsockError(WSAEINVAL)
    if join:
        sock.groups.add(group)
    else:
        sock.groups.discard(group)


def _value(ws: Winsock, pointer: int, length: int, size: int) -> bytes:
    """`size` bytes of an option value. Raises WSAEFAULT."""
    if length < size:
        raise WinsockError(WSAEFAULT)
    data: bytes = ws.memory.read(pointer, size)
    return data
