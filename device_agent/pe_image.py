"""PE executables as Windows CE wants them: made from linked ELF files, or corrected after another linker."""

import struct
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from import_table import IMAGE_BASE
from relocations import relocation_table

SUBSYSTEM_CE = 9
SUBSYSTEM_VERSION = (4, 0)  # the lowest system that is to run it: a loader refuses a higher one
PAGE = 0x1000
FILE_ALIGNMENT = 0x200
STACK = (0x10000, 0x1000)
HEAP = (0x100000, 0x1000)

# Relocations stripped, executable, line numbers and local symbols stripped, 32-bit machine.
CHARACTERISTICS = 0x10F
# The same with relocations, and a DLL.
DLL_CHARACTERISTICS = 0x210E

_READ_CODE, _READ_DATA, _WRITE_DATA, _READ_ONCE = 0x60000020, 0x40000040, 0xC0000040, 0x42000040
_SECTIONS = {".text": _READ_CODE, ".rdata": _READ_DATA, ".data": _WRITE_DATA, ".reloc": _READ_ONCE}
_DOS_HEADER = 0x80
_OPTIONAL = _DOS_HEADER + 24


def _round(size: int, to: int) -> int:
    return -(-size // to) * to


def checksum(image: bytes | bytearray) -> int:
    """The PE checksum of an image whose checksum field is zero."""
    padded = bytes(image) + b"\0" * (len(image) % 2)
    total: int = sum(struct.unpack(f"<{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total + len(image)


def _sections(elf: ELFFile) -> list[tuple[str, int, int, bytes]]:
    """(name, address relative to the base, size in memory, bytes) of the sections a CE image has."""
    found = []
    for name in _SECTIONS:
        section = elf.get_section_by_name(name)
        if section is None or section["sh_size"] == 0:
            continue
        size = section["sh_size"]
        if name == ".data" and (zeros := elf.get_section_by_name(".bss")) is not None:
            size = max(size, zeros["sh_addr"] + zeros["sh_size"] - section["sh_addr"])
        found.append((name, section["sh_addr"] - IMAGE_BASE, size, section.data()))
    return found


def from_elf(linked: Path, machine: int, *, dll: bool = False) -> bytes:
    """The PE image of an ELF executable that was linked with pe.ld and an import table.

    A DLL needs an export table too, and has to be linked with --emit-relocs.
    """
    with linked.open("rb") as stream:
        elf = ELFFile(stream)
        sections = _sections(elf)
        table = elf.get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection)
        symbols = {symbol.name: symbol["st_value"] for symbol in table.iter_symbols()}
        entry = elf.header["e_entry"] - IMAGE_BASE
        if dll:
            moved = relocation_table(elf, symbols["tables_end"])
            place = _round(sections[-1][1] + sections[-1][2], PAGE)
            sections.append((".reloc", place, len(moved), moved))
    imports = next(address for name, address, _, _ in sections if name == ".data")
    addresses = symbols["iat_begin"] - IMAGE_BASE, symbols["iat_end"] - symbols["iat_begin"]
    by_name = {name: (address, size) for name, address, size, _ in sections}
    headers = _round(_OPTIONAL + 224 + 40 * len(sections), FILE_ALIGNMENT)
    last_address, last_size = sections[-1][1], sections[-1][2]

    image = bytearray(headers)
    struct.pack_into("<2s58xI", image, 0, b"MZ", _DOS_HEADER)
    struct.pack_into(
        "<4sHHIIIHH",
        image,
        _DOS_HEADER,
        b"PE\0\0",
        machine,
        len(sections),
        *(0, 0, 0, 224),
        DLL_CHARACTERISTICS if dll else CHARACTERISTICS,
    )
    struct.pack_into(
        "<HBBIIIIIIIIIHHHHHHIIIIHHIIIIII",
        image,
        _OPTIONAL,
        0x10B,
        *(8, 0),  # linker version
        _round(len(sections[0][3]), FILE_ALIGNMENT),
        sum(_round(len(data), FILE_ALIGNMENT) for _, _, _, data in sections[1:]),
        0,
        entry,
        by_name[".text"][0],
        by_name[".rdata"][0],
        IMAGE_BASE,
        PAGE,
        FILE_ALIGNMENT,
        *(4, 0),  # system version
        *(0, 0),  # image version
        *SUBSYSTEM_VERSION,
        0,
        last_address + _round(last_size, PAGE),
        headers,
        0,  # checksum, below
        SUBSYSTEM_CE,
        0,
        *STACK,
        *HEAP,
        0,
        16,
    )
    struct.pack_into("<II", image, _OPTIONAL + 96 + 8 * 1, imports, 40)
    struct.pack_into("<II", image, _OPTIONAL + 96 + 8 * 12, *addresses)
    if dll:
        exports = symbols["exports_begin"] - IMAGE_BASE, symbols["exports_end"] - symbols["exports_begin"]
        struct.pack_into("<II", image, _OPTIONAL + 96 + 8 * 0, *exports)
        struct.pack_into("<II", image, _OPTIONAL + 96 + 8 * 5, *sections[-1][1:3])
    for index, (name, address, size, data) in enumerate(sections):
        raw = _round(len(data), FILE_ALIGNMENT)
        struct.pack_into(
            "<8sIIIIIIHHI",
            image,
            _OPTIONAL + 224 + 40 * index,
            name.encode(),
            size,
            address,
            raw,
            len(image),
            *(0, 0, 0, 0),
            _SECTIONS[name],
        )
        image += data + bytes(raw - len(data))
    struct.pack_into("<I", image, _OPTIONAL + 64, checksum(image))
    return bytes(image)


def corrected(linked: bytes, *, ce: bool) -> bytes:
    """A PE32 or PE32+ image without a time stamp; for CE also with CE's subsystem, version and flags."""
    image = bytearray(linked)
    header = struct.unpack_from("<I", image, 0x3C)[0]
    optional = header + 24
    struct.pack_into("<I", image, header + 8, 0)
    if ce:
        if struct.unpack_from("<H", image, header + 22)[0] & 1:  # no relocations, as in the images made here
            struct.pack_into("<H", image, header + 22, CHARACTERISTICS)
        struct.pack_into("<HH", image, optional + 40, 4, 0)
        struct.pack_into("<HH", image, optional + 48, *SUBSYSTEM_VERSION)
        struct.pack_into("<HH", image, optional + 68, SUBSYSTEM_CE, 0)
    struct.pack_into("<I", image, optional + 64, 0)
    struct.pack_into("<I", image, optional + 64, checksum(image))
    return bytes(image)
