"""A TCP relay between a test and a server: slow, or silent from one moment on."""

import contextlib
import socket
import threading
from collections.abc import Iterator

_CHUNK = 1024


class Relay:
    """Listens on `port` of the loopback and connects on to `target`, another port of it.

    `rate`: bytes a second in each direction, None without limit; `delay`: seconds that each piece is late.
    """

    def __init__(self, target: int, rate: float | None = None, delay: float = 0.0) -> None:
        self._target = target
        self._rate = rate
        self._delay = delay
        self._over = threading.Event()
        self._dead: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def go_silent(self) -> None:
        """Connections that are open now carry nothing any more, and nobody is told."""
        self._dead |= self._open

    def close(self) -> None:
        self._over.set()
        self._listener.close()
        for one in list(self._open):
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                for one in (near, far):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._open.add(one)
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=ends, daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                self._over.wait(self._delay + (len(data) / self._rate if self._rate else 0.0))
                if source not in self._dead:
                    sink.sendall(data)
        if source not in self._dead:
            for one in (source, sink):
                self._open.discard(one)
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()


@contextlib.contextmanager
def relay(target: int, rate: float | None = None, delay: float = 0.0) -> Iterator[Relay]:
    made = Relay(target, rate, delay)
    try:
        yield made
    finally:
        made.close()
