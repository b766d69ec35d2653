"""Where the device meets the host: its listening TCP ports, offered on the host's loopback.

A guest that listens on any address or on the device's own address (not on its loopback) can be reached from
outside: it gets a port on the host's loopback, and the device reports the pair. Connections from there move
their bytes between a host socket and a `StreamEnd`. This is the only place where the device uses host
sockets; when the host cannot give one, the guest goes on undisturbed and the device reports why.
"""

import socket
from ipaddress import ip_address
from typing import Any

from harness.emulator.exports import Call
from harness.emulator.ws2.sockaddr import LOOPBACK, Endpoint
from harness.emulator.ws2.sockets import Socket
from harness.emulator.ws2.streams import StreamEnd

_CHUNK = 65536
_QUEUE = 16


def publish(call: Call, sock: Socket) -> None:
    """Offer a socket that has just begun to listen; nothing to do for one bound to the guest's loopback."""
    local = sock.local
    if local is None or local.address.is_loopback:
        return
    try:
        host = socket.create_server(("127.0.0.1", 0), backlog=_QUEUE)
    except OSError as error:
        call.device.report("unpublished", port=local.port, why=str(error))
        return
    host.setblocking(False)
    door = _Door(call.device.io, sock, host)
    sock.on_close = door.close
    call.device.report_listener(call.process, local.port, host.getsockname()[1])


class _Door:
    """A host port in front of a listening guest socket."""

    def __init__(self, io: Any, sock: Socket, host: socket.socket) -> None:
        self._io, self._sock, self._host = io, sock, host
        self._wait()

    def _wait(self) -> None:
        self._io.watch(self._host, self._knock)

    def _knock(self) -> None:
        try:
            connection, (address, port) = self._host.accept()
        except BlockingIOError:
            self._wait()
            return
        self._wait()
        sock = self._sock
        local = sock.local
        assert local is not None
        # The caller appears as the device's loopback: the host has no address the guest knows.
        here = Endpoint(LOOPBACK[sock.family] if local.is_any else local.address, local.port)
        remote = Endpoint(LOOPBACK[sock.family] if sock.family != 2 else ip_address(address), port)
        end = StreamEnd(here, remote, sock.receive_buffer, _CHUNK)
        end.peer = HostPeer(self._io, connection, end)
        if not sock.offer(end):
            end.close(reset=True)

    def close(self) -> None:
        self._io.forget(self._host)
        self._host.close()


class HostPeer:
    """The host's side of a connection: the peer of one StreamEnd."""

    def __init__(self, io: Any, connection: socket.socket, end: StreamEnd) -> None:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._io, self._connection, self._end = io, connection, end
        self._out = bytearray()
        self._finishing = self._over = self._closed = False
        self._reading = self._writing = False
        self.drained()

    # --- from the guest to the host -------------------------------------------------------------------

    def room(self) -> int:
        return max(0, _CHUNK - len(self._out))

    def deliver(self, data: bytes | memoryview) -> None:
        self._out += data
        self._flush()

    def finish(self) -> None:
        self._finishing = True
        self._flush()

    def abort(self) -> None:
        self._drop(reset=True)

    def gone(self) -> None:
        self._over = True
        self._flush()

    def unread(self) -> int:
        return len(self._out)

    def _flush(self) -> None:
        """Send what there is; come back when the host takes more."""
        if self._closed or self._writing:
            return
        try:
            while self._out:
                del self._out[: self._connection.send(self._out)]
        except BlockingIOError:
            self._writing = True
            self._io.watch(self._connection, self._writable, writing=True)
            return
        except OSError:
            self._broken()
            return
        if self._over:
            self._drop(reset=False)
        elif self._finishing:
            self._finishing = False
            try:
                self._connection.shutdown(socket.SHUT_WR)
            except OSError:
                self._broken()

    def _writable(self) -> None:
        self._writing = False
        self._flush()
        if not self._closed:
            self._end.drained()

    # --- from the host to the guest -------------------------------------------------------------------

    def drained(self) -> None:
        """The guest has read something: more may come."""
        if not self._closed and not self._over and not self._reading and self._end.room() > 0:
            self._reading = True
            self._io.watch(self._connection, self._readable)

    def _readable(self) -> None:
        self._reading = False
        if self._closed or self._over:
            return
        try:
            data = self._connection.recv(min(_CHUNK, self._end.room() or 1))
        except BlockingIOError:
            self.drained()
            return
        except OSError:
            self._broken()
            return
        if data:
            self._end.deliver(data)
            self.drained()
        else:
            self._end.finish()

    # --- the end ----------------------------------------------------------------------------------------

    def _broken(self) -> None:
        """The host's side was reset: to the guest that is a reset by its peer, whatever the host calls it."""
        end = self._end
        self._drop(reset=False)
        end.abort()

    def _drop(self, *, reset: bool) -> None:
        if self._closed:
            return
        self._closed = True
        self._io.forget(self._connection)
        if reset:
            # A linger time of zero makes close() send a reset.
            self._connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, (1).to_bytes(4, "little") + bytes(4)
            )
        self._connection.close()
