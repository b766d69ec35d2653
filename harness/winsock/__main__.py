"""Prints docs/requirements.md."""

import sys

from harness.winsock.overview import overview

sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
sys.stdout.write(overview())
