"""The emulated DLLs: names, and the addresses that stand for them in every process."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib import resources

from harness.emulator.cpu.architecture import TRAP_SLOT, Architecture
from harness.emulator.engine import TRAPS_FIRST
from harness.emulator.exports import EXPORTS, VARIABLES, Call, Handler
from harness.emulator.memory import EXECUTE_READ, GRANULARITY, PAGE, Buffer, Memory, round_up
from harness.emulator.scheduler import Trap

VARIABLES_FIRST = 0x100
"""Where data exports begin, as an offset from the module's base."""
BUILT_IN = ("coredll", "ws2", "aygshell")


def listed_names(dll: str) -> list[str]:
    """Names a DLL has on Windows CE."""
    text = resources.files("harness.emulator").joinpath("data", f"{dll}.txt").read_text("ascii")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


class EmulatedDll:
    """One emulated DLL; `base` is its module handle."""

    def __init__(
        self,
        name: str,
        base: int,
        code: bytes,
        code_bit: int,
        absent: frozenset[str] = frozenset(),
        *,
        all_named: bool = False,
    ) -> None:
        """`absent`: exports that this device's image does not have; `all_named`: functions that guests reach
        through pointers can be looked up too."""
        self.name, self.base, self._code_bit = name, base, code_bit
        importlib.import_module(f"harness.emulator.{name}")
        exports = EXPORTS.get(name, {})
        self.names = sorted({*listed_names(name), *exports} - absent)
        self._index = {export: index for index, export in enumerate(self.names)}
        self._unnamed = {one.name for one in exports.values() if one.unnamed and not all_named}
        self.size = round_up(PAGE + TRAP_SLOT * len(self.names) + TRAP_SLOT, GRANULARITY)
        self.buffer = trap_buffer(self.size, code)
        self.buffer.view[0:2] = b"MZ"
        self._variables = self._place_variables(VARIABLES.get(name, {}))

    def slot(self, name: str) -> int:
        """Where the trap of a listed name lies."""
        return self.base + PAGE + TRAP_SLOT * self._index[name]

    def address(self, name: str) -> int | None:
        """What GetProcAddress gives; None for a name the DLL does not have."""
        if name in self._variables:
            return self.base + self._variables[name]
        if name in self._unnamed or name not in self._index:
            return None
        return self.pointer(name)

    def pointer(self, name: str) -> int:
        """What a guest calls to call a listed name, or one that has no name for guests."""
        return self.slot(name) | self._code_bit

    def _place_variables(self, variables: dict[str, bytes]) -> dict[str, int]:
        """Put data into the first page, behind the header; the offset of each."""
        offsets, place = {}, VARIABLES_FIRST
        for name, value in variables.items():
            offsets[name] = place
            self.buffer.view[place : place + len(value)] = value
            place = round_up(place + len(value), 16)
        assert place <= PAGE
        return offsets

    def traps(self, unimplemented: Callable[[str], Handler]) -> dict[int, Trap]:
        """The traps of all its names."""
        exports = EXPORTS.get(self.name, {})
        made = {}
        for name in self.names:
            full = f"{self.name}!{name}"
            known = exports.get(name)
            if known is None:
                made[self.slot(name)] = Trap(full, unimplemented(full), 0)
            else:
                made[self.slot(name)] = Trap(full, known.handler, len(known.parameters))
        return made

    def map_into(self, memory: Memory) -> None:
        """Make it visible in an address space."""
        map_traps(memory, self.base, self.size, self.buffer)


def trap_buffer(size: int, code: bytes) -> Buffer:
    """Memory full of code that returns to the caller (x86 cores read past the slot they run)."""
    buffer = Buffer(size)
    buffer.view[:size] = code * (size // len(code))
    return buffer


def map_traps(memory: Memory, base: int, size: int, buffer: Buffer) -> None:
    area = memory.reserve(size, base, kind="traps", buffer=buffer)
    if area is None:
        raise RuntimeError(f"the place of an emulated DLL at 0x{base:08X} is taken")
    memory.commit(area, base, size, EXECUTE_READ)


class Dlls:
    """The emulated DLLs of one device, loaded as guests ask for them, and the two system traps."""

    def __init__(
        self,
        cpu: Architecture,
        absent: frozenset[str],
        unimplemented: Callable[[str], Handler],
        *,
        all_named: bool = False,
    ) -> None:
        """`absent`: what this device's image does not have: DLLs ("ws2") and exports ("coredll!name").
        `all_named`: see `EmulatedDll`."""
        self._cpu, self._absent, self._unimplemented = cpu, absent, unimplemented
        self._all_named = all_named
        self.traps: dict[int, Trap] = {}
        self._loaded: dict[str, EmulatedDll] = {}
        self._system = trap_buffer(GRANULARITY, cpu.trap)
        self._next = TRAPS_FIRST + GRANULARITY
        self.exit_trap = TRAPS_FIRST + PAGE | cpu.code_bit
        self.callback_trap = TRAPS_FIRST + PAGE + TRAP_SLOT

    def system_trap(self, address: int, name: str, handler: Handler, arity: int) -> None:
        self.traps[address & ~1] = Trap(name, handler, arity)

    def map_system(self, memory: Memory) -> None:
        """Make the system traps visible in an address space."""
        map_traps(memory, TRAPS_FIRST, GRANULARITY, self._system)

    def get(self, file_name: str) -> EmulatedDll | None:
        """An emulated DLL by file name ("COREDLL.dll"); None when this device emulates none of that name."""
        name = file_name.lower().removesuffix(".dll")
        if name not in BUILT_IN or name in self._absent:
            return None
        dll = self._loaded.get(name)
        if dll is None:
            missing = frozenset(one.removeprefix(f"{name}!") for one in self._absent if "!" in one)
            dll = EmulatedDll(
                name, self._next, self._cpu.trap, self._cpu.code_bit, missing, all_named=self._all_named
            )
            self._next += dll.size
            self._loaded[name] = dll
            self.traps.update(dll.traps(self._unimplemented))
        return dll


def unimplemented_handler(report: Callable[[Call, str], None]) -> Callable[[str], Handler]:
    """Handlers for names CE has and this emulator does not implement."""

    def handler_for(name: str) -> Handler:
        def handler(call: Call) -> int:
            report(call, name)
            return 0

        return handler

    return handler_for
