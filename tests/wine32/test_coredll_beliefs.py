"""The agent for Windows CE on x86 where nobody here wrote what is below it: on 32-bit Wine.

A COREDLL.dll and a ws2.dll translate names and calls. What the emulated device believes of both is compared.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from beliefs import BELIEFS
from comparing import differences, recorded

from harness.agents import executable, info
from harness.deadline import Deadline
from harness.device import Device
from harness.errors import LabError
from harness.lab import load_lab
from harness.links import dialer
from harness.program.result import Execution, OutcomeKind
from harness.program.text import parse
from harness.session import Session
from harness.targets import connect
from harness.targets.base import TargetConfig
from harness.winsock import symbols

pytestmark = pytest.mark.long


@pytest.fixture
def wine(target: TargetConfig) -> Iterator[Device]:
    with connect(target) as device:
        yield device


@pytest.fixture(scope="module")
def emulated() -> Iterator[Device]:
    pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")
    with connect(load_lab(None).targets["emulated"], cpu="x86") as device:
        yield device


def run(device: Device, text: str) -> Execution:
    for _ in range(5):
        execution = device.run(parse(text, symbols()), deadline=Deadline(120))
        # Wine cannot always start a process on a busy machine; the agent says so, and nothing was executed.
        if execution.outcome.kind is not OutcomeKind.NOT_RUN:
            break
    return execution


@pytest.mark.parametrize("belief", BELIEFS)
def test_both_answer_alike(emulated: Device, wine: Device, belief: str) -> None:
    found = differences(run(emulated, BELIEFS[belief]), run(wine, BELIEFS[belief]))
    known = {one.call: (one.emulated, one.wine) for one in recorded() if one.belief == belief}
    assert found == known


def test_it_is_the_executable_for_devices_as_it_was_built(target: TargetConfig, wine: Device) -> None:
    assert wine.welcome.build.endswith("ce-x86")
    assert wine.welcome.limits.word == 4
    assert wine.welcome.missing == ()
    agent = info(executable("ce-x86"))
    assert agent.subsystem == 9
    copy = Path(target.settings["key"]).with_name("prefix") / "drive_c" / agent.path.name
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == agent.sha256


def test_nobody_without_the_key_runs_a_program(target: TargetConfig) -> None:
    url = f"tcp://127.0.0.1:{target.settings['port']}"
    with pytest.raises(LabError), closing(Session.open(dialer(url), key=bytes(32), deadline=Deadline(20))):
        pass


def test_a_fault_has_an_address_and_costs_a_worker_only(wine: Device) -> None:
    for _ in range(5):
        outcome = run(wine, BELIEFS["fault, a pointer"]).outcome
        assert (outcome.kind, outcome.detail) == (OutcomeKind.FAULTED, 0xC0000005)
        # It lies in a DLL, and these are above the executable.
        assert outcome.address is not None
        assert outcome.address > 0x100000
    assert run(wine, "call coredll!GetTickCount() fails never").outcome.returned


def test_what_is_written_in_one_program_is_there_in_the_next(wine: Device) -> None:
    run(wine, "fresh\nbuffer keep 1 n[4]\ncall coredll!InterlockedIncrement(&n) fails never")
    second = run(wine, "buffer keep 1 n[4]\ncall coredll!InterlockedIncrement(&n) fails never")
    assert second.last.value == 2


def test_an_export_that_the_desktop_lacks_is_not_found(wine: Device) -> None:
    outcome = run(wine, "call coredll!GetEventData(0) fails never").outcome
    assert (outcome.kind, outcome.detail) == (OutcomeKind.UNRESOLVED, 127)
