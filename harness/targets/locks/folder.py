"""The folder of the locks: one for all users of a computer, so that they see each other."""

import os
import stat
import sys
import tempfile
from pathlib import Path

from harness.errors import LabError

VARIABLE = "CEHARNESS_LOCKS"
"""Environment variable that names another folder."""
_NAME = "ceharness"
_EVERYBODY = 0o1777
"""Everybody may make files, only their owner may remove them."""
_SHARED = 0o666


def default_folder() -> Path:
    """Where locks are if lab.ini does not say: what the environment says, else one folder per computer."""
    if named := os.environ.get(VARIABLE):
        return Path(named).absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", tempfile.gettempdir())) / _NAME / "locks"
    # Not the folder of TMPDIR first: users may have one each.
    for place in (Path("/run/lock"), Path("/tmp")):
        if (place / _NAME).is_dir() or os.access(place, os.W_OK):
            return place / _NAME
    return Path(tempfile.gettempdir()) / _NAME


def make_folder(folder: Path) -> None:
    """It is there, and everybody may use it. Raises LabError."""
    try:
        folder.mkdir(parents=True)
        if sys.platform != "win32":
            folder.chmod(_EVERYBODY)
    except FileExistsError:
        if not folder.is_dir():
            raise unusable(folder, "it is no folder") from None
    except OSError as error:
        raise unusable(folder, error.strerror or str(error)) from error


def open_shared(path: Path) -> int:
    """Opens a file for reading and writing, made if need be so that every user can. The descriptor.

    Raises LabError.
    """
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        while True:
            try:
                # First without O_CREAT: Linux refuses that for files of others in a folder such as /tmp.
                return _regular(os.open(path, flags), path)
            except FileNotFoundError:
                pass
            try:
                descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, _SHARED)
            except FileExistsError:
                continue  # another process was quicker
            if sys.platform != "win32":
                os.fchmod(descriptor, _SHARED)  # whatever the umask
            return descriptor
    except OSError as error:
        raise unusable(path, error.strerror or str(error)) from error


def _regular(descriptor: int, path: Path) -> int:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise unusable(path, "it is no plain file")
    return descriptor


def unusable(path: Path, why: str) -> LabError:
    """What to raise if locks cannot be kept there."""
    return LabError(
        f"cannot keep device locks in {path}: {why}; name a folder that every user of this computer can "
        f"write, with `locks = DIR` in [defaults] of lab.ini or the variable {VARIABLE}"
    )
