"""What the provider wrote down (docs/provider.md)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from harness.provider.words import INFO

_STARTUP, _ENTRY, _SOCKET, _CALLED, _CREATED = range(1, 6)


@dataclass(frozen=True, slots=True)
class Startup:
    """WSPStartup was called. `words`: what followed lpProtocolInfo; `protections`: of what they point to."""

    words: tuple[int, ...]
    protections: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """WSPSocket was called, for the catalog entry `entry`. `structure`: None when there was none to read."""

    entry: int
    family: int
    type: int
    protocol: int
    info: int
    group: int
    flags: int
    structure: bytes | None


@dataclass(frozen=True, slots=True)
class Called:
    """An entry of the procedure table was called, with these first words."""

    index: int
    arguments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Created:
    """What the upcall returned that is said to make descriptors."""

    handle: int
    error: int


Record = Startup | Asked | Called | Created


def records(data: bytes) -> list[Record]:
    """All records of a log; what is cut off at its end, or nobody knows, is left out."""
    return list(_records(data))


def _records(data: bytes) -> Iterator[Record]:
    place = 0
    while place + 8 <= len(data):
        kind, size = struct.unpack_from("<II", data, place)
        body = data[place + 8 : place + 8 + size]
        place += 8 + size
        if len(body) < size:
            return
        words = struct.unpack(f"<{size // 4}I", body[: size // 4 * 4])
        if kind == _STARTUP:
            count = words[3]
            protections = words[4 + count :: 2]
            yield Startup(words[4 : 4 + count], protections[3:])
        elif kind == _SOCKET:
            structure = body[32 : 32 + INFO.size] if size >= 32 + INFO.size else None
            entry, family, type_, protocol, info, group, flags = words[:7]
            yield Asked(entry, family, type_, protocol, info, group, flags, structure)
        elif kind == _CALLED:
            yield Called(words[0], words[1:])
        elif kind == _CREATED:
            yield Created(words[0], words[1])
