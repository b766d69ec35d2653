"""What happens to a machine from outside, with a program under way: whose fault is it?"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.errors import BroughtBack
from harness.program.model import Program
from harness.program.result import OutcomeKind
from harness.program.text import parse
from harness.qemu import Machine
from harness.targets.device import TargetDevice
from harness.winsock import symbols

pytestmark = pytest.mark.long

Fresh = tuple[Machine, TargetDevice]
HELLO = "call WSAStartup(0x0202, scratch wsadata[512])\ncall WSACleanup()\n"


def program(seconds: float = 0, deadline: float = 20) -> Program:
    """Winsock started and cleaned up, which takes so many seconds."""
    text = HELLO.replace("call WSACleanup", f"sleep {round(seconds * 1000)}ms\ncall WSACleanup")
    return parse(f"deadline {round(deadline * 1000)}ms\n{text if seconds else HELLO}", symbols(8))


@contextmanager
def meanwhile(action: Callable[[], object], after: float) -> Iterator[None]:
    """Does it in that many seconds, while a program is under way."""
    timer = threading.Timer(after, action)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def answers(device: TargetDevice) -> bool:
    return device.run(program()).outcome.kind is OutcomeKind.RETURNED


def test_a_machine_that_stands_still_for_a_while_costs_only_time(fresh: Fresh) -> None:
    machine, device = fresh

    def stand_still() -> None:
        machine.execute("stop")
        threading.Event().wait(2)
        machine.execute("cont")

    with meanwhile(stand_still, 0.5):
        assert device.run(program(2)).outcome.kind is OutcomeKind.RETURNED
    assert answers(device)


def test_a_machine_that_somebody_has_stopped_is_the_labs_fault(fresh: Fresh) -> None:
    machine, device = fresh
    with (
        meanwhile(lambda: machine.execute("stop"), 0.5),
        pytest.raises(BroughtBack, match=r"QEMU holds the machine \(state paused\)"),
    ):
        device.run(program(2, deadline=3))
    assert answers(device)


def test_a_reset_that_the_harness_did_not_command_loses_the_program(fresh: Fresh) -> None:
    machine, device = fresh
    with meanwhile(lambda: machine.execute("system_reset"), 0.5):
        assert device.run(program(5, deadline=6)).outcome.kind is OutcomeKind.LOST
    assert answers(device)


def test_a_reset_that_the_harness_commanded_is_not_the_devices_fault(fresh: Fresh) -> None:
    machine, device = fresh
    with (
        meanwhile(machine.reset, 0.5),
        pytest.raises(BroughtBack, match="the harness started the device anew meanwhile"),
    ):
        device.run(program(5, deadline=6))
    assert answers(device)


def test_a_cycle_with_a_program_under_way_is_not_the_devices_fault(fresh: Fresh) -> None:
    machine, device = fresh
    with meanwhile(machine.cycle, 0.5), pytest.raises(BroughtBack):
        device.run(program(5, deadline=6))
    assert answers(device)


def test_a_killed_qemu_is_the_labs_fault_and_the_next_program_finds_a_fresh_machine(fresh: Fresh) -> None:
    machine, device = fresh
    with (
        meanwhile(lambda: os.kill(machine.pid, signal.SIGKILL), 0.5),
        pytest.raises(BroughtBack, match=r"QEMU ended \(signal 9\)"),
    ):
        device.run(program(5))
    assert answers(device)


def test_a_network_cable_that_is_out_for_a_while_costs_only_time(fresh: Fresh) -> None:
    machine, device = fresh

    def pull_out() -> None:
        machine.execute("set_link", name="net0", up=False)
        threading.Event().wait(2)
        machine.execute("set_link", name="net0", up=True)

    with meanwhile(pull_out, 0.5):
        assert device.run(program(1)).outcome.kind is OutcomeKind.RETURNED
    assert answers(device)


def test_the_state_of_the_machine_is_shown(fresh: Fresh, tmp_path: Path) -> None:
    _, device = fresh
    screen = next(file for file in device.show(tmp_path / "new", "001-it") if file.suffix == ".png")
    assert screen.name == "001-it-screen.png"
    assert screen.read_bytes().startswith(b"\x89PNG")


def test_nothing_of_a_session_before_is_left(fresh: Fresh) -> None:
    """A file that a program wrote is gone with the machine that it was written on."""
    machine, device = fresh
    made = 'f = coredll!CreateFileW(in path = w"C:\\\\mark", 0xC0000000, 0, NULL, 1, 128, 0) fails minus-one'
    text = parse(f"{made}\ncall coredll!CloseHandle(f) fails zero\n", symbols(8))
    assert device.run(text).calls[0].ok
    assert not device.run(text).calls[0].ok
    device.renew()
    assert device.run(text).calls[0].ok
    assert device.health.reconnects == 0
    assert machine.starts() > 0
