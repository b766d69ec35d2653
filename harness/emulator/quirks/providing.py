"""Service providers that programs installed: whether and how they are asked."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.emulator.exports import Blocking, Call
from harness.emulator.quirks.answers import socket_all_the_same
from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import Known, around, put
from harness.emulator.ws2 import creation, providers, selection
from harness.emulator.ws2.catalog import PROTOCOL_INFO_SIZE, Catalog, ProtocolInfo
from harness.emulator.ws2.constants import FROM_PROTOCOL_INFO, INVALID_SOCKET
from harness.emulator.ws2.errors import (
    WSAENOBUFS,
    WSASYSCALLFAILURE,
    WinsockError,
)
from harness.emulator.ws2.providers import Provider
from harness.emulator.ws2.selection import Circumstances, Reason, Refused, Request, Selection
from harness.emulator.ws2.state import ProcessState

PATTERN_OF_NAME = slice(116, PROTOCOL_INFO_SIZE)
"""szProtocol in a WSAPROTOCOL_INFOW."""
RESERVED = slice(112, 116)
"""dwProviderReserved."""


def asked_otherwise(change: Callable[[Request, ProtocolInfo], Mapping[str, int]]) -> None:
    """WSPSocket gets other values."""
    ask = creation._ask_provider

    def other(ws: Any, entry: ProtocolInfo, request: Request, pointer: int) -> Blocking:
        return (yield from ask(ws, entry, replace(request, **change(request, entry)), pointer))

    put(creation, "_ask_provider", other)


def structure_changed(change: Callable[[bytearray, ProtocolInfo], None]) -> None:
    """WSPSocket gets a copy of the structure in which `change` has changed bytes."""
    ask = creation._ask_provider

    def other(ws: Any, entry: ProtocolInfo, request: Request, pointer: int) -> Blocking:
        if not pointer:
            return (yield from ask(ws, entry, request, pointer))
        data = bytearray(ws.memory.read(pointer, PROTOCOL_INFO_SIZE))
        change(data, entry)
        copy = ws.process.heap.allocate(PROTOCOL_INFO_SIZE)
        ws.memory.write(copy, bytes(data))
        try:
            return (yield from ask(ws, entry, request, copy))
        finally:
            ws.process.heap.free(copy)

    put(creation, "_ask_provider", other)


# --- what it gets ---------------------------------------------------------------------------------------


@quirk
def provider_gets_the_type_of_the_entry() -> None:
    """WSPSocket gets the type of the entry, not the caller's."""
    asked_otherwise(lambda request, entry: {"type": entry.type})


@quirk
def provider_gets_the_family_of_the_entry() -> None:
    """WSPSocket gets the address family of the entry, not the caller's."""
    asked_otherwise(lambda request, entry: {"family": entry.family})


@quirk
def provider_gets_the_protocol_of_the_entry() -> None:
    """WSPSocket gets the protocol of the entry where the caller gave 0."""
    asked_otherwise(lambda request, entry: {"protocol": request.protocol or entry.protocol})


@quirk
def provider_gets_0_for_from_protocol_info() -> None:
    """WSPSocket gets 0 where the caller gave -1."""
    asked_otherwise(
        lambda request, entry: {
            name: 0 for name in ("family", "type", "protocol") if getattr(request, name) == FROM_PROTOCOL_INFO
        }
    )


@quirk
def provider_gets_type_and_protocol_swapped() -> None:
    """WSPSocket gets type and protocol in each other's place."""
    asked_otherwise(lambda request, entry: {"type": request.protocol, "protocol": request.type})


@quirk
def provider_gets_no_flags() -> None:
    """WSPSocket gets dwFlags 0."""
    asked_otherwise(lambda request, entry: {"flags": 0})


@quirk
def provider_gets_the_overlapped_flag() -> None:
    """WSPSocket always gets WSA_FLAG_OVERLAPPED beside the caller's flags."""
    asked_otherwise(lambda request, entry: {"flags": request.flags | 1})


