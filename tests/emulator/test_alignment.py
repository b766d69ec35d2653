"""The alignment check of the ARM core, as host code and in Python: the same faults."""

import struct

import pytest

from harness.emulator.alignment import host_code
from harness.emulator.cpu import CPUS
from harness.emulator.engine import Engine
from harness.emulator.exports import GuestException
from harness.emulator.memory import EXECUTE_READWRITE, Memory

BASE = 0x10000
LOOP = 0xEAFFFFFE


def run(native: bool, instruction: int, address: int) -> int | None:
    """Run one instruction with r0 = address; the exception code, or None."""
    engine = Engine(CPUS["arm"], host_code=native)
    memory = Memory()
    area = memory.reserve(0x2000, BASE)
    assert area is not None
    area.view[:8] = struct.pack("<2I", instruction, LOOP)
    memory.commit(area, BASE, 0x2000, EXECUTE_READWRITE)
    engine.use(memory)
    engine.begin_thread(BASE, (address,), BASE + 0x2000, BASE)
    try:
        engine.run(10)
    except GuestException as fault:
        return fault.code if fault.place == BASE else -1
    return None


@pytest.mark.parametrize("native", [pytest.param(True, marks=pytest.mark.skipif(
    host_code() is None, reason="this host runs the check in Python: use 64-bit x86 Linux"
)), False])  # fmt: skip
@pytest.mark.parametrize(
    ("instruction", "size"),
    [
        (0xE5901000, 4),  # ldr
        (0xE5801000, 4),  # str
        (0xE1D010B0, 2),  # ldrh
        (0xE1C010B0, 2),  # strh
        (0xE1D010F0, 2),  # ldrsh
        (0xE890000E, 4),  # ldmia
        (0xE880000E, 4),  # stmia
        (0xE5D01000, 1),  # ldrb
        (0xE1D010D0, 1),  # ldrsb
        (0xE5C01000, 1),  # strb
    ],
)
@pytest.mark.parametrize("offset", [0, 1, 2, 3])
def test_what_faults(native: bool, instruction: int, size: int, offset: int) -> None:
    code = run(native, instruction, BASE + 0x1000 + offset)
    assert code == (0x80000002 if offset % size else None)
