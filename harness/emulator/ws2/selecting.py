"""select and __WSAFDIsSet. An fd_set is a count and an array of handles, not a bit mask."""

import struct

from harness.emulator.ws2 import api
from harness.emulator.ws2.api import Waiting, Winsock, signed, winsock
from harness.emulator.ws2.errors import WSAEINVAL, WinsockError
from harness.emulator.ws2.netevents import ended, readable, writable
from harness.emulator.ws2.sockets import Socket

MOST = 1024
"""Handles in one set: programs may raise FD_SETSIZE from 64, but not beyond this."""


def can_receive(sock: Socket) -> bool:
    """recv or accept would not block: data, an end or error to report, or a connection request."""
    return readable(sock) or ended(sock) or bool(sock.backlog) or (sock.shut_read and sock.is_stream)


def has_exception(sock: Socket) -> bool:
    """A nonblocking connect has failed. There is no out-of-band data on this device."""
    return bool(sock.connect_failed)


@winsock("select", "nfds readfds writefds exceptfds timeout")
def select(ws: Winsock, nfds: int, readfds: int, writefds: int, exceptfds: int, timeout: int) -> Waiting[int]:
    """The number of handles that are ready, which alone stay in the sets; 0 on time-out (aa450882).

    WSAEFAULT (memory), WSAEINVAL (no set, an empty one, or a bad time-out), WSAENOTSOCK, WSAEINTR (a socket
    was closed), WSAEOPNOTSUPP (a provider's descriptor behind one of ours). The time-out is not changed.
    """
    seconds = _timeout(ws, timeout)
    tests = ((readfds, can_receive), (writefds, writable), (exceptfds, has_exception))
    sets = [(pointer, test, _handles(ws, pointer)) for pointer, test in tests if pointer]
    if not sets:
        raise WinsockError(WSAEINVAL)
    if (first := ws.process.foreign(sets[0][2][0])) is not None:
        # A provider answers for all of them: descriptors of several do not stand in one call.
        return (yield from first.provider.call(ws, "WSPSelect", nfds, readfds, writefds, exceptfds, timeout))
    sockets = {handle: ws.socket(handle) for _, _, handles in sets for handle in handles}
    deadline = None if seconds is None else ws.call.device.clock.seconds() + seconds
    while True:
        ready = [[handle for handle in handles if test(sockets[handle])] for _, test, handles in sets]
        left = None if deadline is None else deadline - ws.call.device.clock.seconds()
        if any(ready) or (left is not None and left <= 0):
            break
        yield from api.wait_change(*sockets.values(), timeout=left)
        for handle in sockets:
            ws.socket(handle)
    for (pointer, _, _), handles in zip(sets, ready, strict=True):
        ws.memory.write(pointer, struct.pack(f"<I{len(handles)}I", len(handles), *handles))
    return sum(map(len, ready))


def _timeout(ws: Winsock, pointer: int) -> float | None:
    """Seconds of a timeval, None for ever. Raises WSAEINVAL."""
    if pointer == 0:
        return None
    whole, micro = (signed(word) for word in ws.memory.words(pointer, 2))
    if whole < 0 or not 0 <= micro < 1_000_000:
        raise WinsockError(WSAEINVAL)
    return whole + micro / 1_000_000


def _handles(ws: Winsock, pointer: int) -> list[int]:
    """The handles of one set. Raises WSAEINVAL for an empty one: each set given must hold a handle."""
    count = ws.memory.u32(pointer)
    if not 0 < count <= MOST:
        raise WinsockError(WSAEINVAL)
    ws.need_writable(pointer, 4 + 4 * count)
    return list(ws.memory.words(pointer + 4, count))


@winsock("__WSAFDIsSet", "s set", failure=0, startup=False)
def wsa_fd_is_set(ws: Winsock, handle: int, pointer: int) -> int:
    """Is the handle in the set? What the FD_ISSET macro calls."""
    count = min(ws.memory.u32(pointer), MOST)
    return int(handle in ws.memory.words(pointer + 4, count))
