"""What an executable says about itself in its PE header."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pefile

from harness.errors import UsageError

_CE_SUBSYSTEM = 9
_CE_CPUS = {0x1C0: "arm", 0x1C2: "arm", 0x1C4: "armv7", 0x14C: "x86", 0x166: "mips"}
_DESKTOP = {0x8664: "x64"}


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """One executable. `machine` and `subsystem` are the numbers of the PE header, `cpu` is the harness's name
    for the machine, `imports` are "COREDLL.dll!CreateEventW", `size` is in bytes, `sha256` in hex digits.
    """

    path: Path
    cpu: str
    machine: int
    subsystem: int
    imports: tuple[str, ...]
    size: int
    sha256: str


def info(path: Path) -> AgentInfo:
    """Reads a file's header.

    Raises UsageError, one line, when it cannot be read, is no PE executable, or is one that no agent build is
    like: neither for Windows CE nor for 64-bit Windows.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    try:
        image = pefile.PE(data=content)
    except pefile.PEFormatError as error:
        raise UsageError(f"{path} is not an executable for Windows CE: {error.value}") from error
    machine, subsystem = image.FILE_HEADER.Machine, image.OPTIONAL_HEADER.Subsystem
    cpu = _CE_CPUS.get(machine) if subsystem == _CE_SUBSYSTEM else _DESKTOP.get(machine)
    if cpu is None:
        raise UsageError(
            f"{path} is not an executable for Windows CE: machine 0x{machine:X}, subsystem {subsystem}"
            f" (Windows CE is {_CE_SUBSYSTEM})"
        )
    imports = tuple(
        f"{module.dll.decode()}!{entry.name.decode() if entry.name else f'#{entry.ordinal}'}"
        for module in getattr(image, "DIRECTORY_ENTRY_IMPORT", [])
        for entry in module.imports
    )
    digest = hashlib.sha256(content).hexdigest()
    return AgentInfo(path, cpu, machine, subsystem, imports, len(content), digest)
