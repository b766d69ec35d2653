"""Files and serial ports as files."""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.emulator.errors import (
    ERROR_ACCESS_DENIED,
    ERROR_ALREADY_EXISTS,
    ERROR_FILE_NOT_FOUND,
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_NEGATIVE_SEEK,
)
from harness.emulator.exports import Blocking, Call, export
from harness.emulator.files import GENERIC_WRITE, OPEN_EXISTING, GuestPathError, OpenFile
from harness.emulator.objects import Opened, StreamError

INVALID = 0xFFFFFFFF
DEVICE_NAME = re.compile(r"[A-Za-z]{3}[0-9]:")
ATTRIBUTE_READONLY, ATTRIBUTE_DIRECTORY, ATTRIBUTE_ARCHIVE = 0x1, 0x10, 0x20


@export("coredll!CreateFileW", "name access share security disposition flags template")
def create_file(
    call: Call, name: int, access: int, share: int, security: int, disposition: int, flags: int, template: int
) -> int:
    path = call.process.memory.wide(name)
    if DEVICE_NAME.fullmatch(path):
        return _open_device(call, path.upper(), share, disposition)
    try:
        opened, existed = call.device.files.open(path, access, share, disposition)
    except GuestPathError as error:
        return call.fail(error.code, INVALID)
    call.thread.last_error = ERROR_ALREADY_EXISTS if existed and disposition in (2, 4) else 0
    return call.process.handles.add(opened)


def _open_device(call: Call, name: str, share: int, disposition: int) -> int:
    """Ports are opened with share mode 0 and OPEN_EXISTING only."""
    if name not in call.device.ports:
        return call.fail(ERROR_FILE_NOT_FOUND, INVALID)
    if share or disposition != OPEN_EXISTING:
        return call.fail(ERROR_INVALID_PARAMETER, INVALID)
    port = call.device.open_port(call.process, name)
    if port is None:
        return call.fail(ERROR_ACCESS_DENIED, INVALID)
    return call.process.handles.add(port)


@export("coredll!ReadFile", "file buffer size done overlapped")
def read_file(call: Call, handle: int, buffer: int, size: int, done: int, overlapped: int) -> Blocking:
    """Only without OVERLAPPED: CE has none for files and serial ports."""
    memory, opened = call.process.memory, call.process.handles.get(handle, Opened)
    if overlapped:
        return call.fail(ERROR_INVALID_PARAMETER)
    if done:
        memory.set_u32(done, 0)
    if opened is None:
        return call.fail(ERROR_INVALID_HANDLE)
    try:
        data = yield from opened.read(size)
    except StreamError as error:
        return call.fail(error.code)
    memory.write(buffer, data)
    if done:
        memory.set_u32(done, len(data))
    return 1


@export("coredll!WriteFile", "file buffer size done overlapped")
def write_file(call: Call, handle: int, buffer: int, size: int, done: int, overlapped: int) -> Blocking:
    memory, opened = call.process.memory, call.process.handles.get(handle, Opened)
    if overlapped:
        return call.fail(ERROR_INVALID_PARAMETER)
    data = memory.read(buffer, size)
    if done:
        memory.set_u32(done, 0)
    if opened is None:
        return call.fail(ERROR_INVALID_HANDLE)
    try:
        written = yield from opened.write(data)
    except StreamError as error:
        return call.fail(error.code)
    if done:
        memory.set_u32(done, written)
    return 1


@export("coredll!GetFileSize", "file high")
def get_file_size(call: Call, handle: int, high: int) -> int:
    opened = call.process.handles.get(handle, OpenFile)
    if opened is None:
        return call.fail(ERROR_INVALID_HANDLE, INVALID)
    size = opened.path.stat().st_size
    if high:
        call.process.memory.set_u32(high, size >> 32)
    call.thread.last_error = 0
    return size


@export("coredll!SetFilePointer", "file distance high method")
def set_file_pointer(call: Call, handle: int, distance: int, high: int, method: int) -> int:
    opened = call.process.handles.get(handle, OpenFile)
    if opened is None:
        return call.fail(ERROR_INVALID_HANDLE, INVALID)
    if method > 2:
        return call.fail(ERROR_INVALID_PARAMETER, INVALID)
    if high:
        distance |= call.process.memory.u32(high) << 32
        distance -= (distance & 1 << 63) << 1
    elif distance & 0x80000000 and method:
        distance -= 1 << 32
    origin = (0, opened.stream.tell(), opened.path.stat().st_size)[method]
    if origin + distance < 0:
        return call.fail(ERROR_NEGATIVE_SEEK, INVALID)
    place = opened.stream.seek(origin + distance)
    if high:
        call.process.memory.set_u32(high, place >> 32)
    call.thread.last_error = 0
    return place


@export("coredll!SetEndOfFile", "file")
def set_end_of_file(call: Call, handle: int) -> int:
    opened = call.process.handles.get(handle, OpenFile)
    if opened is None:
        return call.fail(ERROR_INVALID_HANDLE)
    if not opened.access & GENERIC_WRITE:
        return call.fail(ERROR_ACCESS_DENIED)
    opened.stream.truncate()
    return 1


@export("coredll!FlushFileBuffers", "file")
def flush_file_buffers(call: Call, handle: int) -> int:
    known = call.process.handles.get(handle, Opened)
    return 1 if known is not None else call.fail(ERROR_INVALID_HANDLE)


@export("coredll!DeleteFileW", "name")
def delete_file(call: Call, name: int) -> int:
    return _path_call(call, lambda: call.device.files.delete(call.process.memory.wide(name)))


@export("coredll!MoveFileW", "source target")
def move_file(call: Call, source: int, target: int) -> int:
    wide = call.process.memory.wide
    return _path_call(call, lambda: call.device.files.move(wide(source), wide(target)))


@export("coredll!CopyFileW", "source target fail_if_exists")
def copy_file(call: Call, source: int, target: int, fail_if_exists: int) -> int:
    files, wide = call.device.files, call.process.memory.wide
    if fail_if_exists and files.exists(wide(target)):
        return call.fail(80)
    return _path_call(call, lambda: files.copy(wide(source), wide(target)))


@export("coredll!CreateDirectoryW", "name security")
def create_directory(call: Call, name: int, security: int) -> int:
    return _path_call(call, lambda: call.device.files.make_directory(call.process.memory.wide(name)))


@export("coredll!RemoveDirectoryW", "name")
def remove_directory(call: Call, name: int) -> int:
    return _path_call(call, lambda: call.device.files.remove_directory(call.process.memory.wide(name)))


@export("coredll!GetFileAttributesW", "name")
def get_file_attributes(call: Call, name: int) -> int:
    try:
        place = call.device.files.host_path(call.process.memory.wide(name))
    except GuestPathError as error:
        return call.fail(error.code, INVALID)
    if not place.exists():
        return call.fail(ERROR_FILE_NOT_FOUND, INVALID)
    return ATTRIBUTE_DIRECTORY if place.is_dir() else ATTRIBUTE_ARCHIVE


@export("coredll!GetTempPathW", "size buffer")
def get_temp_path(call: Call, size: int, buffer: int) -> int:
    text = "\\Temp\\"
    if size <= len(text):
        return len(text) + 1
    call.process.memory.set_wide(buffer, text)
    return len(text)


def _path_call(call: Call, action: Callable[[], object]) -> int:
    try:
        action()
    except GuestPathError as error:
        return call.fail(error.code)
    return 1
