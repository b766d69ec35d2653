"""`python -m harness.cli` is `ceharness`."""

import sys

from harness.cli.main import main

sys.exit(main())
