"""The guest made, or found as it was made before."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from guest.contents import contents, needed_names
from guest.packages import kernel_package, unpacked
from harness.agents import executable
from harness.errors import UsageError

CACHE = Path(__file__).resolve().parents[1] / "build" / "guest"
CURRENT = "current"
"""A link in the cache to the guest that was asked for last; lab.ini names it."""


def built(cache: Path = CACHE, agent: Path | None = None) -> Path:
    """The folder with `vmlinuz` and `initrd.cpio`, named by what is in them.

    agent: the build for 64-bit Windows, the harness's own when None. Raises UsageError where something is
    missing.
    """
    package, version = kernel_package()
    kernel = unpacked(package, version, cache / "packages")
    image = next(kernel.glob("boot/vmlinuz-*"), None)
    if image is None:
        raise UsageError(f"{kernel}: there is no kernel in it")
    archive = contents(kernel, _busybox(), executable("win32-x64") if agent is None else agent)
    digest = hashlib.sha256(image.read_bytes() + archive).hexdigest()[:16]
    folder = cache / digest
    if not folder.is_dir():
        _write(folder, {"vmlinuz": image.read_bytes(), "initrd.cpio": archive})
    _point(cache / CURRENT, folder)
    return folder


def _busybox() -> Path:
    found = shutil.which("busybox", path=f"/bin:{os.environ.get('PATH', '')}")
    if found is None or any(needed_names(Path(found))):
        raise UsageError("a busybox that needs no libraries is missing: apt-get install busybox-static")
    return Path(found)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Whole or not at all."""
    coming = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    for name, data in files.items():
        (coming / name).write_bytes(data)
    coming.chmod(0o755)
    try:
        coming.rename(folder)
    except OSError:
        # Somebody else was faster.
        shutil.rmtree(coming)


def _point(link: Path, folder: Path) -> None:
    coming = link.with_name(f".{link.name}-{os.getpid()}")
    coming.symlink_to(folder.name)
    coming.replace(link)
