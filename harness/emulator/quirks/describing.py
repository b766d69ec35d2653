"""What a socket says about itself, and what its descriptor is good for."""

from collections.abc import Callable
from dataclasses import replace

from harness.emulator.exports import Blocking, Call
from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import Known, around, put
from harness.emulator.ws2 import options, selection
from harness.emulator.ws2.catalog import Catalog, ProtocolInfo
from harness.emulator.ws2.constants import (
    AF_INET,
    AF_INET6,
    AF_UNSPEC,
    SO_PROTOCOL_INFOW,
    SO_TYPE,
    SOCK_DGRAM,
    SOCK_STREAM,
    SOCKET_ERROR,
)
from harness.emulator.ws2.errors import WSAEINVAL, WSAENOPROTOOPT, WinsockError
from harness.emulator.ws2.selection import Circumstances, Request, Selection
from harness.emulator.ws2.sockets import Socket


def chosen_otherwise(change: Callable[[Request, Selection], Selection]) -> None:
    """A new socket is what `change` makes of the decision."""
    decide = selection.select

    def select(catalog: Catalog, request: Request, circumstances: Circumstances) -> Selection:
        chosen = decide(catalog, request, circumstances)
        return chosen if chosen.entry.library else change(request, chosen)

    put(selection, "select", select)


def option_read(name: int, read: Callable[[Socket, bytes], bytes]) -> None:
    """A SOL_SOCKET option is what `read` makes of its value."""
    known = options.socket_option

    def socket_option(sock: Socket, asked: int) -> bytes:
        value = known(sock, asked)
        return read(sock, value) if asked == name else value

    put(options, "socket_option", socket_option)


def entry_read(change: Callable[[ProtocolInfo], ProtocolInfo]) -> None:
    """SO_PROTOCOL_INFOW is what `change` makes of the socket's entry."""
    option_read(SO_PROTOCOL_INFOW, lambda sock, value: change(sock.entry).pack())


@quirk
def socket_without_family_is_useless() -> None:
    """A socket of AF_UNSPEC has a type that nobody has."""
    chosen_otherwise(
        lambda request, chosen: replace(chosen, type=77) if request.family == AF_UNSPEC else chosen
    )


@quirk
def every_type_is_a_stream() -> None:
    """SO_TYPE is SOCK_STREAM, whatever the socket is."""
    option_read(SO_TYPE, lambda sock, value: SOCK_STREAM.to_bytes(4, "little"))


@quirk
def every_type_is_a_datagram() -> None:
    """SO_TYPE is SOCK_DGRAM, whatever the socket is."""
    option_read(SO_TYPE, lambda sock, value: SOCK_DGRAM.to_bytes(4, "little"))


@quirk
def the_type_is_the_protocol() -> None:
    """SO_TYPE is the protocol of the socket's entry."""
    option_read(SO_TYPE, lambda sock, value: sock.entry.protocol.to_bytes(4, "little"))


@quirk
def the_type_is_a_secret() -> None:
    """SO_TYPE is no option of any socket: WSAENOPROTOOPT."""

    def refuse(sock: Socket, value: bytes) -> bytes:
        raise WinsockError(WSAENOPROTOOPT)

    option_read(SO_TYPE, refuse)


@quirk
def ipv6_is_ipv4_underneath() -> None:
    """A socket of an entry of AF_INET6 is one of AF_INET."""

    def change(request: Request, chosen: Selection) -> Selection:
        if chosen.entry.family != AF_INET6:
            return chosen
        return replace(chosen, entry=replace(chosen.entry, family=AF_INET, max_address=16, min_address=16))

    chosen_otherwise(change)


@quirk
def datagram_sockets_are_streams() -> None:
    """What is made for a structure of datagrams is a stream socket."""

    def change(request: Request, chosen: Selection) -> Selection:
        wrong = isinstance(request.info, ProtocolInfo) and chosen.type == SOCK_DGRAM
        return replace(chosen, type=SOCK_STREAM) if wrong else chosen

    chosen_otherwise(change)


@quirk
def the_entry_has_another_id() -> None:
    """The entry in SO_PROTOCOL_INFOW has an id that is higher by 1."""
    entry_read(lambda entry: replace(entry, id=entry.id + 1))


@quirk
def the_entry_has_another_protocol() -> None:
    """The entry in SO_PROTOCOL_INFOW has a protocol that is higher by 1000."""
    entry_read(lambda entry: replace(entry, protocol=entry.protocol + 1000))


@quirk
def the_entry_has_another_type() -> None:
    """The entry in SO_PROTOCOL_INFOW has type 0."""
    entry_read(lambda entry: replace(entry, type=0))


@quirk
def the_entry_has_another_family() -> None:
    """The entry in SO_PROTOCOL_INFOW is of AF_IPX."""
    entry_read(lambda entry: replace(entry, family=6))


def refuses(name: str, wrong: Callable[[Call, tuple[int, ...]], bool], code: int = WSAEINVAL) -> None:
    """An export fails with a code, where `wrong` says so, after it has done what it does."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        return call.wsa_fail(code, SOCKET_ERROR) if wrong(call, args) else value

    around(name, handle)


@quirk
def bind_says_that_it_failed() -> None:
    """bind with port 0 binds the socket and fails."""

    def port_0(call: Call, args: tuple[int, ...]) -> bool:
        return not call.process.memory.u16(args[1] + 2)

    refuses("bind", port_0)


@quirk
def getsockname_gives_another_family() -> None:
    """getsockname of an IPv4 socket gives an address of AF_IPX."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        if value == 0 and call.process.memory.u16(args[1]) == AF_INET:
            call.process.memory.write(args[1], b"\x06\x00")
        return value

    around("getsockname", handle)


@quirk
def closesocket_says_that_it_failed() -> None:
    """closesocket closes the socket and fails with WSAENOTSOCK."""
    refuses("closesocket", lambda call, args: True, 10038)


@quirk
def closesocket_returns_1() -> None:
    """closesocket closes the socket and returns 1."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        value = yield from known(call, *args)
        return 1 if value == 0 else value

    around("closesocket", handle)
