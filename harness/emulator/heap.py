"""A guest heap: blocks inside reservations of one process, kept track of on the host."""

from __future__ import annotations

from harness.emulator.memory import READWRITE, Area, Memory, round_up


class Heap:
    """Sizes and addresses in bytes; blocks are 16-byte aligned. Freed blocks are reused by size class."""

    CHUNK = 0x10000
    UNIT = 16

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._sizes: dict[int, int] = {}
        self._free: dict[int, list[int]] = {}
        self._areas: dict[int, Area] = {}
        """Areas that hold one large block, by address."""
        self._chunks: list[Area] = []
        self._place = self._end = 0

    def allocate(self, size: int, zero: bool = True) -> int:
        """Address of a new block; 0 when there is no memory."""
        room = round_up(max(size, 1), self.UNIT)
        if room > self.CHUNK // 2:
            area = self._area(room)
            if area is None:
                return 0
            self._areas[area.base] = area
            address = area.base
        elif self._free.get(room):
            address = self._free[room].pop()
            if zero:
                self._memory.write(address, bytes(room))
        else:
            if self._place + room > self._end:
                area = self._area(self.CHUNK)
                if area is None:
                    return 0
                self._chunks.append(area)
                self._place, self._end = area.base, area.end
            address = self._place
            self._place += room
        self._sizes[address] = size
        return address

    def free(self, address: int) -> bool:
        """False when there is no such block."""
        size = self._sizes.pop(address, None)
        if size is None:
            return False
        area = self._areas.pop(address, None)
        if area is not None:
            self._memory.release(area)
        else:
            self._free.setdefault(round_up(max(size, 1), self.UNIT), []).append(address)
        return True

    def size(self, address: int) -> int | None:
        """Bytes asked for; None when there is no such block."""
        return self._sizes.get(address)

    def reallocate(self, address: int, size: int) -> int:
        """A block of another size with the same beginning; 0 (and the old block kept) when that fails."""
        old = self._sizes.get(address)
        if old is None:
            return 0
        if round_up(max(size, 1), self.UNIT) == round_up(max(old, 1), self.UNIT):
            self._sizes[address] = size
            return address
        new = self.allocate(size)
        if new:
            self._memory.write(new, self._memory.read(address, min(old, size)))
            self.free(address)
        return new

    def destroy(self) -> None:
        """Give all memory back."""
        for area in [*self._chunks, *self._areas.values()]:
            self._memory.release(area)
        self._sizes.clear()
        self._free.clear()
        self._chunks.clear()
        self._areas.clear()
        self._place = self._end = 0

    def _area(self, size: int) -> Area | None:
        area = self._memory.reserve(size, kind="private")
        if area is not None and not self._memory.commit(area, area.base, size, READWRITE):
            self._memory.release(area)
            return None
        return area
