"""Commands of the lab, as lab.ini names them: what switches power, restarts an agent, cuts a network."""

import logging
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from typing import IO, Any

from harness.errors import LabError
from harness.targets.base import Command
from harness.targets.keyfile import VARIABLE as KEY_VARIABLE
from harness.targets.locks import HELD, held_here

_log = logging.getLogger(__name__)
TARGET = "CEHARNESS_TARGET"
"""Environment variable in which a command finds the name of the target."""
_SHOWN = 1000
"""Bytes of a command's output that an error shows: the last ones."""
_GRACE = 2.0
"""Seconds that a command gets to end by itself before it is killed."""


def split_words(line: str) -> tuple[str, ...]:
    """The words of a command line: quoted as in a POSIX shell, and no shell behind it. Raises ValueError."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    if sys.platform == "win32":
        lexer.escape = ""  # C:\\Tools\\pdu.exe
    words = tuple(lexer)
    if not words:
        raise ValueError(line)
    return words


def run_command(command: Command, *, finish: float = 0.0) -> str:
    """Runs it to its end; what it wrote. Raises LabError: not there, another exit code than 0, too slow.

    finish: seconds that it gets to come to its end when this process is interrupted.
    """
    _log.info("%s: %s", command.place, shlex.join(command.words))
    begun = time.monotonic()
    # Not a pipe: what a command leaves running may hold that open for ever.
    with tempfile.TemporaryFile() as output:
        code = _run(command, output, finish)
        text = _text(output)
    for line in text.splitlines():
        _log.info("  %s", line)
    if code is None:
        raise _failed(command, f"did not end within {command.seconds:g} s", text)
    if code:
        how = f"exit code {code}" if code > 0 else f"ended by signal {-code}"
        raise _failed(command, how, text)
    _log.info("%s: done in %.1f s", command.place, time.monotonic() - begun)
    return text


def _run(command: Command, output: IO[bytes], finish: float) -> int | None:
    """The exit code; None if its time was over."""
    environment = {name: value for name, value in os.environ.items() if name != KEY_VARIABLE}
    # A group of its own: Ctrl-C is ours to handle, and what it started ends with it.
    group: dict[str, Any] = (
        {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        if sys.platform == "win32"
        else {"start_new_session": True}
    )
    try:
        process = subprocess.Popen(
            command.words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=command.folder,
            env={**environment, TARGET: command.target, HELD: held_here()},
            **group,
        )
    except FileNotFoundError as error:
        what = error.filename if error.filename == str(command.folder) else repr(command.words[0])
        raise _failed(command, f"{what}: no such program or folder", "") from error
    except OSError as error:
        raise _failed(
            command, f"{command.words[0]!r} cannot be started: {error.strerror or error}", ""
        ) from error
    try:
        return process.wait(command.seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        return None
    except BaseException:
        try:
            process.wait(finish)
        except subprocess.TimeoutExpired:
            _end(process)
        raise


def _end(process: "subprocess.Popen[bytes]") -> None:
    """With all that it started."""
    _signal(process, signal.SIGTERM)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        _log.debug("process %d did not end, killing it", process.pid)
    finally:
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return  # all of it has ended


def _text(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _SHOWN))
    return output.read().decode(errors="replace").strip()


def _failed(command: Command, why: str, text: str) -> LabError:
    said = f": {' | '.join(text.splitlines())}" if text else ""
    error = LabError(f"{command.place}: `{shlex.join(command.words)}`: {why}{said}")
    _log.info("%s", error)
    return error
