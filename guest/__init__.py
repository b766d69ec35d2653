"""A free guest for QEMU: Linux, Wine, and the agent for 64-bit Windows, made of Debian's packages.

`python -m guest` makes it; docs/qemu.md says what it shows, and what it does not.
"""

from guest.building import CACHE, CURRENT, built

__all__ = ["CACHE", "CURRENT", "built"]
