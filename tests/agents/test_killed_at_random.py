"""Host, emulated device, the agent's supervisor or its worker: one is killed at a random moment of a run.

What was recorded is kept, nobody but the culprit is blamed, the next run starts clean, and nothing stays
behind: no process, no file, nothing on the device.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from running import AGENT, PORT, Emulated, emulated, key_file
from undisturbed_runs import Run, Runs

from harness.agents import build_agents
from harness.conformance import Verdict

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc: run on Linux"),
]
TIMES, FULL = 2, 34
"""Kills in each test; FULL: for `make deep`."""
LINE = f"link=tcp:{PORT}"


class Agent:
    """The agent on an emulated device: its two processes can be ended, one by one."""

    def __init__(self, device: Emulated, folder: Path) -> None:
        self._device = device
        ready = device.event("ready")["tcp"]
        assert isinstance(ready, dict)
        key = key_file(folder)
        key.chmod(0o600)
        self.target = (f"tcp://127.0.0.1:{ready[str(PORT)]}", "--key", str(key))

    def census(self) -> dict[str, object]:
        self._device.tell("census")
        return self._device.event("census")

    def settles_at(self, before: dict[str, object]) -> bool:
        """Does the device get back to that, once it knows that nobody is there any more?"""
        patience = time.monotonic() + 60
        while (now := self.census()) != before:
            if time.monotonic() > patience:
                print("before", before, "now", now)
                return False
        return True

    def end(self, words: str) -> bool:
        """End the process whose command line begins so; False if there is none at the moment."""
        self._device.tell("processes")
        listed = self._device.event("processes")["processes"]
        assert isinstance(listed, list)
        for process in listed:
            if process["words"].startswith(words):
                self._device.tell(f"end {process['id']}")
                self._device.event("exit", id=process["id"])
                return True
        return False

    def start(self) -> None:
        self._device.tell(f"start {AGENT} {LINE}")
        self._device.event("listen")


@contextmanager
def agent(cpu: str, folder: Path) -> Iterator[Agent]:
    build_agents()
    key = key_file(folder)
    with emulated(cpu, LINE, copies=[(key, "\\ceagent.key")]) as device:
        yield Agent(device, folder)


def moments(full: bool) -> Iterator[random.Random]:
    for seed in range(FULL if full else TIMES):
        print(f"moment {seed}")
        yield random.Random(seed)


def kept(run: Run, recorded: bytes) -> bool:
    """Is what was on disk at that moment still there?"""
    run.rows()
    return run.recorded().startswith(recorded)


def kill_the_host(runs: Runs, chance: random.Random) -> None:
    run = runs.until(chance)
    recorded = run.recorded()
    run.process.kill()
    run.end()
    assert kept(run, recorded)
    assert run.left_behind() == []
    runs.next_is_clean()


@pytest.mark.parametrize("cpu", ["arm", "x86"])
def test_the_host_is_killed(cpu: str, tmp_path: Path, full: bool) -> None:
    """The agent serves the next one, and nothing of the run before is left on the device."""
    with agent(cpu, tmp_path) as device:
        runs = Runs(tmp_path, device.target)
        runs.next_is_clean()
        before = device.census()
        for chance in moments(full):
            kill_the_host(runs, chance)
            assert device.settles_at(before)


def test_the_host_is_killed_and_its_device_goes_with_it(tmp_path: Path, full: bool) -> None:
    runs = Runs(tmp_path, ("--cpu", "mips", "--link", "serial"))
    for chance in moments(full):
        kill_the_host(runs, chance)


def test_the_emulated_device_is_killed(tmp_path: Path, full: bool) -> None:
    """That is the lab's failure. Nobody reads a deviation of the device into it."""
    runs = Runs(tmp_path, ("--cpu", "x86"))
    for chance in moments(full):
        run = runs.until(chance)
        recorded, device = run.recorded(), run.device()
        if device is not None:
            with suppress(ProcessLookupError):
                os.kill(device, signal.SIGKILL)
        code = run.end()
        assert kept(run, recorded)
        bad = [row for row in run.rows() if (row.requirement, row.case, row.verdict) not in runs.good]
        if code != 0:
            assert code == 3, run.said
            assert "the emulated device" in run.said
            assert {row.verdict for row in bad} <= {Verdict.BROKEN}
        assert run.left_behind() == []
        runs.next_is_clean()


@pytest.mark.parametrize(
    ("victim", "words", "found"),
    [("supervisor", "link=", "the agent restarted"), ("worker", "worker=", "exited")],
)
def test_a_process_of_the_agent_is_killed(
    tmp_path: Path, full: bool, victim: str, words: str, found: str
) -> None:
    """A supervisor is started again, as by a watchdog. What was under way is the device's loss, nothing else
    is, and the worker goes with its supervisor."""
    hit = 0
    with agent("x86", tmp_path) as device:
        runs = Runs(tmp_path, device.target)
        runs.next_is_clean()
        before = device.census()
        for chance in moments(full):
            run = runs.until(chance)
            recorded = run.recorded()
            if device.end(words) and victim == "supervisor":
                device.start()
            code = run.end()
            assert kept(run, recorded)
            bad = [row for row in run.rows() if (row.requirement, row.case, row.verdict) not in runs.good]
            lost = [row for row in bad if row.verdict is Verdict.FAIL]
            assert code == (1 if lost else 0), run.said
            assert all(found in f"{row.observed} {row.reason}" for row in bad), [run.said, bad]
            # A device that restarted between two programs leaves the second one without what came before.
            assert {row.verdict for row in bad} <= {Verdict.FAIL, Verdict.INCONCLUSIVE}
            assert len(bad) <= 2
            hit += bool(bad)
            runs.next_is_clean()
            assert device.settles_at(before)
    print(f"{hit} programs were under way")
