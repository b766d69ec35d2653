"""Where a command's words go: tables and progress to the terminal, JSON to a file or to standard output."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console as RichConsole
from rich.table import Table
from rich.text import Text

from harness.errors import UsageError
from harness.report import json_text


def add_json_option(parser: argparse.ArgumentParser, what: str) -> None:
    """The same option for every command that prints a table."""
    parser.add_argument(
        "--json",
        metavar="FILE",
        help=f"also write {what} as JSON; - is standard output, with nothing else on it",
    )


def short(path: Path) -> Path:
    """Without the folder we are in, so that people can read it."""
    folder = Path.cwd()
    return path.relative_to(folder) if path.is_relative_to(folder) else path


class Console(RichConsole):
    """As rich's, but a reader that has gone is answered in one place, `harness.cli.main`."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Screen:
    """The text output of one command. With `--json -` text goes to standard error."""

    def __init__(self, json_file: str | None) -> None:
        if json_file is not None and json_file != "-":
            check_writable("--json", Path(json_file))
        self._json_file = json_file
        self.console = Console(file=sys.stderr if json_file == "-" else sys.stdout, highlight=False)
        if not self.live:
            # A file or a pipe has no width, and its tables are for searching.
            self.console.width = 160

    @property
    def live(self) -> bool:
        """True when a person is watching."""
        return self.console.is_terminal

    def line(self, text: Any = "", style: str | None = None) -> None:
        """One line (a str is printed as it is, without markup)."""
        self.console.print(text, style=style, markup=False, soft_wrap=True)

    def glimpse(self, text: Any) -> None:
        """One line, cut at the right edge."""
        self.console.print(text, markup=False, no_wrap=True, overflow="ellipsis")

    @contextmanager
    def now(self) -> Iterator[Callable[[str], None]]:
        """The value shows one line below everything else, replaced each time; nothing if nobody watches."""
        # Not `live`: FORCE_COLOR makes a pipe look like a terminal, but nothing can be replaced in it.
        if not self.console.file.isatty():
            yield lambda text: None
            return
        with self.console.status("") as status:
            yield lambda text: status.update(Text(text, "dim", no_wrap=True, overflow="ellipsis"))

    def table(self, table: Table) -> None:
        """A table as wide as the terminal, or 160 columns when nobody is watching."""
        self.console.print(table)

    def json(self, value: Any) -> None:
        """What `--json` asked for; nothing without it. Raises UsageError if the file cannot be written."""
        if self._json_file is None:
            return
        if self._json_file == "-":
            utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
            sys.stdout.write(json_text(value, ascii_only=not utf8))
            sys.stdout.flush()
            return
        try:
            Path(self._json_file).write_text(json_text(value), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--json {self._json_file}: {error.strerror or error}") from None


def check_writable(option: str, path: Path) -> None:
    """Raises UsageError now, not after an hour of tests. Leaves no file behind."""
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{option} {path}: there is no such folder")
    there = path.exists()
    try:
        path.open("ab").close()
        if not there:
            path.unlink()
    except OSError as error:
        raise UsageError(f"{option} {path}: {error.strerror or error}") from None
