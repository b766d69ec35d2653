"""Where the device meets the host: its listening TCP ports, and the few addresses it may connect to outside.

A guest that listens on any address or on the device's own address (not on its loopback) can be reached from
outside: it gets a port on the host's loopback, and the device reports the pair. An address and port that the
command line declares (`--dial`) is a port on the host's loopback: a guest's connect to it leaves the device,
over a path that can be cut. Data that a cut path keeps from its peer breaks the connection in the end.
Both kinds of connections move their bytes between a host socket and a `StreamEnd`. This is the only place
where the device uses host sockets; when the host cannot give one, the guest goes on undisturbed and the
device reports why.
"""

import errno
import select
import socket
from functools import partial
from ipaddress import ip_address
from typing import Any

from harness.emulator.exports import Call, declare_variant
from harness.emulator.ws2.errors import WSAECONNREFUSED, WSAETIMEDOUT
from harness.emulator.ws2.network import Path
from harness.emulator.ws2.sockaddr import LOOPBACK, Endpoint
from harness.emulator.ws2.sockets import Socket
from harness.emulator.ws2.streams import StreamEnd

_CHUNK = 65536
_QUEUE = 16
_TAKEN = 0.1
"""Seconds in which the host's system takes a connection to itself, if it takes it at all."""

FIREWALL = declare_variant(
    "firewall",
    "a firewall drops every connection from outside without a word; the device can connect outside",
)
FIREWALL_REFUSES = declare_variant("firewall-refuses", "the same, but connections from outside are refused")


def publish(call: Call, sock: Socket) -> None:
    """Offer a socket that has just begun to listen; nothing to do for one bound to the guest's loopback."""
    local = sock.local
    if local is None or local.address.is_loopback:
        return
    published, key = sock.network.published, (local.family, local.port)
    try:
        host = _server(published.get(key, 0))
        if FIREWALL in call.device.variants or FIREWALL_REFUSES in call.device.variants:
            published[key] = host.getsockname()[1]
            wall = _Wall(host, published[key], silent=FIREWALL in call.device.variants)
            sock.on_close = wall.close
            call.device.report_listener(call.process, local.port, published[key])
            return
    except OSError as error:
        call.device.report("unpublished", port=local.port, why=str(error))
        return
    published[key] = host.getsockname()[1]
    host.setblocking(False)
    door = _Door(call.device.io, sock, host)
    sock.on_close = door.close
    call.device.report_listener(call.process, local.port, published[key])


def _server(wanted: int) -> socket.socket:
    """A listening socket on this loopback port, or on another one if that is taken. Raises OSError."""
    try:
        return socket.create_server(("127.0.0.1", wanted), backlog=_QUEUE)
    except OSError:
        if not wanted:
            raise
        return socket.create_server(("127.0.0.1", 0), backlog=_QUEUE)


class _Wall:
    """A host port in front of a listening guest socket that nobody gets through."""

    def __init__(self, host: socket.socket, port: int, *, silent: bool) -> None:
        """silent: who knocks hears nothing; else he is refused."""
        self._sockets = [host]
        if not silent:
            # A port that is bound, and not listened on: it is refused, and is nobody else's.
            host.close()
            self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_STREAM)]
            self._sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._sockets[0].bind(("127.0.0.1", port))
            return
        # Where as many connections wait to be accepted as may, the host's system takes no further one, and
        # says nothing.
        host.listen(0)
        for _ in range(_QUEUE):
            waiting = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._sockets.append(waiting)
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
            if not select.select([], [waiting], [], _TAKEN)[1]:
                break

    def close(self) -> None:
        for one in self._sockets:
            one.close()


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
        end.peer = HostPeer(self._io, connection, end, Path(), sock.network.settings.send_timeout)
        if not sock.offer(end):
            end.close(reset=True)

    def close(self) -> None:
        self._io.forget(self._host)
        self._host.close()


