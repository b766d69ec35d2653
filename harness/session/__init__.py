"""Sessions: programs over a link, each at most once, and what the line was like."""

from harness.session.health import LineHealth
from harness.session.session import Session
from harness.session.timing import Timing

__all__ = ["LineHealth", "Session", "Timing"]
