"""Threads, and their local storage."""

from __future__ import annotations

from harness.emulator.errors import ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY
from harness.emulator.exports import Blocking, Call, Until, export
from harness.emulator.thread import Thread

CREATE_SUSPENDED = 0x4
STACK_SIZE_PARAM_IS_A_RESERVATION = 0x00010000
NO_COUNT = 0xFFFFFFFF
INFINITE = 0xFFFFFFFF


@export("coredll!CreateThread", "security stack start parameter flags id")
def create_thread(
    call: Call, security: int, stack: int, start: int, parameter: int, flags: int, number: int
) -> int:
    """A stack size counts only as a reservation; without that flag a stack is as large as the image says."""
    if security or flags & ~(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION):
        return call.fail(ERROR_INVALID_PARAMETER)
    if number:
        call.process.memory.set_u32(number, 0)  # faults before there is a thread
    reserved = stack if flags & STACK_SIZE_PARAM_IS_A_RESERVATION else 0
    thread = call.device.new_thread(call.process, start, (parameter,), reserved)
    if thread is None:
        return call.fail(ERROR_NOT_ENOUGH_MEMORY)
    if number:
        call.process.memory.set_u32(number, thread.id)
    handle = call.process.handles.add(thread)
    call.device.start_thread(thread, suspended=bool(flags & CREATE_SUSPENDED))
    return handle


def _thread(call: Call, handle: int) -> Thread | None:
    found = call.process.object(handle, call.thread)
    return found if isinstance(found, Thread) else None


@export("coredll!ExitThread", "code")
def exit_thread(call: Call, code: int) -> None:
    call.device.end_thread(call.thread, code)


@export("coredll!TerminateThread", "thread code")
def terminate_thread(call: Call, handle: int, code: int) -> int:
    thread = _thread(call, handle)
    if thread is None:
        return call.fail(ERROR_INVALID_HANDLE)
    call.device.end_thread(thread, code)
    return 1


@export("coredll!GetExitCodeThread", "thread code")
def get_exit_code_thread(call: Call, handle: int, code: int) -> int:
    thread = _thread(call, handle)
    if thread is None:
        return call.fail(ERROR_INVALID_HANDLE)
    call.process.memory.set_u32(code, thread.exit_code)
    return 1


@export("coredll!SuspendThread", "thread")
def suspend_thread(call: Call, handle: int) -> int:
    thread = _thread(call, handle)
    if thread is None:
        return call.fail(ERROR_INVALID_HANDLE, NO_COUNT)
    return call.device.scheduler.suspend(thread)


@export("coredll!ResumeThread", "thread")
def resume_thread(call: Call, handle: int) -> int:
    thread = _thread(call, handle)
    if thread is None:
        return call.fail(ERROR_INVALID_HANDLE, NO_COUNT)
    return call.device.scheduler.resume(thread)


@export("coredll!SetThreadPriority", "thread priority")
def set_thread_priority(call: Call, handle: int, priority: int) -> int:
    thread = _thread(call, handle)
    if thread is None:
        return call.fail(ERROR_INVALID_HANDLE)
    if priority > 7:
        return call.fail(ERROR_INVALID_PARAMETER)
    thread.priority = priority + 248
    return 1


@export("coredll!GetThreadPriority", "thread")
def get_thread_priority(call: Call, handle: int) -> int:
    thread = _thread(call, handle)
    if thread is None:
        return call.fail(ERROR_INVALID_HANDLE, 0x7FFFFFFF)
    return max(thread.priority - 248, 0)


@export("coredll!CeSetThreadPriority", "thread priority")
def ce_set_thread_priority(call: Call, handle: int, priority: int) -> int:
    thread = _thread(call, handle)
    if thread is None:
        return call.fail(ERROR_INVALID_HANDLE)
    if priority > 255:
        return call.fail(ERROR_INVALID_PARAMETER)
    thread.priority = priority
    return 1


@export("coredll!CeGetThreadPriority", "thread")
def ce_get_thread_priority(call: Call, handle: int) -> int:
    thread = _thread(call, handle)
    return call.fail(ERROR_INVALID_HANDLE, 0x7FFFFFFF) if thread is None else thread.priority


@export("coredll!Sleep", "milliseconds")
def sleep(call: Call, milliseconds: int) -> Blocking:
    if milliseconds == INFINITE:
        while True:
            yield Until(3600.0)
    yield Until(milliseconds / 1000)
    return 0


@export("coredll!TlsCall", "action index")
def tls_call(call: Call, action: int, index: int) -> int:
    """TlsAlloc (action 0) and TlsFree (1) are inline over this export."""
    used: set[int] = call.process.locals.setdefault("tls", {0, 1, 2, 3})
    if action == 0:
        free = next((slot for slot in range(Thread.TLS_SLOTS) if slot not in used), None)
        if free is None:
            return call.fail(ERROR_NOT_ENOUGH_MEMORY, 0xFFFFFFFF)
        used.add(free)
        return free
    if index not in used or index < 4:
        return call.fail(ERROR_INVALID_PARAMETER)
    used.discard(index)
    for thread in call.process.threads:
        thread.tls[index] = 0
    return 1


@export("coredll!TlsGetValue", "index")
def tls_get_value(call: Call, index: int) -> int:
    if index >= Thread.TLS_SLOTS:
        return call.fail(ERROR_INVALID_PARAMETER)
    call.thread.last_error = 0
    return call.thread.tls[index]


@export("coredll!TlsSetValue", "index value")
def tls_set_value(call: Call, index: int, value: int) -> int:
    if index >= Thread.TLS_SLOTS:
        return call.fail(ERROR_INVALID_PARAMETER)
    call.thread.tls[index] = value
    return 1
