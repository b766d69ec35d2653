"""Modules: loading, looking up exports, names."""

from __future__ import annotations

from collections.abc import Generator

from harness.emulator.errors import (
    ERROR_INSUFFICIENT_BUFFER,
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_MOD_NOT_FOUND,
    ERROR_PROC_NOT_FOUND,
)
from harness.emulator.exports import Blocking, Call, GuestCall, Wait, Wake, export
from harness.emulator.loader import LoadError, Module

PROCESS_ATTACH, PROCESS_DETACH = 1, 0
AS_DATA_FILE = 2


@export("coredll!LoadLibraryW", "name")
def load_library(call: Call, name: int) -> Blocking:
    if not name:
        return call.fail(ERROR_INVALID_PARAMETER)
    try:
        return (yield from load(call, call.process.memory.wide(name))).base
    except LoadError as error:
        return call.fail(error.code)


def load(call: Call, name: str) -> Generator[Wait, Wake, Module]:
    """A DLL by name or path, its entry point called if it was not there before. Raises LoadError."""
    debugger = call.process.debugger
    before = list(call.process.modules)
    module, fresh = call.device.loader.load_library(call.process, name)
    if debugger is not None:
        debugger.loaded(call.thread, [one for one in call.process.modules if one not in before])
    for loaded in fresh:
        if loaded.entry:
            woke = yield GuestCall(loaded.entry, (loaded.base, PROCESS_ATTACH, 0))
            if not woke.value:
                _unload(call, module)
                raise LoadError(ERROR_MOD_NOT_FOUND, f"{name}: its entry point returned FALSE")
    return module


@export("coredll!LoadLibraryExW", "name file flags")
def load_library_ex(call: Call, name: int, file: int, flags: int) -> Blocking:
    if file or flags & ~AS_DATA_FILE:
        return call.fail(ERROR_INVALID_PARAMETER)
    return (yield from load_library(call, name))


@export("coredll!FreeLibrary", "module")
def free_library(call: Call, handle: int) -> Blocking:
    module = _module(call, handle)
    if module is None:
        return call.fail(ERROR_INVALID_HANDLE)
    yield from free(call, module)
    return 1


def free(call: Call, module: Module) -> Generator[Wait, Wake, None]:
    """One user of a DLL less; the last one takes it out of the process."""
    module.users -= 1
    if module.users == 0 and module.image is not None:
        if module.entry:
            yield GuestCall(module.entry, (module.base, PROCESS_DETACH, 0))
        _unload(call, module)


def _unload(call: Call, module: Module) -> None:
    before = list(call.process.modules)
    call.device.loader.unload(call.process, module)
    if call.process.debugger is not None:
        for gone in before:
            if gone not in call.process.modules:
                call.process.debugger.unloaded(call.thread, gone)


def _module(call: Call, handle: int) -> Module | None:
    return next((module for module in call.process.modules if module.base == handle), None)


def _procedure(call: Call, handle: int, name: str) -> int:
    module = _module(call, handle)
    if module is None:
        return call.fail(ERROR_INVALID_HANDLE)
    address = module.export(name)
    return call.fail(ERROR_PROC_NOT_FOUND) if address is None else address


@export("coredll!GetProcAddressW", "module name")
def get_proc_address_w(call: Call, handle: int, name: int) -> int:
    """An ordinal (a name below 0x10000) is not found: no ordinals of CE's DLLs are known here."""
    if name < 0x10000:
        return call.fail(ERROR_PROC_NOT_FOUND if name else ERROR_INVALID_PARAMETER)
    return _procedure(call, handle, call.process.memory.wide(name))


@export("coredll!GetProcAddressA", "module name")
def get_proc_address_a(call: Call, handle: int, name: int) -> int:
    if name < 0x10000:
        return call.fail(ERROR_PROC_NOT_FOUND if name else ERROR_INVALID_PARAMETER)
    return _procedure(call, handle, call.process.memory.ansi(name).decode("latin-1"))


@export("coredll!GetModuleHandleW", "name")
def get_module_handle(call: Call, name: int) -> int:
    if not name:
        return _program(call).base
    module = call.device.loader.find(call.process, call.process.memory.wide(name))
    return call.fail(ERROR_MOD_NOT_FOUND) if module is None else module.base


def _program(call: Call) -> Module:
    return next(m for m in call.process.modules if m.image is not None and not m.image.dll)


@export("coredll!GetModuleFileNameW", "module buffer size")
def get_module_file_name(call: Call, handle: int, buffer: int, size: int) -> int:
    module = _program(call) if handle == 0 else _module(call, handle)
    if module is None:
        return call.fail(ERROR_INVALID_HANDLE)
    if size == 0:
        return call.fail(ERROR_INSUFFICIENT_BUFFER)
    text = module.path[: size - 1]
    call.process.memory.set_wide(buffer, text)
    return len(text)


@export("coredll!DisableThreadLibraryCalls", "module")
def disable_thread_library_calls(call: Call, handle: int) -> int:
    return 1 if _module(call, handle) is not None else call.fail(ERROR_INVALID_HANDLE)
