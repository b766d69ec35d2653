"""A digest of files, so that two runs can be told to have used the same."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

_PASSED_OVER = frozenset({"__pycache__", ".git"})


def digest(paths: Iterable[Path], *words: str) -> str:
    """ "sha256:..." over names and bytes of files, and of all files in folders, and over the words.

    Where the files are does not matter. Raises OSError.
    """
    found = hashlib.sha256("\0".join(words).encode())
    for path in paths:
        for name, file in _files(path):
            found.update(f"{name}\0{file.stat().st_size}\0".encode())
            with file.open("rb") as content:
                while piece := content.read(1 << 20):
                    found.update(piece)
    return f"sha256:{found.hexdigest()}"


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if not path.is_dir():
        yield path.name, path
        return
    for file in sorted(path.rglob("*")):
        if file.is_file() and _PASSED_OVER.isdisjoint(file.parts):
            yield file.relative_to(path).as_posix(), file
