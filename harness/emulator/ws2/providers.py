"""Service providers that guests installed: loading one into a process, and calling its procedures.

A provider is loaded at the first socket that needs it (aa915665), once a process; its WSPStartup gets the
catalog entry, the upcall table by value, and an empty procedure table. What it hands over is checked before
anything of it is used.
"""

import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.emulator.coredll.libraries import free, load
from harness.emulator.exports import GuestCall, Objects
from harness.emulator.loader import LoadError, Module
from harness.emulator.objects import Event
from harness.emulator.ws2.catalog import PROTOCOL_INFO_SIZE, ProtocolInfo
from harness.emulator.ws2.constants import INVALID_SOCKET
from harness.emulator.ws2.errors import (
    WSAEINVALIDPROCTABLE,
    WSAEINVALIDPROVIDER,
    WSAENOBUFS,
    WSAEPROVIDERFAILEDINIT,
    WinsockError,
)
from harness.emulator.ws2.spi import Layout

if TYPE_CHECKING:
    from harness.emulator.ws2.api import Waiting, Winsock

VERSION = 0x0202
"""Of the service provider interface: what WSPStartup is asked for, and has to report."""
DATA_SIZE = 520
"""WSPDATA, and two bytes that make it a whole number of words."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider in one process: where its procedures are."""

    module: Module
    procedures: dict[str, int]

    def call(self, ws: "Winsock", name: str, *args: int, failure: int = INVALID_SOCKET) -> "Waiting[int]":
        """A procedure, with lpErrno behind its arguments. When it fails (INVALID_SOCKET and SOCKET_ERROR are
        one value), raises WinsockError with the code that it leaves there."""
        error = ws.thread_block("lpErrno", 4)
        ws.memory.set_u32(error, 0)
        woke = yield GuestCall(self.procedures[name], (*args, error))
        if woke.value == failure:
            raise WinsockError(ws.memory.u32(error))
        return woke.value


@dataclass(frozen=True, slots=True)
class ProviderSocket:
    """A descriptor that a provider had made by WPUCreateSocketHandle."""

    entry: ProtocolInfo
    provider: Provider
    context: int


def started(ws: "Winsock", entry: ProtocolInfo) -> "Waiting[Provider]":
    """The provider of an entry, started in this process if it was not. Raises WinsockError."""
    process = ws.process
    while (under_way := process.starting.get(entry.provider)) is not None:
        yield Objects([under_way])
    known = process.providers.get(entry.provider)
    if known is not None:
        return known
    under_way = process.starting[entry.provider] = Event(manual_reset=True, signalled=False)
    try:
        module = yield from _loaded(ws, entry)
        try:
            procedures = yield from _start(ws, entry, module)
        except WinsockError:
            yield from free(ws.call, module)
            raise
        provider = process.providers[entry.provider] = Provider(module, procedures)
    finally:
        del process.starting[entry.provider]
        under_way.set()
    return provider


def _loaded(ws: "Winsock", entry: ProtocolInfo) -> "Waiting[Module]":
    try:
        return (yield from load(ws.call, entry.library))
    except LoadError as error:
        raise WinsockError(WSAEPROVIDERFAILEDINIT) from error


def _start(ws: "Winsock", entry: ProtocolInfo, module: Module) -> "Waiting[dict[str, int]]":
    """Call WSPStartup and check what comes of it. Raises WinsockError: what it returned, WSAEINVALIDPROVIDER,
    WSAEINVALIDPROCTABLE."""
    address = module.export("WSPStartup")
    if address is None:
        raise WinsockError(WSAEPROVIDERFAILEDINIT)
    layout, memory = Layout.of(ws.call.device), ws.memory
    ws2 = ws.call.device.dlls.get("ws2")
    assert ws2 is not None, "a function of ws2.dll is running"
    upcalls = [ws2.pointer(name) for name in layout.upcalls]
    size = 4 * len(layout.procedures)
    place = ws.process.heap.allocate(PROTOCOL_INFO_SIZE + DATA_SIZE + size)
    if place == 0:
        raise WinsockError(WSAENOBUFS)
    info, data, table = place, place + PROTOCOL_INFO_SIZE, place + PROTOCOL_INFO_SIZE + DATA_SIZE
    try:
        memory.write(info, entry.pack())
        woke = yield GuestCall(address, (VERSION, data, info, *upcalls, table))
        version, pointers = (
            reported_version(memory, data),
            struct.unpack(f"<{size // 4}I", memory.read(table, size)),
        )
    finally:
        ws.process.heap.free(place)
    if woke.value:
        raise WinsockError(woke.value)
    if version != VERSION:
        raise WinsockError(WSAEINVALIDPROVIDER)
    if not complete(pointers):
        raise WinsockError(WSAEINVALIDPROCTABLE)
    return dict(zip(layout.procedures, pointers, strict=True))


def reported_version(memory: Any, data: int) -> int:
    """wVersion of the WSPDATA that WSPStartup has filled in."""
    version: int = memory.u16(data)
    return version


def complete(pointers: Sequence[int]) -> bool:
    """Has the procedure table all its entries?"""
    return 0 not in pointers


def clean_up(ws: "Winsock") -> "Waiting[None]":
    """WSACleanup for the last time: every provider is told, and leaves the process."""
    for known, provider in list(ws.process.providers.items()):
        del ws.process.providers[known]
        with suppress(WinsockError):  # WSACleanup has nothing to say about it
            yield from provider.call(ws, "WSPCleanup")
        yield from free(ws.call, provider.module)
