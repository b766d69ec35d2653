"""Links: bytes to and from a device, over TCP or a serial line. `dialer` opens any of them, and again."""

from harness.links.base import Dialer, Link
from harness.links.opening import dialer, open_link

__all__ = ["Dialer", "Link", "dialer", "open_link"]
