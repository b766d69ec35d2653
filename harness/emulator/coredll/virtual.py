"""Pages: VirtualAlloc and its relatives, and the pointer probes."""

from __future__ import annotations

import struct

from harness.emulator.errors import ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY
from harness.emulator.exports import Call, export
from harness.emulator.memory import GRANULARITY, PAGE, RIGHTS, Area, round_up

MEM_COMMIT, MEM_RESERVE, MEM_DECOMMIT, MEM_RELEASE, MEM_FREE = 0x1000, 0x2000, 0x4000, 0x8000, 0x10000
MEM_TOP_DOWN, MEM_AUTO_COMMIT = 0x100000, 0x200000
GUARD, NOCACHE = 0x100, 0x200
TYPES = {"private": 0x20000, "stack": 0x20000, "mapped": 0x40000, "image": 0x1000000, "traps": 0x1000000}
LARGEST = 1 << 30


def valid_protection(protection: int) -> bool:
    return protection & ~(GUARD | NOCACHE) in RIGHTS


@export("coredll!VirtualAlloc", "address size type protection")
def virtual_alloc(call: Call, address: int, size: int, kind: int, protection: int) -> int:
    kind &= ~(MEM_TOP_DOWN | MEM_AUTO_COMMIT)
    if not 0 < size <= LARGEST or not valid_protection(protection):
        return call.fail(ERROR_INVALID_PARAMETER)
    if not kind & (MEM_COMMIT | MEM_RESERVE) or kind & ~(MEM_COMMIT | MEM_RESERVE):
        return call.fail(ERROR_INVALID_PARAMETER)
    memory = call.process.memory
    if kind & MEM_RESERVE or address == 0:
        base = address & ~(GRANULARITY - 1)
        length = round_up(address - base + size, PAGE)
        area = memory.reserve(length, base, wished=protection)
        if area is None:
            return call.fail(ERROR_INVALID_PARAMETER if address else ERROR_NOT_ENOUGH_MEMORY)
        if kind & MEM_COMMIT and not memory.commit(area, area.base, length, protection):
            memory.release(area)
            return call.fail(ERROR_NOT_ENOUGH_MEMORY)
        return area.base
    found = _range(call, address, size)
    if found is None:
        return call.fail(ERROR_INVALID_PARAMETER)
    area, start, length = found
    if not memory.commit(area, start, length, protection):
        return call.fail(ERROR_NOT_ENOUGH_MEMORY)
    return start


def _range(call: Call, address: int, size: int) -> tuple[Area, int, int] | None:
    """The whole pages of a range that lies inside one area."""
    area = call.process.memory.area(address)
    if area is None or address + size > area.end:
        return None
    start = address & ~(PAGE - 1)
    return area, start, round_up(address + size, PAGE) - start


@export("coredll!VirtualFree", "address size type")
def virtual_free(call: Call, address: int, size: int, kind: int) -> int:
    """A release takes the whole reservation, whose pages must all be committed or all be only reserved."""
    memory = call.process.memory
    area = memory.area(address)
    if area is None or area.kind != "private":
        return call.fail(ERROR_INVALID_PARAMETER)
    if kind == MEM_RELEASE:
        if size or address != area.base or len({bool(page) for page in area.protection}) > 1:
            return call.fail(ERROR_INVALID_PARAMETER)
        memory.release(area)
        return 1
    if kind != MEM_DECOMMIT:
        return call.fail(ERROR_INVALID_PARAMETER)
    found = (
        (area, area.base, area.size) if size == 0 and address == area.base else _range(call, address, size)
    )
    if found is None:
        return call.fail(ERROR_INVALID_PARAMETER)
    memory.decommit(*found)
    return 1


@export("coredll!VirtualProtect", "address size protection old")
def virtual_protect(call: Call, address: int, size: int, protection: int, old: int) -> int:
    found = _range(call, address, size)
    if found is None or not size or not valid_protection(protection):
        return call.fail(ERROR_INVALID_PARAMETER)
    memory = call.process.memory
    area, start, length = found
    pages = area.protection[(start - area.base) // PAGE : (start - area.base + length) // PAGE]
    if not all(pages) or not memory.writable(old, 4):
        return call.fail(ERROR_INVALID_PARAMETER)
    memory.set_u32(old, pages[0])
    memory.commit(area, start, length, protection)
    return 1


@export("coredll!VirtualQuery", "address buffer size")
def virtual_query(call: Call, address: int, buffer: int, size: int) -> int:
    if size < 28:
        return call.fail(ERROR_INVALID_PARAMETER)
    memory = call.process.memory
    start = address & ~(PAGE - 1)
    area = memory.area(address)
    if area is None:
        end = 0x80000000 if start < 0x80000000 else 0x1_0000_0000
        above = min((a.base for a in memory.areas() if a.base > start), default=end)
        call.process.memory.write(buffer, struct.pack("<7I", start, 0, 0, above - start, MEM_FREE, 1, 0))
        return 28
    page = (start - area.base) // PAGE
    protection = area.protection[page]
    count = 1
    while page + count < len(area.protection) and area.protection[page + count] == protection:
        count += 1
    state = MEM_COMMIT if protection else MEM_RESERVE
    memory.write(
        buffer,
        struct.pack("<7I", start, area.base, area.wished, count * PAGE, state, protection, TYPES[area.kind]),
    )
    return 28


@export("coredll!IsBadReadPtr", "address size")
def is_bad_read_ptr(call: Call, address: int, size: int) -> int:
    return not call.process.memory.readable(address, size)


@export("coredll!IsBadWritePtr", "address size")
def is_bad_write_ptr(call: Call, address: int, size: int) -> int:
    return not call.process.memory.writable(address, size)


@export("coredll!IsBadCodePtr", "address")
def is_bad_code_ptr(call: Call, address: int) -> int:
    return not call.process.memory.readable(address & ~1, 1)


@export("coredll!FlushInstructionCache", "process address size")
def flush_instruction_cache(call: Call, process: int, address: int, size: int) -> int:
    return 1


@export("coredll!CacheSync", "flags")
def cache_sync(call: Call, flags: int) -> None:
    return
