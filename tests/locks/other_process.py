"""Another process that uses a device, or waits for it: a real one, to be killed, stopped and outwaited."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_HOLD = """
import sys
from pathlib import Path
from harness.targets.locks import DeviceLock
with DeviceLock(sys.argv[1], "panel", Path(sys.argv[2])).held(wait=float(sys.argv[3])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(device: str, folder: Path, *, wait: float = 0) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until its standard input ends; it has it when the context begins."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _HOLD, device, str(folder), str(wait)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()
