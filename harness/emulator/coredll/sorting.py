"""qsort: an export that calls back into the guest."""

from __future__ import annotations

from harness.emulator.exports import Blocking, Call, GuestCall, export


@export("coredll!qsort", "base count width compare")
def qsort(call: Call, base: int, count: int, width: int, compare: int) -> Blocking:
    """Sorts by insertion with binary search; each comparison runs the guest's function."""
    memory = call.process.memory
    for index in range(1, count):
        item = base + index * width
        low, high = 0, index
        while low < high:
            middle = (low + high) // 2
            woke = yield GuestCall(compare, (item, base + middle * width))
            low, high = (low, middle) if woke.value & 0x80000000 else (middle + 1, high)
        taken = memory.read(item, width)
        moved = memory.read(base + low * width, (index - low) * width)
        memory.write(base + low * width, taken + moved)
    return 0
