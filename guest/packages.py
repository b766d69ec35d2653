"""The Debian packages that the guest is made of: fetched by APT, unpacked, never installed."""

import re
import shutil
import subprocess
from pathlib import Path

from harness.errors import UsageError

_KERNEL = "linux-image-cloud-amd64"
"""Depends on the newest kernel without drivers for hardware: small, and with those of QEMU's devices."""
_LONGEST_S = 300


def kernel_package() -> tuple[str, str]:
    """Name and version of the package with the kernel. Raises UsageError."""
    told = _said("apt-cache", "depends", _KERNEL)
    match = re.search(r"Depends: (linux-image-\S+)", told)
    if match is None:
        raise UsageError(f"APT knows no package {_KERNEL}: apt-get update, as root (the guest needs Debian)")
    policy = re.search(r"Candidate: (\S+)", _said("apt-cache", "policy", match[1]))
    if policy is None:
        raise UsageError(f"APT knows no version of {match[1]}: apt-get update, as root")
    return match[1], policy[1]


def unpacked(package: str, version: str, cache: Path) -> Path:
    """The folder with a package's files, in the cache or fetched into it now. Raises UsageError."""
    folder = cache / f"{package}_{version.replace(':', '%3a')}"
    if folder.is_dir():
        return folder
    coming = cache / f".{folder.name}"
    shutil.rmtree(coming, ignore_errors=True)
    coming.mkdir(parents=True)
    _said("apt-get", "download", f"{package}={version}", folder=coming)
    for file in coming.glob("*.deb"):
        _said("dpkg-deb", "-x", str(file.resolve()), str(coming.resolve()))
        file.unlink()
    try:
        coming.rename(folder)
    except OSError:
        # Somebody else was faster.
        shutil.rmtree(coming)
    return folder


def _said(*words: str, folder: Path | None = None) -> str:
    try:
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, check=False, timeout=_LONGEST_S
        )
    except FileNotFoundError:
        raise UsageError(f"{words[0]} is missing: the guest is made on Debian, of its packages") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"{' '.join(words)}: not done after {_LONGEST_S} s") from None
    if done.returncode:
        raise UsageError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
