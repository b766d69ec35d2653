"""A serial cable in software: between a device's pseudo terminal and another one, a thread that passes bytes
on, changed as a test wants. What the host's program has set on its end can be asked for."""

import contextlib
import os
import pty
import select
import termios
import threading
import tty
from collections.abc import Callable
from pathlib import Path

Change = Callable[[bytes], bytes]
_SPEEDS = {
    getattr(termios, name): int(name[1:])
    for name in dir(termios)
    if name[0] == "B" and name[1:].isdigit() and name != "B0"
}


def same(data: bytes) -> bytes:
    return data


class Relay:
    """`path` is the host's port, a link as udev makes them; `to_host` and `to_device` change what passes.

    `device`: the path of the device's port, or a descriptor of its other end.
    """

    def __init__(
        self, device: str | int, path: Path, to_host: Change = same, to_device: Change = same
    ) -> None:
        self.path = path
        self.to_host, self.to_device = to_host, to_device
        self._device = os.open(device, os.O_RDWR | os.O_NOCTTY) if isinstance(device, str) else device
        if isinstance(device, str):
            tty.setraw(self._device)
        self._lock = threading.Lock()
        self._awake, self._wake = os.pipe()
        self._end = self._port = -1
        self.plug()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def speed(self) -> int:
        """Baud, as the host's program has set it."""
        with self._lock:
            return _SPEEDS[termios.tcgetattr(self._end)[4]]

    def plug(self) -> None:
        """The port appears, under its old name, as another pseudo terminal."""
        with self._lock:
            self._end, self._port = pty.openpty()
            tty.setraw(self._port)
            self.path.symlink_to(os.ttyname(self._port))
        self._look_again()

    def unplug(self) -> None:
        """As when the adapter is pulled: no such port, and whoever has it open learns it."""
        with self._lock:
            self.path.unlink()
            os.close(self._port)
            os.close(self._end)
            self._end = self._port = -1
        self._look_again()

    def say(self, data: bytes) -> None:
        """To the host, as if it came from the device."""
        with self._lock:
            if self._end >= 0:
                os.write(self._end, data)

    def close(self) -> None:
        os.close(self._wake)
        self._thread.join(10)
        os.close(self._awake)
        os.close(self._device)
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        for each in (self._end, self._port):
            if each >= 0:
                os.close(each)

    def _look_again(self) -> None:
        os.write(self._wake, b".")

    def _run(self) -> None:
        while True:
            with self._lock:
                end = self._end
            watched = [self._awake, self._device, *([end] if end >= 0 else [])]
            ready, _, _ = select.select(watched, [], [])
            if self._awake in ready and not os.read(self._awake, 64):
                return
            if self._device in ready and (data := os.read(self._device, 4096)):
                self._pass_on(self.to_host(data), to_host=True)
            with self._lock, contextlib.suppress(OSError):
                data = os.read(end, 4096) if end in ready and end == self._end else b""
            if data and end in ready:
                self._pass_on(self.to_device(data), to_host=False)

    def _pass_on(self, data: bytes, *, to_host: bool) -> None:
        if not to_host:
            os.write(self._device, data)
            return
        # What is said while nobody has plugged the cable in is lost.
        self.say(data)
