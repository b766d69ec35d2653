"""A line made faulty on purpose: `flip=1e-3 drop=1e-4 seed=7`, in lab.ini and on the command line.

`harness.links.fault` says what the faults are and what they do; this is how people write them.
"""

import difflib

from harness.errors import UsageError
from harness.links.fault import FAULT, FAULT_SETTINGS

NONE = "none"
EXPECTED = f"words out of {', '.join(f'{name}=' for name in FAULT_SETTINGS)}, or {NONE}"


def parse_faults(text: str) -> str:
    """The same in normal form, "" for no faults ("none", or nothing at all). Raises UsageError."""
    found: dict[str, str] = {}
    words = text.replace(",", " ").replace("&", " ").split()
    for word in () if words == [NONE] else words:
        name, _, value = word.partition("=")
        if name not in FAULT_SETTINGS:
            near = difflib.get_close_matches(name, FAULT_SETTINGS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"there is no fault {name!r}{hint} (expected {EXPECTED})")
        try:
            FAULT_SETTINGS[name](value)
        except ValueError as error:
            raise UsageError(f"cannot use {word!r} (expected {error})") from None
        if name in found:
            raise UsageError(f"cannot use {word!r}: {name} is given twice")
        found[name] = word
    return " ".join(found.values())


def faulty(url: str, faults: str) -> str:
    """The URL of the same line with these faults in it; `faults` as `parse_faults` returns them."""
    if not faults:
        return url
    return f"{FAULT}{url}{'&' if '?' in url else '?'}{faults.replace(' ', '&')}"


def split_faults(url: str) -> tuple[str, str]:
    """The URL of a faulty line as the URL of the line itself and its faults; of any other URL it and ""."""
    if not url.startswith(FAULT):
        return url, ""
    front, mark, query = url.removeprefix(FAULT).partition("?")
    pairs = query.split("&") if mark else []
    ours = [pair for pair in pairs if pair.partition("=")[0] in FAULT_SETTINGS]
    theirs = [pair for pair in pairs if pair not in ours]
    return (f"{front}?{'&'.join(theirs)}" if theirs else front), " ".join(ours)
