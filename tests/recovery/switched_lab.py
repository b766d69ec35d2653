"""A lab with a power strip, as tests see it, and what came of a run in it."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.results import Recovery

STRIP = Path(__file__).with_name("power_strip.py")
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Lab:
    """`folder`: of the strip; `file`: lab.ini, with the target `panel`."""

    folder: Path
    file: Path
    link: str

    def command(self, *words: str) -> str:
        """A command line for lab.ini."""
        return " ".join([sys.executable, str(STRIP), str(self.folder), *words])

    def press(self, *words: str) -> str:
        """Press a button of the strip; what it says."""
        return subprocess.run(
            self.command(*words).split(), check=True, capture_output=True, text=True
        ).stdout.strip()

    def done(self) -> list[str]:
        """The buttons that were pressed so far."""
        return (self.folder / "done").read_text().splitlines()

    def write(self, *lines: str) -> None:
        """lab.ini: how the device is reached, and these lines."""
        if self.link == "tcp":
            port = (self.folder / "port").read_text()
            reached = ["kind = tcp", "host = 127.0.0.1", f"port = {port}", f"key = {self.folder}/device.key"]
        else:
            reached = ["kind = serial", f"port = {self.folder}/COM1"]
        self.file.write_text(
            "\n".join(["[defaults]", "target = panel", "[panel]", *reached, "connect = 20s", *lines, ""])
        )


@dataclass
class Ran:
    """A run: exit code, what it wrote, its rows by requirement, what was tried to bring the device back."""

    code: int
    out: str
    err: str
    rows: dict[str, dict[str, Any]]
    recovery: list[Recovery]
    folder: Path


RunLab = Callable[[str], Ran]
