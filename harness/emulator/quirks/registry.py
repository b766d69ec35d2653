"""Quirks: names for what a device does wrong on purpose.

    @quirk
    def datagrams_are_reordered() -> None:
        \"\"\"Of the datagrams that wait at a socket, the last is read first.\"\"\"
        sockets.Socket.take = ...

The function replaces functions of the emulated device, once, before the device is switched on; its name with
hyphens is the quirk's, the first line of its text says what the device does wrong. A quirk does one
thing, and does not know who notices.
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Quirk:
    """`meaning`: what the device does wrong, one line. `begin`: from now on it does."""

    name: str
    meaning: str
    begin: Callable[[], None]


QUIRKS: dict[str, Quirk] = {}
"""Those with a function of their own, by name."""

FAMILIES: dict[str, Callable[[str], Quirk]] = {}
"""Whole families of them, by what stands before the colon of a name: makes the one that the rest of the name
means. Raises ValueError."""


class UnknownQuirkError(ValueError):
    """There is no quirk of that name; the text says what comes close."""


def quirk(begin: Callable[[], None]) -> Callable[[], None]:
    """Make a function known as a quirk. Raises ValueError for a name that is taken, and without a text."""
    name = begin.__name__.replace("_", "-")
    if name in QUIRKS or not begin.__doc__:
        raise ValueError(
            f"quirk {name}: {'is there twice' if name in QUIRKS else 'does not say what it does'}"
        )
    QUIRKS[name] = Quirk(name, begin.__doc__.strip().partition("\n")[0], begin)
    return begin


def named(name: str) -> Quirk:
    """The quirk of that name. Raises UnknownQuirkError."""
    if name in QUIRKS:
        return QUIRKS[name]
    family, colon, rest = name.partition(":")
    if colon and family in FAMILIES:
        try:
            return FAMILIES[family](rest)
        except ValueError as error:
            raise UnknownQuirkError(f"no quirk {name!r}: {error}") from None
    close = get_close_matches(name, QUIRKS, n=1)
    raise UnknownQuirkError(f"no quirk {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
