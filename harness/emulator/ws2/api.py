"""How a function of ws2.dll is written.

    @winsock("listen", "s backlog")
    def listen(ws: Winsock, s: int, backlog: int) -> int:
        sock = ws.socket(s)                # WSAENOTSOCK
        if sock.local is None:
            raise WinsockError(WSAEINVAL)
        ...
        return 0

The wrapper makes the checks that all pages share, in this order: WSANOTINITIALISED, WSAENETDOWN. A
`WinsockError` becomes the thread's Winsock error and the failure value, and so does memory that the guest
cannot access: WSAEFAULT instead of an exception, as the pages promise.
"""

import inspect
from collections.abc import Callable, Generator
from functools import wraps
from typing import Any, TypeVar

from harness.emulator.exports import Blocking, Call, GuestFault, Objects, Wait, Wake, export
from harness.emulator.objects import Event
from harness.emulator.ws2.constants import SOCKET_ERROR
from harness.emulator.ws2.errors import (
    WSAEFAULT,
    WSAEINTR,
    WSAENETDOWN,
    WSAENOBUFS,
    WSANOTINITIALISED,
    WinsockError,
)
from harness.emulator.ws2.procedures import Route
from harness.emulator.ws2.sockaddr import SIZES, Endpoint, unpack
from harness.emulator.ws2.sockets import Socket
from harness.emulator.ws2.state import DeviceState, ProcessState

T = TypeVar("T")
Waiting = Generator[Wait, Wake, T]
"""A part of a handler that may wait, and what comes of it."""


class Winsock:
    """What a Winsock function sees: the call, its process' and device's Winsock, checked guest memory."""

    __slots__ = ("call", "device", "memory", "process")

    def __init__(self, call: Call, process: ProcessState) -> None:
        self.call, self.process, self.device = call, process, process.device
        self.memory = call.process.memory

    def socket(self, handle: int) -> Socket:
        """Raises WSAENOTSOCK, WSAENETDOWN (the network was down since the socket was made)."""
        sock = self.process.socket(handle)
        sock.need_network()
        return sock

    def need_readable(self, address: int, size: int) -> None:
        """Raises WSAEFAULT unless the guest can read all of it."""
        if not self.memory.readable(address, max(size, 1)):
            raise WinsockError(WSAEFAULT)

    def need_writable(self, address: int, size: int) -> None:
        """Raises WSAEFAULT unless the guest can write all of it."""
        if not self.memory.writable(address, max(size, 1)):
            raise WinsockError(WSAEFAULT)

    def address(self, pointer: int, length: int) -> Endpoint:
        """A guest's socket address. Raises WSAEFAULT: not readable, too short, no such layout."""
        return unpack(self.address_bytes(pointer, length))

    def address_bytes(self, pointer: int, length: int) -> bytes:
        """The bytes of a socket address, as many as its family has. Raises WSAEFAULT."""
        if signed(length) < 2:
            raise WinsockError(WSAEFAULT)
        size = SIZES.get(self.memory.u16(pointer), 2)
        data: bytes = self.memory.read(pointer, min(length, size))
        return data

    def put_address(self, pointer: int, length_pointer: int, endpoint: Endpoint) -> None:
        """Write a socket address where *length says there is room. Raises WSAEFAULT when it is too little."""
        data = endpoint.pack()
        if signed(self.memory.u32(length_pointer)) < len(data):
            raise WinsockError(WSAEFAULT)
        self.need_writable(pointer, len(data))
        self.memory.write(pointer, data)
        self.memory.set_u32(length_pointer, len(data))

    def thread_block(self, purpose: str, size: int) -> int:
        """Guest memory that belongs to the calling thread: the same block at each call for one purpose.

        Raises WSAENOBUFS when the device has no memory left.
        """
        key = (id(self.call.thread), purpose)
        block = self.process.blocks.get(key)
        if block is None:
            block = self.process.heap.allocate(size)
            if block == 0:
                raise WinsockError(WSAENOBUFS)
            self.process.blocks[key] = block
        return block


def signed(word: int) -> int:
    """A guest word as the C `int` it was."""
    return word - 0x1_0000_0000 if word & 0x8000_0000 else word


def wait_change(*sockets: Socket, timeout: float | None = None) -> Waiting[bool]:
    """Wait until one of the sockets has changed. False: the time is over.

    Raises WSAENETDOWN when the network has gone meanwhile, WSAEINTR when the one socket waited for was closed
    (the pages' "socket was closed").
    """
    event = Event(manual_reset=True, signalled=False)
    for sock in sockets:
        sock.watch(event)
    try:
        woke = yield Objects([event], timeout)
    finally:
        for sock in sockets:
            sock.unwatch(event)
    for sock in sockets:
        sock.need_network()
    if len(sockets) == 1 and sockets[0].closed:
        raise WinsockError(WSAEINTR)
    return bool(woke)


def winsock(
    name: str,
    parameters: str = "",
    *,
    failure: int = SOCKET_ERROR,
    startup: bool = True,
    network: bool = True,
    provider: str | Route = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Export a handler as ws2!`name`.

    `startup`: fails with WSANOTINITIALISED before WSAStartup. `network`: and with WSAENETDOWN while that is
    down.
    `provider`: the procedure of a service provider that does it for a descriptor of that provider, the first
    argument; it has the same parameters, and lpErrno. Where it has others: how it is called.
    """

    def enter(call: Call) -> Winsock:
        ws = Winsock(call, ProcessState.of(call))
        if startup:
            if ws.process.startups == 0:
                raise WinsockError(WSANOTINITIALISED)
            if network and not ws.process.subsystem_up:
                raise WinsockError(WSAENETDOWN)
        return ws

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        generator = inspect.isgeneratorfunction(handler)
        if generator or provider:

            @wraps(handler)
            def waiting(call: Call, *args: int) -> Blocking:
                call.thread.in_driver = True
                try:
                    ws = enter(call)
                    if provider and (sock := ws.process.foreign(args[0])) is not None:
                        if isinstance(provider, str):
                            return (yield from sock.provider.call(ws, provider, *args))
                        return (yield from provider(ws, sock.provider, *args))
                    value: int | None = (yield from handler(ws, *args)) if generator else handler(ws, *args)
                    return value
                except WinsockError as error:
                    return call.wsa_fail(error.code, failure)
                except GuestFault:
                    return call.wsa_fail(WSAEFAULT, failure)
                finally:
                    call.thread.in_driver = False

            return export(f"ws2!{name}", parameters)(waiting)

        @wraps(handler)
        def plain(call: Call, *args: int) -> Any:
            try:
                return handler(enter(call), *args)
            except WinsockError as error:
                return call.wsa_fail(error.code, failure)
            except GuestFault:
                return call.wsa_fail(WSAEFAULT, failure)

        return export(f"ws2!{name}", parameters)(plain)

    return register


__all__ = [
    "DeviceState",
    "ProcessState",
    "Waiting",
    "Winsock",
    "signed",
    "wait_change",
    "winsock",
]
