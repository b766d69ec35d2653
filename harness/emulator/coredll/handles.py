"""Handles of any kind."""

from __future__ import annotations

from harness.emulator.errors import ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED
from harness.emulator.exports import Call, export
from harness.emulator.handles import CURRENT_PROCESS, CURRENT_THREAD
from harness.emulator.process import Process

DUPLICATE_CLOSE_SOURCE, DUPLICATE_SAME_ACCESS = 1, 2


@export("coredll!CloseHandle", "handle")
def close_handle(call: Call, handle: int) -> int:
    if handle in (CURRENT_PROCESS, CURRENT_THREAD):
        return 1
    if not call.process.handles.close(handle):
        return call.fail(ERROR_INVALID_HANDLE)
    return 1


@export("coredll!DuplicateHandle", "source handle target new access inherit options")
def duplicate_handle(
    call: Call, source: int, handle: int, target: int, new: int, access: int, inherit: int, options: int
) -> int:
    process, thread = call.process, call.thread
    owner, receiver = process.object(source, thread), process.object(target, thread)
    if not isinstance(owner, Process) or not isinstance(receiver, Process):
        return call.fail(ERROR_INVALID_HANDLE)
    if inherit or not options & DUPLICATE_SAME_ACCESS:
        return call.fail(ERROR_INVALID_PARAMETER)
    obj = owner.object(handle, thread)
    if obj is None:
        return call.fail(ERROR_INVALID_HANDLE)
    if obj.kind not in ("event", "mutex", "semaphore", "process", "thread"):
        return call.fail(ERROR_NOT_SUPPORTED)
    made = receiver.handles.add(obj)
    if options & DUPLICATE_CLOSE_SOURCE:
        owner.handles.close(handle)
    if new:
        process.memory.set_u32(new, made)
    else:
        receiver.handles.close(made)
    return 1
