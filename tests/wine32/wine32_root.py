"""A 32-bit Wine in a folder of its own: `python tests/wine32/wine32_root.py [FOLDER]`.

Takes Debian's i386 packages from where this machine's apt gets its own, checks them as apt does, and unpacks
them there, by default in build/wine32-root; the system and its package lists stay as they are. What wine32
depends on for pictures, sound and scanners is left out. Done in a moment when the folder is there already.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "build" / "wine32-root"
PACKAGES = ("wine32", "libwine", "libz-mingw-w64")
LOADER = Path("/lib/ld-linux.so.2")
LINES = """\
APT::Architecture "i386";
#clear APT::Architectures;
APT::Architectures {{ "i386"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::State::lists "{0}/lists";
Dir::State::status "{0}/status";
Dir::Cache "{0}/cache";
"""
"""Settings of an apt that knows of nothing installed."""


class RootError(Exception):
    """There is no 32-bit Wine, and why; one line."""


def wine(root: Path) -> Path:
    """Wine's loader in such a folder."""
    return root / "usr" / "lib" / "wine" / "wine"


def server(root: Path) -> Path:
    """The program that ends everything of a prefix."""
    return root / "usr" / "lib" / "wine" / "wineserver32"


def libraries(root: Path) -> Path:
    """The folder of DLLs for 32 bits that are not Wine's own, but needed by it."""
    return root / "usr" / "i686-w64-mingw32" / "lib"


def missing(root: Path) -> str:
    """Why there is no 32-bit Wine in that folder that could run here; empty if there is."""
    if not LOADER.exists():
        return f"{LOADER}, which starts 32-bit programs, is missing: apt-get install libc6-i386"
    if not (root / "made").is_file():
        return "32-bit Wine is missing: make wine32"
    return ""


def _say(text: str) -> None:
    print(f"wine32: {text}", flush=True)


def _run(
    words: Sequence[str | Path], folder: Path, environment: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            words,
            cwd=folder,
            env={**os.environ, **environment, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise RootError(f"{words[0]} is missing: this takes Debian's packages") from error


def _words_of(done: "subprocess.CompletedProcess[str]") -> str:
    lines = [line for line in done.stderr.splitlines() if line.startswith(("E:", "dpkg-deb: error"))]
    return (lines or done.stderr.splitlines() or [f"exit code {done.returncode}"])[-1]


def make_root(root: Path) -> None:
    """Makes the folder, or leaves it if it is complete. Raises RootError."""
    if not LOADER.exists():
        raise RootError(missing(root))
    if (root / "made").is_file():
        _say(f"{root} is there")
        return
    began = time.monotonic()
    shutil.rmtree(root, ignore_errors=True)
    work = root / "apt"
    (work / "lists" / "partial").mkdir(parents=True)
    (work / "cache" / "archives" / "partial").mkdir(parents=True)
    (work / "status").touch()
    settings = work / "apt.conf"
    settings.write_text(LINES.format(work), encoding="utf-8")
    environment = {"APT_CONFIG": str(settings)}
    _say("reading the lists of i386 packages")
    # A source that cannot be read now may be one that is not needed: what is missing shows below.
    lists = _run(["apt-get", "update", "-q"], work, environment)
    _say(f"downloading {', '.join(PACKAGES)}")
    fetched = _run(["apt-get", "download", "-q", *PACKAGES], work, environment)
    if fetched.returncode:
        reason = _words_of(lists if lists.returncode else fetched)
        raise RootError(f"the packages {', '.join(PACKAGES)} for i386 cannot be downloaded: {reason}")
    files = sorted(work.glob("*.deb"))
    _say(f"unpacking {sum(file.stat().st_size for file in files) / 1e6:.0f} MB")
    for file in files:
        unpacked = _run(["dpkg-deb", "--extract", file, root], work, {})
        if unpacked.returncode:
            raise RootError(f"{file.name} cannot be unpacked: {_words_of(unpacked)}")
    try:
        started = _run([wine(root), "--version"], work, {})
    except OSError as error:  # a kernel without them, or a container that forbids them
        raise RootError(f"32-bit programs cannot be started here: {error.strerror}") from error
    if started.returncode:
        raise RootError(f"32-bit Wine does not start here: {_words_of(started)}")
    shutil.rmtree(work)
    (root / "made").write_text("".join(f"{file.name}\n" for file in files), encoding="utf-8")
    _say(f"{started.stdout.strip()} in {root}, made in {time.monotonic() - began:.0f} s")


def main(words: Sequence[str]) -> int:
    try:
        make_root(Path(words[0]).resolve() if words else ROOT)
    except RootError as failure:
        print(f"wine32: error: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
