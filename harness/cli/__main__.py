"""`python -m harness.cli` is `ceharness`."""

import sys

from harness.cli import entry

sys.exit(entry())
