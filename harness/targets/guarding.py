"""What has to be given back is given back, also when this process is killed: by another one that waits for
its end, in the list of processes as `python -m harness.targets.guarding`.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.errors import LabError
from harness.targets.base import Command
from harness.targets.commands import run_command

_DONE = b"done"
_TRIES = 3


@contextmanager
def guarded(command: Command) -> Iterator[None]:
    """If this process ends inside, the command is run all the same. Otherwise it is the caller's to run."""
    told = [list(command.words), command.place, command.target, str(command.folder), command.seconds]
    # Out of reach of Ctrl-C and of a terminal that closes.
    group: dict[str, Any] = (
        {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        if sys.platform == "win32"
        else {"start_new_session": True}
    )
    root = Path(__file__).resolve().parents[2]
    guard = subprocess.Popen(
        [sys.executable, "-m", __name__, json.dumps(told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=root,
        **group,
    )
    try:
        yield
    finally:
        guard.communicate(_DONE)


def run_surely(command: Command) -> str:
    """Runs a command that gives something back: up to three times. Raises LabError if all fail."""
    for _ in range(_TRIES - 1):
        try:
            return run_command(command)
        except LabError:
            continue  # told in the log
    return run_command(command)


def _main(arguments: Sequence[str]) -> int:
    words, place, target, folder, seconds = json.loads(arguments[0])
    # Its end is the end of whoever started us.
    if sys.stdin.buffer.read() != _DONE:
        run_surely(Command(tuple(words), place, target, Path(folder), seconds))
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
