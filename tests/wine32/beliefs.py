"""What Windows CE's COREDLL and the desktop's functions of the same names have in common, as programs.

Each runs on the emulated x86 device and on 32-bit Wine. What a call returned must be equal, unless the
program keeps it under a name: handles and addresses differ from one system to the next. The last error of a
call that failed, what came back in buffers, and the end of the program must be equal always.
"""

from pathlib import Path

HERE = Path(__file__).resolve().parent / "beliefs"


def _read() -> dict[str, str]:
    """The programs of all files by name: each begins with a line "== name"."""
    found: dict[str, str] = {}
    for file in sorted(HERE.glob("*.txt")):
        for part in ("\n" + file.read_text(encoding="utf-8")).split("\n== ")[1:]:
            name, _, program = part.partition("\n")
            assert name not in found, f"{file.name}: {name} is there twice"
            found[name] = program
    return found


BELIEFS = _read()
