"""What is alive on a device: numbers that are the same before and after, or something leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.emulator.objects import KernelObject

if TYPE_CHECKING:
    from harness.emulator.device import Device


def census(device: Device) -> dict[str, int]:
    """Counts of processes, threads, handles, pages, kernel objects, and what DLLs count themselves.

    Objects: processes, threads, and everything that a handle stands for, each once. Pages: committed ones of
    all processes, file mappings, and what Winsock takes for its sockets.
    """
    objects: set[KernelObject] = set()
    for process in device.processes:
        objects |= {process, *process.threads, *process.handles.objects()}
    return {
        "processes": len(device.processes),
        "threads": sum(len(process.threads) for process in device.processes),
        "handles": sum(len(process.handles) for process in device.processes),
        "pages": device.pages_used,
        "objects": len(objects),
        **{name: count() for name, count in device.counters.items()},
    }
