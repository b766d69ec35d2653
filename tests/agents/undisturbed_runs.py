"""`ceharness run` as a process that can be killed, and how a run looks that nobody disturbs."""

import os
import random
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

from harness.conformance import Row, Verdict
from harness.results import RESULTS_FILE, read_results

CHECKED = ("010", "012", "013", "016", "017", "018", "020", "041", "045", "051")
"""Requirements that are checked in a run: faults, calls that block, threads and data are among them."""
INCLUDED = tuple(word for number in CHECKED for word in ("--include", f"WSASOCKET-{number}"))
Verdicts = list[tuple[str, str, Verdict]]


class Run:
    """One run. It, and what it starts, bear a mark and have a folder for temporary files."""

    def __init__(self, folder: Path, target: tuple[str, ...], selection: tuple[str, ...] = INCLUDED) -> None:
        self.said = ""
        self.results, self.temporary = folder / "results", folder / "temporary"
        self.temporary.mkdir(parents=True)
        self._mark = f"CEHARNESS_TEST_MARK={uuid.uuid4().hex}"
        name, _, value = self._mark.partition("=")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.cli", "run", *target, "--output", str(self.results), *selection],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, name: value, "TMPDIR": str(self.temporary)},
        )

    def end(self) -> int:
        """Exit code, once it has ended by itself."""
        self.said, _ = self.process.communicate(timeout=300)
        return self.process.returncode

    def recorded(self) -> bytes:
        """The results on disk, up to the last whole line."""
        with suppress(FileNotFoundError):
            content = (self.results / RESULTS_FILE).read_bytes()
            return content[: content.rfind(b"\n") + 1]
        return b""

    def rows(self) -> list[Row]:
        """What anybody reads there. Which device it was can be read, too, if one was ever opened."""
        if not self.recorded():
            return []
        run = read_results(self.results / RESULTS_FILE)
        if any(row.verdict is not Verdict.BROKEN for row in run.rows):
            assert run.opened is not None
        return run.rows

    def device(self) -> int | None:
        """The process of the emulated device that the run has started; None before and after."""
        return next((one for one in self._processes() if one != self.process.pid), None)

    def left_behind(self) -> list[str]:
        """Processes and files, once what ends has had time to."""
        patience = time.monotonic() + 60
        while (found := [*map(str, self._processes()), *map(str, self.temporary.iterdir())]) and (
            time.monotonic() < patience
        ):
            time.sleep(0.05)
        return found

    def _processes(self) -> list[int]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self._mark.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found


class Runs:
    """Runs on one target. The first shows what everybody should get, and how long it takes."""

    def __init__(self, folder: Path, target: tuple[str, ...]) -> None:
        self._folder, self._target, self._count = folder, target, 0
        begun = time.monotonic()
        self.good = self._clean()
        self.seconds = time.monotonic() - begun
        assert len(self.good) > 3 * len(CHECKED)

    def until(self, chance: random.Random) -> Run:
        """A run, at a random moment of the time that one takes."""
        run = self._start()
        with suppress(subprocess.TimeoutExpired):
            run.process.wait(chance.uniform(0, self.seconds))
        return run

    def next_is_clean(self) -> None:
        """Another run judges everything as the first one did, and leaves nothing behind."""
        assert self._clean() == self.good

    def _start(self) -> Run:
        self._count += 1
        return Run(self._folder / str(self._count), self._target)

    def _clean(self) -> Verdicts:
        run = self._start()
        assert run.end() == 0, run.said
        assert run.left_behind() == []
        return [(row.requirement, row.case, row.verdict) for row in run.rows()]
