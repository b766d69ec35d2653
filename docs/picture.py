"""Makes the picture of a run in README.md: runs the command for real and draws what it printed.

python docs/picture.py docs/run.svg
"""

import io
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 120
FIRST, LAST = 8, 24  # lines shown of the progress and of the end; the middle says how many are left out


def main(picture: Path) -> None:
    """Writes the SVG; fails if the run does."""
    command = [sys.executable, "-m", "harness.cli", "run", "--output", "build/picture"]
    environment = os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    lines = output.rstrip().splitlines()
    if len(lines) > FIRST + LAST:
        left_out = len(lines) - FIRST - LAST
        lines[FIRST:-LAST] = ["", f"\x1b[2m... {left_out} lines ...\x1b[0m", ""]
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi("$ ceharness run\n" + "\n".join(lines)))
    console.save_svg(str(picture), title="ceharness run")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
