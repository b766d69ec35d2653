"""A simulated serial line, a process of its own: `python -m benchmarks.line --device 127.0.0.1:5555`.

Two ends: the host's (a TCP port or a pty that the line makes) and the device's (a TCP port or a serial
device that is there already). Bytes pass at the speed of the line in both directions (`pacing`), those to
the host through a UART or a USB adapter. Standard output: one JSON object with the host's end. Every
line on standard input is answered with the counters, also JSON; the end of standard input ends the process.
"""

import argparse
import contextlib
import json
import os
import select
import socket
import sys
import time
import tty
from collections.abc import Sequence

from benchmarks.pacing import CHARACTER_BITS, ByteClock, Receiver, Uart, UsbAdapter

_BACKLOG = 4096
"""Bytes that a sender may have waiting for the line, as in an operating system's transmit buffer."""
_CHUNK = 4096


class Direction:
    """From one descriptor over the line to the other; `carried` counts the bytes that were on it."""

    def __init__(self, rate: float, receiver: Receiver) -> None:
        self.carried = 0
        self.source = self.sink = -1
        self._rate = rate
        self._receiver = receiver
        self._clock = ByteClock(rate)
        self._out = bytearray()
        self._ended = False

    def connect(self, source: int, sink: int) -> None:
        """Begin with an empty line."""
        self.source, self.sink = source, sink
        self._clock = ByteClock(self._rate)
        self._out.clear()
        self._ended = False

    @property
    def accepts(self) -> bool:
        """May the source send?"""
        return not self._ended and self._clock.under_way + len(self._out) < _BACKLOG

    @property
    def blocked(self) -> bool:
        """There is something that the sink did not take."""
        return bool(self._out)

    @property
    def finished(self) -> bool:
        """The source has ended, and all that it sent has been handed over."""
        return self._ended and not self._out and self.wake() is None

    def wake(self) -> float | None:
        return self._receiver.wake(self._clock)

    def move(self, now: float) -> None:
        """Hand over what is due. Raises OSError when the sink is gone."""
        data = self._receiver.collect(self._clock, now)
        self.carried += len(data)
        self._out += data
        if self._out:
            with contextlib.suppress(BlockingIOError):
                del self._out[: os.write(self.sink, self._out)]

    def fetch(self, now: float) -> None:
        """Read from the source. Raises OSError when it is gone."""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self.source, _CHUNK)
            self._clock.push(data, now)
            self._ended = not data


class Ends:
    """The two ends of the line; the host's may come and go."""

    def __init__(self, host: str, device: str) -> None:
        self._device = device
        self._listener: socket.socket | None = None
        self._sockets: list[socket.socket] = []
        if host == "pty":
            self._master, self._slave = os.openpty()  # the slave stays open: the line outlives its users
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self.place = os.ttyname(self._slave)
        else:
            port = int(host.rpartition(":")[2]) if ":" in host else 0
            self._listener = socket.create_server(("127.0.0.1", port))
            self.place = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def join(self) -> tuple[int, int]:
        """Wait for the host, connect to the device; descriptors of both, not blocking."""
        host = self._master if self._listener is None else self._accept()
        return host, self._open_device()

    @property
    def waits_on(self) -> int | None:
        """The descriptor that shows when a host connects; None: a pty is there at all times."""
        return None if self._listener is None else self._listener.fileno()

    def end(self, descriptor: int) -> None:
        """Nothing more will be written to this end. It may be gone already."""
        for one in self._sockets:
            if one.fileno() == descriptor:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_WR)

    def part(self) -> None:
        """Close what `join` opened."""
        for one in self._sockets:
            one.close()
        self._sockets.clear()

    def _accept(self) -> int:
        assert self._listener is not None
        return self._keep(self._listener.accept()[0])

    def _open_device(self) -> int:
        if self._device.startswith("/"):
            descriptor = os.open(self._device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            tty.setraw(descriptor)
            return descriptor
        host, _, port = self._device.rpartition(":")
        return self._keep(socket.create_connection((host, int(port))))

    def _keep(self, connection: socket.socket) -> int:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        self._sockets.append(connection)
        return connection.fileno()


def run(ends: Ends, rate: float, to_host: Receiver) -> None:
    """Pass bytes until standard input ends."""
    up, down = Direction(rate, Uart()), Direction(rate, to_host)
    joined = False
    while True:
        if not joined and ends.waits_on is None:
            joined = _join(ends, up, down)
        reading = [0]
        writing: list[int] = []
        timeout: float | None = None
        if joined:
            reading += [one.source for one in (up, down) if one.accepts]
            writing = [one.sink for one in (up, down) if one.blocked]
            wakes = [wake for wake in (up.wake(), down.wake()) if wake is not None]
            timeout = max(0.0, min(wakes) - time.monotonic()) if wakes else None
        elif ends.waits_on is not None:
            reading.append(ends.waits_on)
        # select takes microseconds; epoll and poll round up to whole milliseconds, a dozen bytes.
        ready, _, _ = select.select(reading, writing, [], timeout)
        if 0 in ready and not _answer(up, down):
            return
        if not joined:
            joined = ends.waits_on in ready and _join(ends, up, down)
        else:
            joined = _turn((up, down), ready, ends)


def _join(ends: Ends, up: Direction, down: Direction) -> bool:
    host, device = ends.join()
    up.connect(host, device)
    down.connect(device, host)
    return True


def _turn(directions: Sequence[Direction], ready: Sequence[int], ends: Ends) -> bool:
    """Move what is due, read what is there. False: one end is gone, or both have ended."""
    now = time.monotonic()
    try:
        for one in directions:
            one.move(now)
        for one in directions:
            if one.accepts and one.source in ready:
                one.fetch(now)
            if one.finished:
                ends.end(one.sink)
    except OSError:
        ends.part()
        return False
    if all(one.finished for one in directions):
        ends.part()
        return False
    return True


def _answer(up: Direction, down: Direction) -> bool:
    """Counters for every line of standard input. False: it has ended."""
    asked = os.read(0, _CHUNK)
    for _ in range(asked.count(b"\n")):
        print(json.dumps({"up": up.carried, "down": down.carried}), flush=True)
    return bool(asked)


def main(arguments: Sequence[str]) -> int:
    """The line as a process. Returns its exit code."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.line", description="A simulated serial line.")
    made.add_argument("--device", required=True, metavar="HOST:PORT|/dev/...", help="the device's end")
    made.add_argument(
        "--host", default="tcp", metavar="tcp|tcp:HOST:PORT|pty", help="the host's end (default: tcp)"
    )
    made.add_argument("--baud", type=int, default=115200, help="bits a second, 8N1 (default: 115200)")
    made.add_argument(
        "--adapter", action="store_true", help="bytes to the host wait for 62 of them, or 16 ms"
    )
    options = made.parse_args(arguments)
    ends = Ends(options.host, options.device)
    print(json.dumps({"host": ends.place}), flush=True)
    run(ends, options.baud / CHARACTER_BITS, UsbAdapter() if options.adapter else Uart())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
