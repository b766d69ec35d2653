"""COREDLL.dll and ws2.dll for 32-bit Wine: Windows CE's names and calling convention over the desktop's functions."""

import sys
import tomllib
from pathlib import Path

SHIM = Path(__file__).with_name("shim")
AGENT = Path(__file__).resolve().parents[2] / "device_agent"
sys.path.insert(0, str(AGENT))

from toolchain import compiler_include, run_zig  # noqa: E402

TARGET = ("--target=i686-windows-gnu", "-march=pentium-mmx")
FLAGS = (
    "-std=c99", "-O1", "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-fshort-wchar",
    "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-mno-stack-arg-probe", "-Wall", "-Wextra", "-Werror",
)  # fmt: skip
# What coredll.c needs besides the functions that it stands for.
EXTRA = (
    "ExitProcess", "GetCurrentThreadId", "GetProcAddress", "PulseEvent", "ResetEvent", "SetErrorMode", "SetEvent",
    "SetUnhandledExceptionFilter", "TlsAlloc", "TlsFree",
)  # fmt: skip
C_LIBRARY = "msvcrt"


def exports() -> dict[str, dict[str, list[str]]]:
    """Names by kind, as the file says what the kinds are: {"COREDLL": {"adapted": [...], ...}, "ws2": ...}."""
    found: dict[str, dict[str, list[str]]] = tomllib.loads((SHIM / "exports.toml").read_text(encoding="utf-8"))
    return found


def build_shims(folder: Path) -> None:
    """Makes both DLLs in `folder`. Raises BuildError, of the agents' toolchain, with what a tool said."""
    names = exports()
    coredll, ws2 = names["COREDLL"], names["ws2"]
    kernel = sorted({*coredll["adapted"], *coredll["handle"], *coredll["written"], *EXTRA} - _CE_ONLY)
    written = folder / "coredll.o"
    run_zig(["clang", *TARGET, *FLAGS, "-isystem", compiler_include(), "-c", SHIM / "coredll.c", "-o", written])
    libraries = {"kernel32": kernel, "advapi32": ["SystemFunction036"]}
    _link(folder, "COREDLL", coredll, libraries, [written], "DllMain@12")
    _link(folder, "ws2", ws2, {"ws2_32": ws2["adapted"]}, [], "")


_CE_ONLY = {
    "CeGenRandom", "CeGetCurrentTrust", "EventModify", "GetProcAddressA", "GetProcAddressW",
    "InterlockedTestExchange", "SystemIdleTimerReset", "TlsCall",
}  # fmt: skip


def _link(
    folder: Path,
    name: str,
    kinds: dict[str, list[str]],
    libraries: dict[str, list[str]],
    objects: list[Path],
    entry: str,
) -> None:
    text = (SHIM / "adapter.s").read_text(encoding="ascii")
    if not objects:
        text = text[: text.index("/* The same")]
    made: list[str] = []
    for kind, adapter in (("adapted", "adapt"), ("handle", "adapt_handle")):
        for export in kinds.get(kind, ()):
            text += f".globl _ce_{export}\n_ce_{export}:\n    movl __imp__{export}, %eax\n    jmp {adapter}\n"
            made.append(export)
    made += kinds.get("written", [])
    assembly, adapters = folder / f"{name}.s", folder / f"{name}-adapters.o"
    assembly.write_text(text, encoding="ascii")
    run_zig(["clang", *TARGET, "-Qunused-arguments", "-c", assembly, "-o", adapters])
    imports = []
    for library, used in libraries.items():
        definition, archive = folder / f"{library}.def", folder / f"{library}.lib"
        definition.write_text("\n".join([f"LIBRARY {library}.dll", "EXPORTS", *used, ""]), encoding="ascii")
        run_zig(["dlltool", "-m", "i386", "-d", definition, "-l", archive])
        imports.append(archive)
    run_zig(
        [
            "lld-link", "/dll", "/machine:x86", "/subsystem:windows,4.00", "/safeseh:no", "/nodefaultlib", "/timestamp:0",
            f"/entry:{entry}" if entry else "/noentry",
            *(f"/export:{export}=ce_{export}" for export in made),
            *(f"/export:{export}={C_LIBRARY}.{export}" for export in kinds.get("forwarded", ())),
            *objects, adapters, *imports, f"/out:{folder / (name + '.dll')}",
        ]
    )  # fmt: skip
