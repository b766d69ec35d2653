"""The text between the frames, kept in a file."""

from datetime import datetime
from pathlib import Path

from harness.session.console import visible


class ConsoleLog:
    """Writes text into a file, each line with its time. The file is made when there is something to write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._within = False

    def __call__(self, text: bytes, at: float) -> None:
        """See `Console`. Raises OSError."""
        written = []
        for line in text.splitlines(keepends=True):
            if not self._within:
                written.append(f"{datetime.fromtimestamp(at):%Y-%m-%d %H:%M:%S.%f}"[:-3] + "  ")
            body = line.rstrip(b"\r\n")
            written.append(visible(body))
            self._within = len(body) == len(line)
            if not self._within:
                written.append("\n")
        # Opened each time: text is rare, and what has come is there whatever becomes of us.
        with self._path.open("a", encoding="utf-8") as file:
            file.write("".join(written))
