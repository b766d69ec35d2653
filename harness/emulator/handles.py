"""Handles: numbers of one process that stand for kernel objects."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from harness.emulator.objects import KernelObject

CURRENT_THREAD, CURRENT_PROCESS = 0x41, 0x42
"""Pseudo handles that GetCurrentThread and GetCurrentProcess stand for (inline in the SDK)."""

_O = TypeVar("_O", bound=KernelObject)


class HandleTable:
    """Handles of one process. A closed number is not given out again until the count wraps."""

    FIRST, STEP, LAST = 0x00010002, 4, 0x7FFFFFFE

    def __init__(self, last_closed: Callable[[KernelObject], None]) -> None:
        """`last_closed` hears of an object whose last handle, in all processes, is gone."""
        self._objects: dict[int, KernelObject] = {}
        self._next = self.FIRST
        self._last_closed = last_closed

    def add(self, obj: KernelObject) -> int:
        """A new handle."""
        while self._next in self._objects:
            self._next += self.STEP
        handle = self._next
        self._next = handle + self.STEP if handle + self.STEP < self.LAST else self.FIRST
        self._objects[handle] = obj
        obj.references += 1
        return handle

    def get(self, handle: int, kind: type[_O]) -> _O | None:
        """The object behind a handle, if it is of that kind."""
        obj = self._objects.get(handle)
        return obj if isinstance(obj, kind) else None

    def close(self, handle: int) -> bool:
        """False when there is no such handle."""
        obj = self._objects.pop(handle, None)
        if obj is None:
            return False
        obj.references -= 1
        if obj.references == 0:
            self._last_closed(obj)
        return True

    def close_all(self) -> None:
        for handle in list(self._objects):
            self.close(handle)

    def objects(self) -> Collection[KernelObject]:
        """What the handles stand for, an object once for each."""
        return self._objects.values()

    def __len__(self) -> int:
        return len(self._objects)
