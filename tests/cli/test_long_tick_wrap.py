"""The whole suite while the device's tick counter wraps: no verdict changes, and no deadline goes wrong."""

from pathlib import Path

import pytest

from harness.agents import CPU_BUILDS, executable
from harness.cli.main import main
from harness.program.text import parse
from harness.results import RESULTS_FILE, read_results
from harness.targets import TargetConfig, connect
from harness.targets.emulator_process import start_emulator
from harness.winsock import symbols

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")
pytestmark = pytest.mark.long
AGENT = "\\ceagent.exe"
EARLY = 0x80000000


def ticks(config: TargetConfig) -> int:
    """The device's tick counter, in milliseconds."""
    with connect(config) as device:
        execution = device.run(parse("ticks = coredll!GetTickCount()", symbols(), name="ticks"))
        return execution.value("ticks")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Which devices."""
    metafunc.parametrize("cpu", ["x86", "arm"] if metafunc.config.getoption("full") else ["x86"])


def test_the_tick_counter_wraps_in_the_middle_of_a_run(cpu: str, tmp_path: Path) -> None:
    with start_emulator(
        cpu=cpu,
        starts=[f"{AGENT} link=COM1:"],
        copies=[(executable(CPU_BUILDS[cpu]), AGENT)],
        variants=["tick-wrap"],
        timeout=60,
    ) as process:
        config = TargetConfig("bench", "serial", {"port": process.serial["COM1:"], "baud": "115200"})
        lab = tmp_path / "lab.ini"
        lab.write_text(f"[bench]\nkind = serial\nport = {process.serial['COM1:']}\nprovides = provider\n")
        before = ticks(config)
        assert before > EARLY, "the device took more than 10 seconds to start"
        for turn in range(20):
            output = tmp_path / str(turn)
            assert main(["run", "bench", "--lab", str(lab), "--output", str(output)]) == 0
            if (after := ticks(config)) < EARLY:
                break
        assert after < EARLY < before
        rows = read_results(output / RESULTS_FILE).rows
        assert not [row for row in rows if row.verdict in ("fail", "broken", "inconclusive")]
