"""The emulated device with one thing wrong.

CEHARNESS_TEST_ANSWER is an answer of WSASocket, "FAMILY=10022", or the name of a function of this file, which
makes the device misbehave in a way that only a careful test notices.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.emulator.command import main
from harness.emulator.exports import EXPORTS, Call
from harness.emulator.memory import Memory
from harness.emulator.ws2 import creation, edge, providers, receiving, selection, sockets, streams
from harness.emulator.ws2.catalog import Catalog, ProtocolInfo
from harness.emulator.ws2.errors import (
    WSAECONNRESET,
    WSAETIMEDOUT,
    WSAEWOULDBLOCK,
    WSASYSCALLFAILURE,
    WinsockError,
)
from harness.emulator.ws2.selection import ANSWERS, Reason
from harness.emulator.ws2.sockets import Datagram, Socket
from harness.emulator.ws2.streams import StreamEnd
from harness.emulator.ws2.transfer import MSG_PEEK, try_receive


def _asked_otherwise(change: Callable[[selection.Request], dict[str, int]]) -> None:
    """What is asked of WSASocket is changed before it decides."""
    decide = creation.select

    def select(catalog: Any, request: selection.Request, circumstances: Any) -> selection.Selection:
        return decide(catalog, replace(request, **change(request)), circumstances)

    creation.select = select


def _values_beside_a_structure(field: str) -> Callable[[selection.Request], dict[str, int]]:
    return lambda asked: {field: -1} if isinstance(asked.info, selection.ProtocolInfo) else {}


def family_ignored_beside_a_structure() -> None:
    _asked_otherwise(_values_beside_a_structure("family"))


def protocol_ignored_beside_a_structure() -> None:
    _asked_otherwise(_values_beside_a_structure("protocol"))


def byte_doubled_at_the_end_of_a_stream() -> None:
    deliver, finish = StreamEnd.deliver, StreamEnd.finish
    last: dict[StreamEnd, bytes] = {}

    def keep(end: StreamEnd, data: bytes | memoryview) -> None:
        if len(data) > 100:
            last[end] = bytes(data[-1:])
        deliver(end, data)

    def double(end: StreamEnd) -> None:
        end.buffer += last.pop(end, b"")
        finish(end)

    streams.StreamEnd.deliver, streams.StreamEnd.finish = keep, double


def waiting_datagrams_joined() -> None:
    take = Socket.take

    def join(sock: Socket, datagram: Datagram) -> bool:
        if not sock.inbox:
            return take(sock, datagram)
        first = sock.inbox.pop()
        sock.inbox.append(Datagram(first.data + datagram.data, first.source))
        return True

    sockets.Socket.take = join


def send_counts_wrongly() -> None:
    _returns_otherwise("send", 11, 5)


def recv_counts_wrongly() -> None:
    _returns_otherwise("recv", 11, 5)


def _returns_otherwise(name: str, true: int, false: int) -> None:
    known = EXPORTS["ws2"][name]

    def handler(call: Call, *args: int) -> Any:
        value = yield from known.handler(call, *args)
        return false if value == true else value

    EXPORTS["ws2"][name] = replace(known, handler=handler)


def overlapped_sockets_do_not_wait() -> None:
    wait_for = receiving._wait_for

    def impatient(sock: Socket, size: int, flags: int) -> Any:
        if sock.overlapped and try_receive(sock, size, flags | MSG_PEEK) is None:
            raise WinsockError(WSAEWOULDBLOCK)
        return (yield from wait_for(sock, size, flags))

    receiving._wait_for = impatient


def socket_without_family_is_useless() -> None:
    decide = creation.select

    def select(catalog: Any, request: selection.Request, circumstances: Any) -> selection.Selection:
        chosen = decide(catalog, request, circumstances)
        return replace(chosen, type=77) if request.family == 0 else chosen

    creation.select = select


_receiving: list[int] = []
"""The sockets that a thread waits in recv for."""


def _receives_are_counted() -> None:
    known = EXPORTS["ws2"]["recv"]

    def handler(call: Call, *args: int) -> Any:
        _receiving.append(args[0])
        try:
            return (yield from known.handler(call, *args))
        finally:
            _receiving.remove(args[0])

    EXPORTS["ws2"]["recv"] = replace(known, handler=handler)


def no_socket_beside_a_receive() -> None:
    _receives_are_counted()
    decide = creation.select

    def select(catalog: Any, request: selection.Request, circumstances: Any) -> selection.Selection:
        if _receiving:
            raise selection.Refused(Reason.GROUP)
        return decide(catalog, request, circumstances)

    creation.select = select


def one_direction_at_a_time() -> None:
    _receives_are_counted()
    known = EXPORTS["ws2"]["send"]

    def handler(call: Call, *args: int) -> Any:
        if args[0] in _receiving:
            return call.wsa_fail(WSAEWOULDBLOCK, 0xFFFFFFFF)
        return (yield from known.handler(call, *args))

    EXPORTS["ws2"]["send"] = replace(known, handler=handler)


def memory_of_a_process_is_not_given_back() -> None:
    """Only what VirtualFree gives back, and only in large pieces."""
    decommit = Memory.decommit

    def keep(memory: Memory, area: Any, start: int, length: int) -> None:
        decommit(memory, area, start, min(length, 0x10000))

    Memory.decommit = keep


def a_cut_path_is_a_reset() -> None:
    edge.WSAETIMEDOUT = WSAECONNRESET


def a_broken_connection_breaks_once() -> None:
    read = StreamEnd.read

    def forgiving(end: StreamEnd, size: int, *, peek: bool = False) -> bytes | None:
        return b"" if end.error == WSAETIMEDOUT else read(end, size, peek=peek)

    StreamEnd.read = forgiving


# --- service providers ----------------------------------------------------------------------------------


def provider_errors_are_replaced() -> None:
    call = providers.Provider.call

    def other(self: providers.Provider, ws: Any, name: str, *args: int) -> Any:
        try:
            return (yield from call(self, ws, name, *args))
        except WinsockError:
            raise WinsockError(WSASYSCALLFAILURE) from None

    providers.Provider.call = other


def another_code_for_a_version() -> None:
    providers.WSAEINVALIDPROVIDER = WSASYSCALLFAILURE


def another_code_for_a_table() -> None:
    providers.WSAEINVALIDPROCTABLE = WSASYSCALLFAILURE


def provider_gets(
    change: Callable[[selection.Request, ProtocolInfo], dict[str, int]], info: bool = True
) -> None:
    ask = creation._ask_provider

    def other(ws: Any, entry: ProtocolInfo, request: selection.Request, pointer: int) -> Any:
        changed = replace(request, **change(request, entry))
        return (yield from ask(ws, entry, changed, pointer if info else 0))

    creation._ask_provider = other


def provider_gets_the_type_of_the_entry() -> None:
    provider_gets(lambda request, entry: {"type": entry.type})


def provider_gets_no_flags() -> None:
    provider_gets(lambda request, entry: {"flags": 0})


def provider_gets_no_structure() -> None:
    provider_gets(lambda request, entry: {}, info=False)


def bare_layers_are_selected() -> None:
    Catalog.selectable = lambda self: list(self)


def the_last_provider_wins() -> None:
    selectable = Catalog.selectable
    Catalog.selectable = lambda self: sorted(selectable(self), key=lambda entry: -entry.id)


def the_structure_of_a_provider_is_ignored() -> None:
    decide = creation.select

    def select(catalog: Catalog, request: selection.Request, circumstances: Any) -> selection.Selection:
        info = request.info
        if isinstance(info, ProtocolInfo) and (entry := catalog.by_id(info.id)) and entry.library:
            asked = (request.family, request.type, request.protocol)
            stated = (info.family, info.type, info.protocol)
            family, kind, protocol = (b if a == -1 else a for a, b in zip(asked, stated, strict=True))
            request = replace(request, info=None, family=family, type=kind, protocol=protocol)
        return decide(catalog, request, circumstances)

    creation.select = select


def misbehave(what: str) -> None:
    reason, _, code = what.partition("=")
    if code:
        ANSWERS[Reason[reason]] = int(code)
    else:
        globals()[what]()


if __name__ == "__main__":
    misbehave(os.environ["CEHARNESS_TEST_ANSWER"])
    sys.exit(main(sys.argv[1:]))
