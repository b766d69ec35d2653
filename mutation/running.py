"""One run of the suites on one emulated device, as `ceharness run` makes it, in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from harness.conformance import Row
from harness.results import RESULTS_FILE, read_results
from mutation.trials import Trial

BASE_VARIANTS = ("ce-6",)
"""Of every device on trial: only there does the page have all its statements."""
MOST_S = 400.0
"""A run that takes longer is ended, and says nothing."""
_GRACE_S = 15.0


@dataclass(frozen=True, slots=True)
class Ran:
    """`code`: exit code of `ceharness run`, None if it was ended; `words`: the last lines it wrote."""

    rows: list[Row]
    code: int | None
    seconds: float
    words: tuple[str, ...] = ()


class Runner:
    """Runs, several at a time if asked from several threads. `stop` ends those that run."""

    def __init__(self, cpu: str, folder: Path) -> None:
        self._cpu, self._folder = cpu, folder
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = Lock()
        self._stopped = False

    def run(self, name: str, quirks: Sequence[str] = (), variants: Sequence[str] = ()) -> Ran:
        """The suites on a device with these quirks and variants. Results stay in the folder."""
        place = self._folder / "".join(sign if sign.isalnum() else "-" for sign in name)
        place.mkdir(exist_ok=True)
        lab, results, said = place / "lab.ini", place / "results", place / "said.txt"
        lab.write_text(_lab(self._cpu, quirks, variants), encoding="utf-8")
        command = [sys.executable, "-m", "harness.cli", "run", "device", "--lab", str(lab)]
        begun = time.monotonic()
        with said.open("wb") as output, self._lock:
            if self._stopped:
                return Ran([], None, 0.0)
            # A group of its own: Ctrl-C is for us to pass on.
            process = subprocess.Popen(
                [*command, "--output", str(results)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process)
        try:
            code: int | None = process.wait(MOST_S)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
            with self._lock:
                self._running.discard(process)
        path = results / RESULTS_FILE
        lines = tuple(said.read_text("utf-8", "replace").splitlines()[-3:])
        return Ran(read_results(path).rows if path.exists() else [], code, time.monotonic() - begun, lines)

    def try_out(self, trial: Trial) -> Ran:
        return self.run(trial.name, trial.quirks, trial.variants)

    def stop(self) -> None:
        """No more runs; those under way are interrupted."""
        with self._lock:
            self._stopped = True
            running = tuple(self._running)
        for process in running:
            _signal(process, signal.SIGTERM)


def _lab(cpu: str, quirks: Sequence[str], variants: Sequence[str]) -> str:
    # COM1, so that nothing but the calls that are checked goes through the Winsock on trial.
    lines = ["[device]", "kind = emulated", f"cpu = {cpu}", "link = serial"]
    lines.append(f"variants = {' '.join((*BASE_VARIANTS, *variants))}")
    if quirks:
        lines.append(f"quirk = {' '.join(quirks)}")
    return "\n".join(lines) + "\n"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and see to it that it has; nothing to do for one that has ended."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        _signal(process, number)
        try:
            process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            continue


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if process.poll() is None:
        os.kill(process.pid, number)