def dial(call: Call, sock: Socket, remote: Endpoint, patience: float) -> None:
    """Connect a socket that is CONNECTING to the host's port for `remote`; it gives up after some seconds."""
    port = sock.network.outside[remote]
    call.device.report_dial(call.process, f"{remote.address}:{remote.port}", port)
    _Attempt(call.device.io, sock, remote, port, patience)


class _Attempt:
    """A connection to the host that is being made. The socket is refused or attached, but never at once."""

    def __init__(self, io: Any, sock: Socket, remote: Endpoint, port: int, patience: float) -> None:
        self._io, self._sock, self._remote = io, sock, remote
        self._host: socket.socket | None = None
        sock.on_close = self._give_up
        if sock.network.path(remote.address).cut:
            self._limit = io.after(patience, partial(self._failed, WSAETIMEDOUT), skip_idle=True)
            return
        try:
            self._host = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._host.setblocking(False)
            status = self._host.connect_ex(("127.0.0.1", port))
        except OSError as error:
            status = error.errno or -1
        if self._host is not None and status in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
            io.watch(self._host, self._decided, writing=True)
            self._limit = io.after(patience, partial(self._failed, WSAETIMEDOUT))
        else:
            self._limit = io.after(0.0, partial(self._failed, WSAECONNREFUSED))

    def _decided(self) -> None:
        host, sock = self._host, self._sock
        assert host is not None, "watched"
        if host.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._failed(WSAECONNREFUSED)
            return
        self._limit.cancel()
        sock.on_close = None
        assert sock.local is not None, "bound before it connects"
        here = Endpoint(sock.network.source_for(self._remote.address), sock.local.port)
        end = StreamEnd(here, self._remote, sock.receive_buffer, _CHUNK)
        network = sock.network
        path = network.path(self._remote.address)
        end.peer = HostPeer(self._io, host, end, path, network.settings.send_timeout)
        sock.attach(end)

    def _failed(self, code: int) -> None:
        self._give_up()
        self._sock.on_close = None
        self._sock.refused(code)

    def _give_up(self) -> None:
        self._limit.cancel()
        if self._host is not None:
            self._io.forget(self._host)
            self._host.close()
            self._host = None


class HostPeer:
    """The host's side of a connection: the peer of one StreamEnd."""

    def __init__(
        self, io: Any, connection: socket.socket, end: StreamEnd, path: Path, patience: float
    ) -> None:
        """`patience`: seconds that bytes may be kept from the host by a cut path until the connection
        breaks."""
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._io, self._connection, self._end = io, connection, end
        self._out = bytearray()
        self._finishing = self._over = self._closed = False
        self._reading = self._writing = False
        self._path, self._patience, self._limit = path, patience, None
        path.enter(self)
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
        if self._path.cut:
            self._drop(reset=True)  # nobody on the device waits for what becomes of it
        else:
            self._flush()

    def unread(self) -> int:
        return len(self._out)

    def _flush(self) -> None:
        """Send what there is; come back when the host takes more."""
        if self._closed or self._writing:
            return
        if self._path.cut:
            self._hold()
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
        idle = not (self._closed or self._over or self._reading or self._path.cut)
        if idle and self._end.room() > 0:
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

    # --- the path ---------------------------------------------------------------------------------------

    def path_changed(self) -> None:
        self._io.forget(self._connection)
        self._reading = self._writing = False
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        self._flush()
        if not self._closed:
            self._end.drained()
            self.drained()

    def _hold(self) -> None:
        """The path is cut: what there is to send waits, but not for ever."""
        if self._limit is None and (self._out or self._finishing):
            self._limit = self._io.after(self._patience, self._timed_out, skip_idle=True)

    def _timed_out(self) -> None:
        self._drop(reset=True)
        self._end.fail(WSAETIMEDOUT)

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
        self._path.leave(self)
        if self._limit is not None:
            self._limit.cancel()
        self._io.forget(self._connection)
        if reset:
            # A linger time of zero makes close() send a reset.
            self._connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, (1).to_bytes(4, "little") + bytes(4)
            )
        self._connection.close()
