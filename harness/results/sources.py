"""What files are, so that two runs can be told to have used the same: a digest, and where git has them."""

import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.digest import digest

_GIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Sources:
    """Files of a kind. `digest`: "sha256:..." over their names and bytes; `commit`: what git has checked out,
    "" where there is no git; `changed`: they are not as in that commit."""

    path: str
    digest: str
    commit: str = ""
    changed: bool = False

    def to_dict(self) -> dict[str, str | bool]:
        """As results hold it."""
        return asdict(self)


def sources(paths: Iterable[Path]) -> Sources:
    """Files, and all files in folders."""
    places = [path.resolve() for path in paths]
    folder = places[0] if places[0].is_dir() else places[0].parent
    commit = _git(folder, "rev-parse", "HEAD")
    changed = bool(commit) and bool(_git(folder, "status", "--porcelain", "--", *map(str, places)))
    return Sources(", ".join(map(str, places)), digest(places), commit, changed)


def _git(folder: Path, *words: str) -> str:
    """What git says, "" where it says nothing: no git, no work tree, no commit."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.decode(errors="replace").strip()
