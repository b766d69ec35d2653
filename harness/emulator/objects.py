"""Kernel objects: what a handle can stand for, and what can be waited for."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from harness.emulator.exports import Wait, Wake
    from harness.emulator.memory import Buffer
    from harness.emulator.thread import Thread


class Waiter(Protocol):
    """A parked wait of one thread."""

    thread: Thread

    def object_signalled(self, obj: Waitable) -> None: ...


class KernelObject:
    """Anything a handle stands for. It lives while a handle, or something else, refers to it."""

    kind = "object"

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self.references = 0
        """Handles open on it, in all processes."""

    def closed(self) -> None:
        """The last handle was closed."""


class Waitable(KernelObject):
    """An object that is signalled or not."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.waiters: list[Waiter] = []

    def signalled(self, thread: Thread) -> bool:
        """Would a wait of this thread end at once?"""
        raise NotImplementedError

    def acquire(self, thread: Thread) -> bool:
        """A wait of this thread ends with this object. True: it was an abandoned mutex."""
        return False

    def wake(self) -> None:
        """Offer the object to its waiters, longest waiting first."""
        for waiter in list(self.waiters):
            if waiter in self.waiters and self.signalled(waiter.thread):
                waiter.object_signalled(self)


class Event(Waitable):
    """An event. Auto-reset events release one waiter and are reset by that."""

    kind = "event"

    def __init__(self, manual_reset: bool, signalled: bool, name: str | None = None) -> None:
        super().__init__(name)
        self.manual_reset, self.state = manual_reset, signalled
        self.data = 0
        """What SetEventData left."""

    def signalled(self, thread: Thread) -> bool:
        return self.state

    def acquire(self, thread: Thread) -> bool:
        if not self.manual_reset:
            self.state = False
        return False

    def set(self) -> None:
        self.state = True
        self.wake()

    def reset(self) -> None:
        self.state = False

    def pulse(self) -> None:
        """Release who waits now (one waiter of an auto-reset event), and leave it reset."""
        self.set()
        self.state = False


class Mutex(Waitable):
    """A mutex: owned by one thread, as often as it took it."""

    kind = "mutex"

    def __init__(self, owner: Thread | None, name: str | None = None) -> None:
        super().__init__(name)
        self.owner: Thread | None = None
        self.count = 0
        self.abandoned = False
        if owner is not None:
            self.acquire(owner)

    def signalled(self, thread: Thread) -> bool:
        return self.owner is None or self.owner is thread

    def acquire(self, thread: Thread) -> bool:
        abandoned, self.abandoned = self.abandoned, False
        self.owner = thread
        self.count += 1
        thread.mutexes.add(self)
        return abandoned

    def release(self, thread: Thread) -> bool:
        """False when the thread does not own it."""
        if self.owner is not thread:
            return False
        self.count -= 1
        if self.count == 0:
            self._free(thread)
        return True

    def abandon(self, thread: Thread) -> None:
        """Its owner ends."""
        self.count, self.abandoned = 0, True
        self._free(thread)

    def _free(self, thread: Thread) -> None:
        self.owner = None
        thread.mutexes.discard(self)
        self.wake()


class Semaphore(Waitable):
    """A counter; a wait takes one."""

    kind = "semaphore"

    def __init__(self, count: int, limit: int, name: str | None = None) -> None:
        super().__init__(name)
        self.count, self.limit = count, limit

    def signalled(self, thread: Thread) -> bool:
        return self.count > 0

    def acquire(self, thread: Thread) -> bool:
        self.count -= 1
        return False

    def release(self, count: int) -> bool:
        """False when that would pass the limit."""
        if self.count + count > self.limit:
            return False
        self.count += count
        self.wake()
        return True


class Section(KernelObject):
    """A file mapping: memory that several processes can see, with or without a file behind it."""

    kind = "section"

    def __init__(
        self,
        buffer: Buffer,
        size: int,
        protection: int,
        release: Callable[[], object],
        name: str | None = None,
        save: Callable[[], object] | None = None,
    ) -> None:
        """`release` gives its memory back; `save` writes it to its file, if it has one."""
        super().__init__(name)
        self.buffer, self.size, self.protection = buffer, size, protection
        self._release, self._save = release, save

    def closed(self) -> None:
        self.flush()
        self._release()

    def flush(self) -> None:
        """Write the memory back to its file, if it has one."""
        if self._save is not None:
            self._save()


class StreamError(Exception):
    """A read or write of an opened object fails; the Windows error code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"error {code}")
        self.code = code


class Opened(KernelObject):
    """What CreateFile opens: a file or a device. Both calls may wait, and raise StreamError."""

    def read(self, count: int) -> Generator[Wait, Wake, bytes]:
        """At most `count` bytes."""
        raise NotImplementedError

    def write(self, data: bytes) -> Generator[Wait, Wake, int]:
        """The number of bytes written."""
        raise NotImplementedError


class Namespace:
    """Named objects of the device. Every type has its own names; an empty string is a name."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], KernelObject] = {}

    def find(self, kind: str, name: str | None) -> KernelObject | None:
        return None if name is None else self._objects.get((kind, name))

    def add(self, obj: KernelObject) -> None:
        if obj.name is not None:
            self._objects[obj.kind, obj.name] = obj

    def remove(self, obj: KernelObject) -> None:
        if obj.name is not None and self._objects.get((obj.kind, obj.name)) is obj:
            del self._objects[obj.kind, obj.name]
