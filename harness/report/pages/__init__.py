"""Reports as HTML: one file that needs nothing else, neither a network nor a server nor JavaScript."""

from harness.report.pages.conformance import conformance_page
from harness.report.pages.environment import environment, write_page

__all__ = ["conformance_page", "environment", "write_page"]
