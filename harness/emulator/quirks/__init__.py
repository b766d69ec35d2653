"""Devices that do something wrong, on purpose: what a suite is worth shows in what it notices.

    registry        names and how to find them
    answers         a whole family: one refusal of WSASocket, answered otherwise
    all others      the quirks, one file per theme

Nothing here knows who notices what; importing the package registers every quirk.
"""

from harness.emulator.quirks import (
    answers,
    asking,
    cataloguing,
    connections,
    datagrams,
    describing,
    handing_over,
    multipoint,
    outages,
    overlapping,
    platform,
    pointers,
    providing,
    resources,
    results,
    starting,
)
from harness.emulator.quirks.registry import QUIRKS, Quirk, UnknownQuirkError, named

__all__ = [
    "QUIRKS",
    "Quirk",
    "UnknownQuirkError",
    "answers",
    "asking",
    "cataloguing",
    "connections",
    "datagrams",
    "describing",
    "handing_over",
    "multipoint",
    "named",
    "outages",
    "overlapping",
    "platform",
    "pointers",
    "providing",
    "resources",
    "results",
    "starting",
]
