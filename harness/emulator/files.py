r"""The device's file system: a folder of the host that is the device's root `\\`.

Paths are absolute, with backslashes, without drive letters; names compare without case. Nothing outside
the folder can be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import BinaryIO

from harness.emulator.errors import (
    ERROR_ACCESS_DENIED,
    ERROR_ALREADY_EXISTS,
    ERROR_DIR_NOT_EMPTY,
    ERROR_FILE_EXISTS,
    ERROR_FILE_NOT_FOUND,
    ERROR_GEN_FAILURE,
    ERROR_INVALID_NAME,
    ERROR_INVALID_PARAMETER,
    ERROR_PATH_NOT_FOUND,
    ERROR_SHARING_VIOLATION,
)
from harness.emulator.exports import Wait, Wake
from harness.emulator.objects import Opened, StreamError

CREATE_NEW, CREATE_ALWAYS, OPEN_EXISTING, OPEN_ALWAYS, TRUNCATE_EXISTING = 1, 2, 3, 4, 5
GENERIC_READ, GENERIC_WRITE = 0x80000000, 0x40000000
SHARE_READ, SHARE_WRITE = 1, 2
MAX_PATH = 260
FORBIDDEN = set('<>:"|?*')


class GuestPathError(Exception):
    """A path the device cannot use, with the Windows error code."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class OpenFile(Opened):
    """An open file of the sandbox."""

    kind = "file"

    def __init__(self, system: FileSystem, path: Path, stream: BinaryIO, access: int, share: int) -> None:
        super().__init__()
        self.path, self.stream, self.access, self.share = path, stream, access, share
        self._system = system

    def read(self, count: int) -> Generator[Wait, Wake, bytes]:
        if not self.access & GENERIC_READ:
            raise StreamError(ERROR_ACCESS_DENIED)
        return self.stream.read(count)
        yield  # a file never waits

    def write(self, data: bytes) -> Generator[Wait, Wake, int]:
        if not self.access & GENERIC_WRITE:
            raise StreamError(ERROR_ACCESS_DENIED)
        try:
            return self.stream.write(data)
        except OSError as error:
            raise StreamError(ERROR_GEN_FAILURE) from error
        yield

    def closed(self) -> None:
        self.stream.close()
        self._system.opened.remove(self)


