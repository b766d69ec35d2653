"""Variants that choose otherwise where the page of WSASocket, or of a function beside it, leaves a choice.

Each replaces functions of the emulated device before it is switched on, as quirks do; the difference is that
a device that does so conforms. Importing the package registers every one.
"""

from harness.emulator.choices import creating, sockets
from harness.emulator.choices.registry import CHOICES

__all__ = ["CHOICES", "creating", "sockets"]
