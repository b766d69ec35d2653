"""Who has a serial port open? The one place that knows how an operating system tells."""

import sys
from pathlib import Path


def holder(device: str) -> str | None:
    """The process that has `device` open, as "minicom (pid 812)"; None when it cannot be told."""
    if sys.platform != "linux":
        return None
    return _holder_on_linux(Path(device))


def _holder_on_linux(device: Path) -> str | None:
    """Looks through /proc; processes of other users stay unseen without privileges."""
    wanted = device.resolve()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            for descriptor in (process / "fd").iterdir():
                if descriptor.readlink() == wanted:
                    name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                    return f"{name} (pid {process.name})"
        except OSError:
            # Not ours to look into, or gone meanwhile: the next one may tell.
            continue
    return None
