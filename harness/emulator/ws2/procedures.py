"""How functions are put to a service provider whose procedures have other parameters than they.

The parameters are those of the desktop's pages of the procedures (WSPAccept, WSPConnect, WSPIoctl ...): a
procedure does what the function of Winsock 2 does, and older functions are special cases of those.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.emulator.ws2.providers import Provider

if TYPE_CHECKING:
    from harness.emulator.ws2.api import Waiting, Winsock

Route = Callable[..., "Waiting[int]"]
"""Gets Winsock, the provider and the words of the call; what comes of the procedure is that of the call."""

_BUFFER, _COUNT, _FLAGS = 0, 8, 12
"""Offsets in a block of the thread: one WSABUF, bytes that were transferred, flags of a receive."""


def with_thread(procedure: str) -> Route:
    """The same parameters, and lpThreadId behind them."""

    def call(ws: "Winsock", provider: Provider, *args: int) -> "Waiting[int]":
        return (yield from provider.call(ws, procedure, *args, ws.thread_block("lpThreadId", 8)))

    return call


def get_overlapped_result(ws: "Winsock", provider: Provider, *args: int) -> "Waiting[int]":
    """It returns TRUE or FALSE."""
    return (yield from provider.call(ws, "WSPGetOverlappedResult", *args, failure=0))


def accept(ws: "Winsock", provider: Provider, s: int, addr: int, addrlen: int) -> "Waiting[int]":
    """Without a condition function."""
    return (yield from provider.call(ws, "WSPAccept", s, addr, addrlen, 0, 0))


def connect(ws: "Winsock", provider: Provider, s: int, name: int, namelen: int) -> "Waiting[int]":
    """Without connect data and quality of service."""
    return (yield from provider.call(ws, "WSPConnect", s, name, namelen, 0, 0, 0, 0))


def ioctlsocket(ws: "Winsock", provider: Provider, s: int, command: int, argument: int) -> "Waiting[int]":
    """The argument is input and output."""
    returned = ws.thread_block("WSABUF", 16) + _COUNT
    return (
        yield from with_thread("WSPIoctl")(ws, provider, s, command, argument, 4, argument, 4, returned, 0, 0)
    )


def send(
    ws: "Winsock", provider: Provider, s: int, buf: int, length: int, flags: int, *to: int
) -> "Waiting[int]":
    """send, and sendto with an address and its length."""
    block = _one_buffer(ws, buf, length)
    procedure = with_thread("WSPSendTo" if to else "WSPSend")
    yield from procedure(ws, provider, s, block, 1, block + _COUNT, flags, *to, 0, 0)
    return ws.memory.u32(block + _COUNT)


def receive(
    ws: "Winsock", provider: Provider, s: int, buf: int, length: int, flags: int, *source: int
) -> "Waiting[int]":
    """recv, and recvfrom with where the address and its length go."""
    block = _one_buffer(ws, buf, length)
    ws.memory.set_u32(block + _FLAGS, flags)
    procedure = with_thread("WSPRecvFrom" if source else "WSPRecv")
    yield from procedure(ws, provider, s, block, 1, block + _COUNT, block + _FLAGS, *source, 0, 0)
    return ws.memory.u32(block + _COUNT)


def _one_buffer(ws: "Winsock", buf: int, length: int) -> int:
    block = ws.thread_block("WSABUF", 16)
    for place, word in ((_BUFFER, length), (_BUFFER + 4, buf), (_COUNT, 0), (_FLAGS, 0)):
        ws.memory.set_u32(block + place, word)
    return block
