"""How workers end: faults with addresses, images that let nobody debug, workers without a supervisor."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from controller import Controller
from running import (
    ACCESS_VIOLATION,
    AGENT,
    END,
    EXPORTS,
    SETTER,
    SLEEP,
    Emulated,
    emulated,
    key_file,
    on_wine,
)

from harness.agents import CPU_BUILDS, build_agents
from harness.wire.messages import Answer, OutcomeCode

TIME, RAISE = 20, 21
INVALID_HANDLE = 6
MORE = [[TIME, "coredll!GetSystemTime", 0], [RAISE, "coredll!RaiseException", 0]]


@contextmanager
def served(
    cpu: str, folder: Path, variants: Sequence[str] = (), link: str = "COM1:", *, odd: bool = False
) -> Iterator[tuple[Emulated, Controller]]:
    """A device, and a controller with a session on its agent that knows all the exports used here."""
    build_agents()
    with emulated(cpu, f"link={link}", variants=variants, odd=odd) as device:
        serial = device.event("ready")["serial"]
        assert isinstance(serial, dict)
        with closing(Controller(str(serial["COM1:"]), key=None)) as agent:
            agent.run([], [], EXPORTS + MORE)
            yield device, agent


@pytest.mark.parametrize("cpu", CPU_BUILDS)
def test_fault_comes_with_its_address(cpu: str, tmp_path: Path) -> None:
    with served(cpu, tmp_path) as (device, agent):
        assert agent.welcome.missing == ()
        answer = agent.run([SETTER, [0], TIME, [0x10], SETTER, [0]])
        exit_ = device.event("exit", exception=f"0x{ACCESS_VIOLATION:08X}")
        assert answer.outcome is not None
        assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.FAULTED, 1)
        assert answer.outcome.detail == ACCESS_VIOLATION
        assert answer.outcome.address == int(str(exit_["address"]), 16)
        assert agent.run([SETTER, [0]]).outcome is None


@pytest.mark.parametrize("variants", [(), ("no-debugger",)])
def test_software_exception_and_breakpoint(variants: tuple[str, ...], tmp_path: Path) -> None:
    with served("arm", tmp_path, variants) as (_, agent):
        for code in (0xE0000001, 0x80000003):
            answer = agent.run([SETTER, [0], RAISE, [code, 0, 0, 0]])
            assert answer.outcome is not None
            assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.FAULTED, 1)
            assert answer.outcome.detail == code
            assert (answer.outcome.address is None) == bool(variants)


def test_first_of_threads_that_fault_at_once_is_told(tmp_path: Path) -> None:
    with served("arm", tmp_path) as (device, agent):
        threads = [{9: [n, [SLEEP, [20], RAISE, [0xE0000000 + n, 0, 0, 0]]]} for n in range(4)]
        for _ in range(5):
            outcome = agent.run(threads).outcome
            ended = device.event("exit")
            assert outcome is not None
            assert (outcome.code, outcome.detail) == (OutcomeCode.FAULTED, ended["code"])
            assert outcome.call == 2 * (outcome.detail - 0xE0000000) + 1


@pytest.mark.parametrize("variant", ["no-debugger", "debug-refused"])
def test_image_without_debugging_reports_faults_by_exit_code(variant: str, tmp_path: Path) -> None:
    with served("x86", tmp_path, (variant,)) as (_, agent):
        assert agent.welcome.missing == ("coredll!WaitForDebugEvent",)
        answer = agent.run([SETTER, [0], TIME, [0x10]])
        assert answer.outcome is not None
        assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.FAULTED, 1)
        assert (answer.outcome.detail, answer.outcome.address) == (ACCESS_VIOLATION, None)


def test_error_report_holds_no_worker_that_is_debugged(tmp_path: Path) -> None:
    with served("mips", tmp_path, ("error-dialog",)) as (_, agent):
        answer = agent.run([TIME, [0x10]], deadline_ms=600_000)
        assert answer.outcome is not None
        assert answer.outcome.code == OutcomeCode.FAULTED


def test_error_report_without_a_debugger_is_a_call_that_blocks(tmp_path: Path) -> None:
    with served("arm", tmp_path, ("error-dialog", "no-debugger")) as (_, agent):
        answer = agent.run([SETTER, [0], TIME, [0x10]], deadline_ms=500)
        assert answer.outcome is not None
        assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.BLOCKED, 1)
        assert agent.run([SETTER, [0]]).outcome is None


@pytest.mark.parametrize("variants", [(), ("no-debugger",)])
def test_worker_ends_with_its_supervisor_even_while_a_call_blocks(
    variants: tuple[str, ...], tmp_path: Path
) -> None:
    open_process = 30
    with served("arm", tmp_path, variants) as (device, agent):
        agent.run([END, [0x42, 7]], [], [[open_process, "coredll!OpenProcess", 1]])
        worker = device.event("exit", code=7)["id"]
        assert isinstance(worker, int)
        supervisor = find_supervisor(agent, open_process, worker)
        agent.send([open_process, [0, 0, supervisor], END, [[0], 9], SLEEP, [600_000]])
        # In either order.
        ended = [device.event("exit", process=AGENT) for _ in range(2)]
        assert 9 in [event["code"] for event in ended]
        device.tell("census")
        assert device.event("census")["processes"] == 0


def find_supervisor(agent: Controller, open_process: int, below: int) -> int:
    """The identifier of the first process before `below`: the agent was started first of all.

    The identifiers of an emulated device lie 0x10004 apart.
    """
    for number in range(below - 0x10004, 0, -0x10004):
        if agent.run([open_process, [0, 0, number]]).errors == {}:
            return number
    raise AssertionError("no process before the worker")


def test_worker_that_could_not_be_ended_and_faults_long_after(tmp_path: Path) -> None:
    with served("arm", tmp_path, odd=True) as (device, agent):
        agent.send([SLEEP, [600], TIME, [0x10]], deadline_ms=300)
        device.tell("freeze")
        answer = agent.receive()
        assert isinstance(answer, Answer)
        assert answer.outcome is not None
        assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.BLOCKED, 0)
        assert agent.run([SETTER, [0]], [[4, True, 1]]).outcome is None
        device.tell("thaw")
        device.event("exit", code=ACCESS_VIOLATION)
        assert agent.run([SETTER, [0]]).outcome is None


def test_handle_that_a_program_closed_is_no_supervisor_that_is_gone(tmp_path: Path) -> None:
    """The thread of the worker that waits for its supervisor comes too late to find its handle."""
    close, say = 24, 25
    exports = [[close, "coredll!CloseHandle", 1], [say, "coredll!OutputDebugStringW", 0]]
    with served("x86", tmp_path, odd=True) as (device, agent):
        agent.run([], [], exports)
        device.tell("late")
        device.event("late")
        close_all = [{7: [10, 0x10002, 0]}, {1: [100, 9, None, [close, [[10]], {7: [10, [10], 4]}]]}]
        text = "closed\0".encode("utf-16-le")
        agent.send([*close_all, say, [[0, 0]], SLEEP, [1000]], [[len(text), False, text]], fresh=True)
        device.said("closed")
        device.tell("thaw")
        answer = agent.receive()
        assert isinstance(answer, Answer)
        assert answer.outcome is None


@pytest.mark.long
def test_on_wine_too(tmp_path: Path) -> None:
    build_agents()
    key_file(tmp_path)
    with on_wine(tmp_path) as wine, closing(Controller(wine.listen())) as agent:
        agent.run([], [], EXPORTS + MORE)
        assert agent.welcome.missing == ("coredll!SystemIdleTimerReset",)
        for _ in range(20):
            answer = agent.run([SETTER, [0], TIME, [0x10]])
            assert answer.outcome is not None
            assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.FAULTED, 1)
            assert answer.outcome.detail == ACCESS_VIOLATION
            assert answer.outcome.address is not None
            assert answer.outcome.address > 0x10000
        answer = agent.run([RAISE, [0xE0000001, 0, 0, 0]])
        assert answer.outcome is not None
        assert answer.outcome.detail == 0xE0000001
        # That a debugger looks on changes nothing about a call.
        answer = agent.run([30, [0x1234]], [], [[30, "coredll!CloseHandle", 1]])
        assert (answer.outcome, answer.errors) == (None, {0: INVALID_HANDLE})
