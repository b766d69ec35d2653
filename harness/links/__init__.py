"""Links: bytes to and from a device, over TCP or a serial line. `open_link` opens any of them."""

from harness.links.base import Link
from harness.links.opening import open_link

__all__ = ["Link", "open_link"]
