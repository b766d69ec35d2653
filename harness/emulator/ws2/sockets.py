"""A socket of the emulated device: its state, and who is told when that changes."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from harness.emulator.objects import Event
from harness.emulator.ws2.constants import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM
from harness.emulator.ws2.errors import WSAECONNRESET, WSAENETDOWN, WSAEOPNOTSUPP, WinsockError
from harness.emulator.ws2.network import Network, Transport
from harness.emulator.ws2.selection import Selection
from harness.emulator.ws2.settings import Limits
from harness.emulator.ws2.sockaddr import Address, Endpoint, wildcard
from harness.emulator.ws2.streams import StreamEnd

TRANSPORTS = {SOCK_STREAM: Transport.TCP, SOCK_DGRAM: Transport.UDP, SOCK_RAW: Transport.RAW}


class State(Enum):
    """Of a stream socket. A datagram socket is IDLE, or CONNECTED when it has a default peer."""

    IDLE = auto()
    LISTENING = auto()
    CONNECTING = auto()
    CONNECTED = auto()


class NetworkEvents(Protocol):
    """What WSAEventSelect has asked of a socket (netevents.py)."""

    def look(self, sock: "Socket") -> None:
        """Record what is new."""

    def rearm(self, bit: int) -> None: ...

    def inherited(self) -> "NetworkEvents":
        """The same request, for an accepted socket."""


class Operation(Protocol):
    """An overlapped operation that is waiting for this socket."""

    def attempt(self) -> bool:
        """Try again; True when it has ended."""

    def cancel(self) -> None:
        """The socket is closed."""


@dataclass(frozen=True, slots=True)
class Datagram:
    """One message and where it came from."""

    data: bytes
    source: Endpoint


class Socket:
    """One descriptor of one process. Holds no host socket and no guest memory."""

    def __init__(self, network: Network, limits: Limits, selection: Selection, *, overlapped: bool) -> None:
        self.network = network
        self.entry, self.type, self.protocol = selection.entry, selection.type, selection.protocol
        self.family = selection.entry.family
        self.overlapped = overlapped
        self.nonblocking = False
        self.closed = self.cut_off = False
        """`cut_off`: the network has gone under it; nothing but closing works on it any more."""
        self.state = State.IDLE
        self.local: Endpoint | None = None
        self.remote: Endpoint | None = None
        self.claimed: Endpoint | None = None
        """What it holds in the network's table of ports; an accepted socket holds nothing."""
        self.error = 0
        """SO_ERROR: the last failure that no call has reported."""
        self.connect_failed = 0
        """Why the last connect failed, for select and network events; 0 after a new attempt."""
        self.shut_read = self.shut_write = False
        self.receive_buffer, self.send_buffer = limits.receive_buffer, limits.send_buffer
        self.options: dict[tuple[int, int], bytes] = {}
        """Options the device only remembers: (level, name) -> value."""
        self.reuse_address = self.broadcast = False
        self.linger: tuple[int, int] = (0, 0)
        """l_onoff, l_linger."""
        self.bad_option = False
        """An option with a bad value was set before bind, where it will show."""

        self.stream: StreamEnd | None = None
        self.backlog: deque[StreamEnd] = deque()
        self.backlog_limit = 0
        self.inbox: deque[Datagram] = deque()
        self.inbox_bytes = 0
        self.groups: set[Address] = set()
        """Multicast groups it has joined."""

        self.receiving: list[Operation] = []
        self.sending: list[Operation] = []
        self.lasting: list[Operation] = []
        """Overlapped operations in the order they were made; `lasting` wait for something else than data."""
        self.events: NetworkEvents | None = None
        """Set by WSAEventSelect."""
        self.on_close: Callable[[], None] | None = None
        """What offers the socket on the host is told here."""
        self._watchers: list[Event] = []
        self._telling = self._again = False

    # --- what it is -------------------------------------------------------------------------------------

    @property
    def transport(self) -> Transport:
        """Raises WSAEOPNOTSUPP for an entry of the catalog whose data the device cannot carry."""
        if self.family not in (AF_INET, AF_INET6) or self.type not in TRANSPORTS:
            raise WinsockError(WSAEOPNOTSUPP)
        return TRANSPORTS[self.type]

    @property
    def is_stream(self) -> bool:
        return self.type == SOCK_STREAM

    def need_network(self) -> None:
        """Raises WSAENETDOWN for a socket that the network has gone under."""
        if self.cut_off:
            raise WinsockError(WSAENETDOWN)

    def need_local(self) -> Endpoint:
        """The bound address; an unbound socket is bound to any address and a free port first."""
        if self.local is None:
            self.claim(wildcard(self.family))
        assert self.local is not None
        return self.local

    def claim(self, wanted: Endpoint) -> None:
        """Bind. Raises what Network.claim raises."""
        self.claimed = self.network.claim(self.transport, wanted, self, reuse=self.reuse_address)
        self.local = self.claimed

    # --- who waits ---------------------------------------------------------------------------------------

    def watch(self, event: Event) -> None:
        """Set this event at the next change."""
        self._watchers.append(event)

    def unwatch(self, event: Event) -> None:
        if event in self._watchers:
            self._watchers.remove(event)

    def changed(self) -> None:
        """Something has happened: pending operations first, then network events, then waiting threads."""
        if self._telling:
            self._again = True
            return
        self._telling = True
        try:
            while True:
                self._again = False
                for queue in (self.receiving, self.sending):
                    while queue and queue[0].attempt():
                        queue.pop(0)
                if self.events is not None:
                    self.events.look(self)
                if not self._again:
                    break
        finally:
            self._telling = False
        for event in tuple(self._watchers):
            event.set()

    def rearm(self, bit: int) -> None:
        """A call was made after which a network event may be recorded again."""
        if self.events is not None:
            self.events.rearm(bit)
            self.events.look(self)

    # --- streams ------------------------------------------------------------------------------------------

    def attach(self, end: StreamEnd) -> None:
        """This socket is one end of a connection from now on."""
        self.stream = end
        self.state = State.CONNECTED
        self.remote = end.remote
        self.local = end.local
        end.changed = self.changed
        self.changed()

    def refused(self, code: int) -> None:
        """Connecting has failed; the next call, select or network event says why."""
        if self.state is State.CONNECTING and not self.closed:
            self.state = State.IDLE
            self.error = self.connect_failed = code
            self.changed()

    def inherit(self, listener: "Socket") -> None:
        """An accepted socket has the properties of the one that listened."""
        self.nonblocking = listener.nonblocking
        self.receive_buffer, self.send_buffer = listener.receive_buffer, listener.send_buffer
        self.options = dict(listener.options)
        self.reuse_address, self.broadcast = listener.reuse_address, listener.broadcast
        self.linger = listener.linger
        if listener.events is not None:
            self.events = listener.events.inherited()

    def offer(self, end: StreamEnd) -> bool:
        """A connection request for a listening socket. False: the queue is full."""
        if self.state is not State.LISTENING or len(self.backlog) >= self.backlog_limit:
            return False
        self.backlog.append(end)
        self.changed()
        return True

    # --- datagrams ----------------------------------------------------------------------------------------

    def take(self, datagram: Datagram) -> bool:
        """A datagram has come. False: it is not for this socket (another peer), or there is no room."""
        if self.remote is not None and datagram.source != self.remote and not self.remote.is_any:
            return False
        full = self.inbox and self.inbox_bytes + len(datagram.data) > self.receive_buffer
        if self.shut_read or full:
            return False
        self.inbox.append(datagram)
        self.inbox_bytes += len(datagram.data)
        self.changed()
        return True

    def port_unreachable(self) -> None:
        """Nobody listened to a datagram of a connected socket: the next call says so."""
        self.error = WSAECONNRESET
        self.changed()

    # --- the end ---------------------------------------------------------------------------------------

    def close(self, *, reset: bool = False) -> None:
        """Give everything back. Pending operations are cancelled, waiting threads wake up."""
        if self.closed:
            return
        self.closed = True
        self.events = None
        self._let_go()
        if self.stream is not None:
            self.stream.close(reset=reset)
        for operation in self.forget_operations():
            operation.cancel()
        for event in tuple(self._watchers):
            event.set()

    def cut(self) -> None:
        """The network goes: the connection is lost, the address is free, whoever waits is told."""
        self.cut_off = True
        self.error = WSAENETDOWN
        self._let_go()
        if self.stream is not None:
            peer = self.stream.peer
            self.stream.fail(WSAENETDOWN)
            peer.abort()
        self.changed()
        for operation in self.forget_operations():
            operation.cancel()

    def _let_go(self) -> None:
        """Give back what it has of the network, and of the host."""
        if self.on_close is not None:
            self.on_close()
            self.on_close = None
        if self.claimed is not None:
            self.network.release(self.transport, self.claimed, self)
            self.claimed = None
        for waiting in self.backlog:
            waiting.close(reset=True)
        self.backlog.clear()

    def forget_operations(self) -> list[Operation]:
        """Take every overlapped operation out of its queue."""
        pending = [*self.receiving, *self.sending, *self.lasting]
        for queue in (self.receiving, self.sending, self.lasting):
            queue.clear()
        return pending
