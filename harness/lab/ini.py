"""INI text with places: which line each section and key stands on.

The grammar is configparser's (no interpolation, no defaults section); only the line numbers,
which configparser forgets, are found again by a second look at the lines.
"""

import configparser
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and its line."""

    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Section:
    """A section, its line, its keys in lower case."""

    name: str
    line: int
    entries: Mapping[str, Entry]


def read_ini(path: Path) -> list[Section]:
    """The sections of a file in order. Raises ConfigError, located, for anything that is not INI."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError("not UTF-8 text", file=path, line=line) from None
    except OSError as error:
        raise ConfigError(error.strerror or str(error), file=path) from None
    return parse_ini(text, path)


def parse_ini(text: str, path: Path) -> list[Section]:
    """As read_ini, from text; `path` is only named in errors."""
    parser = configparser.RawConfigParser(
        default_section="", inline_comment_prefixes=("#", ";"), empty_lines_in_values=False
    )
    try:
        parser.read_string(text)
    except configparser.DuplicateSectionError as error:
        raise ConfigError(
            "this section is already there", file=path, line=error.lineno, section=error.section
        ) from None
    except configparser.DuplicateOptionError as error:
        raise ConfigError(
            "this key is already there", file=path, line=error.lineno, section=error.section, key=error.option
        ) from None
    except configparser.MissingSectionHeaderError as error:
        if error.line.lstrip().startswith("["):
            raise _unclosed(error.line, path, error.lineno) from None
        raise ConfigError(
            f"{error.line.strip()!r} stands before the first section",
            file=path,
            line=error.lineno,
            expected="a line such as [target mydevice]",
        ) from None
    except configparser.ParsingError as error:
        line = error.errors[0][0]
        wrong = text.splitlines()[line - 1].strip()
        if wrong.startswith("["):
            raise _unclosed(wrong, path, line) from None
        raise ConfigError(
            f"cannot read {wrong!r}", file=path, line=line, expected="key = value, or [section]"
        ) from None
    lines = _lines(text, parser)
    return [
        Section(
            name,
            lines[name, None],
            {key: Entry(value.strip(), lines[name, key]) for key, value in parser.items(name)},
        )
        for name in parser.sections()
    ]


def _unclosed(line: str, path: Path, number: int) -> ConfigError:
    return ConfigError(
        f"cannot read {line.strip()!r} as a section",
        file=path,
        line=number,
        expected="a line such as [target mydevice]",
    )


def _lines(text: str, parser: configparser.RawConfigParser) -> dict[tuple[str, str | None], int]:
    """Where each (section, None) and (section, key) stands."""
    found: dict[tuple[str, str | None], int] = {}
    section, indent = "", sys.maxsize
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line:
            indent = sys.maxsize
            continue
        own = len(raw) - len(raw.lstrip())
        if own > indent or line.startswith(("#", ";")):
            # The value of the line above goes on here, or a comment.
            continue
        indent = own
        if header := parser.SECTCRE.match(line):
            section = header["header"]
            found[section, None] = number
        elif option := parser.OPTCRE.match(line):
            found[section, parser.optionxform(option["option"].rstrip())] = number
    return found
