"""Import and export tables for linkers that know no PE: assembly made from module definition files."""

import re
from pathlib import Path

IMAGE_BASE = 0x10000

_THUNKS = {
    "arm": """\
    ldr r12, 1f
    ldr r12, [r12]
    bx r12
1:  .word {entry}
""",
    "mips": """\
    .set noreorder
    lui $25, %hi({entry})
    lw $25, %lo({entry})($25)
    jr $25
    nop
""",
}


def names(definition: Path) -> tuple[str, list[str]]:
    """The library name and the exported names of a .def file."""
    library = ""
    found: list[str] = []
    for line in definition.read_text(encoding="ascii").splitlines():
        text = line.split(";")[0].strip()
        if match := re.fullmatch(r"LIBRARY\s+(\S+)", text):
            library = match[1]
        elif text and text != "EXPORTS":
            found.append(text)
    return library, found


def assembly(definition: Path, cpu: str) -> str:
    """Thunks and the import directory for one DLL.

    The directory is the section `.idata.directory`, the address table lies between the symbols `iat_begin`
    and `iat_end`. Addresses in the tables are relative to IMAGE_BASE, as PE wants them.
    """
    library, exports = names(definition)
    lines = [".set base, " + hex(IMAGE_BASE), ".syntax unified" if cpu == "arm" else "", ""]
    for name in exports:
        lines += [
            f'.section .text.{name}, "ax", %progbits',
            ".balign 4",
            ".arm" if cpu == "arm" else "",
            f".globl {name}",
            f".type {name}, %function",
            f"{name}:",
            _THUNKS[cpu].format(entry=f"iat_{name}"),
        ]
    lines += [
        '.section .idata.directory, "aw", %progbits',
        ".balign 4",
        ".word lookup - base, 0, 0, library - base, iat_begin - base",
        ".word 0, 0, 0, 0, 0",
        '.section .idata.tables, "aw", %progbits',
        ".balign 4",
        "lookup:",
        *(f".word name_{name} - base" for name in exports),
        ".word 0",
        ".globl iat_begin, iat_end",
        "iat_begin:",
        *(f"iat_{name}: .word name_{name} - base" for name in exports),
        ".word 0",
        "iat_end:",
        *(f'.balign 2\nname_{name}: .short 0\n.asciz "{name}"' for name in exports),
        f'library: .asciz "{library}"',
        "",
    ]
    return "\n".join(lines)


def exports_assembly(definition: Path, cpu: str) -> str:
    """The export directory of a DLL, between the symbols `exports_begin` and `exports_end`."""
    library, exports = names(definition)
    exports = sorted(exports)  # a loader looks names up by halves
    return "\n".join(
        [
            ".set base, " + hex(IMAGE_BASE),
            ".syntax unified" if cpu == "arm" else "",
            '.section .edata, "aw", %progbits',
            ".balign 4",
            ".globl exports_begin, exports_end",
            "exports_begin:",
            ".word 0, 0, 0, library - base, 1",
            f".word {len(exports)}, {len(exports)}, addresses - base, names - base, ordinals - base",
            "addresses:",
            *(f".word {name} - base" for name in exports),
            "names:",
            *(f".word name_{name} - base" for name in exports),
            "ordinals:",
            *(f".short {place}" for place in range(len(exports))),
            *(f'name_{name}: .asciz "{name}"' for name in exports),
            f'library: .asciz "{library}"',
            "exports_end:",
            "",
        ]
    )
