"""ioctlsocket and WSAIoctl."""

import struct

from harness.emulator.ws2 import api, procedures
from harness.emulator.ws2 import overlapped as operations
from harness.emulator.ws2.api import Waiting, Winsock, winsock
from harness.emulator.ws2.constants import (
    AF_INET,
    FIONBIO,
    FIONREAD,
    SIO_ADDRESS_LIST_CHANGE,
    SIO_ADDRESS_LIST_QUERY,
    SIO_FLUSH,
    SIO_ROUTING_INTERFACE_CHANGE,
    SIO_ROUTING_INTERFACE_QUERY,
)
from harness.emulator.ws2.errors import (
    WSAEFAULT,
    WSAEINVAL,
    WSAENETUNREACH,
    WSAEOPNOTSUPP,
    WSAEWOULDBLOCK,
    WinsockError,
)
from harness.emulator.ws2.network import Route
from harness.emulator.ws2.sockaddr import LOOPBACK, Endpoint, unpack
from harness.emulator.ws2.sockets import Socket


@winsock("ioctlsocket", "s cmd argp", provider=procedures.ioctlsocket)
def ioctlsocket(ws: Winsock, s: int, command: int, argument: int) -> int:
    """FIONBIO and FIONREAD (ms891129). WSAENOTSOCK, WSAEFAULT, WSAEINVAL (anything else, SIOCATMARK too, and
    going back to blocking while WSAEventSelect is in force).
    """
    sock = ws.socket(s)
    if command == FIONBIO:
        set_nonblocking(sock, ws.memory.u32(argument) != 0)
    elif command == FIONREAD:
        ws.need_writable(argument, 4)
        ws.memory.set_u32(argument, pending_bytes(sock))
    else:
        raise WinsockError(WSAEINVAL)
    return 0


def set_nonblocking(sock: Socket, nonblocking: bool) -> None:
    """Raises WSAEINVAL where WSAEventSelect holds the socket nonblocking."""
    if not nonblocking and sock.events is not None:
        raise WinsockError(WSAEINVAL)
    sock.nonblocking = nonblocking


def pending_bytes(sock: Socket) -> int:
    """What one receive would get: of a stream all there is, else the first datagram."""
    if sock.is_stream:
        return len(sock.stream.buffer) if sock.stream is not None else 0
    return len(sock.inbox[0].data) if sock.inbox else 0


@winsock(
    "WSAIoctl",
    "s dwIoControlCode lpvInBuffer cbInBuffer lpvOutBuffer cbOutBuffer lpcbBytesReturned lpOverlapped"
    " lpCompletionRoutine",
    provider=procedures.with_thread("WSPIoctl"),
)
def wsa_ioctl(
    ws: Winsock,
    s: int,
    code: int,
    in_buffer: int,
    in_size: int,
    out_buffer: int,
    out_size: int,
    returned: int,
    overlapped: int,
    routine: int,
) -> Waiting[int]:
    """Control a socket (ms898745).

    WSAENOTSOCK, WSAEFAULT (memory, or sizes too small), WSAEINVAL (unknown code), WSAEOPNOTSUPP (SIO_FLUSH:
    not in the CE provider), WSA_IO_PENDING and WSAEWOULDBLOCK for the notifications, which never come on a
    device whose addresses and routes never change.
    """
    sock = ws.socket(s)
    asynchronous = operations.need_overlapped(sock, overlapped, routine)
    if code == SIO_FLUSH:
        raise WinsockError(WSAEOPNOTSUPP)
    if code in (SIO_ADDRESS_LIST_CHANGE, SIO_ROUTING_INTERFACE_CHANGE):
        if asynchronous:
            return operations.begin(ws, sock.lasting, overlapped, returned, lambda: None)
        if sock.nonblocking:
            raise WinsockError(WSAEWOULDBLOCK)
        while True:
            yield from api.wait_change(sock)
    data = ws.memory.read(in_buffer, in_size) if in_size and in_buffer else b""
    if code == FIONBIO:
        if len(data) < 4:
            raise WinsockError(WSAEFAULT)
        set_nonblocking(sock, data[:4] != bytes(4))
        answer = b""
    elif code == FIONREAD:
        answer = struct.pack("<I", pending_bytes(sock))
    elif code == SIO_ADDRESS_LIST_QUERY:
        answer = _address_list(ws, sock, out_buffer)
    elif code == SIO_ROUTING_INTERFACE_QUERY:
        answer = _interface_for(sock, data)
    else:
        raise WinsockError(WSAEINVAL)
    if answer and (out_size < len(answer) or not out_buffer):
        if returned:
            ws.memory.set_u32(returned, len(answer))
        raise WinsockError(WSAEFAULT)

    def work() -> tuple[int, int]:
        ws.memory.write(out_buffer, answer)
        return len(answer), 0

    if asynchronous:
        return operations.begin(ws, [], overlapped, returned, work)
    ws.need_writable(returned, 4)
    work()
    ws.memory.set_u32(returned, len(answer))
    return 0


def _address_list(ws: Winsock, sock: Socket, place: int) -> bytes:
    """SOCKET_ADDRESS_LIST: count, then (pointer, length) of each address, then the addresses."""
    addresses = [
        Endpoint(address, 0).pack()
        for address in ws.device.network.settings.addresses
        if (address.version == 4) == (sock.family == AF_INET)
    ]
    place += 4 + 8 * len(addresses)
    head, tail = struct.pack("<I", len(addresses)), b""
    for packed in addresses:
        head += struct.pack("<II", place + len(tail), len(packed))
        tail += packed
    return head + tail


def _interface_for(sock: Socket, data: bytes) -> bytes:
    """The address from which the device would speak to a destination. Raises WSAEFAULT, WSAENETUNREACH."""
    destination = unpack(data)
    if destination.family != sock.family:
        raise WinsockError(WSAEINVAL)
    if sock.network.route(destination.address) is Route.UNREACHABLE:
        raise WinsockError(WSAENETUNREACH)
    source = sock.network.source_for(destination.address)
    return Endpoint(source if not destination.is_any else LOOPBACK[sock.family], 0).pack()
