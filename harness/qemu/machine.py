"""A machine in QEMU: started, saved before anybody used it, and again as it was then as often as wanted."""

import json
import shlex
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.deadline import Deadline
from harness.errors import LinkError, UsageError
from harness.qemu.monitor import Monitor
from harness.qemu.process import Process
from harness.qemu.wiring import DISK, MONITOR, PID, Wiring

_START_S = 30.0
_STATE_S = 120.0
_QUIT_S = 5.0
_SOON_S = 0.01
_UNLIMITED = 1 << 40
_SNAPSHOT = "ceharness"
_SAVING = "finish-migrate"
"""State of QEMU's (RunState) in which it refuses to let the machine go on."""
_CONSOLE, _LINES = 4096, 4
_HELD = frozenset({"paused", "debug", "io-error", "internal-error", "save-vm", "restore-vm", "inmigrate"})
"""States of QEMU's (RunState) in which a machine stands still and is not to blame for it."""


class Machine:
    """One machine, with everything of it in `folder`, which is its own. Nothing runs before `boot`.

    A machine with a disk is saved in an overlay of that (savevm), one without in a file (migration).
    """

    def __init__(self, wiring: Wiring, folder: Path) -> None:
        self._wiring = wiring
        self._folder = folder
        self._process: Process | None = None
        self._monitor: Monitor | None = None
        self._quoted = shlex.quote(str(folder / "state"))
        self._starts = 0
        self._changing = threading.RLock()
        """One process at a time: whoever waited for the one before finds the next."""
        self.saved = False
        """Is there a state to go back to?"""

    def boot(self) -> None:
        """Starts it, from power off. Raises LinkError."""
        if self._wiring.disk is not None and not self.saved:
            _overlay(self._wiring.disk, self._folder / DISK)
        self._start()

    def save(self) -> None:
        """Keeps its state, that `cycle` goes back to; then it runs on. Raises LinkError."""
        monitor = self._connected
        if self._wiring.disk is not None:
            if said := monitor.human(f"savevm {_SNAPSHOT}"):
                raise LinkError(f"QEMU cannot save this machine: {said}")
        else:
            monitor.execute("stop")
            _migrate(monitor, "migrate", f"exec:cat >{self._quoted}")
            monitor.execute("cont")
        self.saved = True

    def cycle(self) -> None:
        """Another process, and the machine as it was when it was saved; without that, as it boots.

        Whatever became of the one before. Raises LinkError.
        """
        with self._changing:
            self._starts += 1
            self.power_off()
            if not self.saved:
                self.boot()
            elif self._wiring.disk is not None:
                self._start("-loadvm", _SNAPSHOT)
            else:
                self._start("-incoming", "defer")
                _migrate(self._connected, "migrate-incoming", f"exec:cat {self._quoted}")
                self._connected.execute("cont")

    def reset(self) -> None:
        """The reset button. Raises LinkError."""
        self._starts += 1
        self._connected.execute("system_reset")

    @property
    def pid(self) -> int:
        """The number of QEMU's process, while it runs."""
        return int((self._folder / PID).read_text(encoding="ascii"))

    def starts(self) -> int:
        """How often the machine was cycled or reset by these functions."""
        return self._starts

    def execute(self, command: str, **arguments: object) -> Any:
        """Another command of QEMU's. See `Monitor.execute`."""
        return self._connected.execute(command, arguments or None)

    def fault(self, seconds: float) -> str | None:
        """Why QEMU, and not what runs in the machine, is to blame for silence; None if it is not.

        seconds: how long to wait for QEMU's end, which shows a moment after the lines have broken.
        """
        process = self._process
        if process is None:
            return "QEMU is not running"
        if (ended := process.ended(seconds)) is not None:
            return ended
        try:
            state = self._connected.execute("query-status")["status"]
        except LinkError as error:
            return process.ended(_QUIT_S) or str(error)
        return f"QEMU holds the machine (state {state})" if state in _HELD else None

    def show(self, folder: Path, name: str) -> list[Path]:
        """Files that show what state it is in, made in `folder`, their names beginning with `name`: what came
        over the other serial ports so far, and the screen as far as there is one."""
        folder.mkdir(parents=True, exist_ok=True)
        made = []
        for log in self._wiring.consoles(self._folder):
            if log.exists() and log.stat().st_size:
                made.append(Path(shutil.copy(log, folder / f"{name}-{log.name}")))
        screen = folder / f"{name}-screen.png"
        with suppress(LinkError):
            self._connected.execute("screendump", {"filename": str(screen.resolve()), "format": "png"})
            made.append(screen)
        return made

    def console(self) -> str:
        """What came over the other serial ports last, "" for nothing."""
        logs = [log.read_bytes()[-_CONSOLE:] for log in self._wiring.consoles(self._folder) if log.exists()]
        text = b"\n".join(logs).decode("utf-8", "replace")
        return " | ".join([line.strip() for line in text.splitlines() if line.strip()][-_LINES:])

    def power_off(self) -> None:
        """Ends QEMU. Safe to call twice."""
        process, monitor = self._process, self._monitor
        self._process = self._monitor = None
        try:
            if monitor is not None and process is not None:
                with suppress(LinkError):
                    # By itself it leaves its disks in order.
                    monitor.execute("quit")
                    process.wait(_QUIT_S)
        finally:
            if process is not None:
                process.kill()
            if monitor is not None:
                monitor.close()

    @property
    def _connected(self) -> Monitor:
        if self._monitor is None:
            raise LinkError("QEMU is not running")
        return self._monitor

    def _start(self, *more: str) -> None:
        words = [*self._wiring.words(self._folder), *more]
        self._process = process = Process(words, self._folder / "qemu.log")
        try:
            self._monitor = Monitor(self._folder / MONITOR, Deadline(_START_S), process.ended)
        except BaseException:
            self.power_off()
            raise


def _migrate(monitor: Monitor, command: str, uri: str) -> None:
    """Saves or loads a state. QEMU calls both migration: it moves the machine to a file."""
    events = [{"capability": "events", "state": True}]
    monitor.execute("migrate-set-capabilities", {"capabilities": events})
    if command == "migrate":
        monitor.execute("migrate-set-parameters", {"max-bandwidth": _UNLIMITED})
    monitor.execute(command, {"uri": uri})
    status = monitor.wait("MIGRATION", "status", ("completed", "failed"), Deadline(_STATE_S))
    if status == "failed":
        raise LinkError(
            "QEMU could not " + ("save" if command == "migrate" else "load") + " the machine's state"
        )
    # A machine that was saved can go on a moment after that event, and nothing tells when.
    deadline = Deadline(_STATE_S)
    while monitor.execute("query-status")["status"] == _SAVING:
        if deadline.expired:
            raise LinkError("QEMU does not come to an end with saving the machine's state")
        time.sleep(_SOON_S)


def _overlay(image: Path, overlay: Path) -> None:
    """A disk that begins as the image and keeps what is written to itself. Raises UsageError, LinkError."""
    program = shutil.which("qemu-img")
    if program is None:
        raise UsageError("qemu-img is missing: install it (Debian, Ubuntu: apt-get install qemu-utils)")
    told = _said(program, "info", "--output=json", str(image))
    _said(
        program, "create", "-q", "-f", "qcow2", "-F", json.loads(told)["format"], "-b", str(image.resolve()),
        str(overlay),
    )  # fmt: skip


def _said(*words: str) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_START_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LinkError(f"{words[0]}: {error}") from None
    if done.returncode:
        raise LinkError(done.stderr.strip() or f"{words[0]} ended with {done.returncode}")
    return done.stdout
