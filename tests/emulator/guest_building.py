"""Builds the test guests for every CPU, with the compiler and the PE writer that build the agent."""

import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent / "guests"
AGENT = HERE.parents[2] / "device_agent"
sys.path.insert(0, str(AGENT))

import import_table  # noqa: E402
import pe_image  # noqa: E402
from build import BUILDS, Build  # noqa: E402

CPU_BUILDS = {"arm": "ce-armv4i", "armv7": "ce-armv7", "x86": "ce-x86", "mips": "ce-mipsii"}
PARTS = ("main", "faults", "threads", "processes", "calls", "debugging", "providers")
"""Source files of the guest; guest.h says what they share."""
FLAGS = (
    "-std=c99", "-O1", "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-fshort-wchar",
    "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-mno-stack-arg-probe",
    "-Wall", "-Wextra", "-Werror", "-Wno-main", "-Wno-infinite-recursion",
)  # fmt: skip


@cache
def _zig() -> Path:
    spec = find_spec("ziglang")
    assert spec is not None, "pip install ziglang"
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations))) / ("zig.exe" if os.name == "nt" else "zig")


def _run(work: Path, *arguments: str | Path) -> None:
    caches = dict.fromkeys(("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"), str(work / "zig-cache"))
    subprocess.run([_zig(), *arguments], cwd=work, env={**os.environ, **caches}, check=True)


def build_guest(cpu: str, work: Path) -> Path:
    """The guest executable for one CPU."""
    build = BUILDS[CPU_BUILDS[cpu]]
    work.mkdir(parents=True, exist_ok=True)
    definition, sources = HERE / "guest.def", [HERE / f"{name}.c" for name in PARTS]
    _run(work, "clang", *build.target, *FLAGS, "-c", *sources)
    compiled = [work / f"{name}.o" for name in PARTS]
    image = (
        _elf(build, work, compiled, definition)
        if build.linker == "elf"
        else _coff(build, work, compiled, definition)
    )
    made = work / "guest.exe"
    made.write_bytes(image)
    return made


def _elf(build: Build, work: Path, compiled: list[Path], definition: Path) -> bytes:
    assembly, imports, linked = work / "imports.s", work / "imports.o", work / "guest.elf"
    assembly.write_text(import_table.assembly(definition, build.thunks), encoding="ascii")
    _run(work, "clang", *build.target, "-Qunused-arguments", "-c", assembly, "-o", imports)
    _run(work, "ld.lld", "-static", "-T", AGENT / "platform" / "pe.ld", *compiled, imports, "-o", linked)
    return pe_image.from_elf(linked, build.machine)


def _coff(build: Build, work: Path, compiled: list[Path], definition: Path) -> bytes:
    library, linked = work / "imports.lib", work / "linked.exe"
    _run(work, "dlltool", "-m", build.dlltool, "-d", definition, "-l", library)
    _run(
        work, "lld-link", *build.coff, *(["/fixed"] if build.dlltool == "i386" else []),
        "/entry:WinMainCRTStartup", "/nodefaultlib", "/timestamp:0", *compiled, library, f"/out:{linked}",
    )  # fmt: skip
    return pe_image.corrected(linked.read_bytes(), ce=True)


def build_library(work: Path) -> Path:
    """A DLL for x86 whose base is taken by the program that loads it."""
    work.mkdir(parents=True, exist_ok=True)
    build = BUILDS["ce-x86"]
    compiled, linked = work / "library.o", work / "linked.dll"
    _run(work, "clang", *build.target, *FLAGS, "-c", HERE / "library.c", "-o", compiled)
    _run(
        work, "lld-link", "/dll", "/machine:x86", "/subsystem:windows,4.00", "/base:0x10000",
        "/entry:DllMain",
        "/nodefaultlib", "/timestamp:0", "/safeseh:no", "/export:add", "/export:attached",
        compiled, f"/out:{linked}",
    )  # fmt: skip
    made = work / "library.dll"
    made.write_bytes(pe_image.corrected(linked.read_bytes(), ce=True))
    return made
