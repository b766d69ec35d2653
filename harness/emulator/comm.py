"""Serial ports of the device (COM1: ...), with the time-outs of the Windows CE serial driver."""

from __future__ import annotations

import struct
from collections.abc import Generator

from harness.emulator.clock import Clock
from harness.emulator.errors import ERROR_DEVICE_REMOVED, ERROR_OPERATION_ABORTED
from harness.emulator.exports import Readable, Wait, Wake, Writable
from harness.emulator.hostio import Io
from harness.emulator.hostserial import HostSerial, Unplugged
from harness.emulator.objects import Opened, StreamError

FOREVER = 0xFFFFFFFF
DCB_SIZE = 28
QUEUE = 4096
"""Bytes of the driver's receive queue."""

TX_ABORT, RX_ABORT, TX_CLEAR, RX_CLEAR = 1, 2, 4, 8


class SerialPort:
    """One port of the device. Opened by one process at a time, as on CE."""

    def __init__(self, name: str, host: HostSerial | Unplugged) -> None:
        self.name, self.host = name, host
        self.opened: CommFile | None = None
        self.received = bytearray()
        self.removed = False
        """It is not there any more; another one may have its name."""

    def fileno(self) -> int:
        return self.host.fileno()

    def connect(self, host: HostSerial | Unplugged, io: Io) -> None:
        """Another cable end: who waits for the port goes on waiting at the new one."""
        before, self.host = self.host, host
        io.move(before, host)
        before.close()

    def remove(self, io: Io) -> None:
        """The port goes, with its driver: what waits for it ends, and nothing works on it any more."""
        self.removed = True
        io.forget(self)
        self.host.close()

    def fetch(self, limit: int = QUEUE) -> int:
        """Move what has arrived into the receive queue, up to `limit` bytes in all; its length."""
        room = limit - len(self.received)
        if room > 0:
            self.received += self.host.read(room)
        return len(self.received)

    def take(self, count: int) -> bytes:
        """Up to `count` received bytes."""
        data = bytes(self.received[:count])
        del self.received[:count]
        return data

    def discard(self) -> None:
        """Drop all that has arrived."""
        self.received.clear()
        while self.host.read(QUEUE):
            pass


class CommFile(Opened):
    """An open serial port."""

    kind = "comm"

    def __init__(self, port: SerialPort, io: Io, clock: Clock) -> None:
        super().__init__()
        self.port, self._io, self._clock = port, io, clock
        port.opened = self
        self.dcb = bytearray(
            struct.pack("<IIIHHHBBBbbbbbH", DCB_SIZE, 9600, 1, 0, 0, 0, 8, 0, 0, 17, 19, 0, 0, 0, 0)
        )
        self.timeouts = (0, 0, 0, 0, 0)
        """Milliseconds: read interval, read multiplier and constant, write multiplier and constant."""
        self.mask = 0

    def closed(self) -> None:
        if not self.port.removed:
            self._io.forget(self.port)
        self.port.opened = None

    def purge(self, flags: int) -> None:
        """As PurgeComm: end waiting calls, drop received bytes. (Sent bytes are with the host already.)"""
        if flags & (RX_ABORT | TX_ABORT):
            self._io.forget(self.port)
        if flags & RX_CLEAR:
            self.port.discard()

    def read(self, count: int) -> Generator[Wait, Wake, bytes]:
        """Received bytes as the time-outs say. Raises StreamError: aborted, or the port is gone."""
        port = self.port
        self._check()
        interval, multiplier, constant = self.timeouts[:3]
        limit = max(count, QUEUE)
        port.fetch(limit)
        if count == 0 or (interval == FOREVER and multiplier == 0 and constant == 0):
            return port.take(count)
        any_will_do = interval == FOREVER and multiplier == FOREVER
        total = constant if any_will_do else multiplier * count + constant
        deadline = self._clock.seconds() + total / 1000 if total else None
        while len(port.received) < count and not (any_will_do and port.received):
            left = None if deadline is None else max(deadline - self._clock.seconds(), 0.0)
            if interval not in (0, FOREVER) and port.received:
                left = interval / 1000 if left is None else min(left, interval / 1000)
            woke = yield Readable(port, left)
            self._check(woke)
            before = len(port.received)
            if port.fetch(limit) == before and woke.timed_out:
                break
        return port.take(count)

    def write(self, data: bytes) -> Generator[Wait, Wake, int]:
        """Bytes sent before the time-out. Raises StreamError: aborted, or the port is gone."""
        self._check()
        multiplier, constant = self.timeouts[3:]
        total = multiplier * len(data) + constant
        deadline = self._clock.seconds() + total / 1000 if total else None
        sent = 0
        while True:
            sent += self.port.host.write(data[sent : sent + QUEUE])
            if sent == len(data):
                return sent
            left = None if deadline is None else max(deadline - self._clock.seconds(), 0.0)
            woke = yield Writable(self.port, left)
            self._check(woke)
            if woke.timed_out:
                return sent

    def wait_received(self) -> Generator[Wait, Wake, bool]:
        """Until something has arrived. False: the wait was aborted (SetCommMask, CloseHandle, port gone)."""
        if not self.port.fetch():
            woke = yield Readable(self.port)
            return bool(woke)
        return True

    def _check(self, woke: Wake | None = None) -> None:
        """May a call go on? Raises StreamError."""
        if self.port.removed:
            raise StreamError(ERROR_DEVICE_REMOVED)
        if woke is not None and woke.cancelled:
            raise StreamError(ERROR_OPERATION_ABORTED)
