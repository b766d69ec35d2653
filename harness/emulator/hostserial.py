"""The host's end of an emulated serial port: a pseudo terminal. The only file that needs a POSIX host."""

from __future__ import annotations

import os
import socket


class SerialUnavailable(Exception):  # noqa: N818 - reads as a sentence: raise SerialUnavailable("...")
    """This host cannot offer the port; the text says what to do instead."""


class Unplugged:
    """In place of a terminal: a line that leads nowhere. What is sent is lost, and nothing comes."""

    path = ""

    def __init__(self) -> None:
        self._near, self._far = socket.socketpair()  # never readable, always writable

    def fileno(self) -> int:
        return self._near.fileno()

    def read(self, limit: int) -> bytes:
        return b""

    def write(self, data: bytes) -> int:
        return len(data)

    def discard(self) -> None:
        """Nothing has arrived."""

    def close(self) -> None:
        self._near.close()
        self._far.close()


class HostSerial:
    """A raw pseudo terminal. The other side opens `path` like any serial port, closes it, opens it again.

    The emulator keeps the terminal side open itself: without that, every disconnect of the other side would
    be an endless "hang-up" condition here. Bytes nobody reads stay in the terminal's buffer, 4 KiB.
    """

    def __init__(self) -> None:
        try:
            import pty
            import tty
        except ImportError as error:
            raise SerialUnavailable(
                "emulated serial ports need pseudo terminals, which this host does not have; use a tcp link"
            ) from error
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)

    def fileno(self) -> int:
        return self._master

    def read(self, limit: int) -> bytes:
        """What has arrived, at most `limit` bytes; empty when nothing has."""
        try:
            return os.read(self._master, limit)
        except BlockingIOError:
            return b""

    def discard(self) -> None:
        """Lose what has arrived."""
        while self.read(4096):
            pass

    def write(self, data: bytes) -> int:
        """Bytes taken; 0 when the buffer is full."""
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0

    def close(self) -> None:
        os.close(self._master)
        os.close(self._slave)
