"""Real guest code on every CPU: faults, threads, processes, calls."""

import inspect

import pytest
from emulated_machine import Machine

from harness.emulator import scheduler
from harness.emulator.thread import State

ACCESS_VIOLATION = 0xC0000005
MISALIGNED = 0x80000002


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("null-read", ACCESS_VIOLATION),
        ("null-write", ACCESS_VIOLATION),
        ("code-write", ACCESS_VIOLATION),
        ("null-call", ACCESS_VIOLATION),
        ("wild-call", ACCESS_VIOLATION),
        ("data-call", ACCESS_VIOLATION),
        ("pages", ACCESS_VIOLATION),
        ("illegal", 0xC000001D),
        ("divide", 0xC0000094),
        ("stack-overflow", 0xC00000FD),
        ("raised", 0xE0001234),
    ],
)
def test_a_fault_ends_the_process_with_its_exception_code(runner: Machine, scenario: str, code: int) -> None:
    assert f"{runner.run(scenario):08X}" == f"{code:08X}"
    assert runner.named("exit")[-1]["exception"] == f"0x{code:08X}"
    assert runner.run("forty-two") == 42  # and the device lives on


@pytest.mark.parametrize("scenario", ["unaligned-word", "unaligned-half-store"])
def test_unaligned_access_faults_where_the_cpu_does(runner: Machine, cpu: str, scenario: str) -> None:
    assert runner.run(scenario) == (MISALIGNED if cpu in ("arm", "mips") else 7)


@pytest.mark.parametrize(
    "scenario",
    [
        "threads", "no-call-twice", "ping-pong", "preempted", "abandoned", "children", "killed-child",
        "sharing", "callback", "not-on-ce",
    ],
)  # fmt: skip
def test_scenario(runner: Machine, scenario: str) -> None:
    assert runner.run(scenario) == 0


def test_exit_of_the_main_thread_ends_the_process(runner: Machine) -> None:
    assert runner.run("left-behind") == 33


def test_arguments_beyond_the_registers(runner: Machine) -> None:
    assert runner.run("many-arguments") == 0
    assert [event["text"] for event in runner.named("console")] == ["-1 2 ab four 5 6 7 8 9 10"]


def test_an_unimplemented_export_names_itself_and_its_caller(runner: Machine) -> None:
    assert runner.run("unimplemented") == 0xC0000002
    (event,) = runner.named("unimplemented")
    assert event["export"] == "coredll!CreateWindowExW"
    assert 0x10000 <= int(event["address"], 16) < 0x20000
    assert runner.run("forty-two") == 42


def test_memory_and_cores_are_used_again(runner: Machine) -> None:
    runner.run("forty-two")
    before = runner.device.pages_used
    for _ in range(5):
        assert runner.run("children") == 0
    assert runner.device.pages_used == before == 0
    assert len(runner.device._engines) == 2


@pytest.mark.parametrize("instructions", [1, 2, 3, 7])
def test_a_thread_may_be_stopped_anywhere(
    runner: Machine, monkeypatch: pytest.MonkeyPatch, instructions: int
) -> None:
    """In delay slots, between a trap and its return, inside a callback."""
    monkeypatch.setattr(scheduler, "SLICE", instructions)
    assert runner.run("callback") == 0
    assert runner.run("sharing") == 0


def test_a_process_that_ends_closes_the_calls_it_is_in(runner: Machine) -> None:
    process = runner.device.create_process("\\guest.exe", "sleeping", suspended=False)
    runner.device.run(lambda: bool(runner.named("console")) and process.main.state is State.WAITING)
    assert process.main is not None
    generator = process.main.generator
    runner.device.end_process(process, 3)
    assert inspect.getgeneratorstate(generator) == inspect.GEN_CLOSED
    assert runner.device.pages_used == 0
