"""Standard input of the emulator: commands for a running device, one a line; its end ends the device."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque

from harness.emulator.census import census
from harness.emulator.device import Device, PortError

LONGEST = 1000
"""Bytes of a line."""


class Console:
    """Told by its input and by signals; the device asks it between two slices."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._lines: deque[str] = deque()
        self._ended = threading.Event()
        self._commands = {"census": self._census, "plug": device.plug, "unplug": device.unplug}

    def open(self, descriptor: int = 0) -> None:
        """Read from now on; SIGTERM and SIGINT end the device, too. Both wake it up."""
        signal.set_wakeup_fd(self._device.io.wakeup_fd, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: self._ended.set())
        threading.Thread(target=self._read, args=(descriptor,), name="standard input", daemon=True).start()

    def ended(self) -> bool:
        """Carry out what has been read. Has the input ended, or a signal come?"""
        ended = self._ended.is_set()  # first: the last lines before the end count
        while self._lines:
            self._obey(self._lines.popleft())
        return ended

    def _read(self, descriptor: int) -> None:
        rest = b""
        while data := os.read(descriptor, 4096):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > LONGEST:
                lines, rest = [*lines, rest], b""
            self._lines.extend(line.decode("utf-8", "replace").strip() for line in lines)
            self._device.io.wake()
        self._ended.set()
        self._device.io.wake()

    def _obey(self, line: str) -> None:
        if not line:
            return
        word, _, argument = line.partition(" ")
        command = self._commands.get(word)
        if command is None or len(line) > LONGEST:
            self._error(f"unknown command {line[:40]!r}; expected census, plug PORT or unplug PORT")
            return
        try:
            command(argument.strip())
        except PortError as error:
            self._error(f"{word}: {error}")

    def _census(self, argument: str) -> None:
        if argument:
            self._error(f"census: nothing expected after it, found {argument[:40]!r}")
        else:
            self._device.report("census", **census(self._device))

    def _error(self, text: str) -> None:
        self._device.report("error", text=text)
