"""The real agent, on an emulated device, through a bench host: programs run once, whatever happens to SSH."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.deadline import Deadline
from harness.device import Device
from harness.lab import load_lab
from harness.program.text import parse
from harness.targets import Reached, configure, connect, reach
from harness.winsock import symbols
from tests.links.bench import Bench, Way, bench, start_bench, way
from tests.links.relay import relay

__all__ = ["bench", "start_bench", "way"]

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an SSH server of POSIX")

ADD = """
buffer keep 1 out total[4]
n = total+0:4
n = n + 1
store &total, 4, n
"""
"""Adds one to a number on the device."""


@contextmanager
def device_at(bench: Bench, way: Way, reached: Reached) -> Iterator[Device]:
    """The emulated device as kind ssh sees it, with a section of lab.ini of its own."""
    lines = ["[target panel]", "kind = ssh", f"link = {place(reached)}", f"ssh_config = {way.config.name}"]
    if reached.key is not None:
        key = way.folder / "panel.key"
        key.touch(0o600)
        key.write_text(reached.key.hex(), encoding="ascii")
        lines.append("key = panel.key")
    lab = way.folder / "lab.ini"
    lab.write_text("\n".join(lines), encoding="utf-8")
    with connect(load_lab(lab).target("panel")) as device:
        yield device


def place(reached: Reached) -> str:
    """Where the device is, as the bench host sees it."""
    scheme, _, rest = reached.url.partition("://")
    return f"ssh://bench{rest}" if scheme == "serial" else f"ssh://bench/tcp/{rest}"


def totals(device: Device, count: int) -> list[int]:
    program = parse(ADD, symbols())
    executions = device.run_all([program] * count, deadline=Deadline(120))
    return [int.from_bytes(execution.buffers["total"], "little") for execution in executions]


@pytest.mark.parametrize("link", ["serial", "tcp"])
def test_each_program_runs_once_though_the_server_is_killed(bench: Bench, way: Way, link: str) -> None:
    emulated = configure(load_lab(None).targets["emulated"], cpu="x86", link=link)
    with reach(emulated) as reached, device_at(bench, way, reached) as device:
        assert device.evidence == "model", "an emulated device says so, whichever way it is reached"
        found = totals(device, 20)
        for _ in range(2):

            def restart() -> None:
                bench.kill()
                bench.start()

            again = threading.Timer(0.2, restart)
            again.start()
            found += totals(device, 300)
            again.join()
        found += totals(device, 20)
        health = device.health
    print(f"\n{health.reconnects} restarts of the SSH server, {health.reconnecting:.2f} s without a link")
    assert found == list(range(1, len(found) + 1))
    assert health.reconnects >= 2


def test_a_connection_that_dies_without_a_word_is_no_fault_of_the_device(bench: Bench, way: Way) -> None:
    """It is noticed before the device has been silent for too long, and each program has run once."""
    emulated = configure(load_lab(None).targets["emulated"], cpu="x86", link="serial")
    with reach(emulated) as reached, relay(bench.port) as between:
        way.move(bench, between.port)
        with device_at(bench, way, reached) as device:
            again = threading.Timer(0.3, between.go_silent)
            again.start()
            found = totals(device, 300)
            again.join()
            found += totals(device, 20)
    assert found == list(range(1, len(found) + 1))
    assert device.health.reconnects >= 1
