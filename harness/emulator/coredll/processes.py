"""Processes."""

from __future__ import annotations

from harness.emulator.config import UNKILLABLE
from harness.emulator.coredll.debugging import debugger_of, offered
from harness.emulator.errors import ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED
from harness.emulator.exports import Call, export
from harness.emulator.loader import LoadError
from harness.emulator.process import Process

CREATE_SUSPENDED = 0x4
DEBUG_PROCESS, DEBUG_ONLY_THIS_PROCESS = 0x1, 0x2
KNOWN_FLAGS = DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS | CREATE_SUSPENDED | 0x10 | 0x00020000


@export(
    "coredll!CreateProcessW",
    "image command process_security thread_security inherit flags environment directory startup information",
)
def create_process(
    call: Call,
    image: int,
    command: int,
    process_security: int,
    thread_security: int,
    inherit: int,
    flags: int,
    environment: int,
    directory: int,
    startup: int,
    information: int,
) -> int:
    """Security, inheritance, environment, directory and startup information must be NULL: CE has none.

    With a debug flag the calling thread becomes the debugger of the new process, and with DEBUG_PROCESS
    alone of what that process starts, too (ms885182).
    """
    if not image or process_security or thread_security or inherit or environment or directory or startup:
        return call.fail(ERROR_INVALID_PARAMETER)
    if flags & ~KNOWN_FLAGS:
        return call.fail(ERROR_INVALID_PARAMETER)
    memory = call.process.memory
    path = memory.wide(image)
    line = memory.wide(command) if command else ""
    device = call.device
    children = call.process.debug_children
    debugger = call.process.debugger if children else None
    if flags & (DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS):
        if not offered(call):
            return call.fail(ERROR_NOT_SUPPORTED)
        debugger, children = debugger_of(call), not flags & DEBUG_ONLY_THIS_PROCESS
    suspended = bool(flags & CREATE_SUSPENDED)
    try:
        process = device.create_process(search(call, path), line, suspended, debugger, children)
    except LoadError as error:
        device.report("load-failed", image=path, why=str(error), code=error.code)
        return call.fail(error.code)
    if information and process.main is not None:
        handles = call.process.handles
        for index, value in enumerate(
            (handles.add(process), handles.add(process.main), process.id, process.main.id)
        ):
            memory.set_u32(information + 4 * index, value)
    return 1


def search(call: Call, name: str) -> str:
    """A path as it is; a bare name in \\Windows, then in the root."""
    if name.startswith(("\\", "/")):
        return name
    for directory in ("\\Windows\\", "\\"):
        for candidate in (directory + name, f"{directory}{name}.exe"):
            if call.device.files.exists(candidate):
                return candidate
    return f"\\{name}"


@export("coredll!OpenProcess", "access inherit id")
def open_process(call: Call, access: int, inherit: int, number: int) -> int:
    found = next((p for p in call.device.processes if p.id == number), None)
    if inherit or found is None:
        return call.fail(ERROR_INVALID_PARAMETER)
    return call.process.handles.add(found)


@export("coredll!TerminateProcess", "process code")
def terminate_process(call: Call, handle: int, code: int) -> int:
    process = call.process.object(handle, call.thread)
    if not isinstance(process, Process):
        # CE also takes a process identifier here.
        process = next((p for p in call.device.processes if p.id == handle), None)
    if process is None or process.ended:
        return call.fail(ERROR_INVALID_HANDLE)
    if UNKILLABLE in call.device.variants and any(thread.in_driver for thread in process.threads):
        # A driver that keeps the threads of a process that is to end (IOCTL_PSL_NOTIFY, ms904477).
        for thread in process.threads:
            thread.holds += 1
        return 1
    call.device.end_process(process, code)
    return 1


@export("coredll!GetExitCodeProcess", "process code")
def get_exit_code_process(call: Call, handle: int, code: int) -> int:
    process = call.process.object(handle, call.thread)
    if not isinstance(process, Process):
        return call.fail(ERROR_INVALID_HANDLE)
    call.process.memory.set_u32(code, process.exit_code)
    return 1


@export("coredll!GetCommandLineW")
def get_command_line(call: Call) -> int:
    place = call.process.locals.get("command line")
    if place is None:
        text = call.process.command_line
        place = call.process.heap.allocate(2 * len(text) + 2)
        call.process.memory.set_wide(place, text)
        call.process.locals["command line"] = place
    return int(place)


@export("coredll!SignalStarted", "sequence")
def signal_started(call: Call, sequence: int) -> None:
    """Nothing on this device waits for it; a view from outside."""
    call.device.report("started-up", process=call.process.name, sequence=sequence)


@export("coredll!CeGetCurrentTrust")
def get_current_trust(call: Call) -> int:
    return 2
