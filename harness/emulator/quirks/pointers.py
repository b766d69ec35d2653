"""lpProtocolInfo that cannot be read."""

from collections.abc import Callable
from typing import Any

from harness.emulator.exports import Blocking, Call, GuestFault, Objects
from harness.emulator.objects import Event
from harness.emulator.quirks.registry import quirk
from harness.emulator.replacing import Known, around, put
from harness.emulator.ws2 import creation
from harness.emulator.ws2.selection import UNREADABLE

KERNEL = 0x80000000


def unreadable(instead: Callable[[Call, int], Any]) -> None:
    """What is made of a pointer to memory that cannot be read."""
    known = creation._structure

    def structure(call: Call, pointer: int) -> object:
        found = known(call, pointer)
        return instead(call, pointer) if found is UNREADABLE else found

    put(creation, "_structure", structure)


def _crash(call: Call, pointer: int) -> Any:
    raise GuestFault(pointer)


@quirk
def bad_pointers_crash() -> None:
    """A pointer that cannot be read is read: the program ends with an access violation."""
    unreadable(_crash)


@quirk
def kernel_pointers_crash() -> None:
    """A pointer to the kernel's half of the address space is read: an access violation."""
    unreadable(lambda call, pointer: _crash(call, pointer) if pointer >= KERNEL else UNREADABLE)


@quirk
def straddling_structures_crash() -> None:
    """A structure whose end cannot be read is read all the same: an access violation."""

    def instead(call: Call, pointer: int) -> object:
        return _crash(call, pointer) if call.process.memory.readable(pointer, 40) else UNREADABLE

    unreadable(instead)


@quirk
def bad_pointers_are_none() -> None:
    """A pointer that cannot be read is taken for NULL."""
    unreadable(lambda call, pointer: None)


@quirk
def low_pointers_are_none() -> None:
    """A pointer into the first page is taken for NULL."""
    unreadable(lambda call, pointer: None if pointer < 4096 else UNREADABLE)


@quirk
def pages_without_access_are_none() -> None:
    """A pointer to memory of the program that cannot be read is taken for NULL."""
    unreadable(lambda call, pointer: None if 4096 <= pointer < KERNEL else UNREADABLE)


@quirk
def kernel_pointers_hang() -> None:
    """A pointer to the kernel's half of the address space: WSASocketW never returns."""

    def handle(known: Known, call: Call, *args: int) -> Blocking:
        if args[3] >= KERNEL:
            yield Objects([Event(manual_reset=True, signalled=False)])
        return (yield from known(call, *args))

    around("WSASocketW", handle)
