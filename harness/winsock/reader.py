"""Reads TOML, that of this package above all, and names every mistake in it.

Only `Table` looks at raw values, so each complaint says the same things: file, section, key, and
what was expected there.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from harness.errors import ConfigError

Value = TypeVar("Value")

FOLDER = Path(__file__).parent
"""Where the data lies."""


class Table:
    """One TOML table. Each key is taken once; `done` complains about keys nobody took.

    Every method raises `ConfigError`.
    """

    def __init__(self, values: Mapping[str, Any], file: Path, section: str = "") -> None:
        self.file, self.section = file, section
        self._values = dict(values)
        self._taken: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def wrong(self, key: str | None, message: str, expected: str | None = None) -> ConfigError:
        """The error to raise about a key of this table."""
        return ConfigError(message, file=self.file, section=self.section or None, key=key, expected=expected)

    def _take(self, key: str, expected: str, default: Any) -> Any:
        self._taken.add(key)
        value = self._values.get(key, default)
        if value is ...:
            raise self.wrong(key, "is missing", expected)
        return value

    def text(self, key: str, default: Any = ...) -> str:
        """A text that is not blank, on one line: line breaks and indentation count as one space."""
        value = self._take(key, "a text", default)
        if not isinstance(value, str) or (key in self._values and not value.strip()):
            raise self.wrong(key, f"is {value!r}", "a text that is not empty")
        return " ".join(value.split())

    def choice(self, key: str, choices: Mapping[str, Value], default: Any = ...) -> Value:
        """A word, translated by `choices`."""
        expected = "one of " + ", ".join(choices)
        word = self._take(key, expected, default)
        if not isinstance(word, str) or word not in choices:
            raise self.wrong(key, f"is {word!r}", expected)
        return choices[word]

    def number(self, key: str, default: Any = ...) -> int:
        """An integer."""
        value = self._take(key, "an integer", default)
        if type(value) is not int:
            raise self.wrong(key, f"is {value!r}", "an integer")
        return value

    def flag(self, key: str, default: Any = ...) -> bool:
        """True or false."""
        value = self._take(key, "true or false", default)
        if not isinstance(value, bool):
            raise self.wrong(key, f"is {value!r}", "true or false")
        return value

    def texts(self, key: str, default: Any = ...) -> tuple[str, ...]:
        """A list of texts."""
        value = self._take(key, "a list of texts", default)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
            raise self.wrong(key, f"is {value!r}", "a list of texts")
        return tuple(value)

    def pairs(self, key: str) -> dict[str, str]:
        """A table whose values are all texts; empty if the key is absent."""
        value = self._take(key, "a table of texts", {})
        if not isinstance(value, dict) or not all(isinstance(item, str) and item for item in value.values()):
            raise self.wrong(key, f"is {value!r}", "a table of texts")
        return {name: " ".join(item.split()) for name, item in value.items()}

    def tables(self, key: str, default: Any = ...) -> "list[Table]":
        """A list of tables, each with its place ("error 3") as section."""
        value = self._take(key, "a list of tables", default)
        if not isinstance(value, list | tuple) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, f"is {value!r}", "a list of tables")
        above = f"{self.section}, " if self.section else ""
        return [Table(item, self.file, f"{above}{key} {place}") for place, item in enumerate(value, start=1)]

    def table(self, key: str) -> "Table":
        """A table inside this one."""
        value = self._take(key, "a table", ...)
        if not isinstance(value, dict):
            raise self.wrong(key, f"is {value!r}", "a table")
        return Table(value, self.file, f"{self.section}.{key}" if self.section else key)

    def done(self) -> None:
        """Complain about the first key that was not taken."""
        for key in self._values:
            if key not in self._taken:
                near = get_close_matches(key, self._taken, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise self.wrong(key, f"is not a known key{hint}", "one of " + ", ".join(sorted(self._taken)))


def read(path: Path) -> Table:
    """One TOML file. Raises `ConfigError` with the line if it is not TOML, or is not there."""
    return Table(parse(read_text(path), path), path)


def read_text(path: Path) -> str:
    """A file as text, with or without a byte order mark. Raises `ConfigError`."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError("not UTF-8 text", file=path, line=line) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=path) from error


def parse(text: str, path: Path) -> dict[str, Any]:
    """TOML text; `path` is only named in errors. Raises `ConfigError` with the line if it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column \d+\)", str(error))
        raise ConfigError(
            f"is not TOML: {error}", file=path, line=int(place[1]) if place else None
        ) from error


class Lazy(Mapping[str, Value]):
    """A mapping that is read when somebody looks at it for the first time."""

    def __init__(self, load: Callable[[], Mapping[str, Value]]) -> None:
        self._load = load
        self._values: Mapping[str, Value] | None = None

    @property
    def _loaded(self) -> Mapping[str, Value]:
        if self._values is None:
            self._values = self._load()
        return self._values

    def __getitem__(self, key: str) -> Value:
        return self._loaded[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)
