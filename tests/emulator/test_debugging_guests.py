"""Debuggers of guest code on every CPU, and devices on which nothing debugs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from emulated_machine import Machine

DEBUG_PROCESS, ONLY_THIS = 1, 2
ACCESS_VIOLATION = 0xC0000005
SOON = 60_000
"""Milliseconds that a wait for something certain may take on a loaded machine."""


@pytest.mark.parametrize("variant", ["no-debugger", "debug-refused"])
def test_a_device_that_cannot_debug(
    guest: Callable[[str], Path], machine: Callable[..., Machine], variant: str
) -> None:
    device = machine("x86", guest("x86"), variants=frozenset({variant}))
    call = device.caller()
    given = call.text("\\guest.exe"), call.text("forty-two")
    for flags in (DEBUG_PROCESS, ONLY_THIS):
        assert call("CreateProcessW", *given, 0, 0, 0, flags, 0, 0, 0, 0) == 0
        assert call.error == 50
    assert device.run("debug:forty-two") == (127 if variant == "no-debugger" else 50)
    assert device.run("forty-two") == 42


def test_an_error_dialog_holds_a_crashed_process(cpu: str, guest: Callable, machine: Callable) -> None:
    device = machine(cpu, guest(cpu), variants=frozenset({"error-dialog"}))
    call = device.caller()
    made, code = call.data(bytes(16)), call.data(bytes(4))
    given = call.text("\\guest.exe"), call.text("null-read")
    assert call("CreateProcessW", *given, 0, 0, 0, 0, 0, 0, 0, made) == 1
    child = call.memory.u32(made)
    device.device.run(lambda: bool(device.named("error-dialog")))
    (event,) = device.named("error-dialog")
    assert event["exception"] == "0xC0000005"
    assert call("WaitForSingleObject", child, 20) == 0x102
    assert call("GetExitCodeProcess", child, code) == 1
    assert call.memory.u32(code) == 259
    assert call("TerminateProcess", child, 5) == 1
    assert call("WaitForSingleObject", child, SOON) == 0
    assert call("GetExitCodeProcess", child, code) == 1
    assert call.memory.u32(code) == 5


def test_no_dialog_for_what_a_debugger_has_seen(guest: Callable, machine: Callable) -> None:
    device = machine("x86", guest("x86"), variants=frozenset({"error-dialog"}))
    assert device.run("debug:null-read") == ACCESS_VIOLATION
    assert device.named("error-dialog") == []


def said(machine: Machine) -> list[str]:
    return [str(event["text"]) for event in machine.named("console")]


def test_a_guest_that_debugs_a_fault(runner: Machine) -> None:
    assert runner.run("debug:null-read") == ACCESS_VIOLATION
    assert said(runner) == [
        "process", "dll", "exception c0000005 chance 1", "exception c0000005 chance 2",
        "process ends c0000005",
    ]  # fmt: skip
    assert runner.device.pages_used == 0


def test_a_guest_that_debugs_much(runner: Machine) -> None:
    assert runner.run("debug:eventful") == 6
    assert [text for text in said(runner) if text != "one"] == [
        "process", "dll", "thread", "thread ends", "text one", "dll", "process ends 6",
    ]  # fmt: skip


def test_a_guest_that_handles_an_exception(runner: Machine) -> None:
    assert runner.run("debug-and-take:raised") == 0
    assert said(runner) == ["process", "dll", "exception e0001234 chance 1", "process ends 0"]


def test_a_guest_that_leaves_its_debuggee(runner: Machine) -> None:
    assert runner.run("debug-and-leave:spin") == 0
    assert runner.device.processes == []
    assert said(runner) == []
