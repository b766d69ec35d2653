"""A thread that waits: conditions are armed, the first that comes true ends the wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from harness.emulator.exports import AnyOf, Objects, Readable, Until, Wait, Wake, Writable
from harness.emulator.hostio import Io, Watch
from harness.emulator.objects import Waitable

if TYPE_CHECKING:
    from harness.emulator.thread import Thread


def try_objects(objects: Sequence[Waitable], thread: Thread) -> Wake | None:
    """Take the first signalled object, or None."""
    for index, obj in enumerate(objects):
        if obj.signalled(thread):
            return Wake(ready=True, index=index, abandoned=obj.acquire(thread))
    return None


def try_now(condition: Wait, thread: Thread) -> Wake | None:
    """End a wait that need not begin; None when the thread has to be parked."""
    if isinstance(condition, Objects):
        wake = try_objects(condition.objects, thread)
        if wake is None and condition.timeout is not None and condition.timeout <= 0:
            return Wake(timed_out=True)
        return wake
    if isinstance(condition, AnyOf):
        for index, part in enumerate(condition.conditions):
            if isinstance(part, Objects) and try_objects(part.objects, thread) is not None:
                return Wake(ready=True, index=index)
    return None


class PendingWait:
    """One parked wait. `done(wake)` is called once."""

    def __init__(self, thread: Thread, condition: Wait, io: Io, done: Callable[[Wake], object]) -> None:
        self.thread = thread
        self._done = done
        self._watches: list[Watch] = []
        self._objects: list[Waitable] = []
        self._indexes: list[int] = []
        timeout: float | None
        if isinstance(condition, Until):
            timeout = condition.seconds
        elif isinstance(condition, AnyOf):
            timeout = condition.timeout
            for index, part in enumerate(condition.conditions):
                self._arm(part, io, index)
        elif isinstance(condition, Readable | Writable | Objects):
            timeout = condition.timeout
            self._arm(condition, io, None)
        else:
            raise TypeError(f"a handler yielded {condition!r}")
        if timeout is not None:
            self._watches.append(io.after(max(timeout, 0.0), partial(self._end, Wake(timed_out=True))))

    def _arm(self, condition: Readable | Writable | Objects, io: Io, index: int | None) -> None:
        if isinstance(condition, Objects):
            for position, obj in enumerate(condition.objects):
                obj.waiters.append(self)
                self._objects.append(obj)
                self._indexes.append(position if index is None else index)
            return
        number = index or 0
        self._watches.append(
            io.watch(
                condition.fileobj,
                partial(self._end, Wake(ready=True, index=number)),
                isinstance(condition, Writable),
                partial(self._end, Wake(cancelled=True, index=number)),
            )
        )

    def object_signalled(self, obj: Waitable) -> None:
        """An object this wait is registered with can be taken."""
        index = self._indexes[self._objects.index(obj)]
        self._end(Wake(ready=True, index=index, abandoned=obj.acquire(self.thread)))

    def _end(self, wake: Wake) -> None:
        self.cancel()
        self._done(wake)

    def cancel(self) -> None:
        """Disarm everything; `done` is not called."""
        for watch in self._watches:
            watch.cancel()
        for obj in self._objects:
            if self in obj.waiters:
                obj.waiters.remove(self)
        self._watches, self._objects = [], []
