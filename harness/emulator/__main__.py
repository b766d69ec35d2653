"""Run one emulated device as a process: `python -m harness.emulator --cpu arm --start "\\\\ceagent.exe"`.

Standard output carries one JSON object per line (with --human: text for people). The device ends when
standard input ends, or on SIGTERM or SIGINT, with exit code 0.
"""

from __future__ import annotations

import sys

from harness.emulator.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
