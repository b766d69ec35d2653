"""Builds the agent for every CPU, and for those of Windows CE the service provider of our own:
`python device_agent/build.py [BUILD...] [--output DIR]`.

Compiler and linkers come from the pip package ziglang, the CBOR library's C sources from the pip package
zcbor. Nothing is written outside the output folder; equal sources give equal bytes.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import import_table
from toolchain import HERE, BuildError, compile_unit, compiler_version, run_zig, version, zcbor_sources

try:
    import pe_image
except ModuleNotFoundError as missing:
    sys.exit(f"the Python package pyelftools is not installed: python -m pip install pyelftools ({missing})")


@dataclass(frozen=True)
class Build:
    """One executable: `machine` is the PE machine, `linker` decides how it comes to be a PE file."""

    name: str
    machine: int
    target: tuple[str, ...]
    linker: str  # "elf": ld.lld and pe_image.from_elf; "coff": lld-link
    coff: tuple[str, ...] = ()
    dlltool: str = ""
    thunks: str = ""
    platform: str = "ce"


_COFF_CE = (
    "/subsystem:windows,4.00",
    "/base:0x10000",
    "/nxcompat:no",
    "/stack:0x10000,0x1000",
)

BUILDS = {
    build.name: build
    for build in (
        Build(
            "ce-armv4i",
            0x1C2,
            ("--target=armv4t-none-eabi", "-mcpu=arm920t", "-mno-unaligned-access"),
            "elf",
            thunks="arm",
        ),
        Build(
            "ce-armv7",
            0x1C4,
            ("--target=thumbv7-windows-gnu", "-mcpu=cortex-a8"),
            "coff",
            (*_COFF_CE, "/machine:arm"),
            "arm",
        ),
        Build(
            "ce-x86",
            0x14C,
            ("--target=i686-windows-gnu", "-march=pentium-mmx", "-mno-mmx"),
            "coff",
            (*_COFF_CE, "/machine:x86", "/dynamicbase:no", "/safeseh:no"),
            "i386",
        ),
        Build(
            "ce-mipsii",
            0x166,
            (
                "--target=mipsel-none-elf",
                "-march=mips2",
                "-msoft-float",
                "-mno-abicalls",
                "-fno-pic",
                "-G0",
            ),
            "elf",
            thunks="mips",
        ),
        Build(
            "win32-x64",
            0x8664,
            ("--target=x86_64-windows-gnu",),
            "coff",
            ("/subsystem:console,5.02", "/machine:x64"),
            "i386:x86-64",
            platform="win32",
        ),
    )
}


@dataclass(frozen=True)
class Product:
    """What is made for a build: `definition` names its imports, `exports` its exports if it is a DLL."""

    file: str
    entry: str
    units: tuple[Path, ...]
    definition: Path
    exports: Path | None = None


def products(build: Build) -> tuple[Product, ...]:
    """The agent, and on Windows CE the provider."""
    ce = build.platform == "ce"
    agent = Product(
        f"ceagent-{build.name}.exe",
        "WinMainCRTStartup" if ce else "agent_start",
        (
            *sorted((HERE / "core").glob("*.c")),
            *sorted((HERE / "agent").glob("*.c")),
            HERE / "platform" / f"{build.platform}.c",
            HERE / "platform" / "bytes.c",
            *zcbor_sources(),
        ),
        HERE / "platform" / ("coredll.def" if ce else "kernel32.def"),
    )
    if not ce:
        return (agent,)
    folder = HERE / "provider"
    units = (*sorted(folder.glob("*.c")), HERE / "platform" / "bytes.c")
    provider = Product(
        f"ceprovider-{build.name}.dll", "DllMain", units, folder / "coredll.def", folder / "provider.def"
    )
    return (agent, provider)


def sources() -> list[Path]:
    """Everything of this folder that decides what the executables hold, in a fixed order."""
    programs = ("build.py", "import_table.py", "pe_image.py", "relocations.py", "toolchain.py")
    parts = [HERE / name for name in programs]
    for folder in ("core", "agent", "platform", "provider"):
        parts += sorted(path for path in (HERE / folder).rglob("*") if path.is_file())
    return parts


def stamp() -> str:
    """Hash of the sources, the library's sources and the compiler's version."""
    digest = hashlib.sha256(version().encode())
    for path in (*sources(), *zcbor_sources()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    digest.update(compiler_version().encode())
    return digest.hexdigest()


def _link_elf(build: Build, product: Product, objects: list[Path], folder: Path) -> bytes:
    tables = {"imports": import_table.assembly(product.definition, build.thunks)}
    if product.exports is not None:
        tables["exports"] = import_table.exports_assembly(product.exports, build.thunks)
    for name, text in tables.items():
        assembly, made = folder / f"{name}.s", folder / f"{name}-table.o"
        assembly.write_text(text, encoding="ascii")
        run_zig(["clang", *build.target, "-Qunused-arguments", "-c", assembly, "-o", made])
        objects.append(made)
    linked = folder / "linked.elf"
    dll = product.exports is not None
    # Nothing but its export table refers to what a DLL exports: that table is kept.
    options = ("--emit-relocs",) if dll else ()
    run_zig(
        [
            "ld.lld",
            "-static",
            "--gc-sections",
            *options,
            *("--entry", product.entry),
            *("-T", "platform/pe.ld"),
            *objects,
            *("-o", linked),
        ],
    )
    return pe_image.from_elf(linked, build.machine, dll=dll)


def _link_coff(build: Build, product: Product, objects: list[Path], folder: Path) -> bytes:
    library, linked = folder / "imports.lib", folder / "linked.exe"
    run_zig(["dlltool", "-m", build.dlltool, "-d", product.definition.relative_to(HERE), "-l", library])
    if product.exports is not None:
        _, exports = import_table.names(product.exports)
        options = ["/dll", *(f"/export:{name}" for name in exports)]
    else:
        options = ["/fixed"] if build.dlltool == "i386" else []
    run_zig(
        [
            "lld-link",
            *build.coff,
            *options,
            f"/entry:{product.entry}",
            "/nodefaultlib",
            "/opt:ref",
            "/timestamp:0",
            *objects,
            library,
            f"/out:{linked}",
        ],
    )
    return pe_image.corrected(linked.read_bytes(), ce=build.platform == "ce")


def make(build: Build, product: Product, pool: ThreadPoolExecutor) -> bytes:
    """The finished executable or DLL."""
    with tempfile.TemporaryDirectory(prefix="ceagent-") as temporary:
        folder = Path(temporary)
        futures = [
            pool.submit(compile_unit, build.target, unit, folder / f"{unit.stem}.o", build.name)
            for unit in product.units
        ]
        link = _link_elf if build.linker == "elf" else _link_coff
        return link(build, product, [future.result() for future in futures], folder)


def build_all(names: Sequence[str], output: Path) -> list[Path]:
    """Builds what is not there yet or was made of other sources; returns the executables and DLLs.

    Several processes may do this at once: whole files take each other's place.
    """
    output.mkdir(parents=True, exist_ok=True)
    current = stamp()
    record = output / "stamp.json"
    known: dict[str, str] = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    wanted = [(BUILDS[name], product) for name in names for product in products(BUILDS[name])]
    outdated = [
        (build, product)
        for build, product in wanted
        if not (output / product.file).is_file() or known.get(build.name) != current
    ]
    with ThreadPoolExecutor(os.cpu_count()) as compilers, ThreadPoolExecutor(os.cpu_count()) as makers:
        images = makers.map(lambda one: make(*one, compilers), outdated)
        for (_, product), image in zip(outdated, images, strict=True):
            _write(output / product.file, image)
    if outdated:
        known.update({build.name: current for build, _ in outdated})
        _write(record, (json.dumps(known, indent=1, sort_keys=True) + "\n").encode())
    return [output / product.file for _, product in wanted]


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the agent executables and the provider.")
    parser.add_argument("build", nargs="*", metavar="BUILD", help=", ".join(BUILDS) + "; all by default")
    parser.add_argument("--output", type=Path, default=HERE.parent / "harness" / "agents" / "bin")
    options = parser.parse_args(arguments)
    names = options.build or list(BUILDS)
    if unknown := [name for name in names if name not in BUILDS]:
        parser.error(f"no such build: {', '.join(unknown)}; builds are {', '.join(BUILDS)}")
    try:
        for path in build_all(names, options.output.resolve()):
            print(path)
    except BuildError as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
