"""The device's end of a pseudo terminal, as a fake agent wants it; the port is at `path`."""

import os
import pty
import select
import termios
import tty


class TerminalEnd:
    """See `tests.session.fake_line.End`."""

    def __init__(self) -> None:
        self._end, self._port = pty.openpty()
        tty.setraw(self._port)
        self.path = os.ttyname(self._port)
        self._over, self._end_it = os.pipe()
        self._closed = False

    def recv(self, size: int, /) -> bytes:
        ready, _, _ = select.select([self._end, self._over], [], [])
        return b"" if self._over in ready else os.read(self._end, size)

    def sendall(self, data: bytes, /) -> None:
        while data:
            data = data[os.write(self._end, data) :]

    def shutdown(self, how: int, /) -> None:
        if not self._closed:
            os.write(self._end_it, b".")

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            for each in (self._end, self._port, self._over, self._end_it):
                os.close(each)

    @property
    def flags(self) -> tuple[int, int]:
        """Control flags and speed (a constant of termios), as whoever has the port open has set them."""
        attributes = termios.tcgetattr(self._end)
        return attributes[2], attributes[4]
