"""An image of a storage card: one partition with FAT16, as cards of this size have it.

Layouts: "Microsoft Extensible Firmware Initiative FAT32 File System Specification" 1.03 (FAT16 with it). The
images are small and written at once, names are 8.3: no library that is kept up does that (pyfatfs cannot be
imported on Python 3.12 with a setuptools of today).
"""

import struct
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UsageError

_SECTOR = 512
_TRACK = 63
"""Sectors of a track, and where the partition begins."""
_HEADS = 16
_SECTORS = 32 * 2048
"""Of the partition: 32 MiB."""
_CLUSTER = 4
_RESERVED, _COPIES, _ROOT = 1, 2, 512
_TABLE = 64
"""Sectors of one allocation table: two bytes for each of the 16,000 clusters."""
_DATA = _RESERVED + _COPIES * _TABLE + _ROOT * 32 // _SECTOR
_END, _MEDIA = 0xFFFF, 0xF8
_FOLDER, _ARCHIVE, _LABEL = 0x10, 0x20, 0x08
_DAY = (1980 - 1980) << 9 | 1 << 5 | 1
"""1 January 1980: equal files make equal images."""


def write_image(path: Path, files: Mapping[str, bytes], label: str = "CEAGENT") -> None:
    """Write a card with these files; a name may be that of a file in one folder, `2577/autorun.exe`.

    Raises UsageError where they do not fit, or the file cannot be written.
    """
    volume = _Volume(label)
    volume.fill(files)
    content = volume.content()
    try:
        with path.open("wb") as image:
            image.write(_partitions())
            image.seek(_TRACK * _SECTOR)
            image.write(content)
            image.truncate((_TRACK + _SECTORS) * _SECTOR)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error


def _geometry(sector: int) -> bytes:
    """Head, sector and cylinder, as partition tables have them."""
    cylinder, rest = divmod(sector, _HEADS * _TRACK)
    head, place = divmod(rest, _TRACK)
    return bytes((head, place + 1 | cylinder >> 2 & 0xC0, cylinder & 0xFF))


def _partitions() -> bytes:
    last = _TRACK + _SECTORS - 1
    entry = b"\0" + _geometry(_TRACK) + b"\x06" + _geometry(last) + struct.pack("<II", _TRACK, _SECTORS)
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def _short(name: str) -> bytes:
    """The eleven bytes of a name. Raises UsageError for one that is longer."""
    stem, _, extension = name.upper().partition(".")
    if not (0 < len(stem) <= 8 and len(extension) <= 3 and (stem + extension).isalnum() and name.isascii()):
        raise UsageError(f"{name}: expected a name of eight letters and digits, and three behind a dot")
    return stem.ljust(8).encode() + extension.ljust(3).encode()


def _entry(name: bytes, kind: int, cluster: int = 0, size: int = 0) -> bytes:
    return struct.pack("<11sB10xHHHI", name, kind, 0, _DAY, cluster, size)


class _Volume:
    """Root directory, folders and files, one behind the other."""

    def __init__(self, label: str) -> None:
        self._label = label.ljust(11).encode("ascii")
        self._table = [0xFF00 | _MEDIA, _END]
        self._data = bytearray()
        self._root = [_entry(self._label, _LABEL)]

    def fill(self, files: Mapping[str, bytes]) -> None:
        folders: dict[str, dict[str, bytes]] = {"": {}}
        for path, data in files.items():
            folder, _, name = path.rpartition("/")
            folders.setdefault(folder, {})[name] = data
        for folder, inside in folders.items():
            entries = [self._file(name, data) for name, data in inside.items()]
            if not folder:
                self._root += entries
                continue
            here = len(self._table)
            dots = [_entry(b".".ljust(11), _FOLDER, here), _entry(b"..".ljust(11), _FOLDER)]
            self._store(b"".join([*dots, *entries]))
            self._root.append(_entry(_short(folder), _FOLDER, here))

    def _file(self, name: str, data: bytes) -> bytes:
        first = len(self._table) if data else 0
        self._store(data)
        return _entry(_short(name), _ARCHIVE, first, len(data))

    def _store(self, data: bytes) -> None:
        size = _CLUSTER * _SECTOR
        clusters = -(-len(data) // size)
        if clusters:
            first = len(self._table)
            self._table += [*range(first + 1, first + clusters), _END]
            self._data += data.ljust(clusters * size, b"\0")

    def content(self) -> bytes:
        """The sectors up to the last one that is used. Raises UsageError: they are more than there are."""
        if _DATA * _SECTOR + len(self._data) > _SECTORS * _SECTOR or len(self._root) > _ROOT:
            raise UsageError(f"the files need more than the {_SECTORS // 2048} MiB of the image")
        boot = struct.pack(
            "<3s8sHBHBHHBHHHII",
            b"\xeb\x3c\x90", b"MSDOS5.0", _SECTOR, _CLUSTER, _RESERVED, _COPIES, _ROOT,
            0, _MEDIA, _TABLE, _TRACK, _HEADS, _TRACK, _SECTORS,
        )  # fmt: skip
        boot += struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0xCEA6E117, self._label, b"FAT16   ")
        table = struct.pack(f"<{len(self._table)}H", *self._table).ljust(_TABLE * _SECTOR, b"\0")
        root = b"".join(self._root).ljust(_ROOT * 32, b"\0")
        return boot.ljust(510, b"\0") + b"\x55\xaa" + _COPIES * table + root + bytes(self._data)
