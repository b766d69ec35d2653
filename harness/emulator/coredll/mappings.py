"""File mappings: memory that processes share by name, with or without a file."""

from __future__ import annotations

from functools import partial

from harness.emulator.coredll.synchronization import name_of
from harness.emulator.errors import (
    ERROR_ACCESS_DENIED,
    ERROR_ALREADY_EXISTS,
    ERROR_INVALID_ADDRESS,
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_NOT_ENOUGH_MEMORY,
)
from harness.emulator.exports import Call, export
from harness.emulator.files import OpenFile
from harness.emulator.memory import GRANULARITY, PAGE, READONLY, READWRITE, Buffer, round_up
from harness.emulator.objects import Section

INVALID_HANDLE_VALUE = 0xFFFFFFFF
MAP_WRITE, MAP_READ, MAP_ALL = 2, 4, 0xF001F
VIEWS = 0x42000000
"""Views lie above the applications' own memory, as on CE."""
LARGEST = 1 << 30


@export("coredll!CreateFileMappingW", "file security protection high low name")
def create_file_mapping(
    call: Call, file: int, security: int, protection: int, high: int, low: int, name: int
) -> int:
    kind = protection & 0xFF
    if kind not in (READONLY, READWRITE) or high:
        return call.fail(ERROR_INVALID_PARAMETER)
    text = name_of(call, name)
    found = call.device.names.find(Section.kind, text)
    if isinstance(found, Section):
        call.thread.last_error = ERROR_ALREADY_EXISTS
        return call.process.handles.add(found)
    size, save, data = low, None, b""
    if file != INVALID_HANDLE_VALUE:
        opened = call.process.handles.get(file, OpenFile)
        if opened is None:
            return call.fail(ERROR_INVALID_HANDLE)
        data = opened.path.read_bytes()
        size = low or len(data)
    if not 0 < size <= LARGEST:
        return call.fail(ERROR_INVALID_PARAMETER)
    pages = round_up(size, PAGE) // PAGE
    if not call.device.charge(pages):
        return call.fail(ERROR_NOT_ENOUGH_MEMORY)
    buffer = Buffer(size)
    if file != INVALID_HANDLE_VALUE and opened is not None:
        buffer.view[: min(len(data), size)] = data[:size]
        if kind == READWRITE:
            save = partial(_save, opened, buffer, size)
    section = Section(buffer, size, kind, lambda: call.device.charge(-pages), text, save)
    call.device.names.add(section)
    call.thread.last_error = 0
    return call.process.handles.add(section)


def _save(opened: OpenFile, buffer: Buffer, size: int) -> None:
    opened.path.write_bytes(bytes(buffer.view[:size]))


@export("coredll!MapViewOfFile", "mapping access high low size")
def map_view_of_file(call: Call, mapping: int, access: int, high: int, low: int, size: int) -> int:
    section = call.process.handles.get(mapping, Section)
    if section is None:
        return call.fail(ERROR_INVALID_HANDLE)
    if (
        high
        or low % GRANULARITY
        or low + size > section.size
        or access not in (MAP_WRITE, MAP_READ, 6, MAP_ALL)
    ):
        return call.fail(ERROR_INVALID_PARAMETER)
    writing = access != MAP_READ
    if writing and section.protection == READONLY:
        return call.fail(ERROR_ACCESS_DENIED)
    memory = call.process.memory
    length = round_up(size or section.size - low, PAGE)
    area = memory.reserve(
        length, kind="mapped", wished=section.protection, buffer=section.buffer, offset=low, lowest=VIEWS
    )
    if area is None:
        return call.fail(ERROR_NOT_ENOUGH_MEMORY)
    memory.commit(area, area.base, length, READWRITE if writing else READONLY)
    section.references += 1  # a view keeps its section alive
    views: dict[int, Section] = call.process.locals.setdefault("views", {})
    if not views:
        call.process.at_end(partial(_drop_all, call, views))
    views[area.base] = section
    return area.base


def _drop_all(call: Call, views: dict[int, Section]) -> None:
    for section in views.values():
        _drop(call, section)


def _drop(call: Call, section: Section) -> None:
    section.references -= 1
    if section.references == 0:
        call.device.last_handle_closed(section)


@export("coredll!UnmapViewOfFile", "address")
def unmap_view_of_file(call: Call, address: int) -> int:
    views: dict[int, Section] = call.process.locals.get("views", {})
    section = views.pop(address, None)
    area = call.process.memory.area(address)
    if section is None or area is None:
        return call.fail(ERROR_INVALID_ADDRESS)
    section.flush()
    call.process.memory.release(area)
    _drop(call, section)
    return 1


@export("coredll!FlushViewOfFile", "address size")
def flush_view_of_file(call: Call, address: int, size: int) -> int:
    area = call.process.memory.area(address)
    views: dict[int, Section] = call.process.locals.get("views", {})
    section = views.get(area.base) if area is not None else None
    if section is None:
        return call.fail(ERROR_INVALID_ADDRESS)
    section.flush()
    return 1
