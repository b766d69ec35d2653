"""What an agent on Wine has of the system: numbers that do not grow, or something leaks. For Linux."""

import struct
from collections.abc import Mapping
from pathlib import Path

from running import OnWine
from spoiling import Spoiler

ENTRY = struct.Struct("<IBBHQI4x")
"""SYSTEM_HANDLE_ENTRY of 64 bits: process, type, flags, handle, object, access."""
PART = 7000
"""Bytes that surely fit an answer."""
# The worker's parent is the supervisor (ProcessBasicInformation); class 16: handles of all processes.
LIST = f"""
fresh
buffer keep 1 all[{9 * PART}]
call ntdll!NtQueryInformationProcess(-1, 0, out basic[48], 48, NULL) fails nonzero
call ntdll!NtQuerySystemInformation(16, &all, {9 * PART}, out size[4]) fails nonzero
"""
COPY = f"""
buffer keep 1 all[{9 * PART}]
call ntdll!memmove(out part[{PART}], &all+OFFSET, {PART}) fails never
"""


def census(wine: OnWine, spoiler: Spoiler) -> dict[str, int]:
    """With a fresh worker that runs nothing.

    `processes`: of the prefix. `threads`, `descriptors`, `handles`, `pages`: of the supervisor, the first
    process that was started; pages are those that it alone has. `server_pages`: of the wineserver, which
    keeps the objects of all processes, dead ones with an open handle too.
    """
    handles = _handles(spoiler)
    supervisor = wine.running[0].pid
    processes = _processes(wine)
    server = next(pid for pid, name in processes.items() if name.startswith("wineserver"))
    return {
        "processes": len(processes),
        "threads": _entries(f"/proc/{supervisor}/task"),
        "descriptors": _entries(f"/proc/{supervisor}/fd"),
        "handles": handles,
        "pages": _pages(supervisor),
        "server_pages": _pages(server),
    }


def _handles(spoiler: Spoiler) -> int:
    listed = spoiler.run(LIST)
    assert all(call.ok for call in listed.calls), listed
    (supervisor,) = struct.unpack_from("<Q", listed.buffers["basic"], 40)
    (size,) = struct.unpack("<I", listed.buffers["size"])
    parts = [
        spoiler.run(COPY.replace("OFFSET", str(offset))).buffers["part"] for offset in range(0, size, PART)
    ]
    found = b"".join(parts)[8:size]
    found = found[: len(found) // ENTRY.size * ENTRY.size]
    return [entry[0] for entry in ENTRY.iter_unpack(found)].count(supervisor)


def _processes(wine: OnWine) -> Mapping[int, str]:
    """Those with the prefix in their environment: identifier and name."""
    mine = f"WINEPREFIX={wine.environment['WINEPREFIX']}".encode()
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mine in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = (folder / "comm").read_text()
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue  # not ours, or not any more
    return found


def _entries(folder: str) -> int:
    return len(list(Path(folder).iterdir()))


def _pages(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    (kilobytes,) = (int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:"))
    return kilobytes // 4
