"""Memory that the agent takes of a device: pages of both its processes that were ever touched."""

import ctypes
import sys
import threading
from pathlib import Path

import pytest

import harness.emulator.coredll
import harness.emulator.ws2  # noqa: F401 - registers the exports, as coredll does
from harness.agents import CPU_BUILDS, build_agents, executable
from harness.deadline import Deadline
from harness.emulator.config import Config
from harness.emulator.device import Device
from harness.emulator.memory import PAGE, Area
from harness.links import dialer
from harness.program.text import parse
from harness.session import Session
from harness.winsock import symbols

MOST_IDLE, MOST = 256 * 1024, 512 * 1024
HEAVY = [
    # all of the arena, an answer full of runs, four threads, two workers that are lost
    "buffer scratch a[65536]\nbuffer scratch b[60000]\nfill &a, 65536, 7\nfill &b, 60000, 1",
    "repeat 300 as n {\n    s = WSASocketW(2, 1, 6, 0, 0, n)\n}",
    "\n".join("call coredll!GetTickCount() fails never" for _ in range(200)),
    "\n".join(f"thread t{n} {{\n    call coredll!Sleep(100) fails never\n}}" for n in range(4)),
    "call coredll!GetSystemTime(0x10) fails never",
    "deadline 50ms\ncall coredll!Sleep(60000) fails never",
    "buffer keep 1 out data[16000]\nfill &data, 16000, 7",
]
WIDE = ["buffer out data[7900]\nfill &data, 7900, 7", f'buffer in data = x"{"55" * 7900}"']
"""Programs whose answers, or which themselves, fill a frame: as many at once as the agent takes."""


def touched(area: Area) -> int:
    """Bytes in pages of an area that were read or written since it was reserved."""
    pages = (ctypes.c_ubyte * (area.size // PAGE))()
    place = ctypes.c_void_p(area.buffer.address + area.offset)
    assert ctypes.CDLL(None).mincore(place, ctypes.c_size_t(area.size), pages) == 0
    return sum(page & 1 for page in pages) * PAGE


def working_set(device: Device) -> int:
    """Of both processes; the memory that they share counts once, emulated DLLs do not count."""
    areas = [area for process in device.processes for area in process.memory.areas() if area.kind != "traps"]
    shared = [touched(area) for area in areas if area.kind == "mapped"]
    assert len(device.processes) == len(shared) == 2
    return sum(touched(area) for area in areas if area.kind != "mapped") + max(shared)


def work(device: Device) -> None:
    """Everything that takes memory, by a controller."""
    url = device.ports["COM1:"].host.path
    session = Session.open(dialer(url), deadline=Deadline(60))
    try:
        for text in HEAVY:
            session.run(parse(text, symbols()), deadline=Deadline(60))
        for text in WIDE:
            session.run_all([parse(text, symbols())] * 20, deadline=Deadline(60))
    finally:
        session.close()


@pytest.mark.skipif(sys.platform != "linux", reason="which pages were touched is asked by mincore")
@pytest.mark.parametrize("cpu", CPU_BUILDS)
def test_working_set(cpu: str, tmp_path: Path) -> None:
    build_agents()
    device = Device(Config(cpu=cpu, root=tmp_path, start=("\\ceagent.exe link=COM1:",)))
    device.files.write_file("\\ceagent.exe", executable(CPU_BUILDS[cpu]).read_bytes())
    device.power_on()
    try:
        # Two threads of the worker: it is up, and waits.
        device.run(lambda: [len(process.threads) for process in device.processes] == [3, 2])
        idle = working_set(device)
        worked = threading.Event()

        def controller() -> None:
            try:
                work(device)
                worked.set()
            finally:
                over.set()
                device.io.wake()

        over = threading.Event()
        thread = threading.Thread(target=controller)
        thread.start()
        device.run(over.is_set)
        thread.join()
        assert worked.is_set()
        busy = working_set(device)
    finally:
        device.power_off()
    assert 100 * 1024 < idle < MOST_IDLE
    assert idle < busy <= MOST
