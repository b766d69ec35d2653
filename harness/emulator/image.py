"""Reading a Windows CE executable: what the loader needs of a PE file."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

import pefile

from harness.emulator.memory import EXECUTE_READ, EXECUTE_READWRITE, PAGE, READONLY, READWRITE, round_up

EXECUTE_FLAG, WRITE_FLAG = 0x20000000, 0x80000000
SUBSYSTEM_WINDOWS_CE = 9


class BadImage(Exception):  # noqa: N818 - reads as a sentence: raise BadImage("...")
    """Not an executable this device can load; the text says why."""


@dataclass(frozen=True, slots=True)
class Section:
    """Offsets and sizes in bytes, relative to the image base."""

    offset: int
    size: int
    data: bytes
    protection: int


@dataclass(frozen=True, slots=True)
class Import:
    """One imported function; `slot` is the offset of its pointer. Without a name it has an ordinal."""

    module: str
    name: str
    ordinal: int
    slot: int


@dataclass(frozen=True, slots=True)
class Image:
    """A parsed executable. Offsets are relative to the base."""

    machine: int
    base: int
    size: int
    headers: bytes
    entry: int
    stack: int
    dll: bool
    sections: tuple[Section, ...]
    imports: tuple[Import, ...]
    exports: dict[str, int]
    relocations: tuple[tuple[int, int, int], ...]
    """(type, offset, extra): extra is the following entry's value for types that take two."""


@lru_cache(maxsize=16)
def parse(data: bytes) -> Image:
    """Read a PE file. Raises BadImage when it is none, or not one for Windows CE."""
    try:
        pe = pefile.PE(data=data, fast_load=True)
        pe.parse_data_directories(
            [
                pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_IMPORT"],
                pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_EXPORT"],
            ]
        )
    except pefile.PEFormatError as error:
        raise BadImage(f"not a PE file: {error}") from error
    header = pe.OPTIONAL_HEADER
    if header.Magic != 0x10B:
        raise BadImage("a 64-bit PE file")
    if header.Subsystem != SUBSYSTEM_WINDOWS_CE:
        raise BadImage(f"subsystem {header.Subsystem}, not {SUBSYSTEM_WINDOWS_CE} (Windows CE)")
    return Image(
        machine=pe.FILE_HEADER.Machine,
        base=header.ImageBase,
        size=round_up(header.SizeOfImage, PAGE),
        headers=data[: header.SizeOfHeaders],
        entry=header.AddressOfEntryPoint,
        stack=round_up(header.SizeOfStackReserve, PAGE),
        dll=bool(pe.FILE_HEADER.Characteristics & 0x2000),
        sections=tuple(_section(section) for section in pe.sections),
        imports=tuple(_imports(pe, header.ImageBase)),
        exports=_exports(pe),
        relocations=tuple(_relocations(pe)),
    )


def _section(section: pefile.SectionStructure) -> Section:
    size = max(section.Misc_VirtualSize, 1)
    execute, write = section.Characteristics & EXECUTE_FLAG, section.Characteristics & WRITE_FLAG
    if execute:
        protection = EXECUTE_READWRITE if write else EXECUTE_READ
    else:
        protection = READWRITE if write else READONLY
    data = section.get_data()[: min(section.SizeOfRawData, round_up(size, PAGE))]
    return Section(section.VirtualAddress, round_up(size, PAGE), data, protection)


def _imports(pe: pefile.PE, base: int) -> list[Import]:
    found = []
    for module in getattr(pe, "DIRECTORY_ENTRY_IMPORT", ()):
        for entry in module.imports:
            name = entry.name.decode("ascii", "replace") if entry.name else ""
            found.append(
                Import(module.dll.decode("ascii", "replace"), name, entry.ordinal or 0, entry.address - base)
            )
    return found


def _exports(pe: pefile.PE) -> dict[str, int]:
    directory = getattr(pe, "DIRECTORY_ENTRY_EXPORT", None)
    symbols = directory.symbols if directory is not None else ()
    return {symbol.name.decode("ascii", "replace"): symbol.address for symbol in symbols if symbol.name}


def _relocations(pe: pefile.PE) -> list[tuple[int, int, int]]:
    """(type, offset, extra). pefile takes the second place of a HIGHADJ for an entry, and stops there."""
    directory = pe.OPTIONAL_HEADER.DATA_DIRECTORY[pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_BASERELOC"]]
    data = pe.get_data(directory.VirtualAddress, directory.Size) if directory.Size else b""
    found, place = [], 0
    while place + 8 <= len(data):
        page, size = struct.unpack_from("<II", data, place)
        if not 8 <= size <= len(data) - place:
            raise BadImage(f"a block of {size} bytes in its base relocations")
        halves = iter(struct.unpack_from(f"<{(size - 8) // 2}H", data, place + 8))
        for half in halves:
            kind = half >> 12
            extra = next(halves, 0) if kind == HIGHADJ else 0
            if kind != ABSOLUTE:
                found.append((kind, page + (half & 0xFFF), extra))
        place += size
    return found


ABSOLUTE, HIGH, LOW, HIGHLOW, HIGHADJ, MIPS_JUMP, THUMB_MOV32 = 0, 1, 2, 3, 4, 5, 7


def relocate(memory: bytearray | memoryview, image: Image, base: int) -> None:
    """Move an image, laid out in `memory`, from its own base to another. Raises BadImage."""
    delta = (base - image.base) & 0xFFFFFFFF
    if delta == 0:
        return
    if not image.relocations:
        raise BadImage("no base relocations, and its place is taken")
    for kind, offset, extra in image.relocations:
        width = 2 if kind in (HIGH, LOW, HIGHADJ) else 4
        value = int.from_bytes(memory[offset : offset + width], "little")
        if kind == HIGHLOW:
            value += delta
        elif kind == HIGH:
            value += delta >> 16
        elif kind == LOW:
            value += delta
        elif kind == HIGHADJ:
            low = extra - 0x10000 if extra & 0x8000 else extra
            value = ((value << 16) + low + delta + 0x8000) >> 16
        elif kind == MIPS_JUMP:
            value = value & 0xFC000000 | (value + (delta >> 2)) & 0x03FFFFFF
        elif kind == THUMB_MOV32:
            _move_thumb_pair(memory, offset, delta)
            continue
        else:
            raise BadImage(f"base relocation of type {kind}")
        memory[offset : offset + width] = (value & (1 << 8 * width) - 1).to_bytes(width, "little")


def _thumb_immediate(first: int, second: int) -> int:
    return (first & 0xF) << 12 | (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xFF


def _move_thumb_pair(memory: bytearray | memoryview, offset: int, delta: int) -> None:
    """A MOVW/MOVT pair, eight bytes."""
    halves = [int.from_bytes(memory[offset + 2 * i : offset + 2 * i + 2], "little") for i in range(4)]
    value = _thumb_immediate(halves[0], halves[1]) | _thumb_immediate(halves[2], halves[3]) << 16
    value = (value + delta) & 0xFFFFFFFF
    for place, part in ((0, value & 0xFFFF), (2, value >> 16)):
        halves[place] = halves[place] & 0xFBF0 | part >> 12 | (part >> 11 & 1) << 10
        halves[place + 1] = halves[place + 1] & 0x8F00 | (part >> 8 & 7) << 12 | part & 0xFF
    for index, half in enumerate(halves):
        memory[offset + 2 * index : offset + 2 * index + 2] = half.to_bytes(2, "little")
