"""Variants that choose otherwise where the page of WSASocket, or of a function beside it, leaves a choice.

Each replaces functions of the emulated device before it is switched on, as quirks do; the difference is that
a device that does so conforms.
"""

from collections.abc import Callable

from harness.emulator.exports import declare_variant

CHOICES: dict[str, Callable[[], None]] = {}
"""Name of a variant to what makes the device so."""


def choice(begin: Callable[[], None]) -> Callable[[], None]:
    """Make a function a variant: its name with hyphens, and the first line of its text as what it means."""
    assert begin.__doc__, "a variant says what differs"
    name = begin.__name__.replace("_", "-")
    CHOICES[declare_variant(name, begin.__doc__.strip().partition("\n")[0])] = begin
    return begin