@quirk
def provider_gets_no_structure() -> None:
    """WSPSocket gets NULL for lpProtocolInfo."""
    ask = creation._ask_provider
    put(creation, "_ask_provider", lambda ws, entry, request, pointer: ask(ws, entry, request, 0))


@quirk
def provider_gets_the_structure_of_the_catalog() -> None:
    """WSPSocket gets the entry of the catalog in place of the caller's structure."""

    def change(data: bytearray, entry: ProtocolInfo) -> None:
        data[:] = entry.pack()

    structure_changed(change)


@quirk
def provider_gets_the_structure_without_its_name() -> None:
    """WSPSocket gets the caller's structure with szProtocol empty."""

    def change(data: bytearray, entry: ProtocolInfo) -> None:
        data[PATTERN_OF_NAME] = bytes(512)

    structure_changed(change)


@quirk
def provider_gets_the_structure_without_its_reserved_member() -> None:
    """WSPSocket gets the caller's structure with dwProviderReserved 0."""

    def change(data: bytearray, entry: ProtocolInfo) -> None:
        data[RESERVED] = bytes(4)

    structure_changed(change)


@quirk
def one_byte_of_the_structure_is_changed() -> None:
    """WSPSocket gets the caller's structure with one bit of its last byte turned over."""

    def change(data: bytearray, entry: ProtocolInfo) -> None:
        data[-1] ^= 1

    structure_changed(change)


# --- whether it is asked --------------------------------------------------------------------------------


@quirk
def no_provider_is_ever_started() -> None:
    """A socket of the system comes of a triple that a provider serves; its DLL is not even loaded."""

    def other(ws: Any, entry: ProtocolInfo, request: Request, pointer: int) -> Blocking:
        yield from ()
        return socket_all_the_same(ws.call, request)

    put(creation, "_ask_provider", other)


@quirk
def no_provider_is_ever_asked() -> None:
    """A provider is started, and then a socket of the system is made in its place."""

    def other(ws: Any, entry: ProtocolInfo, request: Request, pointer: int) -> Blocking:
        try:
            yield from providers.started(ws, entry)
        except WinsockError as error:
            return int(ws.call.wsa_fail(error.code, INVALID_SOCKET))
        return socket_all_the_same(ws.call, request)

    put(creation, "_ask_provider", other)


@quirk
def installed_entries_are_never_selected() -> None:
    """WSASocket chooses among the system's own entries alone."""
    decide = selection.select

    def select(catalog: Catalog, request: Request, circumstances: Circumstances) -> Selection:
        return decide(Catalog(one for one in catalog if not one.library), request, circumstances)

    put(selection, "select", select)


@quirk
def a_started_provider_is_not_asked() -> None:
    """A provider is started; then WSAENOBUFS comes without a call of WSPSocket."""

    def other(ws: Any, entry: ProtocolInfo, request: Request, pointer: int) -> Blocking:
        try:
            yield from providers.started(ws, entry)
        except WinsockError as error:
            return int(ws.call.wsa_fail(error.code, INVALID_SOCKET))
        return int(ws.call.wsa_fail(WSAENOBUFS, INVALID_SOCKET))

    put(creation, "_ask_provider", other)


@quirk
def no_provider_is_asked_again() -> None:
    """After the first descriptor of a provider no provider is asked: sockets of the system come instead."""
    ask = creation._ask_provider
    made: list[int] = []

    def other(ws: Any, entry: ProtocolInfo, request: Request, pointer: int) -> Blocking:
        if made:
            return socket_all_the_same(ws.call, request)
        value = yield from ask(ws, entry, request, pointer)
        if value is not None and ws.process.foreign(value) is not None:
            made.append(value)
        return value

    put(creation, "_ask_provider", other)


@quirk
def provider_is_asked_twice() -> None:
    """WSPSocket is called again, and the second descriptor is returned."""
    call_it = Provider.call

    def twice(self: Provider, ws: Any, name: str, *args: int) -> Blocking:
        value = yield from call_it(self, ws, name, *args)
        return (yield from call_it(self, ws, name, *args)) if name == "WSPSocket" else value

    put(Provider, "call", twice)


