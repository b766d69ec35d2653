"""The network of an emulated device: a peer on this computer, and commands that take it away."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from harness.targets.base import Peer
from harness.targets.emulator_process import EmulatorProcess

PEER = Peer("10.0.0.2", 9)
"""As the device sees it; 9 is the port of the discard protocol (RFC 863)."""
_PATIENCE = 10.0


class _Discard(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        try:
            while self.request.recv(65536):
                pass
        except ConnectionResetError:
            return  # as good an end as any


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def discard_server() -> Iterator[int]:
    """A server on the loopback of this computer that takes whatever is sent; its port."""
    with _Server(("127.0.0.1", 0), _Discard) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="peer", daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


class EmulatedNetwork:
    """See `harness.targets.base.Network`."""

    peer = PEER

    def __init__(self, device: EmulatorProcess) -> None:
        self._device = device

    @contextmanager
    def cut(self) -> Iterator[None]:
        self._command(f"cut {PEER.address}")
        try:
            yield
        finally:
            self._command(f"restore {PEER.address}")

    @contextmanager
    def down(self) -> Iterator[None]:
        # The agent's own link would go as well, were it not spared.
        self._command("down spare boot")
        try:
            yield
        finally:
            self._command("up")

    def _command(self, words: str) -> None:
        self._device.command(f"network {words}", answer="network", seconds=_PATIENCE)
