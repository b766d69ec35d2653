"""Datagrams that are lost, joined, torn, or say that they come from somebody else."""

from collections.abc import Callable
from dataclasses import replace

from harness.emulator.exports import Blocking, Call
from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import Known, around, put
from harness.emulator.ws2 import ioctl
from harness.emulator.ws2.constants import SOCKET_ERROR
from harness.emulator.ws2.errors import WSAEDESTADDRREQ, WSAEISCONN
from harness.emulator.ws2.sockaddr import Endpoint
from harness.emulator.ws2.sockets import Datagram, Socket
from harness.emulator.ws2.state import ProcessState


def taken(change: Callable[[Socket, Datagram], Datagram]) -> None:
    """What a socket takes is what `change` makes of the datagram."""
    take = Socket.take
    put(Socket, "take", lambda sock, datagram: take(sock, change(sock, datagram)))


@quirk
def waiting_datagrams_joined() -> None:
    """A datagram is appended to the one that waits at the socket."""
    take = Socket.take

    def join(sock: Socket, datagram: Datagram) -> bool:
        if not sock.inbox:
            return take(sock, datagram)
        first = sock.inbox.pop()
        sock.inbox.append(Datagram(first.data + datagram.data, first.source))
        return True

    put(Socket, "take", join)


@quirk
def waiting_datagrams_are_reordered() -> None:
    """Of the datagrams that wait at a socket the last one is read first."""
    take = Socket.take

    def push_in(sock: Socket, datagram: Datagram) -> bool:
        if not sock.inbox:
            return take(sock, datagram)
        sock.inbox.appendleft(datagram)
        sock.inbox_bytes += len(datagram.data)
        sock.changed()
        return True

    put(Socket, "take", push_in)


@quirk
def datagrams_come_twice() -> None:
    """A datagram that waits at a socket is there twice."""
    take = Socket.take

    def double(sock: Socket, datagram: Datagram) -> bool:
        return take(sock, datagram) and (not sock.inbox or take(sock, datagram))

    put(Socket, "take", double)


@quirk
def the_third_datagram_is_lost() -> None:
    """A socket at which two datagrams wait drops the next, whatever room it has."""
    take = Socket.take
    put(Socket, "take", lambda sock, datagram: len(sock.inbox) >= 2 or take(sock, datagram))


@quirk
def datagrams_of_nine_bytes_are_cut() -> None:
    """Of a datagram of 9 bytes or more, the last byte does not arrive."""

    def change(sock: Socket, datagram: Datagram) -> Datagram:
        return replace(datagram, data=datagram.data[:-1]) if len(datagram.data) > 8 else datagram

    taken(change)


@quirk
def datagrams_are_padded() -> None:
    """Datagrams of an odd length arrive with a zero at their end."""
    taken(lambda sock, datagram: replace(datagram, data=datagram.data + bytes(len(datagram.data) % 2)))


@quirk
def datagrams_hide_their_port() -> None:
    """The address from which a datagram comes has the port of the socket that gets it."""

    def change(sock: Socket, datagram: Datagram) -> Datagram:
        assert sock.local is not None, "somebody sent to it"
        return replace(datagram, source=Endpoint(datagram.source.address, sock.local.port))

    taken(change)


@quirk
def recvfrom_tells_no_address() -> None:
    """recvfrom leaves the address of the sender as it was."""
    _no_address("recvfrom", 4)


@quirk
def wsarecvfrom_tells_no_address() -> None:
    """WSARecvFrom leaves the address of the sender as it was."""
    _no_address("WSARecvFrom", 5)


def _no_address(name: str, place: int) -> None:
    def handle(known: Known, call: Call, *args: int) -> Blocking:
        memory = call.process.memory
        before = memory.read(args[place], 16) if args[place] else b""
        value = yield from known(call, *args)
        if value != SOCKET_ERROR and before:
            memory.write(args[place], before)
        return value

    around(name, handle)


@quirk
def a_peer_keeps_nobody_out() -> None:
    """A connected datagram socket takes datagrams of everybody."""
    take = Socket.take

    def open_to_all(sock: Socket, datagram: Datagram) -> bool:
        remote, sock.remote = sock.remote, None
        try:
            return take(sock, datagram)
        finally:
            sock.remote = remote

    put(Socket, "take", open_to_all)


@quirk
def sending_to_the_peer_needs_an_address() -> None:
    """send on a connected datagram socket fails with WSAEDESTADDRREQ."""
    _peer_refused("send", WSAEDESTADDRREQ)


@quirk
def receiving_from_the_peer_is_refused() -> None:
    """WSARecv on a connected datagram socket fails with WSAEISCONN."""
    _peer_refused("WSARecv", WSAEISCONN)


def _peer_refused(name: str, code: int) -> None:
    def handle(known: Known, call: Call, *args: int) -> Blocking:
        sock = ProcessState.of(call)._sockets.get(args[0])
        if sock is not None and not sock.is_stream and sock.remote is not None:
            return call.wsa_fail(code, SOCKET_ERROR)
        return (yield from known(call, *args))

    around(name, handle)


@quirk
def sendto_reaches_the_last_sender() -> None:
    """sendto sends to the address from which the socket has received last, not to the given one."""
    _to_the_last_sender("sendto", 4)


@quirk
def wsasendto_reaches_the_last_sender() -> None:
    """WSASendTo sends to the address from which the socket has received last, not to the given one."""
    _to_the_last_sender("WSASendTo", 5)


def _to_the_last_sender(name: str, place: int) -> None:
    last: dict[Socket, Endpoint] = {}
    take = Socket.take

    def note(sock: Socket, datagram: Datagram) -> bool:
        last[sock] = datagram.source
        return take(sock, datagram)

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        sock = ProcessState.of(call)._sockets.get(args[0])
        if sock in last and args[place]:
            call.process.memory.write(args[place], last[sock].pack())
        return (yield from known(call, *args))

    put(Socket, "take", note)
    around(name, handle)


@quirk
def a_read_datagram_still_waits() -> None:
    """ioctlsocket with FIONREAD on a datagram socket counts what was read before."""
    known = ioctl.pending_bytes
    put(ioctl, "pending_bytes", lambda sock: known(sock) or (0 if sock.is_stream else 11))


@quirk
def sendto_counts_wrongly() -> None:
    """sendto says that it has sent a byte less."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        return value if not value or value == SOCKET_ERROR else value - 1

    around("sendto", handle)
