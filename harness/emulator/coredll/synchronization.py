"""Events, mutexes, semaphores, and waiting for them."""

from __future__ import annotations

from harness.emulator.errors import (
    ERROR_ALREADY_EXISTS,
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_NOT_OWNER,
    ERROR_TOO_MANY_POSTS,
)
from harness.emulator.exports import Blocking, Call, Objects, export
from harness.emulator.objects import Event, KernelObject, Mutex, Semaphore, Waitable

WAIT_ABANDONED, WAIT_TIMEOUT, WAIT_FAILED = 0x80, 0x102, 0xFFFFFFFF
INFINITE = 0xFFFFFFFF
MAXIMUM_WAIT_OBJECTS = 64
PULSE, RESET, SET = 1, 2, 3
MAX_NAME = 260


def name_of(call: Call, address: int) -> str | None:
    """A name of an object. The empty string is a name, NULL is none."""
    return call.process.memory.wide(address) if address else None


def _create(call: Call, made: KernelObject) -> int:
    """A handle to the named object if it exists, else to the one just made."""
    found = call.device.names.find(made.kind, made.name)
    call.thread.last_error = 0 if found is None else ERROR_ALREADY_EXISTS
    if found is None:
        call.device.names.add(made)
    return call.process.handles.add(found or made)


@export("coredll!CreateEventW", "security manual initial name")
def create_event(call: Call, security: int, manual: int, initial: int, name: int) -> int:
    text = name_of(call, name)
    if text is not None and len(text) >= MAX_NAME:
        return call.fail(ERROR_INVALID_PARAMETER)
    return _create(call, Event(bool(manual), bool(initial), text))


@export("coredll!OpenEventW", "access inherit name")
def open_event(call: Call, access: int, inherit: int, name: int) -> int:
    found = call.device.names.find(Event.kind, name_of(call, name)) if name and not inherit else None
    if found is None:
        return call.fail(ERROR_INVALID_PARAMETER if inherit or not name else 2)
    return call.process.handles.add(found)


@export("coredll!EventModify", "event operation")
def event_modify(call: Call, handle: int, operation: int) -> int:
    """SetEvent, ResetEvent and PulseEvent are inline over this export."""
    event = call.process.handles.get(handle, Event)
    if event is None:
        return call.fail(ERROR_INVALID_HANDLE)
    if operation == SET:
        event.set()
    elif operation == RESET:
        event.reset()
    elif operation == PULSE:
        event.pulse()
    else:
        return call.fail(ERROR_INVALID_PARAMETER)
    return 1


@export("coredll!SetEventData", "event data")
def set_event_data(call: Call, handle: int, data: int) -> int:
    event = call.process.handles.get(handle, Event)
    if event is None:
        return call.fail(ERROR_INVALID_HANDLE)
    event.data = data
    return 1


@export("coredll!GetEventData", "event")
def get_event_data(call: Call, handle: int) -> int:
    event = call.process.handles.get(handle, Event)
    return call.fail(ERROR_INVALID_HANDLE) if event is None else event.data


@export("coredll!CreateMutexW", "security owned name")
def create_mutex(call: Call, security: int, owned: int, name: int) -> int:
    text = name_of(call, name)
    found = call.device.names.find(Mutex.kind, text)
    owner = call.thread if owned and found is None else None
    return _create(call, found or Mutex(owner, text))


@export("coredll!ReleaseMutex", "mutex")
def release_mutex(call: Call, handle: int) -> int:
    mutex = call.process.handles.get(handle, Mutex)
    if mutex is None:
        return call.fail(ERROR_INVALID_HANDLE)
    return 1 if mutex.release(call.thread) else call.fail(ERROR_NOT_OWNER)


@export("coredll!CreateSemaphoreW", "security initial maximum name")
def create_semaphore(call: Call, security: int, initial: int, maximum: int, name: int) -> int:
    if not 0 < maximum <= 0x7FFFFFFF or initial > maximum:
        return call.fail(ERROR_INVALID_PARAMETER)
    return _create(call, Semaphore(initial, maximum, name_of(call, name)))


@export("coredll!ReleaseSemaphore", "semaphore count previous")
def release_semaphore(call: Call, handle: int, count: int, previous: int) -> int:
    semaphore = call.process.handles.get(handle, Semaphore)
    if semaphore is None:
        return call.fail(ERROR_INVALID_HANDLE)
    if not 0 < count <= 0x7FFFFFFF:
        return call.fail(ERROR_INVALID_PARAMETER)
    before = semaphore.count
    if not semaphore.release(count):
        return call.fail(ERROR_TOO_MANY_POSTS)
    if previous:
        call.process.memory.set_u32(previous, before)
    return 1


@export("coredll!WaitForSingleObject", "handle milliseconds")
def wait_for_single_object(call: Call, handle: int, milliseconds: int) -> Blocking:
    obj = call.process.object(handle, call.thread)
    if not isinstance(obj, Waitable):
        return call.fail(ERROR_INVALID_HANDLE, WAIT_FAILED)
    return (yield from _wait(call, [obj], milliseconds))


@export("coredll!WaitForMultipleObjects", "count handles all milliseconds")
def wait_for_multiple_objects(
    call: Call, count: int, handles: int, wait_all: int, milliseconds: int
) -> Blocking:
    if wait_all or not 0 < count <= MAXIMUM_WAIT_OBJECTS:
        return call.fail(ERROR_INVALID_PARAMETER, WAIT_FAILED)
    objects: list[Waitable] = []
    for handle in call.process.memory.words(handles, count):
        obj = call.process.object(handle, call.thread)
        if not isinstance(obj, Waitable):
            return call.fail(ERROR_INVALID_HANDLE, WAIT_FAILED)
        objects.append(obj)
    return (yield from _wait(call, objects, milliseconds))


def _wait(call: Call, objects: list[Waitable], milliseconds: int) -> Blocking:
    woke = yield Objects(objects, None if milliseconds == INFINITE else milliseconds / 1000)
    if woke.timed_out:
        return WAIT_TIMEOUT
    return woke.index + (WAIT_ABANDONED if woke.abandoned else 0)
