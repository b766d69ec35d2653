"""Constants by name, and error codes back to names."""

from collections.abc import Mapping
from pathlib import Path

from harness.winsock.reader import FOLDER, Lazy, read

ERROR_GROUP = "errors"
"""The group of `constants.toml` whose numbers are error codes, each with one name."""


def load_constants(path: Path = FOLDER / "constants.toml") -> dict[str, dict[str, int]]:
    """Group name to constants. Raises `ConfigError`: no number, wider than 32 bits, or a name used twice."""
    document = read(path)
    groups: dict[str, dict[str, int]] = {}
    home: dict[str, str] = {}
    for group in document:
        table = document.table(group)
        groups[group] = {}
        for name in table:
            value = table.number(name)
            if not -(2**31) <= value < 2**32:
                raise table.wrong(name, f"is {value}", "a number of 32 bits")
            if name in home:
                raise table.wrong(name, f"stands in [{home[name]}] already", "each name once")
            home[name] = group
            groups[group][name] = value
    if ERROR_GROUP not in groups:
        raise document.wrong(ERROR_GROUP, "is missing", "a group of error codes")
    names: dict[int, str] = {}
    for name, value in groups[ERROR_GROUP].items():
        if names.setdefault(value, name) != name:
            raise document.wrong(name, f"is {value}, as {names[value]} is", "one name for each error code")
    return groups


def _flat() -> dict[str, int]:
    return {name: value for group in CONSTANT_GROUPS.values() for name, value in group.items()}


def _names_of_errors() -> dict[str, str]:
    return {str(value): name for name, value in CONSTANT_GROUPS[ERROR_GROUP].items()}


CONSTANT_GROUPS: Mapping[str, Mapping[str, int]] = Lazy(load_constants)
"""Group ("address-families") to its constants."""

CONSTANTS: Mapping[str, int] = Lazy(_flat)
"""Name to value."""

_ERROR_NAMES: Mapping[str, str] = Lazy(_names_of_errors)


def error_name(code: int) -> str:
    """10047 to "WSAEAFNOSUPPORT", as the header spells it; an unknown code to "error 4711"."""
    return _ERROR_NAMES.get(str(code), f"error {code}")


def named(code: int) -> str:
    """10047 to "WSAEAFNOSUPPORT (10047)"; an unknown code to "error 4711"."""
    name = _ERROR_NAMES.get(str(code))
    return f"{name} ({code})" if name else f"error {code}"
