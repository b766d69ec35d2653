"""Names of files on a device: an agent, and what stands beside it while it is replaced."""

import re
from dataclasses import dataclass

from harness.errors import UsageError

_EXECUTABLE = re.compile(r"\\(?:[^\\/:*?\"<>|\x00-\x1f]+\\)*[^\\/:*?\"<>|\x00-\x1f]+\.exe", re.IGNORECASE)
_LONGEST = 240
"""Characters of a path, with room for what is added to it; Windows CE takes 259."""
_NEW = "-new"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent is to be, `\\ceagent.exe`. `path` is complete: Windows CE knows no other."""

    path: str

    @property
    def folder(self) -> str:
        """With the backslash at its end."""
        return self.path[: self.path.rindex("\\") + 1]

    @property
    def _stem(self) -> str:
        return self.path[: -len(".exe")]

    @property
    def beside(self) -> str:
        """The new agent, as long as the old one runs from the place itself."""
        return f"{self._stem}{_NEW}.exe"

    @property
    def old(self) -> str:
        """The old one, for the moment between two renamings."""
        return f"{self._stem}-old.exe"

    @property
    def part(self) -> str:
        """What will get the name of the place when all of it is there."""
        return f"{self.path}.part"

    @classmethod
    def of(cls, image: str) -> "Place":
        """The place that a running agent belongs to: it may stand beside it, when an earlier deployment was
        cut off."""
        if image.lower().endswith(f"{_NEW}.exe"):
            return cls(image[: -len(f"{_NEW}.exe")] + ".exe")
        return cls(image)


def place(path: str) -> Place:
    """A path that somebody wrote. Raises UsageError."""
    if not _EXECUTABLE.fullmatch(path) or len(path) > _LONGEST:
        raise UsageError(rf"path {path!r}: expected a complete path of the device such as \ceagent.exe")
    return Place(path)