class FileSystem:
    """Files below a host folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "Windows").mkdir(exist_ok=True)
        (self.root / "Temp").mkdir(exist_ok=True)
        self.opened: list[OpenFile] = []
        self.runs: Callable[[Path], bool] = lambda path: False
        """Is this the executable of a process? Such a file can be read, and nothing else."""

    def host_path(self, path: str, *, parent_must_exist: bool = True) -> Path:
        """Where a device path lies on the host. Raises GuestPathError."""
        if not path or len(path) >= MAX_PATH:
            raise GuestPathError(
                ERROR_INVALID_NAME if path else ERROR_PATH_NOT_FOUND, "empty or too long a path"
            )
        parts = [part for part in path.replace("/", "\\").split("\\") if part]
        place = self.root
        for number, part in enumerate(parts):
            if part in (".", ".."):
                raise GuestPathError(ERROR_INVALID_NAME, "CE has no relative paths")
            if FORBIDDEN & set(part) or any(ord(c) < 32 for c in part):
                raise GuestPathError(ERROR_INVALID_NAME, f"{part!r} is no file name")
            last = number == len(parts) - 1
            found = self._entry(place, part)
            if found is None:
                if not last and parent_must_exist:
                    raise GuestPathError(ERROR_PATH_NOT_FOUND, f"no directory {part}")
                found = place / part
            place = found
        if not place.resolve().is_relative_to(self.root):
            raise GuestPathError(ERROR_ACCESS_DENIED, "outside the device")
        return place

    @staticmethod
    def _entry(directory: Path, name: str) -> Path | None:
        exact = directory / name
        if exact.exists():
            return exact
        if not directory.is_dir():
            return None
        wanted = name.casefold()
        return next((entry for entry in directory.iterdir() if entry.name.casefold() == wanted), None)

    def device_path(self, path: Path) -> str:
        """How the device calls a host path below its root."""
        parts = path.resolve().relative_to(self.root).parts
        return "\\" + "\\".join(parts)

    def exists(self, path: str) -> bool:
        """Is there a file or directory of that path?"""
        try:
            return self.host_path(path).exists()
        except GuestPathError:
            return False

    def read_file(self, path: str) -> bytes:
        """A whole file. Raises GuestPathError."""
        place = self.host_path(path)
        if not place.is_file():
            raise GuestPathError(ERROR_FILE_NOT_FOUND, "no such file")
        return place.read_bytes()

    def write_file(self, path: str, data: bytes) -> None:
        """Put a file on the device, directories included. Raises GuestPathError."""
        place = self.host_path(path, parent_must_exist=False)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def open(self, path: str, access: int, share: int, disposition: int) -> tuple[OpenFile, bool]:
        """Open as CreateFile does; the second value says whether the file existed. Raises GuestPathError."""
        place = self.host_path(path)
        exists = place.exists()
        if place.is_dir():
            raise GuestPathError(ERROR_ACCESS_DENIED, "a directory")
        if disposition not in (CREATE_NEW, CREATE_ALWAYS, OPEN_EXISTING, OPEN_ALWAYS, TRUNCATE_EXISTING):
            raise GuestPathError(ERROR_INVALID_PARAMETER, "unknown disposition")
        if disposition == CREATE_NEW and exists:
            raise GuestPathError(ERROR_FILE_EXISTS, "exists")
        if disposition in (OPEN_EXISTING, TRUNCATE_EXISTING) and not exists:
            raise GuestPathError(ERROR_FILE_NOT_FOUND, "no such file")
        if access & GENERIC_WRITE:
            self._check_running(place)
        self._check_sharing(place, access, share)
        fresh = disposition in (CREATE_NEW, CREATE_ALWAYS, TRUNCATE_EXISTING) or not exists
        mode = "w+b" if fresh else ("r+b" if access & GENERIC_WRITE else "rb")
        try:
            stream: BinaryIO = place.open(mode, buffering=0)  # type: ignore[assignment]
        except OSError as error:
            raise GuestPathError(code_of(error), str(error)) from error
        opened = OpenFile(self, place, stream, access, share)
        self.opened.append(opened)
        return opened, exists

    def _check_sharing(self, place: Path, access: int, share: int) -> None:
        for other in self.opened:
            if other.path != place:
                continue
            if not _allows(other.share, access) or not _allows(share, other.access):
                raise GuestPathError(ERROR_SHARING_VIOLATION, "open elsewhere")

    def _check_running(self, place: Path) -> None:
        if self.runs(place):
            raise GuestPathError(ERROR_SHARING_VIOLATION, "it runs")

    def delete(self, path: str) -> None:
        """Raises GuestPathError."""
        place = self.host_path(path)
        self._check_running(place)
        if any(other.path == place for other in self.opened):
            raise GuestPathError(ERROR_SHARING_VIOLATION, "it is open")
        if place.is_dir():
            raise GuestPathError(ERROR_ACCESS_DENIED, "a directory")
        _host(place.unlink)

    def move(self, source: str, target: str) -> None:
        """Raises GuestPathError."""
        old, new = self.host_path(source), self.host_path(target)
        if not old.exists():
            raise GuestPathError(ERROR_FILE_NOT_FOUND, "no such file")
        self._check_running(old)
        if new.exists():
            raise GuestPathError(ERROR_ALREADY_EXISTS, "the target exists")
        _host(lambda: old.rename(new))

    def copy(self, source: str, target: str) -> None:
        """Raises GuestPathError."""
        data = self.read_file(source)
        place = self.host_path(target)
        self._check_running(place)
        _host(lambda: place.write_bytes(data))

    def make_directory(self, path: str) -> None:
        """Raises GuestPathError."""
        place = self.host_path(path)
        if place.exists():
            raise GuestPathError(ERROR_ALREADY_EXISTS, "exists")
        _host(place.mkdir)

    def remove_directory(self, path: str) -> None:
        """Raises GuestPathError."""
        place = self.host_path(path)
        if not place.is_dir():
            raise GuestPathError(ERROR_PATH_NOT_FOUND, "no such directory")
        if any(place.iterdir()):
            raise GuestPathError(ERROR_DIR_NOT_EMPTY, "not empty")
        _host(place.rmdir)


def _allows(share: int, access: int) -> bool:
    if access & GENERIC_READ and not share & SHARE_READ:
        return False
    return not (access & GENERIC_WRITE and not share & SHARE_WRITE)


def _host(action: Callable[[], object]) -> None:
    try:
        action()
    except OSError as error:
        raise GuestPathError(code_of(error), str(error)) from error


def code_of(error: OSError) -> int:
    """The Windows code of a host file error."""
    if isinstance(error, FileNotFoundError):
        return ERROR_FILE_NOT_FOUND
    if isinstance(error, PermissionError | IsADirectoryError):
        return ERROR_ACCESS_DENIED
    if isinstance(error, NotADirectoryError):
        return ERROR_PATH_NOT_FOUND
    if isinstance(error, FileExistsError):
        return ERROR_ALREADY_EXISTS
    return ERROR_GEN_FAILURE
