"""The emulator as a child process: start, wait until it is ready, collect what it says, end it for sure.

The contract is that of `python -m harness.emulator`: one JSON object per line on its standard
output, log text on standard error, and the end of its standard input ends it. We hold the other
end of that pipe, so it cannot outlive us, however we end.
"""

import json
import logging
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import IO, Any

from harness.deadline import Deadline
from harness.errors import LinkError, UsageError
from harness.targets.keyfile import VARIABLE

AGENT_PATH = "\\ceagent.exe"
GRACE_S = 5.0
_USAGE = 2
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_log = logging.getLogger(__name__)
SHORTCOMINGS = f"{__name__}.shortcomings"
"""Name of the logger that tells what an emulated device was asked for and cannot do."""
_shortcomings = logging.getLogger(SHORTCOMINGS)


class EmulatorProcess:
    """A running emulated device; `command` starts something that keeps the contract above.

    root: the folder on this computer that is the device's root directory.
    cpu, tcp (guest port as text -> port on this host's loopback) and serial ("COM1:" -> device name) are
    known after `wait_ready`. complaints: what the device could not do, one line each.
    """

    def __init__(self, command: Sequence[str], *, root: Path = Path()) -> None:
        self.root = root
        self.cpu = ""
        self.tcp: Mapping[str, int] = {}
        self.serial: Mapping[str, str] = {}
        self.complaints: deque[str] = deque(maxlen=20)
        self._last_words: deque[str] = deque(maxlen=8)
        self._console: deque[str] = deque(maxlen=8)
        # "ready", an "exit" before it, or None when the process has closed its output.
        self._start: queue.Queue[Mapping[str, Any] | None] = queue.Queue()
        # What the device says while a command is waiting for its answer.
        self._answers: queue.Queue[Mapping[str, Any] | None] | None = None
        # A group of its own: Ctrl-C is ours to handle, the device has to outlive the last answer.
        group: dict[str, Any] = (
            {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
            if sys.platform == "win32"
            else {"start_new_session": True}
        )
        # With -P in the command: the harness that runs is the one that is started, whatever the folder.
        path = os.pathsep.join(filter(None, (str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env=_environment(path),
            **group,
        )
        self._readers = [
            threading.Thread(target=reader, args=(pipe,), name=f"emulator-{what}", daemon=True)
            for what, reader, pipe in (
                ("events", self._read_events, self._process.stdout),
                ("log", self._read_log, self._process.stderr),
            )
        ]
        for thread in self._readers:
            thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_ready(self, seconds: float) -> None:
        """Returns when every process started on the device has opened its link.

        Raises LinkError, at once if one of them ends instead; UsageError for settings it does not take.
        """
        try:
            ready = self._start.get(timeout=seconds)
        except queue.Empty:
            raise LinkError(
                f"the emulated device was not ready after {seconds:g} s: {self.complaint()}"
            ) from None
        if ready is None:
            code = self._process.wait()
            self._readers[1].join(GRACE_S)
            if code == _USAGE:
                what = self.complaint().rpartition("error: ")[2]
                raise UsageError(f"the emulated device does not take its settings: {what}")
            raise LinkError(f"the emulated device did not start (exit code {code}): {self.complaint()}")
        if ready["event"] == "exit":
            raise LinkError(self._ended_early(ready))
        self.cpu = str(ready.get("cpu", ""))
        self.tcp = ready.get("tcp") or {}
        self.serial = ready.get("serial") or {}

    def _ended_early(self, event: Mapping[str, Any]) -> str:
        name = str(event.get("process", "a process")).lstrip("\\")
        how = f"exit code {event.get('code')}"
        if exception := event.get("exception"):
            how = f"exception {exception} at {event.get('address')}"
        words = "; ".join(self.complaints) or "".join(self._console).strip() or "it wrote nothing"
        if "cannot start: ws2.dll" in words:
            words += " (a tcp link needs it, link serial does not)"
        return f"on the emulated device, {name} ended before it had opened its link ({how}): {words}"

    def ended(self, seconds: float) -> str | None:
        """That the process has ended although nobody asked it to, and why; None while it runs.

        seconds: how long to wait for that; the line breaks a moment before the process is gone.
        """
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._readers[1].join(GRACE_S)
        return f"the process of the emulated device ended (exit code {code}): {self.complaint()}"

    def command(self, line: str, *, answer: str, seconds: float) -> Mapping[str, Any]:
        """Has the device carry out a command; the event with this name, which answers it.

        Raises LinkError if the device refuses, has ended, or says nothing for so many seconds.
        """
        answers: queue.Queue[Mapping[str, Any] | None] = queue.Queue()
        self._answers = answers
        deadline = Deadline(seconds)
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(line + "\n")
            stdin.flush()
            while (event := answers.get(timeout=deadline.remaining())) is not None:
                if event["event"] == answer:
                    return event
                if event["event"] == "error":
                    raise LinkError(f"the emulated device does not do {line!r}: {event.get('text')}")
        except (queue.Empty, BrokenPipeError):
            _log.warning("the emulated device does not answer %r", line)
        finally:
            self._answers = None
        raise LinkError(self.ended(0) or f"the emulated device does not answer {line!r}")

    def wait(self) -> int:
        """Blocks until the process ends by itself; its exit code."""
        return self._process.wait()

    def complaint(self) -> str:
        """Why it does not work, as far as it said so."""
        words = list(self._last_words)
        # What stands before the error itself is how the emulator is used, or a traceback.
        start = next((place for place, line in enumerate(words) if "error" in line.lower()), 0)
        return "; ".join(self.complaints) or " | ".join(words[start:]) or "it wrote nothing"

    def end(self) -> None:
        """Ends the process: politely, and after a grace period for sure. Safe to call twice."""
        process = self._process
        assert process.stdin is not None
        try:
            process.stdin.close()
        except BrokenPipeError:
            _log.debug("the emulated device had already closed its input")
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            _log.warning("the emulated device (process %d) did not end, killing it", process.pid)
            process.kill()
            process.wait()
        for thread in self._readers:
            thread.join(GRACE_S)

    def _read_events(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                self._event(line.rstrip())
        self._start.put(None)
        self._answer(None)

    def _answer(self, event: Mapping[str, Any] | None) -> None:
        """For the command that waits, if one does."""
        if (answers := self._answers) is not None:
            answers.put(event)

    def _event(self, line: str) -> None:
        try:
            event = json.loads(line)
            kind = event["event"]
        except (ValueError, KeyError, TypeError):
            _log.warning("emulator: not an event: %s", line)
            return
        self._answer(event)
        if kind == "ready":
            self._start.put(event)
        elif kind == "unimplemented":
            export, address = event.get("export"), event.get("address")
            self.complaints.append(f"{export} is not implemented (called at {address})")
            _shortcomings.warning("the emulated device: %s", self.complaints[-1])
        elif kind == "error":
            self.complaints.append(str(event.get("text", line)))
            _shortcomings.warning("the emulated device: %s", self.complaints[-1])
        elif kind == "console":
            self._console.append(str(event.get("text", "")))
            _log.info("device console: %s", self._console[-1].rstrip())
        else:
            _log.info("emulator: %s", line)
            if kind == "exit":
                self._start.put(event)

    def _read_log(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                self._last_words.append(line.rstrip())
                _log.debug("emulator: %s", line.rstrip())


def _environment(path: str) -> dict[str, str]:
    """Ours, without the key of other devices."""
    ours = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return {**ours, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


@contextmanager
def start_emulator(
    *,
    cpu: str,
    starts: Sequence[str],
    copies: Sequence[tuple[Path, str]],
    timeout: float,
    secrets: Mapping[str, str] = MappingProxyType({}),
    variants: Sequence[str] = (),
    quirks: Sequence[str] = (),
    catalog: str | None = None,
    dials: Sequence[tuple[str, int]] = (),
) -> Iterator[EmulatorProcess]:
    """An emulated device, ready; it has ended when the context has.

    starts: command lines to run at boot. copies: (file on the host, path on the device). secrets: text of
    files for the device's root directory, which nobody else can read.
    quirks: what the device does wrong, by name.
    dials: ("10.0.0.1:5555", loopback port of this computer): where the device can connect to.
    timeout: seconds until it has to be ready. Raises LinkError; UsageError if there is no such catalog file.
    """
    command = [sys.executable, "-P", "-m", "harness.emulator", "--cpu", cpu]
    if catalog is not None:
        if not Path(catalog).is_file():
            raise UsageError(f"catalog {catalog}: no such file")
        command += ["--catalog", catalog]
    for copied, path in copies:
        command += ["--copy", f"{copied}={path}"]
    for place, port in dials:
        command += ["--dial", f"{place}={port}"]
    for variant in variants:
        command += ["--variant", variant]
    for quirk in quirks:
        command += ["--quirk", quirk]
    for start in starts:
        command += ["--start", start]
    # Both of us delete it: nothing stays behind when one of us is killed.
    with TemporaryDirectory(prefix="ceharness-device-", ignore_cleanup_errors=True) as root:
        for name, text in secrets.items():
            handle = os.open(Path(root) / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
        process = EmulatorProcess([*command, "--scratch", root], root=Path(root))
        try:
            process.wait_ready(timeout)
            yield process
        finally:
            process.end()
