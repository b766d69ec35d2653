"""Paths that are cut, and what is told of the connections over them."""

from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import put
from harness.emulator.ws2 import edge
from harness.emulator.ws2.errors import WSAECONNRESET, WSAETIMEDOUT
from harness.emulator.ws2.streams import StreamEnd


@quirk
def a_cut_path_is_a_reset() -> None:
    """A connection whose path is cut breaks with WSAECONNRESET."""
    put(edge, "WSAETIMEDOUT", WSAECONNRESET)


@quirk
def a_broken_connection_breaks_once() -> None:
    """A receive on a connection that has timed out finds the end of the stream."""
    read = StreamEnd.read

    def forgiving(end: StreamEnd, size: int, *, peek: bool = False) -> bytes | None:
        return b"" if end.error == WSAETIMEDOUT else read(end, size, peek=peek)

    put(StreamEnd, "read", forgiving)


@quirk
def a_cut_path_is_never_noticed() -> None:
    """Data that a cut path keeps from its peer never breaks the connection."""

    def hold_on(self: edge.HostPeer) -> None:
        self._limit = None
        self._hold()

    put(edge.HostPeer, "_timed_out", hold_on)
