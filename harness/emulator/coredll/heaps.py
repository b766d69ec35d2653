"""Heaps: Local*, Heap* and malloc. The process has one heap; HeapCreate makes others."""

from __future__ import annotations

from harness.emulator.errors import ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY
from harness.emulator.exports import Call, export
from harness.emulator.heap import Heap
from harness.emulator.objects import KernelObject

ZERO_INIT, HEAP_ZERO_MEMORY = 0x40, 0x8
LARGEST = 1 << 30


class HeapObject(KernelObject):
    """What a heap handle stands for."""

    kind = "heap"

    def __init__(self, heap: Heap) -> None:
        super().__init__()
        self.heap = heap


def _allocate(call: Call, heap: Heap, size: int) -> int:
    address = heap.allocate(size) if size <= LARGEST else 0
    return address or call.fail(ERROR_NOT_ENOUGH_MEMORY)


@export("coredll!LocalAlloc", "flags size")
def local_alloc(call: Call, flags: int, size: int) -> int:
    return _allocate(call, call.process.heap, size)


@export("coredll!LocalFree", "block")
def local_free(call: Call, block: int) -> int:
    if block and not call.process.heap.free(block):
        return call.fail(ERROR_INVALID_HANDLE, block)
    return 0


@export("coredll!LocalReAlloc", "block size flags")
def local_realloc(call: Call, block: int, size: int, flags: int) -> int:
    if call.process.heap.size(block) is None:
        return call.fail(ERROR_INVALID_HANDLE)
    return call.process.heap.reallocate(block, size) or call.fail(ERROR_NOT_ENOUGH_MEMORY)


@export("coredll!LocalSize", "block")
def local_size(call: Call, block: int) -> int:
    size = call.process.heap.size(block)
    return call.fail(ERROR_INVALID_HANDLE) if size is None else size


@export("coredll!GetProcessHeap")
def get_process_heap(call: Call) -> int:
    handle = call.process.locals.get("process heap")
    if handle is None:
        handle = call.process.handles.add(HeapObject(call.process.heap))
        call.process.locals["process heap"] = handle
    return int(handle)


@export("coredll!HeapCreate", "options initial maximum")
def heap_create(call: Call, options: int, initial: int, maximum: int) -> int:
    return call.process.handles.add(HeapObject(Heap(call.process.memory)))


@export("coredll!HeapDestroy", "heap")
def heap_destroy(call: Call, handle: int) -> int:
    heap = _heap(call, handle)
    if heap is None or heap is call.process.heap:
        return call.fail(ERROR_INVALID_HANDLE)
    heap.destroy()
    call.process.handles.close(handle)
    return 1


def _heap(call: Call, handle: int) -> Heap | None:
    found = call.process.handles.get(handle, HeapObject)
    return None if found is None else found.heap


@export("coredll!HeapAlloc", "heap flags size")
def heap_alloc(call: Call, handle: int, flags: int, size: int) -> int:
    heap = _heap(call, handle)
    return call.fail(ERROR_INVALID_HANDLE) if heap is None else _allocate(call, heap, size)


@export("coredll!HeapFree", "heap flags block")
def heap_free(call: Call, handle: int, flags: int, block: int) -> int:
    heap = _heap(call, handle)
    if heap is None:
        return call.fail(ERROR_INVALID_HANDLE)
    return 1 if heap.free(block) else call.fail(ERROR_INVALID_PARAMETER)


@export("coredll!HeapReAlloc", "heap flags block size")
def heap_realloc(call: Call, handle: int, flags: int, block: int, size: int) -> int:
    heap = _heap(call, handle)
    if heap is None:
        return call.fail(ERROR_INVALID_HANDLE)
    if heap.size(block) is None:
        return call.fail(ERROR_INVALID_PARAMETER)
    return heap.reallocate(block, size) or call.fail(ERROR_NOT_ENOUGH_MEMORY)


@export("coredll!HeapSize", "heap flags block")
def heap_size(call: Call, handle: int, flags: int, block: int) -> int:
    heap = _heap(call, handle)
    size = None if heap is None else heap.size(block)
    return call.fail(ERROR_INVALID_PARAMETER, 0xFFFFFFFF) if size is None else size


@export("coredll!malloc", "size")
def malloc(call: Call, size: int) -> int:
    return _allocate(call, call.process.heap, size)


@export("coredll!calloc", "count size")
def calloc(call: Call, count: int, size: int) -> int:
    return _allocate(call, call.process.heap, count * size)


@export("coredll!realloc", "block size")
def realloc(call: Call, block: int, size: int) -> int:
    if not block:
        return _allocate(call, call.process.heap, size)
    return call.process.heap.reallocate(block, size)


@export("coredll!free", "block")
def free(call: Call, block: int) -> None:
    call.process.heap.free(block)
