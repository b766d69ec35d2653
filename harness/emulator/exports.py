"""How a Python function becomes a function of an emulated DLL.

    @export("ws2!listen", "s backlog")
    def listen(call: Call, s: int, backlog: int) -> int:
        return call.wsa_fail(10022, SOCKET_ERROR) if backlog < 0 else 0

A parameter is one 32-bit word of the guest's call, always an unsigned `int`; its name in the
decorator is for messages only. A trailing `...` in the parameter list marks a variadic export:
the handler gets the named words and asks `call.argument(n)` for the others. What the handler returns is
taken modulo 2**32; `None` is 0, `True` is 1.

A handler that has to wait is a generator: it yields a condition and is resumed with a `Wake`.

    @export("ws2!recv", "s buf len flags")
    def recv(call: Call, s: int, buf: int, length: int, flags: int) -> Blocking:
        ...
        woke = yield Readable(host_socket, timeout)        # None: for ever
        if not woke:                                       # woke.timed_out or woke.cancelled
            return call.wsa_fail(10060, SOCKET_ERROR)

Only the calling emulated thread waits; everything else goes on. A generator that never yields costs
hardly more than a plain function. When its thread or process ends, `GeneratorExit` is raised at the
`yield` (use `try/finally`). Conditions:

    Readable(fileobj, timeout)      a host socket or descriptor can be read (or accepted from)
    Writable(fileobj, timeout)      ... written (or its connect has ended)
    Objects([event, ...], timeout)  a kernel object is signalled; taken as WaitForMultipleObjects does
    AnyOf([conditions], timeout)    the first of several; `woke.index` says which. Inner timeouts are not used
    Until(seconds)                  some time from now
    GuestCall(address, args)        calls guest code on this thread; `woke.value` is what it returned

Timeouts are seconds (float) or None for ever. `device.io.forget(fileobj)` ends every wait on a
file object with `woke.cancelled`; do it before closing a host socket that another thread may wait on.
`device.io.watch(fileobj, callback, writing=False)` -> Watch calls `callback()` once, in the scheduler with no
thread waiting (for WSAEventSelect and overlapped calls), when the file object is ready; watch again for
the next time. `Watch.cancel()` ends it early. `device.after(seconds, callback)` -> Watch does so for time.

What a handler finds in its `Call`:

    call.process.memory     Memory: read(a, n) -> bytes, write(a, data), readable/writable(a, n) -> bool,
                            u8/u16/u32/u64(a), set_u8/set_u16/set_u32/set_u64(a, v), wide(a) -> str,
                            set_wide(a, text), ansi(a) -> bytes. All but the two questions raise GuestFault,
                            which ends the process with exception 0xC0000005 unless the handler catches it.
    call.process.locals     dict[str, Any]: state of a DLL that belongs to the process
    call.process.at_end(f)  f() is called when the process has ended, however it ended
    call.process.handles    HandleTable: add(obj) -> handle, get(handle, Type) -> obj or None, close(handle)
    call.process.modules    loaded modules
    call.process.id, .name, .strict_alignment (True where the CPU faults on an unaligned word)
    call.thread.last_error  the GetLastError slot
    call.thread.wsa_error   the WSAGetLastError slot (the same slot, unless the device has the variant
                            "separate-wsa-error")
    call.device.clock       Clock: ticks() -> int milliseconds modulo 2**32, seconds() -> float, monotonic
    call.device.config      Config: cpu, root, catalog (Path or None), memory (bytes), ...
    call.device.variants    frozenset[str]
    call.device.locals      dict[str, Any]: state that belongs to the device
    call.device.io          see above
    call.device.report_listener(process, guest_port, host_port)    a guest listens: for the "ready" event
    call.device.report(name, **fields)                             one JSON event on stdout

A DLL with variants of its own declares them at import: `declare_variant("name", "what it means")`.

Kernel objects (`harness.emulator.objects`): Event(manual_reset, signalled) with set(), reset(), pulse();
a socket event made by WSACreateEvent is `call.process.handles.add(Event(True, False))`.

A DLL lives in the package `harness.emulator.<dll>`; the loader imports it when a guest first names
`<dll>.dll`, and that import registers its exports. The names the DLL has on a real device are in
`data/<dll>.txt`: a name that is listed but not registered reports itself when called and ends its process.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from harness.emulator.device import Device
    from harness.emulator.objects import Waitable
    from harness.emulator.process import Process
    from harness.emulator.thread import Thread


class HostFile(Protocol):
    """Anything a selector takes: a socket, a pty wrapper."""

    def fileno(self) -> int: ...


# --- conditions a blocking handler yields -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Readable:
    """A host file object can be read without blocking."""

    fileobj: HostFile
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Writable:
    """A host file object can be written without blocking."""

    fileobj: HostFile
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Objects:
    """One of several kernel objects is signalled; it is acquired as the wait ends."""

    objects: Sequence[Waitable]
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The first of several conditions; their own timeouts are not used."""

    conditions: Sequence[Readable | Writable | Objects]
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Until:
    """Seconds from now. Ends as timed out; 0 lets the other threads run first."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GuestCall:
    """Call guest code at an address, with words as arguments, on the waiting thread."""

    address: int
    args: tuple[int, ...] = ()


Wait = Readable | Writable | Objects | AnyOf | Until | GuestCall


@dataclass(frozen=True, slots=True)
class Wake:
    """Why a wait ended. True when what was waited for has come."""

    ready: bool = False
    timed_out: bool = False
    cancelled: bool = False
    index: int = 0
    """Which object of `Objects`, or which condition of `AnyOf`."""
    abandoned: bool = False
    """The object is a mutex whose owner ended without releasing it."""
    value: int = 0
    """What the guest code of a `GuestCall` returned."""

    def __bool__(self) -> bool:
        return self.ready


Blocking = Generator[Wait, Wake, int | None]
Handler = Callable[..., Any]

# --- what ends a call in another way than by returning -------------------------------------------


class GuestException(Exception):  # noqa: N818 - it is the guest's exception, not an error of the emulator
    """A structured exception raised in the guest: ends its process, the code becoming the exit code."""

    def __init__(
        self,
        code: int,
        place: int = 0,
        *,
        flags: int = 0,
        parameters: tuple[int, ...] = (),
        returns: bool = False,
    ) -> None:
        """`place`: address of the instruction, when that is known; `flags`, `parameters`: as an
        EXCEPTION_RECORD has them; `returns`: a call raised it, which returns if a debugger handles it."""
        super().__init__(f"exception 0x{code:08X} at 0x{place:08X}")
        self.code, self.place, self.flags = code, place, flags
        self.parameters, self.returns = parameters, returns


class GuestFault(GuestException):
    """The guest's memory cannot be read or written at `address` (exception 0xC0000005)."""

    def __init__(self, address: int, *, write: bool = False, place: int = 0) -> None:
        super().__init__(0xC0000005, place, parameters=(int(write), address))
        self.address, self.write = address, write


