"""A service manager's SIGTERM and a closed terminal end a command as Ctrl-C does: what was started is ended.

Robot Framework handles SIGTERM itself while suites run, as it handles Ctrl-C. SIGHUP goes the same way.
"""

import os
import signal
import stat
from types import FrameType


def install() -> None:
    """From now on. What the parent process has told us to ignore (`nohup`) stays ignored."""
    _replace_default("SIGTERM", _interrupt)
    _replace_default("SIGHUP", _terminal_gone)


def _replace_default(name: str, handler: "signal._HANDLER") -> None:
    number = getattr(signal, name, None)  # not every system has each of them
    if number is not None and signal.getsignal(number) is signal.SIG_DFL:
        signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _terminal_gone(number: int, frame: FrameType | None) -> None:
    # Whoever writes to a terminal that is gone gets an error, also while cleaning up.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        if stat.S_ISCHR(os.fstat(stream).st_mode):
            os.dup2(nowhere, stream)
    os.close(nowhere)
    signal.raise_signal(signal.SIGTERM)
