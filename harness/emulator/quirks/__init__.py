"""Devices that do something wrong, on purpose: what a suite is worth shows in what it notices.

    registry        names and how to find them
    replacing       how an export is replaced
    all others      the quirks, one file per theme

Nothing here knows who notices what; importing the package registers every quirk.
"""

from harness.emulator.quirks import answers
from harness.emulator.quirks.registry import QUIRKS, Quirk, UnknownQuirkError, named

__all__ = ["QUIRKS", "Quirk", "UnknownQuirkError", "answers", "named"]
