"""What a debugger calls. Contexts of threads (GetThreadContext) are not offered."""

from __future__ import annotations

from harness.emulator.config import DEBUGGING_REFUSED, WITHOUT_DEBUGGER
from harness.emulator.debugging import EVENT_SIZE, Debugger
from harness.emulator.errors import (
    ERROR_ACCESS_DENIED,
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_NOACCESS,
    ERROR_NOT_SUPPORTED,
    WAIT_TIMEOUT,
)
from harness.emulator.exports import Blocking, Call, Objects, export
from harness.emulator.memory import Memory
from harness.emulator.process import Process

DBG_CONTINUE, DBG_EXCEPTION_NOT_HANDLED = 0x00010002, 0x80010001
INFINITE = 0xFFFFFFFF


def offered(call: Call) -> bool:
    """Can processes be debugged on this device?"""
    return not call.device.variants & {WITHOUT_DEBUGGER, DEBUGGING_REFUSED}


def debugger_of(call: Call) -> Debugger:
    """The calling thread's side of debugging, made at its first use."""
    if call.thread.debugger is None:
        call.thread.debugger = Debugger(call.device, call.thread)
    return call.thread.debugger


@export("coredll!WaitForDebugEvent", "event milliseconds")
def wait_for_debug_event(call: Call, event: int, milliseconds: int) -> Blocking:
    """Only for the thread that debugs (aa450986): others get ERROR_INVALID_HANDLE.

    After the time the last error is WAIT_TIMEOUT, as the Windows Mobile page says.
    """
    debugger = call.thread.debugger
    if debugger is None:
        return call.fail(ERROR_INVALID_HANDLE)
    call.process.memory.write(event, bytes(EVENT_SIZE))  # faults before an event is taken
    woke = yield Objects([debugger], None if milliseconds == INFINITE else milliseconds / 1000)
    if woke.timed_out:
        return call.fail(WAIT_TIMEOUT)
    call.process.memory.write(event, debugger.report())
    return 1


@export("coredll!ContinueDebugEvent", "process thread status")
def continue_debug_event(call: Call, process: int, thread: int, status: int) -> int:
    debugger = call.thread.debugger
    if debugger is None:
        return call.fail(ERROR_ACCESS_DENIED)
    if status not in (DBG_CONTINUE, DBG_EXCEPTION_NOT_HANDLED):
        return call.fail(ERROR_INVALID_PARAMETER)
    if not debugger.proceed(process, thread, handled=status == DBG_CONTINUE):
        return call.fail(ERROR_INVALID_PARAMETER)
    return 1


@export("coredll!DebugActiveProcess", "id")
def debug_active_process(call: Call, number: int) -> int:
    if not offered(call):
        return call.fail(ERROR_NOT_SUPPORTED)
    found = next((p for p in call.device.processes if p.id == number and not p.ended), None)
    if found is None or found is call.process or found.main is None:
        return call.fail(ERROR_INVALID_PARAMETER)
    if found.debugger is not None:
        return call.fail(ERROR_ACCESS_DENIED)
    debugger_of(call).attach(found)
    return 1


def _other(call: Call, handle: int) -> Process | None:
    found = call.process.object(handle, call.thread)
    return found if isinstance(found, Process) and not found.ended else None


def _copy(call: Call, source: Memory, start: int, target: Memory, to: int, size: int, done: int) -> int:
    """The whole range or nothing (ms886794)."""
    if not source.readable(start, size) or not target.writable(to, size):
        return call.fail(ERROR_NOACCESS)
    target.write(to, source.read(start, size))
    if done:
        call.process.memory.set_u32(done, size)
    return 1


@export("coredll!ReadProcessMemory", "process address buffer size done")
def read_process_memory(call: Call, handle: int, address: int, buffer: int, size: int, done: int) -> int:
    other = _other(call, handle)
    if other is None:
        return call.fail(ERROR_INVALID_HANDLE)
    return _copy(call, other.memory, address, call.process.memory, buffer, size, done)


@export("coredll!WriteProcessMemory", "process address buffer size done")
def write_process_memory(call: Call, handle: int, address: int, buffer: int, size: int, done: int) -> int:
    other = _other(call, handle)
    if other is None:
        return call.fail(ERROR_INVALID_HANDLE)
    return _copy(call, call.process.memory, buffer, other.memory, address, size, done)
