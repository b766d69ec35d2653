"""The sweep on the real agent, where outcomes alternate more often than an answer has room for."""

from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import pytest

from harness.device import Device
from harness.fingerprint import Block, OutcomeMap, Sweep
from harness.lab.model import builtin
from harness.program.model import Program
from harness.program.result import Execution, OutcomeKind
from harness.targets import configure, connect

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")

FAMILIES = range(40, 72)
ENTRY = """
[[protocol]]
name = "{0}"
id = {0}
family = {1}
type = 2
protocol = {2}
provider = "5b4d1f62-0c0e-4a57-9a35-77535044504d"
min_address = 16
max_address = 16
message_size = 1000
"""


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    """Every other protocol of 32 families makes a socket."""
    path = tmp_path / "catalog.toml"
    pairs = product(FAMILIES, range(1, 256, 2))
    path.write_text("".join(ENTRY.format(n, *pair) for n, pair in enumerate(pairs, 1)), encoding="utf-8")
    config = configure(builtin("emulated", "emulated"), cpu="x86", link="serial", catalog=str(path))
    with connect(config) as device:
        yield device


class Counting:
    """A device, and how the programs it ran have ended."""

    def __init__(self, device: Device) -> None:
        self.device, self.welcome = device, device.welcome
        self.ends: list[OutcomeKind] = []

    def run_all(self, programs: Iterable[Program]) -> list[Execution]:
        executions = self.device.run_all(programs)
        self.ends += [execution.outcome.kind for execution in executions]
        return executions


@pytest.mark.long
def test_answers_that_overflow(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.fingerprint.sweep.PROGRAM_S", 60)  # large programs on slow computers too
    outcomes = OutcomeMap(Block(range(2, 3), range(1, 76), range(256)))
    sweep = Sweep(counting := Counting(device), outcomes)
    assert sweep.run() == ""
    for family in outcomes.area.families:
        bad = "error 10043" if family in FAMILIES else "error 10047"
        row = tuple("success" if family in FAMILIES and protocol % 2 else bad for protocol in range(256))
        assert outcomes.row(2, family) == row
    assert set(counting.ends) == {OutcomeKind.RETURNED, OutcomeKind.OVERFLOW}
    assert sweep.unexplained == 0
