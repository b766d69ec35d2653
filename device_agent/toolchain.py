"""The compiler and linkers of the pip package ziglang, and the C sources of the pip package zcbor."""

import importlib.metadata
import importlib.util
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent

_FLAGS = (
    "-std=c99",
    "-ffreestanding",
    "-fno-builtin",
    "-fno-stack-protector",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-ffunction-sections",
    "-fdata-sections",
    "-fshort-wchar",
    "-mno-stack-arg-probe",
    "-DZCBOR_CANONICAL",
)
_WARNINGS = ("-Wall", "-Wextra", "-Werror")
_FAST = frozenset({"core", "clock.c", "bytes.c"})
"""Folders and files of ours that run for every call and every byte: compiled for speed, all else for size."""
_ZCBOR = ("zcbor_common.c", "zcbor_decode.c", "zcbor_encode.c")


class BuildError(Exception):
    """A tool is missing or failed; the text is what it said."""


def _package(name: str) -> Path:
    """Folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise BuildError(f"the Python package {name} is not installed: python -m pip install {name}")
    return Path(next(iter(spec.submodule_search_locations)))


def zcbor_sources() -> list[Path]:
    """The CBOR library's C sources that the agent needs."""
    return [_package("zcbor") / "src" / name for name in _ZCBOR]


def zcbor_include() -> Path:
    """The folder of their headers."""
    return _package("zcbor") / "include"


def compiler_include() -> Path:
    """The folder of the headers that every C compiler has."""
    return _package("ziglang") / "lib" / "include"


def compiler_version() -> str:
    """Version of the package that the compiler comes from."""
    _package("ziglang")
    return importlib.metadata.version("ziglang")


def version() -> str:
    """Version of the package that this folder belongs to, in a checkout or as installed."""
    for package in (HERE.parent / "harness", HERE.parents[1]):
        if (package / "__init__.py").is_file():
            text = (package / "__init__.py").read_text(encoding="utf-8")
            return text.split('__version__ = "')[1].split('"')[0]
    raise BuildError(f"no package around {HERE} to take the version from")


def run_zig(arguments: Sequence[str | Path]) -> None:
    """Runs one of the tools in the package (clang, ld.lld, lld-link, dlltool); a warning is a failure."""
    zig = _package("ziglang") / ("zig.exe" if os.name == "nt" else "zig")
    done = subprocess.run([zig, *map(str, arguments)], cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr.strip():
        raise BuildError(f"zig {arguments[0]} failed:\n{done.stderr}{done.stdout}")


def compile_unit(target: Sequence[str], source: Path, made: Path, name: str) -> Path:
    """One object file for the build `name`; `target` are the compiler's flags for its CPU.

    Our own sources are named relative to this folder, so that no path of this machine gets into the result.
    """
    ours = HERE in source.parents
    run_zig(
        [
            "clang",
            *target,
            *_FLAGS,
            *(_WARNINGS if ours else ("-w",)),
            "-O2" if ours and _FAST & {source.parent.name, source.name} else "-Os",
            *(f"-I{folder}" for folder in ("core", "agent", "platform")),
            *("-isystem", "platform/freestanding"),
            *("-isystem", zcbor_include()),
            *("-isystem", compiler_include()),
            f'-DCEA_BUILD="ceagent {version()} {name}"',
            *("-c", source.relative_to(HERE) if ours else source),
            *("-o", made),
        ]
    )
    return made
