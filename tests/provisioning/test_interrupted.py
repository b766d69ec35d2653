"""A deployment that is cut off: an agent answers afterwards, the old one or the new one, also after the
device has started again, and the next deployment does the whole thing."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from deployable import AGENT, Deployable, deployable, other_agent

from harness.agents import CPU_BUILDS, executable
from harness.errors import LinkRefused
from harness.program.model import Program
from harness.program.result import Execution
from harness.provisioning import deploy
from harness.targets.device import TargetDevice

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")

PATIENT = 60.0
"""Seconds in which somebody has to answer; the new agent has five of them to prove itself."""


def soon(device: Deployable) -> str:
    """The path of the agent that answers. One that hands over has let go of its port, and its heir listens a
    moment later: refused until then, as everywhere, at once."""
    usual, limit = device.config, time.monotonic() + PATIENT
    device.config = replace(usual, timing=replace(usual.timing, connect=PATIENT))
    try:
        while True:
            try:
                return device.answers()
            except LinkRefused:
                if time.monotonic() > limit:
                    raise
            time.sleep(0.05)
    finally:
        device.config = usual


def whole(device: Deployable, *versions: bytes) -> bool:
    """Is what the device starts one of these, and all of it?"""
    return device.content(AGENT) in versions


@contextmanager
def cut_off_after(programs: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody presses Ctrl-C when so many programs have been executed."""
    run, left = TargetDevice.run, [programs]

    def until(self: TargetDevice, program: Program, **how: object) -> Execution:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        return run(self, program, **how)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(TargetDevice, "run", until)
        yield


def count_programs(device: Deployable, agent: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Programs of a whole deployment."""
    with cut_off_after(-1, monkeypatch):
        counted = [0]
        run = TargetDevice.run

        def count(self: TargetDevice, program: Program, **how: object) -> Execution:
            counted[0] += 1
            return run(self, program, **how)  # type: ignore[arg-type]

        monkeypatch.setattr(TargetDevice, "run", count)
        deploy(device.config, agent=agent)
    monkeypatch.undo()
    return counted[0]


@pytest.mark.parametrize(
    ("cpu", "link", "every"),
    [
        ("x86", "tcp", 14),
        pytest.param("arm", "serial", 5, marks=pytest.mark.long),
    ],
)
def test_cut_off_between_two_programs(
    cpu: str, link: str, every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the upload, whose programs are all alike, after every so many."""
    ours, other = executable(CPU_BUILDS[cpu]), other_agent(tmp_path, cpu)
    with deployable(tmp_path, cpu, link, connect_s=2.0) as device:
        total = count_programs(device, other, monkeypatch)
        assert total > len(other.read_bytes()) // 1024
        cuts = 0
        for turn, programs in enumerate(range(total - 1, total - 45, -every)):
            new = (ours, other)[turn % 2]
            deploy(device.config, agent=(other, ours)[turn % 2], force=True)
            try:
                with cut_off_after(programs, monkeypatch):
                    deploy(device.config, agent=new, force=True)
            except KeyboardInterrupt:
                cuts += 1  # a deployment needs more programs or fewer: the agent before takes its time to end
            print(f"{cuts}: after {programs} of {total} programs: {soon(device)}, {sorted(device.files())}")
            assert whole(device, ours.read_bytes(), other.read_bytes())
            assert len(device.agents()) == 1
        assert cuts > 40 // every // 2
        deploy(device.config, agent=other, force=True)
        assert device.content(AGENT) == other.read_bytes()
        assert device.agents() == [AGENT]
        assert device.files() <= {"ceagent.exe", "ceagent.key"}


class Lab:
    """Deployments as processes of their own, to be killed."""

    def __init__(self, device: Deployable, folder: Path) -> None:
        self._folder = folder
        lines = ["[target bench]", f"kind = {device.config.kind}", "connect = 2s"]
        lines += [f"{key} = {value}" for key, value in device.config.settings.items()]
        (folder / "lab.ini").write_text("\n".join(lines))

    def start(self, agent: Path) -> "subprocess.Popen[bytes]":
        line = [sys.executable, "-m", "harness.cli", "deploy", "bench", "--force", "--agent", str(agent)]
        return subprocess.Popen(
            line, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("cpu", "link"), [("x86", "tcp"), ("arm", "serial")])
def test_killed_at_random_moments(cpu: str, link: str, tmp_path: Path, full: bool) -> None:
    """SIGKILL of the host's process; after some of them the device starts again, too."""
    versions = (executable(CPU_BUILDS[cpu]), other_agent(tmp_path, cpu))
    contents = [path.read_bytes() for path in versions]
    with deployable(tmp_path, cpu, link, connect_s=2.0) as device:
        lab = Lab(device, tmp_path)
        began = time.monotonic()
        process = lab.start(versions[1])
        assert process.wait(120) == 0, process.stderr and process.stderr.read()
        duration = time.monotonic() - began
        chance = random.Random(5)
        seen = set()
        for turn in range(100 if full else 25):
            moment = chance.uniform(0.2, 1.0) * duration
            process = lab.start(versions[turn % 2])
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            answered = soon(device)
            seen.add((answered, process.returncode))
            print(
                f"{turn}: killed after {moment:.2f} of {duration:.2f} s: {answered}, {sorted(device.files())}"
            )
            assert whole(device, *contents)
            if turn % 5 == 4:
                device.boot()
                assert soon(device) == AGENT
        process = lab.start(versions[0])
        assert process.wait(120) == 0
        assert device.content(AGENT) == contents[0]
        assert device.agents() == [AGENT]
        assert {code for _, code in seen} >= {-signal.SIGKILL}


def test_over_a_bad_line(tmp_path: Path) -> None:
    """Damaged bytes and broken connections cost time."""
    other = other_agent(tmp_path)
    with deployable(tmp_path, connect_s=5.0) as device:
        bad = replace(device.config, faults="flip=0.0001 drop=1e-05 cut=2e-05 seed=3")
        assert deploy(bad, agent=other).changed
        assert device.content(AGENT) == other.read_bytes()
        assert device.agents() == [AGENT]
