"""Who has a serial port open? The one place that knows how an operating system tells."""

import os
import sys
from pathlib import Path

LOCKS = ("/run/lock", "/var/lock", "/var/spool/lock")
"""Folders in which programs such as minicom, picocom and ser2net leave a file LCK..ttyUSB0 with their number
(Filesystem Hierarchy Standard 3.0, section 5.9)."""


def holder(device: str) -> str | None:
    """The process that has `device` open, as "minicom (pid 812)"; None when it cannot be told."""
    if sys.platform != "linux":
        return None
    wanted = Path(device).resolve()
    return _by_lock(wanted) or _by_descriptor(wanted) or _by_lock_file(wanted)


def _by_lock(wanted: Path) -> str | None:
    """Who has a lock on the port itself (flock, as pyserial makes it): the one that keeps others out."""
    try:
        status = wanted.stat()
        place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            words = line.split()
            if "FLOCK" in words and place in words:
                return _named(Path("/proc") / words[words.index(place) - 1])
    except OSError:
        pass
    return None


def _by_descriptor(wanted: Path) -> str | None:
    """Looks through /proc; processes of other users stay unseen without privileges. Ours comes last."""
    own = str(os.getpid())
    for process in sorted(Path("/proc").glob("[0-9]*"), key=lambda process: process.name == own):
        try:
            for descriptor in (process / "fd").iterdir():
                if descriptor.readlink() == wanted:
                    return _named(process)
        except OSError:
            # Not ours to look into, or gone meanwhile: the next one may tell.
            continue
    return None


def _by_lock_file(wanted: Path) -> str | None:
    """Those of other users are seen as well, of programs that leave one. Of one that has ended it is void."""
    for folder in LOCKS:
        try:
            number = int((Path(folder) / f"LCK..{wanted.name}").read_text(encoding="ascii").split()[0])
            return _named(Path("/proc") / str(number))
        except (OSError, ValueError, IndexError):
            continue
    return None


def _named(process: Path) -> str:
    """Raises OSError when there is no such process."""
    name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    return f"{name} (pid {process.name})"
