"""A cpio archive as Linux takes it for its first file system.

The format is "newc": Documentation/driver-api/early-userspace/buffer-format.rst of the kernel.
"""

import stat
from collections.abc import Mapping
from dataclasses import dataclass

_MAGIC = b"070701"
_END = "TRAILER!!!"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder, link or device of root's: its mode as in stat.h, its bytes (a link's: where it leads).

    device: major and minor number of a character device.
    """

    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def file(data: bytes, permissions: int = 0o644) -> Entry:
    """A file with these bytes."""
    return Entry(stat.S_IFREG | permissions, data)


def link(target: str) -> Entry:
    """A symbolic link."""
    return Entry(stat.S_IFLNK | 0o777, target.encode())


def folder(permissions: int = 0o755) -> Entry:
    """A folder."""
    return Entry(stat.S_IFDIR | permissions)


def archive(entries: Mapping[str, Entry]) -> bytes:
    """The archive with these paths (without a slash in front), and the folders that they lie in.

    The same entries give the same bytes: nothing in it depends on the time or the user.
    """
    whole = dict(entries)
    for path in entries:
        parts = path.split("/")[:-1]
        for length in range(1, len(parts) + 1):
            whole.setdefault("/".join(parts[:length]), folder())
    pieces = [_record(number, path, entry) for number, (path, entry) in enumerate(sorted(whole.items()), 1)]
    return b"".join([*pieces, _record(0, _END, Entry(0))])


def _record(number: int, path: str, entry: Entry) -> bytes:
    name = path.encode() + b"\0"
    links = 0 if number == 0 else 1
    fields = (number, entry.mode, 0, 0, links, 0, len(entry.data), 0, 0, *entry.device, len(name), 0)
    head = _MAGIC + b"".join(b"%08X" % field for field in fields)
    return _padded(head + name) + _padded(entry.data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
