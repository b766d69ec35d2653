"""WSABUF arrays: gathered for a send, scattered by a receive."""

from harness.emulator.ws2.api import Winsock
from harness.emulator.ws2.errors import WSAEFAULT, WinsockError

MOST = 1024
"""More WSABUFs than any program uses; a wild count must not keep the device busy."""


def pieces(ws: Winsock, pointer: int, count: int) -> list[tuple[int, int]]:
    """(address, length) of each buffer. Raises WSAEFAULT."""
    if count > MOST:
        raise WinsockError(WSAEFAULT)
    words = ws.memory.words(pointer, 2 * count) if count else ()
    return [(words[place + 1], words[place]) for place in range(0, len(words), 2)]


def gather(ws: Winsock, pointer: int, count: int) -> bytes:
    """All bytes of the buffers, in order. Raises WSAEFAULT."""
    return b"".join(ws.memory.read(address, length) for address, length in pieces(ws, pointer, count))


def room(ws: Winsock, found: list[tuple[int, int]]) -> int:
    """Bytes that fit; every buffer has to be writable. Raises WSAEFAULT."""
    for address, length in found:
        if length:
            ws.need_writable(address, length)
    return sum(length for _, length in found)


def scatter(ws: Winsock, found: list[tuple[int, int]], data: bytes) -> None:
    """Fill the buffers in order."""
    for address, length in found:
        part, data = data[:length], data[length:]
        ws.memory.write(address, part)
