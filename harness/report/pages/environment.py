"""What all pages share: the templates' environment, and how a page gets onto the disk.

A template extends `base.html` and imports `macros.html`. Text from devices, suites and files goes through
autoescape; nothing of it is ever marked safe.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

import harness
from harness.errors import UsageError
from harness.report.letters import LETTERS, MEANINGS
from harness.report.writing import printable, write_whole


@cache
def environment() -> Environment:
    """Templates of this package, with autoescape; a name that nobody set is an error."""
    made = Environment(
        loader=PackageLoader("harness.report.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean,
    )
    made.globals.update(LETTERS=LETTERS, MEANINGS=MEANINGS, HARNESS=harness.__version__)
    made.filters.update(moment=moment, css=css, data_url=data_url)
    return made


def _clean(value: object) -> object:
    """What HTML cannot hold is shown as escapes."""
    return printable(value) if type(value) is str else value


def data_url(text: str) -> str:
    """A link that holds the text."""
    return f"data:text/plain;charset=utf-8,{quote(printable(text), safe='')}"


def moment(time: str) -> str:
    """An ISO 8601 time as people read it: "2026-11-28 13:26 UTC"; what is none stays as it is."""
    try:
        return f"{datetime.fromisoformat(time):%Y-%m-%d %H:%M UTC}"
    except ValueError:
        return time


def css(verdict: str) -> str:
    """The class of a verdict: "v-not-run"."""
    return f"v-{verdict.replace(' ', '-')}"


def write_page(path: Path, html: str) -> None:
    """Puts the page there, whole or not at all. Raises UsageError."""
    try:
        write_whole(path, html)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None
