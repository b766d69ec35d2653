"""Host file objects the device waits for: one selector, no polling.

Windows can only select sockets, so everything registered there is a socket; elsewhere ptys work too.
"""

from __future__ import annotations

import heapq
import itertools
import select
import selectors
import socket
from collections.abc import Callable

from harness.emulator.clock import Clock
from harness.emulator.exports import HostFile

PAUSE = 0.01
"""Seconds without anything from the host before time is skipped: what is on its way comes first."""


def _nobody() -> None:
    """What a cancelled watch calls."""


class Watch:
    """One interest in a file object (or in a moment). Fires once, or is cancelled."""

    __slots__ = ("_io", "active", "callback", "cancelled", "fd", "writing")

    def __init__(
        self,
        io: Io,
        fd: int,
        writing: bool,
        callback: Callable[[], object],
        cancelled: Callable[[], object] | None,
    ) -> None:
        self._io, self.fd, self.writing, self.callback, self.cancelled = io, fd, writing, callback, cancelled
        self.active = True

    def cancel(self) -> None:
        """End the interest; the callback is not called any more. Harmless afterwards."""
        if self.active:
            self.active = False
            if self.fd >= 0:
                self._io.drop(self)
            self._io.skipping.discard(self)
            # A cancelled timer stays in the heap for a while: what it would have called need not.
            self.callback, self.cancelled = _nobody, None


class Io:
    """The selector, timers, and a way to wake it from another host thread or a signal handler."""

    def __init__(self, clock: Clock | None = None) -> None:
        """`clock`: what the timers count by."""
        self._clock = clock or Clock()
        self.skipping: set[Watch] = set()
        """Timers for whose sake idle time is skipped."""
        self._selector = selectors.DefaultSelector()
        self._watches: dict[int, list[Watch]] = {}
        self._timers: list[tuple[float, int, Watch]] = []
        self._crowded = 1000
        self._numbers = itertools.count()
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._selector.register(self._near, selectors.EVENT_READ)

    @property
    def wakeup_fd(self) -> int:
        """For `signal.set_wakeup_fd`."""
        return self._far.fileno()

    def wake(self) -> None:
        """End a `poll` that is blocked. May be called from any host thread."""
        try:
            self._far.send(b"\0")
        except BlockingIOError:
            return  # enough wake-ups are on their way already

    def watch(
        self,
        fileobj: HostFile,
        callback: Callable[[], object],
        writing: bool = False,
        cancelled: Callable[[], object] | None = None,
    ) -> Watch:
        """Call back once when a file object is ready; `cancelled` instead when it is forgotten."""
        fd = fileobj.fileno()
        watch = Watch(self, fd, writing, callback, cancelled)
        self._watches.setdefault(fd, []).append(watch)
        self._update(fd)
        return watch

    def after(self, seconds: float, callback: Callable[[], object], *, skip_idle: bool = False) -> Watch:
        """Call back once, that many seconds from now.

        `skip_idle`: as long as this is pending, time in which everything on the device waits is skipped: the
        clock goes to the next timer, whichever that is, at once.
        """
        watch = Watch(self, -1, False, callback, None)
        if len(self._timers) > self._crowded:  # mostly cancelled ones: waits that ended before their time
            self._timers = [timer for timer in self._timers if timer[2].active]
            heapq.heapify(self._timers)
            self._crowded = max(1000, 2 * len(self._timers))
        heapq.heappush(self._timers, (self._clock.seconds() + seconds, next(self._numbers), watch))
        if skip_idle:
            self.skipping.add(watch)
        return watch

    def forget(self, fileobj: HostFile) -> None:
        """End every interest in a file object; whoever waits for it wakes up cancelled."""
        for watch in list(self._watches.get(fileobj.fileno(), ())):
            cancelled = watch.cancelled
            watch.cancel()
            if cancelled is not None:
                cancelled()

    def move(self, before: HostFile, after: HostFile) -> None:
        """Let every interest in one file object be one in another."""
        old, new = before.fileno(), after.fileno()
        watches = self._watches.pop(old, [])
        self._update(old)
        for watch in watches:
            watch.fd = new
        self._watches.setdefault(new, []).extend(watches)
        self._update(new)

    def drop(self, watch: Watch) -> None:
        """Take one watch out of the selector."""
        watches = self._watches[watch.fd]
        watches.remove(watch)
        self._update(watch.fd)

    def _update(self, fd: int) -> None:
        watches = self._watches.get(fd)
        events = 0
        for watch in watches or ():
            events |= selectors.EVENT_WRITE if watch.writing else selectors.EVENT_READ
        registered = fd in self._selector.get_map()
        if not events:
            self._watches.pop(fd, None)
            if registered:
                self._selector.unregister(fd)
        elif registered:
            self._selector.modify(fd, events)
        else:
            self._selector.register(fd, events)

    def poll(self, block: bool) -> None:
        """Run what is ready; with `block`, wait until something is (a file, a timer or a wake-up)."""
        timeout: float | None = 0.0
        if block:
            while self._timers and not self._timers[0][2].active:
                heapq.heappop(self._timers)
            timeout = max(self._timers[0][0] - self._clock.seconds(), 0.0) if self._timers else None
            if self.skipping:
                timeout = PAUSE if timeout is None else min(timeout, PAUSE)
        ready = self._selector.select(timeout)
        if block and not ready and self.skipping:
            self._clock.skip(self._timers[0][0] - self._clock.seconds())
        for key, mask in ready:
            if key.fileobj is self._near:
                self._drain()
                continue
            for watch in list(self._watches.get(key.fd, ())):
                wanted = selectors.EVENT_WRITE if watch.writing else selectors.EVENT_READ
                if mask & wanted and watch.active:
                    callback = watch.callback
                    watch.cancel()
                    callback()
        self._fire(self._clock.seconds())

    def rest(self) -> None:
        """Do nothing until somebody calls `wake`."""
        select.select([self._near], [], [])
        self._drain()

    def _fire(self, now: float) -> None:
        while self._timers and self._timers[0][0] <= now:
            watch = heapq.heappop(self._timers)[2]
            if watch.active:
                watch.active = False
                self.skipping.discard(watch)
                watch.callback()

    def _drain(self) -> None:
        try:
            while self._near.recv(4096):
                pass
        except BlockingIOError:
            return

    def close(self) -> None:
        self._selector.close()
        self._near.close()
        self._far.close()
