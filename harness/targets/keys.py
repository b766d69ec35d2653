"""Checks for the values of configuration keys: text in, text in normal form out, ValueError if wrong."""

import re
from collections.abc import Callable

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|)", re.ASCII)
_UNITS = {"ms": 0.001, "s": 1.0, "": 1.0, "min": 60.0, "h": 3600.0}


def text(value: str) -> str:
    """Anything but nothing."""
    if not value:
        raise ValueError("empty")
    return value


def one_of(*choices: str) -> Callable[[str], str]:
    """One of the given words, upper or lower case."""

    def check(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(value)
        return value.lower()

    return check


def whole(low: int, high: int) -> Callable[[str], str]:
    """A decimal number in low..high."""

    def check(value: str) -> str:
        if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
            raise ValueError(value)
        return str(int(value))

    return check


def words(value: str) -> str:
    """Words separated by commas or blanks; normal form is one blank between them."""
    found = value.replace(",", " ").split()
    if not all(re.fullmatch(r"[\w.:=/-]+", word) for word in found):
        raise ValueError(value)
    return " ".join(found)


def seconds(value: str) -> float:
    """A duration such as "500ms", "20s", "2 min", "1h" or "1.5" (seconds), more than 0, in seconds."""
    match = _DURATION.fullmatch(value)
    if match is None or float(match[1]) == 0:
        raise ValueError(value)
    return float(match[1]) * _UNITS[match[2]]


def factor(value: str) -> float:
    """A number from 1 to 1000."""
    number = float(value)
    if not 1 <= number <= 1000:
        raise ValueError(value)
    return number


PACING = "COUNT/PAUSE, such as 16/2ms: 16 bytes, then a pause of 2 ms; COUNT from 1 to 4096"


def pacing(value: str) -> str:
    """How fast may be sent, "16/2ms"; normal form has no blanks."""
    count, found, pause = value.partition("/")
    if not found or seconds(pause.strip()) > 1:
        raise ValueError(value)
    return f"{whole(1, 4096)(count.strip())}/{pause.strip()}"
