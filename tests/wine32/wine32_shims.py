"""COREDLL.dll and ws2.dll for 32-bit Wine: Windows CE's names and calls over the desktop's functions."""

import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

SHIM = Path(__file__).with_name("shim")
AGENT = Path(__file__).resolve().parents[2] / "device_agent"
sys.path.insert(0, str(AGENT))

from toolchain import compiler_include, run_zig  # noqa: E402

TARGET = ("--target=i686-windows-gnu", "-march=pentium-mmx")
FLAGS = (
    "-std=c99", "-O1", "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-fshort-wchar",
    "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-mno-stack-arg-probe",
    "-Wall", "-Wextra", "-Werror",
)  # fmt: skip
C_LIBRARY = "msvcrt"


def lists() -> dict[str, dict[str, list[str]]]:
    """Names by kind, as the file says what the kinds are: {"COREDLL": {"adapted": [...], ...}, ...}."""
    text = (SHIM / "exports.toml").read_text(encoding="utf-8")
    found: dict[str, dict[str, list[str]]] = tomllib.loads(text)
    return found


def exports(dll: str) -> list[str]:
    """All names that one of them exports."""
    return [name for kind, names in lists()[dll].items() if kind != "used" for name in names]


def build_shims(folder: Path) -> None:
    """Makes both DLLs in `folder`. Raises BuildError, of the agents' toolchain, with what a tool said."""
    coredll, ws2 = lists()["COREDLL"], lists()["ws2"]
    written = folder / "coredll.o"
    headers = ("-isystem", compiler_include())
    run_zig(["clang", *TARGET, *FLAGS, *headers, "-c", SHIM / "coredll.c", "-o", written])
    objects = [
        written,
        _assembled(folder, "handle", (SHIM / "handle.s").read_text(encoding="ascii")),
        _adapters(folder, "COREDLL", {"adapt": coredll["adapted"], "adapt_handle": coredll["handle"]}),
    ]
    kernel = sorted({*coredll["adapted"], *coredll["handle"], *coredll["used"]})
    imports = [_imports(folder, "kernel32", kernel), _imports(folder, "advapi32", ["SystemFunction036"])]
    ours = (*coredll["adapted"], *coredll["handle"], *coredll["written"])
    forwards = [f"/export:{name}={C_LIBRARY}.{name}" for name in coredll["forwarded"]]
    _link(folder, "COREDLL", ours, [*objects, *imports, *forwards, "/entry:DllMain@12"])

    objects = [_adapters(folder, "ws2", {"adapt": ws2["adapted"]})]
    imports = [_imports(folder, "ws2_32", ws2["adapted"])]
    _link(folder, "ws2", ws2["adapted"], [*objects, *imports, "/noentry"])


def _assembled(folder: Path, name: str, text: str) -> Path:
    source, made = folder / f"{name}.s", folder / f"{name}.o"
    source.write_text(text, encoding="ascii")
    run_zig(["clang", *TARGET, "-Qunused-arguments", "-c", source, "-o", made])
    return made


def _adapters(folder: Path, name: str, exports: dict[str, list[str]]) -> Path:
    """A symbol ce_NAME for each export of the desktop, by the routine that calls it."""
    text = (SHIM / "adapter.s").read_text(encoding="ascii")
    for routine, names in exports.items():
        for one in names:
            text += f".globl _ce_{one}\n_ce_{one}:\n    movl __imp__{one}, %eax\n    jmp {routine}\n"
    return _assembled(folder, f"{name}-adapters", text)


def _imports(folder: Path, library: str, names: list[str]) -> Path:
    definition, made = folder / f"{library}.def", folder / f"{library}.lib"
    definition.write_text("\n".join([f"LIBRARY {library}.dll", "EXPORTS", *names, ""]), encoding="ascii")
    run_zig(["dlltool", "-m", "i386", "-d", definition, "-l", made])
    return made


def _link(folder: Path, name: str, exports: Iterable[str], parts: Sequence[str | Path]) -> None:
    """`parts`: objects, import libraries and further options."""
    run_zig(
        [
            "lld-link", "/dll", "/machine:x86", "/subsystem:windows,4.00", "/safeseh:no",
            "/nodefaultlib", "/timestamp:0",
            *(f"/export:{export}=ce_{export}" for export in exports),
            *parts, f"/out:{folder / (name + '.dll')}",
        ]
    )  # fmt: skip
