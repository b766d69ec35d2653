"""What the catalog has, what descriptors look like, how data come."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from harness.emulator import dll
from harness.emulator.choices.registry import choice
from harness.emulator.exports import EXPORTS, Blocking, Call
from harness.emulator.replacing import Known, around, put
from harness.emulator.ws2 import creation, options, overlapped, state
from harness.emulator.ws2.catalog import Catalog, ProtocolInfo
from harness.emulator.ws2.constants import (
    AF_INET6,
    INVALID_SOCKET,
    PFL_MATCHES_PROTOCOL_ZERO,
    SO_PROTOCOL_INFOW,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCKET_ERROR,
    XP1_SUPPORT_MULTIPOINT,
)
from harness.emulator.ws2.errors import (
    WSAEACCES,
    WSAEINVAL,
    WSAENOPROTOOPT,
    WinsockError,
)
from harness.emulator.ws2.selection import (
    Reason,
    Request,
)
from harness.emulator.ws2.sockets import Datagram, Socket
from harness.emulator.ws2.state import ProcessState
from harness.emulator.ws2.streams import StreamEnd

# --- what the catalog has -------------------------------------------------------------------------------


def _catalog(change: Callable[[list[ProtocolInfo]], Iterable[ProtocolInfo]]) -> None:
    """The device's entries are what `change` makes of them."""
    place = Catalog._put
    put(Catalog, "_put", lambda self, entries: place(self, change(list(entries))))


@choice
def no_raw_sockets() -> None:
    """there are no raw sockets: WSAESOCKTNOSUPPORT"""
    _catalog(lambda entries: [entry for entry in entries if entry.type != SOCK_RAW])


@choice
def raw_sockets_need_trust() -> None:
    """there are raw sockets, for trusted programs: WSAEACCES"""
    no_raw_sockets()
    refuse = creation.refuse

    def other(call: Call, request: Request, reason: Reason) -> int:
        if request.type == SOCK_RAW and reason is Reason.TYPE:
            return call.wsa_fail(WSAEACCES, INVALID_SOCKET)
        return refuse(call, request, reason)

    put(creation, "refuse", other)


@choice
def no_ipv6() -> None:
    """there is no IPv6"""
    _catalog(lambda entries: [entry for entry in entries if entry.family != AF_INET6])


@choice
def protocol_0_selects_nothing() -> None:
    """protocol 0 is WSAEPROTONOSUPPORT, and no entry claims to take it, but that of raw sockets"""
    _catalog(
        lambda entries: [
            replace(entry, provider_flags=entry.provider_flags & ~PFL_MATCHES_PROTOCOL_ZERO)
            if entry.built_in and entry.type != SOCK_RAW
            else entry
            for entry in entries
        ]
    )


@choice
def datagrams_show_multipoint() -> None:
    """the entries of datagrams have XP1_SUPPORT_MULTIPOINT, and refuse the flags all the same"""
    _catalog(
        lambda entries: [
            replace(entry, service_flags=entry.service_flags | XP1_SUPPORT_MULTIPOINT)
            if entry.built_in and entry.type == SOCK_DGRAM
            else entry
            for entry in entries
        ]
    )


@choice
def the_newest_entry_comes_first() -> None:
    """entries of a provider stand at the front of the catalog, in every list and choice"""
    install = Catalog.install

    def other(self: Catalog, entries: Iterable[ProtocolInfo]) -> list[ProtocolInfo]:
        installed = install(self, entries)
        self._put([*installed, *self._entries[: -len(installed)]] if installed else self._entries)
        return installed

    put(Catalog, "install", other)


# --- descriptors ----------------------------------------------------------------------------------------


@choice
def descriptors_are_used_again() -> None:
    """the number of a closed socket is that of the next"""

    def lowest(self: ProcessState) -> int:
        handle = state._FIRST_HANDLE
        while handle in self._sockets or handle in self._foreign:
            handle += state._HANDLE_STEP
        return handle

    put(ProcessState, "_new_handle", lowest)


@choice
def descriptors_are_large() -> None:
    """descriptors are numbers with the highest bit set"""
    put(state, "_FIRST_HANDLE", 0x8000_0104)
    put(state, "_HANDLE_END", 0xFFFF_FF00)


@choice
def names_of_any_address_are_not_told() -> None:
    """getsockname of a socket bound to any address and not connected is WSAEINVAL, as its page says"""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        sock = ProcessState.of(call)._sockets.get(args[0])
        if sock is not None and sock.local is not None and sock.local.is_any and sock.remote is None:
            return call.wsa_fail(WSAEINVAL, SOCKET_ERROR)
        return (yield from known(call, *args))

    around("getsockname", handle)


@choice
def entries_are_not_told() -> None:
    """SO_PROTOCOL_INFOW is no option of any socket: WSAENOPROTOOPT"""
    known = options.socket_option

    def socket_option(sock: Socket, name: int) -> bytes:
        if name == SO_PROTOCOL_INFOW:
            raise WinsockError(WSAENOPROTOOPT)
        return known(sock, name)

    put(options, "socket_option", socket_option)


@choice
def no_join_leaf() -> None:
    """ws2.dll does not export WSAJoinLeaf"""
    names = dll.listed_names
    put(dll, "listed_names", lambda name: [one for one in names(name) if one != "WSAJoinLeaf"])
    del EXPORTS["ws2"]["WSAJoinLeaf"]


# --- data -----------------------------------------------------------------------------------------------


@choice
def streams_come_in_pieces() -> None:
    """a receive of a stream brings a few bytes, although more are there"""
    read = StreamEnd.read

    def piece(end: StreamEnd, size: int, *, peek: bool = False) -> bytes | None:
        return read(end, min(size, 3 if len(end.buffer) < 100 else 1000), peek=peek)

    put(StreamEnd, "read", piece)


@choice
def buffers_are_small() -> None:
    """a connection holds 768 bytes on their way"""
    begin = Socket.__init__

    def small(sock: Socket, *args: Any, **named: Any) -> None:
        begin(sock, *args, **named)
        sock.receive_buffer, sock.send_buffer = 512, 256

    put(Socket, "__init__", small)


@choice
def the_first_datagram_is_lost() -> None:
    """the first datagram of the device after some others is lost, as datagrams may be"""
    take = Socket.take
    seen: list[Datagram] = []

    def other(sock: Socket, datagram: Datagram) -> bool:
        seen.append(datagram)
        return len(seen) == 3 or take(sock, datagram)

    put(Socket, "take", other)


@choice
def operations_always_pend() -> None:
    """no overlapped operation ends at once: WSA_IO_PENDING"""
    begin = overlapped.begin

    def other(ws: Any, queue: list[Any], address: int, counted: int, work: Any, routine: int = 0) -> int:
        tried: list[bool] = []

        def later() -> tuple[int, int] | None:
            if tried:
                result: tuple[int, int] | None = work()
                return result
            tried.append(True)
            return None

        def go_on() -> None:
            while queue and queue[0].attempt():
                queue.pop(0)

        ws.call.device.io.after(0.0, go_on)
        return begin(ws, queue, address, counted, later, routine)

    put(overlapped, "begin", other)


@choice
def events_are_set_at_once() -> None:
    """an overlapped operation that ends at once signals its event too"""
    begin = overlapped.begin

    def other(ws: Any, queue: list[Any], address: int, *args: Any) -> int:
        value = begin(ws, queue, address, *args)
        event = overlapped._event(ws, address)
        if event is not None:
            event.set()
        return value

    put(overlapped, "begin", other)
