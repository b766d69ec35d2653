"""Base relocations of a DLL: what the loader has to correct when it puts the DLL at another place.

Made from the relocations that ld.lld keeps with --emit-relocs. A base is a multiple of 64 KiB on every
Windows, so only the upper half of an address ever changes.
"""

import struct
from collections.abc import Iterator

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import Relocation, RelocationSection

from import_table import IMAGE_BASE

_PAGE = 0x1000
_HIGHLOW, _HIGHADJ, _MIPS_JUMP = 3, 4, 5

_ARM_WORDS = frozenset({2, 38})  # R_ARM_ABS32, R_ARM_TARGET1
_ARM_RELATIVE = frozenset({3, 28, 29, 40, 42})  # REL32, CALL, JUMP24, V4BX, PREL31
_MIPS_26, _MIPS_HI16, _MIPS_LO16, _MIPS_PC16, _MIPS_JALR = 4, 5, 6, 10, 37
_MIPS_WORDS = frozenset({2})  # R_MIPS_32
_MIPS_KEPT = frozenset({_MIPS_LO16, _MIPS_PC16, _MIPS_JALR})


def relocation_table(elf: ELFFile, tables_end: int) -> bytes:
    """The content of the section .reloc. The import and export tables, which lie at the beginning of .data up
    to `tables_end`, hold addresses relative to the base: they stay."""
    tables_begin = elf.get_section_by_name(".data")["sh_addr"]
    pages: dict[int, list[tuple[int, ...]]] = {}
    for address, *entry in sorted(_entries(elf)):
        if not tables_begin <= address < tables_end:
            offset = address - IMAGE_BASE
            kind, *extra = entry
            pages.setdefault(offset & -_PAGE, []).append((kind << 12 | offset % _PAGE, *extra))
    made = b""
    for page, entries in sorted(pages.items()):
        halves = [half for entry in entries for half in entry]
        halves += [0] * (len(halves) % 2)
        made += struct.pack(f"<II{len(halves)}H", page, 8 + 2 * len(halves), *halves)
    return made


def _entries(elf: ELFFile) -> Iterator[tuple[int, ...]]:
    """(address, type) and, for a type that takes two places, what stands in the second."""
    arm = elf["e_machine"] == "EM_ARM"
    for name in (".text", ".rdata", ".data"):
        section = elf.get_section_by_name(f".rel{name}")
        if section is None:
            continue
        assert isinstance(section, RelocationSection)
        found = list(section.iter_relocations())
        for place, relocation in enumerate(found):
            kind, address = relocation["r_info_type"], relocation["r_offset"]
            if kind in (_ARM_RELATIVE if arm else _MIPS_KEPT):
                continue
            if kind in (_ARM_WORDS if arm else _MIPS_WORDS):
                yield address, _HIGHLOW
            elif kind == _MIPS_26 and not arm:
                yield address, _MIPS_JUMP
            elif kind == _MIPS_HI16 and not arm:
                yield address, _HIGHADJ, _low_half(elf, name, found[place:])
            else:
                raise ValueError(f"{name} has a relocation of type {kind}, which no DLL here may have")


def _low_half(elf: ELFFile, name: str, following: list[Relocation]) -> int:
    """The lower half of the address whose upper half the first relocation is for: in the next instruction of
    the same symbol that adds it."""
    symbol = following[0]["r_info_sym"]
    low = next(r for r in following if (r["r_info_type"], r["r_info_sym"]) == (_MIPS_LO16, symbol))
    section = elf.get_section_by_name(name)
    place = low["r_offset"] - section["sh_addr"]
    (half,) = struct.unpack_from("<H", section.data(), place)
    return int(half)