@quirk
def every_provider_is_asked() -> None:
    """Every provider whose entry has the family is asked, and the first one's descriptor returned."""
    ask = creation._ask_provider

    def other(ws: Any, entry: ProtocolInfo, request: Request, pointer: int) -> Blocking:
        value = yield from ask(ws, entry, request, pointer)
        for one in ws.device.catalog.of_family(entry.family):
            if one.library and one.id != entry.id:
                yield from ask(ws, one, request, pointer)
        return value

    put(creation, "_ask_provider", other)


@quirk
def the_next_provider_is_asked_after_a_failure() -> None:
    """When a provider fails, a socket of the system is made instead."""
    ask = creation._ask_provider

    def other(ws: Any, entry: ProtocolInfo, request: Request, pointer: int) -> Blocking:
        value = yield from ask(ws, entry, request, pointer)
        return socket_all_the_same(ws.call, request) if value == INVALID_SOCKET else value

    put(creation, "_ask_provider", other)


@quirk
def the_structure_of_a_provider_is_ignored() -> None:
    """A structure of a provider's entry only gives the values for -1; the triple selects."""
    decide = selection.select

    def select(catalog: Catalog, request: Request, circumstances: Circumstances) -> Selection:
        info = request.info
        if isinstance(info, ProtocolInfo) and (entry := catalog.by_id(info.id)) and entry.library:
            values = {
                name: getattr(info, name)
                for name in ("family", "type", "protocol")
                if getattr(request, name) == FROM_PROTOCOL_INFO
            }
            request = replace(request, info=None, **values)
        return decide(catalog, request, circumstances)

    put(selection, "select", select)


@quirk
def the_structure_of_a_provider_is_examined() -> None:
    """A structure whose family or type is not that of the provider's entry is refused as invalid."""
    decide = selection.select

    def select(catalog: Catalog, request: Request, circumstances: Circumstances) -> Selection:
        chosen = decide(catalog, request, circumstances)
        info, entry = request.info, chosen.entry
        if not isinstance(info, ProtocolInfo) or not entry.library:
            return chosen
        if (info.family, info.type) != (entry.family, entry.type):
            raise Refused(Reason.STRUCTURE_CONTENTS)
        return chosen

    put(selection, "select", select)


# --- what is made of its answers ------------------------------------------------------------------------


@quirk
def provider_errors_are_replaced() -> None:
    """Whatever code a provider fails with, the caller gets WSASYSCALLFAILURE."""
    call_it = Provider.call

    def other(self: Provider, ws: Any, name: str, *args: int) -> Blocking:
        try:
            return (yield from call_it(self, ws, name, *args))
        except WinsockError:
            raise WinsockError(WSASYSCALLFAILURE) from None

    put(Provider, "call", other)


@quirk
def provider_errors_are_lost() -> None:
    """When a provider fails, the last error stays as it was."""
    ask = creation._ask_provider

    def other(ws: Any, entry: ProtocolInfo, request: Request, pointer: int) -> Blocking:
        before = ws.call.thread.wsa_error
        value = yield from ask(ws, entry, request, pointer)
        if value == INVALID_SOCKET:
            ws.call.thread.wsa_error = before
        return value

    put(creation, "_ask_provider", other)


@quirk
def providers_get_no_descriptor() -> None:
    """WPUCreateSocketHandle always fails, with WSAENOBUFS."""

    def refuse(self: ProcessState, entry: int, context: int) -> int:
        raise WinsockError(WSAENOBUFS)

    put(ProcessState, "create_foreign", refuse)


@quirk
def closesocket_does_not_reach_providers() -> None:
    """closesocket gives a provider's descriptor back without a call of WSPCloseSocket."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        if ProcessState.of(call).close_foreign(args[0]):
            return 0
        return (yield from known(call, *args))

    around("closesocket", handle)


@quirk
def descriptors_of_providers_are_not_closed() -> None:
    """closesocket of a provider's descriptor asks the provider, and fails with WSAENOTSOCK."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        foreign = ProcessState.of(call).foreign(args[0]) is not None
        value = yield from known(call, *args)
        return call.wsa_fail(10038) if foreign else value

    around("closesocket", handle)