class Call:
    """One thread's view of the call it is making. See the module's text for the attributes."""

    __slots__ = ("_argument", "device", "process", "thread")

    def __init__(
        self, device: Device, process: Process, thread: Thread, argument: Callable[[int], int]
    ) -> None:
        self.device, self.process, self.thread = device, process, thread
        self._argument = argument

    def argument(self, index: int) -> int:
        """Argument word `index` (0 is the first), for variadic exports. Only before the first `yield`."""
        return self._argument(index)

    def fail(self, code: int, value: int = 0) -> int:
        """Set the last error and return `value`, so that `return call.fail(87)` is a failing call."""
        self.thread.last_error = code
        return value

    def wsa_fail(self, code: int, value: int = 0xFFFFFFFF) -> int:
        """Set the Winsock error and return `value` (SOCKET_ERROR, INVALID_SOCKET)."""
        self.thread.wsa_error = code
        return value


# --- registration -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Export:
    """One registered export."""

    module: str
    name: str
    parameters: tuple[str, ...]
    variadic: bool
    handler: Handler = field(repr=False)
    unnamed: bool = False
    """Reached through a pointer that the DLL hands out: GetProcAddress does not find it."""


EXPORTS: dict[str, dict[str, Export]] = {}
"""Registered exports: module in lower case without ".dll", then name."""

VARIABLES: dict[str, dict[str, bytes]] = {}
"""Registered exports that are data, by module and name."""

_F = TypeVar("_F", bound=Handler)


def export(name: str, parameters: str = "", *, unnamed: bool = False) -> Callable[[_F], _F]:
    """Register a handler as export `module!Name`. `parameters`: names separated by blanks, or `...` last.
    `unnamed`: guests reach it through a pointer alone.

    Raises ValueError for a name registered before: two handlers for one export is a mistake.
    """
    module, _, function = name.partition("!")
    words = tuple(parameters.split())
    variadic = words[-1:] == ("...",)

    def register(handler: _F) -> _F:
        table = EXPORTS.setdefault(module.lower(), {})
        if function in table:
            raise ValueError(f"{name} is exported twice")
        table[function] = Export(
            module.lower(), function, words[:-1] if variadic else words, variadic, handler, unnamed
        )
        return handler

    return register


# --- variants -----------------------------------------------------------------------------------

VARIANTS: dict[str, str] = {}
"""Ways in which a device may differ from the usual one: name, and what it means."""


def declare_variant(name: str, meaning: str) -> str:
    """Make a name known to `--variant`, which refuses others. Call it at import; returns the name."""
    VARIANTS[name] = meaning
    return name


def export_variable(name: str, value: bytes) -> None:
    """Register `module!Name` as read-only data: GetProcAddress gives where these bytes lie."""
    module, _, variable = name.partition("!")
    VARIABLES.setdefault(module.lower(), {})[variable] = value
