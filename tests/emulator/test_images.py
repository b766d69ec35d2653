"""Images: what the loader takes, refuses, binds and moves."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from emulated_machine import Machine
from guest_building import build_library

from harness.emulator.image import BadImage, Image, parse, relocate

EMPTY = Image(0x1C4, 0x10000, 0x1000, b"", 0, 0, True, (), (), {}, ())
HIGHLOW, HIGHADJ, LOW, MIPS_JUMP, THUMB_PAIR = 3, 4, 2, 5, 7


def moved(kind: int, before: str, delta: int, extra: int = 0) -> str:
    memory = bytearray.fromhex(before)
    relocate(memory, replace(EMPTY, relocations=((kind, 0, extra),)), EMPTY.base + delta)
    return memory.hex()


@pytest.mark.parametrize(
    ("kind", "before", "delta", "extra", "after"),
    [
        (HIGHLOW, "00100100", 0x20000, 0, "00100300"),
        (HIGHLOW, "00100100", -0x10000, 0, "00100000"),
        (LOW, "3412", 0x11111, 0, "4523"),
        (HIGHADJ, "0100", 0x18000, 0x7FFF, "0300"),
        (HIGHADJ, "0100", 0x10000, 0x8000, "0200"),
        (MIPS_JUMP, "0044000c", 0x10000, 0, "0084000c"),
        # movw r0, #0x1234; movt r0, #0x0001 -> 0x21234; and with the immediate's high bits in use
        (THUMB_PAIR, "41f23420c0f20100", 0x10000, 0, "41f23420c0f20200"),
        (THUMB_PAIR, "4ff6ff70cff6ff70", 1, 0, "40f20000c0f20000"),
    ],
)
def test_relocations(kind: int, before: str, delta: int, extra: int, after: str) -> None:
    assert moved(kind, before, delta, extra) == after


def test_an_unknown_relocation_is_named() -> None:
    with pytest.raises(BadImage, match="type 9"):
        moved(9, "00000000", 0x10000)


def test_an_image_without_relocations_stays_where_it_is() -> None:
    relocate(bytearray(4), EMPTY, EMPTY.base)
    with pytest.raises(BadImage, match="no base relocations"):
        relocate(bytearray(4), EMPTY, 0x20000)


def test_a_dll_is_moved_bound_attached_and_unloaded(
    guest: Callable[[str], Path], machine: Callable[..., Machine], tmp_path: Path
) -> None:
    device = machine("x86", guest("x86"))
    device.device.files.write_file("\\library.dll", build_library(tmp_path).read_bytes())
    assert device.run("library") == 0xC0000005  # after all its checks: a call into the unloaded DLL
    assert device.device.pages_used == 0


def test_an_executable_for_another_cpu_is_refused(
    guest: Callable[[str], Path], machine: Callable[..., Machine]
) -> None:
    call = machine("mips", guest("x86")).caller()
    assert call("CreateProcessW", call.text("\\guest.exe"), 0, 0, 0, 0, 0, 0, 0, 0, 0) == 0
    assert call.error == 193


def test_a_desktop_executable_is_refused(guest: Callable[[str], Path]) -> None:
    data = bytearray(guest("x86").read_bytes())
    header = int.from_bytes(data[0x3C:0x40], "little")
    data[header + 0x5C] = 2
    with pytest.raises(BadImage, match="subsystem 2"):
        parse(bytes(data))


def test_an_import_that_ce_does_not_have_is_named(
    guest: Callable[[str], Path], machine: Callable[..., Machine]
) -> None:
    device = machine("x86")
    data = guest("x86").read_bytes().replace(b"wsprintfW\0", b"wsprintfX\0")
    device.device.files.write_file("\\guest.exe", data)
    call = device.caller()
    assert call("CreateProcessW", call.text("\\guest.exe"), 0, 0, 0, 0, 0, 0, 0, 0, 0) == 0
    assert call.error == 127
    assert "COREDLL.dll has no wsprintfX" in device.named("load-failed")[0]["why"]
    assert device.device.pages_used == 16  # the caller's own; nothing of the failed load is left
