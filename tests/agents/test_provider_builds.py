"""The service provider: what the loader of Windows CE sees, and that it can lie anywhere in memory."""

import struct

import pefile
import pytest
from core_driver import ROOT

from harness.agents import CPU_BUILDS, build_agents, provider_library
from harness.emulator.image import parse
from harness.errors import UsageError

CE_EXPORTS = (ROOT / "tests" / "data" / "coredll_exports.txt").read_text(encoding="ascii").split("\n")
MACHINES = {"arm": 0x1C2, "armv7": 0x1C4, "x86": 0x14C, "mips": 0x166}
DLL, STRIPPED = 0x2000, 1
LARGEST = 16 * 1024


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    build_agents()


@pytest.mark.parametrize("cpu", CPU_BUILDS)
def test_header(cpu: str) -> None:
    image = pefile.PE(str(provider_library(cpu)))
    header, optional = image.FILE_HEADER, image.OPTIONAL_HEADER
    assert header.Machine == MACHINES[cpu]
    assert header.TimeDateStamp == 0
    assert header.Characteristics & (DLL | STRIPPED) == DLL
    assert (optional.Magic, optional.Subsystem, optional.DllCharacteristics) == (0x10B, 9, 0)
    assert (optional.MajorSubsystemVersion, optional.MinorSubsystemVersion) == (4, 0)
    assert image.verify_checksum()
    # pefile takes the second place of a HIGHADJ relocation, which MIPS has, for one of its own.
    assert [text for text in image.get_warnings() if not text.startswith("Overlapping offsets in")] == []
    assert provider_library(cpu).stat().st_size <= LARGEST


@pytest.mark.parametrize("cpu", CPU_BUILDS)
def test_exports_and_imports(cpu: str) -> None:
    image = pefile.PE(str(provider_library(cpu)))
    symbols = image.DIRECTORY_ENTRY_EXPORT.symbols
    assert [(symbol.name, symbol.ordinal) for symbol in symbols] == [(b"WSPStartup", 1)]
    (module,) = image.DIRECTORY_ENTRY_IMPORT
    assert module.dll == b"COREDLL.dll"
    assert {entry.name.decode() for entry in module.imports} <= set(CE_EXPORTS)


def test_every_import_is_used() -> None:
    folder = ROOT / "device_agent" / "provider"
    names = (folder / "coredll.def").read_text(encoding="ascii").split("EXPORTS")[1].split()
    text = "".join(path.read_text(encoding="ascii") for path in folder.glob("*.c"))
    assert [name for name in names if f"{name}(" not in text] == []


@pytest.mark.parametrize("cpu", CPU_BUILDS)
def test_no_address_is_forgotten(cpu: str) -> None:
    """Every word of the data that looks like an address of the image is one that the loader corrects."""
    image = parse(provider_library(cpu).read_bytes())
    corrected = {offset for kind, offset, _ in image.relocations if kind == 3}
    for section in image.sections[1:-1]:
        for place in range(0, len(section.data) - 3, 4):
            (value,) = struct.unpack_from("<I", section.data, place)
            if image.base + 0x1000 <= value < image.base + image.size:
                assert section.offset + place in corrected


def test_unknown_cpu() -> None:
    with pytest.raises(UsageError, match="no service provider for the CPU 'sh4'"):
        provider_library("sh4")
