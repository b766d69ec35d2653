"""What the guest consists of: a kernel, some of its modules, busybox, some of Wine, the agent.

All of it are files of Debian's packages as they are, but the agent and the script that starts it.
"""

import io
import lzma
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import pefile
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from guest.cpio import Entry, archive, file, folder, link
from harness.errors import UsageError

_HERE = Path(__file__).resolve().parent
_WINE = Path("/usr/lib/wine")
_PARTS = Path("/usr/lib/x86_64-linux-gnu/wine")
_UNIX, _WINDOWS = _PARTS / "x86_64-unix", _PARTS / "x86_64-windows"
_NLS = Path("/usr/share/wine/nls")
_LIBRARIES = (Path("/lib/x86_64-linux-gnu"), Path("/usr/lib/x86_64-linux-gnu"), _UNIX)
_LATER = Path("/lib/x86_64-linux-gnu/libgcc_s.so.1")
"""What the C library opens when the first thread ends."""
_LOADER = "lib64/ld-linux-x86-64.so.2"

_PROGRAMS = ("wine64", "wineserver64")
_NATIVE = ("ntdll.so", "ws2_32.so")
_DLLS = ("ntdll", "kernel32", "kernelbase", "msvcrt", "ucrtbase", "ws2_32", "advapi32", "sechost")
_CODE_PAGES = (
    *("c_437", "c_850", "c_1252", "c_10000", "c_20127", "l_intl", "locale"),
    *("normnfc", "normnfd", "normnfkc", "normnfkd", "normidna", "sortdefault"),
)
_DOES_NOTHING = "lodctr.exe"
"""A program of Wine's that ends at once. It stands for wineboot.exe, which the first program of a prefix
waits for: the prefix is complete as it is."""

_MODULES = ("virtio_pci", "virtio_net", "qemu_fw_cfg")


def contents(kernel: Path, busybox: Path, agent: Path) -> bytes:
    """The guest's file system as an archive for the kernel.

    kernel: the folder that its package was unpacked into. Raises UsageError where a file is missing.
    """
    entries: dict[str, Entry] = {
        "init": file((_HERE / "init").read_bytes(), 0o755),
        "bin/busybox": file(_read(busybox), 0o755),
        # The first program's streams, before there is anything in this folder.
        "dev/console": Entry(stat.S_IFCHR | 0o600, device=(5, 1)),
    }
    entries |= _modules(kernel)
    entries |= _wine()
    entries |= _prefix(_read(agent))
    return archive(entries)


def _wine() -> dict[str, Entry]:
    natives = [*(_WINE / name for name in _PROGRAMS), *(_UNIX / name for name in _NATIVE), _LATER]
    found = {path: file(_read(path), 0o755) for path in (*natives, *_needed(natives))}
    found |= {path: file(_bare(path)) for path in (_WINDOWS / f"{name}.dll" for name in _DLLS)}
    found |= {path: file(_read(path)) for path in (_NLS / f"{name}.nls" for name in _CODE_PAGES)}
    found[_WINDOWS / "wineboot.exe"] = file(_bare(_WINDOWS / _DOES_NOTHING))
    return {
        **{str(path).lstrip("/"): entry for path, entry in found.items()},
        _LOADER: file(_read(Path("/", _LOADER)), 0o755),
    }


def _bare(path: Path) -> bytes:
    """A DLL without what is in it for debuggers: half of the guest's memory, and so of its snapshots.

    Every section stays at its address; those for debuggers lose their bytes.
    """
    image = pefile.PE(data=_read(path), fast_load=True)
    sections = [one for one in image.sections if one.PointerToRawData]
    place = min(one.PointerToRawData for one in sections)
    pieces = []
    for section in sorted(sections, key=lambda one: one.PointerToRawData):
        data = b"" if section.Name.startswith(b"/") else section.get_data()
        section.PointerToRawData, section.SizeOfRawData = place if data else 0, len(data)
        pieces.append(data)
        place += len(data)
    image.FILE_HEADER.PointerToSymbolTable = image.FILE_HEADER.NumberOfSymbols = 0
    return bytes(image.write()[: place - sum(map(len, pieces))]) + b"".join(pieces)


def _needed(natives: Iterable[Path]) -> list[Path]:
    """The shared libraries of these programs and libraries, and those of theirs."""
    found: dict[str, Path] = {}
    waiting = list(natives)
    known = {path.name for path in waiting} | {Path(_LOADER).name}
    while waiting:
        for name in needed_names(waiting.pop()):
            if name in known | found.keys():
                continue
            path = next((place / name for place in _LIBRARIES if (place / name).is_file()), None)
            if path is None:
                raise UsageError(f"{name}, which Wine needs, is in none of {', '.join(map(str, _LIBRARIES))}")
            found[name] = path
            waiting.append(path)
    return list(found.values())


def needed_names(path: Path) -> Iterator[str]:
    """The names of the shared libraries that a program or library asks for itself."""
    section = ELFFile(io.BytesIO(_read(path))).get_section_by_name(".dynamic")
    if isinstance(section, DynamicSection):
        yield from (str(tag.needed) for tag in section.iter_tags("DT_NEEDED"))  # type: ignore[attr-defined]


def _prefix(agent: bytes) -> dict[str, Entry]:
    system = "prefix/drive_c/windows/system32"
    names = [*(f"{name}.dll" for name in _DLLS), "wineboot.exe"]
    return {
        # Wine runs in nobody else's prefix, nor in one that others may write.
        "prefix": folder(0o700),
        "prefix/dosdevices/c:": link("../drive_c"),
        "prefix/dosdevices/com1": link("/dev/ttyS1"),
        **{f"{system}/{name}": link(str(_WINDOWS / name)) for name in names},
        "prefix/drive_c/com1/ceagent.exe": file(agent),
        "prefix/drive_c/tcp/ceagent.exe": link("../com1/ceagent.exe"),
    }


def _modules(kernel: Path) -> dict[str, Entry]:
    """The modules that the guest's devices need, and the order to load them in."""
    files = {path.name.partition(".")[0]: path for path in kernel.glob("lib/modules/*/kernel/**/*.ko*")}
    files |= {path.name.partition(".")[0]: path for path in kernel.glob("usr/lib/modules/*/kernel/**/*.ko*")}
    loaded: dict[str, bytes] = {}

    def load(name: str) -> None:
        if name in loaded:
            return
        if name not in files:
            raise UsageError(f"the kernel in {kernel} has no module {name}")
        data = _read(files[name])
        data = lzma.decompress(data) if files[name].suffix == ".xz" else data
        for other in _depends(data):
            load(other)
        loaded[name] = data

    for name in _MODULES:
        load(name)
    order = "".join(f"{name}.ko\n" for name in loaded)
    return {
        "modules/order": file(order.encode()),
        **{f"modules/{name}.ko": file(data) for name, data in loaded.items()},
    }


def _depends(module: bytes) -> list[str]:
    section = ELFFile(io.BytesIO(module)).get_section_by_name(".modinfo")
    for one in [] if section is None else bytes(section.data()).split(b"\0"):
        key, _, value = one.partition(b"=")
        if key == b"depends":
            return [name.replace("-", "_") for name in value.decode().split(",") if name]
    return []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror or error} (the guest is made of Debian's packages; see docs/qemu.md)"
        ) from None
