"""Names of such variants."""

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
