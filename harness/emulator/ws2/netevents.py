"""Network events of one socket: recorded once, and again only after a re-enabling call (ms898740)."""

from harness.emulator.objects import Event
from harness.emulator.ws2.constants import (
    FD_ACCEPT,
    FD_CLOSE,
    FD_CONNECT,
    FD_MAX_EVENTS,
    FD_OOB,
    FD_READ,
    FD_WRITE,
)
from harness.emulator.ws2.sockets import Socket, State

ALL = (1 << FD_MAX_EVENTS) - 1


def readable(sock: Socket) -> bool:
    """Data can be received. The end of a stream is not data."""
    if sock.is_stream:
        return sock.stream is not None and bool(sock.stream.buffer)
    return bool(sock.inbox) or bool(sock.error)


def writable(sock: Socket) -> bool:
    """A send would take at least one byte."""
    if sock.is_stream:
        return sock.state is State.CONNECTED and sock.stream is not None and sock.stream.can_write()
    return True


def ended(sock: Socket) -> bool:
    """The peer has closed and all its data was read, or the connection is broken."""
    stream = sock.stream
    return stream is not None and (bool(stream.error) or (stream.finished and not stream.buffer))


class NetworkEvents:
    """What WSAEventSelect asked for: an event object and a mask, and what has been recorded since."""

    def __init__(self, event: Event, mask: int, *, connected: bool) -> None:
        """`connected`: the connection is older than this request, and is no event for it."""
        self.event, self.mask = event, mask
        self.recorded = 0
        self.errors = [0] * FD_MAX_EVENTS
        self._armed = ALL & ~FD_CONNECT if connected else ALL

    def rearm(self, bit: int) -> None:
        self._armed |= bit

    def inherited(self) -> "NetworkEvents":
        return NetworkEvents(self.event, self.mask, connected=True)

    def look(self, sock: Socket) -> None:
        """Record what holds now, is asked for and is armed; signal the event object."""
        code = sock.stream.error if sock.stream is not None else 0
        if readable(sock):
            self._record(FD_READ, 0)
        if writable(sock):
            self._record(FD_WRITE, code)
        if sock.backlog:
            self._record(FD_ACCEPT, 0)
        if sock.state is State.CONNECTED or sock.connect_failed:
            self._record(FD_CONNECT, sock.connect_failed)
        if ended(sock):
            self._record(FD_CLOSE, code)

    def _record(self, bit: int, code: int) -> None:
        if not self.mask & self._armed & bit:
            return
        self._armed &= ~bit
        self.recorded |= bit
        self.errors[bit.bit_length() - 1] = code
        self.event.set()

    def take(self) -> tuple[int, list[int]]:
        """The record since the last look, cleared: bits, and a code for each."""
        recorded, errors = self.recorded, self.errors
        self.recorded, self.errors = 0, [0] * FD_MAX_EVENTS
        return recorded, errors


KNOWN = FD_READ | FD_WRITE | FD_OOB | FD_ACCEPT | FD_CONNECT | FD_CLOSE | 0x300
"""Bits that lNetworkEvents may hold; FD_QOS and FD_GROUP_QOS are not in CE's list."""
