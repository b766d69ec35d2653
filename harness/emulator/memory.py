"""The address space of one emulated process.

Memory is areas (an image, a reservation, a view of a shared section), each over one host buffer. Pages of an
area are reserved or committed and carry a Windows protection value. The CPU core is told about runs of
accessible pages through a `Mapper`; reads and writes by emulated exports go to the host buffers directly.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Protocol

from harness.emulator.exports import GuestFault

PAGE = 0x1000
GRANULARITY = 0x10000
READ, WRITE, EXECUTE = 1, 2, 4

NOACCESS, READONLY, READWRITE = 0x01, 0x02, 0x04
EXECUTE_ONLY, EXECUTE_READ, EXECUTE_READWRITE = 0x10, 0x20, 0x40
RIGHTS = {
    NOACCESS: 0,
    READONLY: READ,
    READWRITE: READ | WRITE,
    EXECUTE_ONLY: READ | EXECUTE,
    EXECUTE_READ: READ | EXECUTE,
    EXECUTE_READWRITE: READ | WRITE | EXECUTE,
}
"""Windows page protection -> rights. The guard and no-cache bits (0x100, 0x200) are taken off before."""

LOWEST, HIGHEST = 0x00100000, 0x7E000000
"""Where reservations without a wished address go."""


class Mapper(Protocol):
    """What a CPU core offers: make host memory visible at guest addresses, and hide it again."""

    def map(self, address: int, size: int, rights: int, host: int) -> None: ...

    def unmap(self, address: int, size: int) -> None: ...


def round_up(value: int, unit: int) -> int:
    return (value + unit - 1) // unit * unit


class Buffer:
    """Host memory that can back several areas, in several processes."""

    def __init__(self, size: int) -> None:
        self._map = mmap.mmap(-1, max(round_up(size, PAGE), PAGE))
        self.view = memoryview(self._map)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._map))


class Area:
    """A run of pages that was reserved at once."""

    __slots__ = ("base", "buffer", "kind", "offset", "protection", "rights", "runs", "size", "view", "wished")

    def __init__(self, base: int, size: int, kind: str, wished: int, buffer: Buffer, offset: int = 0) -> None:
        self.base, self.size, self.kind, self.wished = base, size, kind, wished
        self.buffer, self.offset = buffer, offset
        self.view = buffer.view[offset : offset + size]
        self.protection = [0] * (size // PAGE)
        """Windows protection of each page; 0 while it is only reserved."""
        self.rights = bytearray(size // PAGE)
        self.runs: list[tuple[int, int, int]] = []
        """What the CPU core has mapped: first page, number of pages, rights."""

    @property
    def end(self) -> int:
        return self.base + self.size

    @property
    def charged(self) -> bool:
        """Does it take memory of its own? (Emulated DLLs do not; a shared section has been paid for.)"""
        return self.kind in ("private", "image", "stack")

    def committed(self) -> int:
        """Number of committed pages."""
        return sum(1 for protection in self.protection if protection)


WORD, DOUBLE_WORD = struct.Struct("<I"), struct.Struct("<Q")
NOWHERE = Area(0, 0, "nowhere", 0, Buffer(PAGE))
"""Holds no address."""


class Memory:
    """Areas of one process. Addresses are guest addresses, sizes are bytes."""

    def __init__(self, charge: Callable[[int], bool] = lambda pages: True) -> None:
        """`charge(pages)` takes pages from the device's memory (negative: gives back); False: none left."""
        self._bases: list[int] = []
        self._areas: list[Area] = []
        self._last = self._stack = NOWHERE
        """The areas last used, by most accesses and by stack arguments."""
        self._mapper: Mapper | None = None
        self._charge = charge

    # --- areas -----------------------------------------------------------------------------------

    def attach(self, mapper: Mapper) -> None:
        """Show all accessible pages, now and from now on, to a CPU core."""
        self._mapper = mapper
        for area in self._areas:
            area.runs = []
            self._remap(area, 0, len(area.rights))

    def areas(self) -> Iterator[Area]:
        return iter(self._areas)

    def area(self, address: int) -> Area | None:
        """The area that holds an address."""
        index = bisect_right(self._bases, address) - 1
        if index >= 0 and address < self._areas[index].end:
            return self._areas[index]
        return None

    def reserve(
        self,
        size: int,
        address: int = 0,
        kind: str = "private",
        wished: int = READWRITE,
        buffer: Buffer | None = None,
        offset: int = 0,
        lowest: int = LOWEST,
    ) -> Area | None:
        """Reserve pages, at `address` or (0) at the first free place from `lowest` on. None: no room."""
        size = round_up(size, PAGE)
        if address == 0:
            address = self._gap(size, lowest)
        if address == 0 or address + size > 0x1_0000_0000 or self._overlaps(address, size):
            return None
        if buffer is None:
            buffer = Buffer(size)
        area = Area(address, size, kind, wished, buffer, offset)
        index = bisect_right(self._bases, address)
        self._bases.insert(index, address)
        self._areas.insert(index, area)
        return area

    def commit(self, area: Area, address: int, size: int, protection: int) -> bool:
        """Commit (or give a new protection to) the pages of a range. False: the device has no memory left."""
        first, last = self._pages(area, address, size)
        fresh = sum(1 for page in range(first, last) if not area.protection[page])
        if area.charged and not self._charge(fresh):
            return False
        rights = RIGHTS.get(protection & 0xFF, READ | WRITE)
        for page in range(first, last):
            area.protection[page] = protection
            area.rights[page] = rights
        self._remap(area, first, last)
        return True

    def decommit(self, area: Area, address: int, size: int) -> None:
        """Give the pages of a range back; they stay reserved, and read as zero when committed again."""
        first, last = self._pages(area, address, size)
        held = sum(1 for page in range(first, last) if area.protection[page])
        for page in range(first, last):
            area.protection[page] = area.rights[page] = 0
        self._remap(area, first, last)
        if area.kind == "private":
            area.view[first * PAGE : last * PAGE] = bytes((last - first) * PAGE)
        if area.charged:
            self._charge(-held)

    def release(self, area: Area) -> None:
        """Take an area away."""
        if area.charged:
            self._charge(-area.committed())
        area.rights[:] = bytes(len(area.rights))
        self._remap(area, 0, len(area.rights))
        index = self._areas.index(area)
        del self._areas[index], self._bases[index]
        self._last = self._stack = NOWHERE

    def clear(self) -> None:
        """Take every area away."""
        for area in list(self._areas):
            self.release(area)

    def _gap(self, size: int, lowest: int) -> int:
        place = lowest
        for area in self._areas:
            if area.end <= place:
                continue
            if area.base >= place + size:
                break
            place = round_up(area.end, GRANULARITY)
        return place if place + size <= HIGHEST else 0

    def _overlaps(self, address: int, size: int) -> bool:
        index = bisect_right(self._bases, address + size - 1) - 1
        return index >= 0 and self._areas[index].end > address

    @staticmethod
    def _pages(area: Area, address: int, size: int) -> tuple[int, int]:
        return (address - area.base) // PAGE, (address - area.base + size + PAGE - 1) // PAGE

    def _remap(self, area: Area, first: int, last: int) -> None:
        """Bring the CPU core's view of pages [first, last) up to date; whole runs are replaced."""
        mapper = self._mapper
        if mapper is None:
            return
        kept = []
        for run in area.runs:
            start, count, _rights = run
            if start + count <= first or start >= last:
                kept.append(run)
                continue
            mapper.unmap(area.base + start * PAGE, count * PAGE)
            first, last = min(first, start), max(last, start + count)
        page = first
        while page < last:
            rights = area.rights[page]
            end = page + 1
            while end < last and area.rights[end] == rights:
                end += 1
            if rights:
                host = area.buffer.address + area.offset + page * PAGE
                mapper.map(area.base + page * PAGE, (end - page) * PAGE, rights, host)
                kept.append((page, end - page, rights))
            page = end
        area.runs = kept

    # --- bytes -----------------------------------------------------------------------------------

    def _span(self, address: int, size: int, right: int) -> tuple[Area, int]:
        """The area and offset of a range inside one area. Raises GuestFault at the first bad byte."""
        area = self._last
        offset = address - area.base
        if not 0 <= offset < area.size:
            found = self.area(address)
            if found is None:
                raise GuestFault(address, write=right == WRITE)
            area = self._last = found
            offset = address - area.base
        rights = area.rights
        for page in range(offset >> 12, min((offset + size - 1) >> 12, len(rights) - 1) + 1):
            if not rights[page] & right:
                raise GuestFault(max(address, area.base + page * PAGE), write=right == WRITE)
        return area, offset

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes. Raises GuestFault."""
        if size <= 0:
            return b""
        area, offset = self._span(address, size, READ)
        end = offset + size
        if end <= area.size:
            return bytes(area.view[offset:end])
        part = area.size - offset
        return bytes(area.view[offset:]) + self.read(address + part, size - part)

    def write(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """Write bytes. Raises GuestFault with the bytes before the bad one written."""
        size = len(data)
        if size == 0:
            return
        try:
            area, offset = self._span(address, size, WRITE)
        except GuestFault as fault:
            if fault.address > address:
                self.write(address, bytes(data[: fault.address - address]))
            raise
        end = offset + size
        if end <= area.size:
            area.view[offset:end] = data
            return
        part = area.size - offset
        area.view[offset:] = data[:part]
        self.write(address + part, data[part:])

    def allowed(self, address: int, size: int, right: int) -> bool:
        """Can every byte of a range be accessed with these rights? An empty range can."""
        while size > 0:
            area = self.area(address)
            if area is None:
                return False
            offset = address - area.base
            part = min(size, area.size - offset)
            if any(
                area.rights[page] & right != right
                for page in range(offset // PAGE, (offset + part - 1) // PAGE + 1)
            ):
                return False
            address, size = address + part, size - part
        return True

    def readable(self, address: int, size: int) -> bool:
        return self.allowed(address, size, READ)

    def writable(self, address: int, size: int) -> bool:
        return self.allowed(address, size, WRITE)

    # --- numbers and text ------------------------------------------------------------------------

    def u8(self, address: int) -> int:
        return self.read(address, 1)[0]

    def u16(self, address: int) -> int:
        return int.from_bytes(self.read(address, 2), "little")

    def u32(self, address: int) -> int:
        area = self._last
        offset = address - area.base
        if 0 <= offset < area.size and offset & 0xFFF <= 0xFFC and area.rights[offset >> 12] & READ:
            return WORD.unpack_from(area.view, offset)[0]  # type: ignore[no-any-return]
        return int.from_bytes(self.read(address, 4), "little")

    def u64(self, address: int) -> int:
        return int.from_bytes(self.read(address, 8), "little")

    def words(self, address: int, count: int) -> tuple[int, ...]:
        """`count` 32-bit numbers."""
        area = self._stack
        offset = address - area.base
        if not (offset >= 0 and offset + 4 * count <= area.size):
            found = self.area(address)
            if found is None or address + 4 * count > found.end:
                return struct.unpack(f"<{count}I", self.read(address, 4 * count))
            area = self._stack = found
            offset = address - area.base
        rights = area.rights
        if rights[offset >> 12] & rights[(offset + 4 * count - 1) >> 12] & READ and count <= 512:
            return struct.unpack_from(f"<{count}I", area.view, offset)
        return struct.unpack(f"<{count}I", self.read(address, 4 * count))

    def set_u8(self, address: int, value: int) -> None:
        self.write(address, bytes((value & 0xFF,)))

    def set_u16(self, address: int, value: int) -> None:
        self.write(address, (value & 0xFFFF).to_bytes(2, "little"))

    def set_u32(self, address: int, value: int) -> None:
        area = self._last
        offset = address - area.base
        if 0 <= offset < area.size and offset & 0xFFF <= 0xFFC and area.rights[offset >> 12] & WRITE:
            WORD.pack_into(area.view, offset, value & 0xFFFFFFFF)
        else:
            self.write(address, (value & 0xFFFFFFFF).to_bytes(4, "little"))

    def set_u64(self, address: int, value: int) -> None:
        area = self._last
        offset = address - area.base
        if 0 <= offset < area.size and offset & 0xFFF <= 0xFF8 and area.rights[offset >> 12] & WRITE:
            DOUBLE_WORD.pack_into(area.view, offset, value & 0xFFFFFFFFFFFFFFFF)
        else:
            self.write(address, (value & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "little"))

    def ansi(self, address: int, limit: int = 0x10000) -> bytes:
        """An 8-bit string up to its zero (not included). Raises GuestFault when memory ends before it."""
        return self._until_zero(address, 1, limit)

    def wide(self, address: int, limit: int = 0x10000) -> str:
        """A UTF-16LE string up to its zero; unpaired surrogates are kept."""
        return self._until_zero(address, 2, limit * 2).decode("utf-16-le", "surrogatepass")

    def set_wide(self, address: int, text: str) -> None:
        """A UTF-16LE string and its zero."""
        self.write(address, text.encode("utf-16-le", "surrogatepass") + b"\0\0")

    def _until_zero(self, address: int, width: int, limit: int) -> bytes:
        out = bytearray()
        zero = bytes(width)
        while len(out) < limit:
            place = address + len(out)
            part = self.read(place, min(PAGE - place % PAGE, PAGE) // width * width or width)
            for index in range(0, len(part), width):
                if part[index : index + width] == zero:
                    return bytes(out + part[:index])
            out += part
        return bytes(out)
