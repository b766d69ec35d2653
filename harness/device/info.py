"""Who are you? Asked by programs like everything else: the agent has no verb for it.

Layouts: OSVERSIONINFO (page ms886768), SYSTEM_INFO (page aa450921), SystemParametersInfo with
SPI_GETPLATFORMTYPE and SPI_GETOEMINFO (page aa455142).
"""

import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache

from harness.program.model import Buffer, Call, Export, Fails, Pointer, Program, Ref, WhenOk
from harness.program.result import CallResult, Execution
from harness.program.text import parse
from harness.winsock import FUNCTIONS, symbols
from harness.wire.messages import Welcome

Run = Callable[[Program], Execution]

_VERSION = 'call coredll!GetVersionExW(inout version[276] = x"1401 0000")'
_SYSTEM = "call coredll!GetSystemInfo(out system[48])"
_STRINGS = {
    "platform": "call coredll!SystemParametersInfoW(257, 128, out text[256], 0)",
    "oem": "call coredll!SystemParametersInfoW(258, 128, out text[256], 0)",
}
_CE = 3
"""dwPlatformId of Windows CE (page ms886768)."""
_ARCHITECTURES = {0: "x86", 1: "MIPS", 4: "SH", 5: "ARM", 9: "x64"}
_PROCESSORS = {
    386: "386",
    486: "486",
    586: "Pentium",
    686: "Pentium Pro",
    1824: "ARM720",
    2080: "ARM820",
    2336: "ARM920",
    2577: "StrongARM or XScale",
    4000: "R4000",
    5000: "R5000",
    8664: "AMD64",
    10003: "SH3",
    10004: "SH3E",
    10005: "SH4",
    70001: "ARM7TDMI",
}


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a device says about itself. What could not be asked is None; `unknown` says why, by field.

    `ws2` and `ws2_missing`: functions of ws2.dll that are there and that are not; `page_size`: bytes;
    `word`: bytes in a pointer; `agent`: build of the agent; `boot`: differs after every start of it;
    `missing`: what the agent did not find on the image.
    """

    name: str
    agent: str
    boot: int
    word: int
    missing: tuple[str, ...]
    major: int | None = None
    minor: int | None = None
    build: int | None = None
    platform_id: int | None = None
    service_pack: str | None = None
    cpu: str | None = None
    processor: str | None = None
    processors: int | None = None
    page_size: int | None = None
    platform: str | None = None
    oem: str | None = None
    ws2: tuple[str, ...] | None = None
    ws2_missing: tuple[str, ...] = ()
    unknown: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> tuple[int, int] | None:
        """Major and minor version of the operating system."""
        return None if self.major is None or self.minor is None else (self.major, self.minor)

    @property
    def identity(self) -> dict[str, str]:
        """What tells its image from others: `version` with the build ("5.0.1400"), `cpu`, `processor`,
        `platform`, `oem`. What is not known is left out."""
        numbers = (self.major, self.minor, self.build)
        found = {name: getattr(self, name) for name in ("cpu", "processor", "platform", "oem")}
        if None not in numbers:
            found["version"] = ".".join(map(str, numbers))
        return {name: text for name, text in found.items() if text}

    def as_dict(self) -> dict[str, object]:
        """All fields by name."""
        return asdict(self)

    def __str__(self) -> str:
        kind = "Windows CE" if self.platform_id in (_CE, None) else "Windows"
        system = kind if self.version is None else f"{kind} {self.major}.{self.minor:02}.{self.build}"
        parts = [system, " ".join(part for part in (self.cpu, self.processor) if part)]
        parts += [text for text in (self.platform, self.oem) if text]
        if self.ws2 is None:
            # A program that was lost says nothing about the image.
            answered = "LoadLibraryW" in self.unknown.get("ws2", "")
            parts.append("no ws2.dll" if answered else "ws2.dll unknown")
        else:
            parts.append(f"ws2.dll with {len(self.ws2)} of {len(self.ws2) + len(self.ws2_missing)} functions")
        parts.append(f"agent {self.agent}")
        return ", ".join(part for part in parts if part)


def ask(name: str, run: Run, welcome: Welcome) -> DeviceInfo:
    """Ask everything that `DeviceInfo` holds; what cannot be asked is left unknown. Raises `LabError`."""
    unknown: dict[str, str] = {}
    known: dict[str, object] = {}
    known.update(_version(run, unknown))
    known.update(_system(run, unknown, welcome.limits.word))
    for key, text in _STRINGS.items():
        execution = _asked(run, parse(text, symbols(), name=key), key, unknown)
        if execution is not None:
            known[key] = _text(execution.buffers["text"])
    desktop = known.get("platform_id", _CE) != _CE
    known.update(_ws2(run, unknown, _DESKTOP if desktop else _ON_CE))
    return DeviceInfo(
        name=name,
        agent=welcome.build,
        boot=welcome.boot,
        word=welcome.limits.word,
        missing=welcome.missing,
        unknown=unknown,
        **known,  # type: ignore[arg-type]
    )


def _asked(run: Run, program: Program, key: str, unknown: dict[str, str]) -> Execution | None:
    execution = run(program)
    why = _why_not(execution, execution.last)
    if not why:
        return execution
    unknown[key] = why
    return None


def _why_not(execution: Execution, result: CallResult) -> str:
    if not execution.outcome.returned:
        return str(execution.outcome)
    if result.ok:
        return ""
    what = result.call.export.name if isinstance(result.call, Call) else "digest"
    if not result.ran:
        return f"{what} did not run"
    return f"{what} failed" + ("" if result.set_no_code else f" with error {result.error}")


def _text(data: bytes) -> str:
    return data.decode("utf-16-le", "replace").partition("\0")[0]


def _version(run: Run, unknown: dict[str, str]) -> dict[str, object]:
    execution = _asked(run, parse(_VERSION, symbols(), name="version"), "version", unknown)
    if execution is None:
        return {}
    data = execution.buffers["version"]
    major, minor, build, platform_id = struct.unpack_from("<4I", data, 4)
    pack = _text(data[20:])
    return {"major": major, "minor": minor, "build": build, "platform_id": platform_id, "service_pack": pack}


def _system(run: Run, unknown: dict[str, str], word: int) -> dict[str, object]:
    execution = _asked(run, parse(_SYSTEM, symbols(), name="system"), "cpu", unknown)
    if execution is None:
        return {}
    data = execution.buffers["system"]
    architecture, _, page_size = struct.unpack_from("<HHI", data)
    # Two addresses and a mask of the size of a pointer lie between.
    processors, kind = struct.unpack_from("<II", data, 8 + 3 * word)
    return {
        "cpu": _ARCHITECTURES.get(architecture, f"architecture {architecture}"),
        "processor": _PROCESSORS.get(kind, f"processor {kind}" if kind else None),
        "processors": processors,
        "page_size": page_size,
    }


@dataclass(frozen=True, slots=True)
class _Winsock:
    """`library`: the DLL; `finder`: the function that finds a name in it, which is in `encoding`."""

    library: str
    finder: str
    encoding: str


_ON_CE = _Winsock("ws2.dll", "coredll!GetProcAddressW", "utf-16-le")
_DESKTOP = _Winsock("ws2_32.dll", "coredll!GetProcAddress", "ascii")


@cache
def _ws2_program(winsock: _Winsock) -> Program:
    """Load Winsock 2 and look up every function the harness knows, in one program."""
    names = sorted(name.partition("!")[2] for name in _ws2_names())
    text = bytearray()
    lookups: list[Call] = []
    find = Export(winsock.finder, Fails.NULL_WORD, known=True)
    for name in names:
        lookups.append(Call(find, (Ref("module"), Pointer("names", len(text))), name))
        text += f"{name}\0".encode(winsock.encoding)
    library = f"{winsock.library}\0".encode("utf-16-le")
    load = Export("coredll!LoadLibraryW", Fails.NULL_WORD, known=True)
    return Program(
        steps=(Call(load, (Pointer("library"),), "module"), WhenOk(tuple(lookups))),
        buffers=(Buffer("library", len(library), library), Buffer("names", len(text), bytes(text))),
    )


def _ws2_names() -> set[str]:
    exports = (function.export for function in FUNCTIONS.values())
    return {export.name for export in exports if export is not None and export.name.startswith("ws2!")}


def _ws2(run: Run, unknown: dict[str, str], winsock: _Winsock) -> dict[str, object]:
    execution = run(_ws2_program(winsock))
    load, *lookups = execution.calls
    why = _why_not(execution, load)
    if why:
        unknown["ws2"] = why
        return {}
    return {
        "ws2": tuple(one.call.result for one in lookups if one.ok),
        "ws2_missing": tuple(one.call.result for one in lookups if not one.ok),
    }
