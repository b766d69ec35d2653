"""What happens to programs while the agent waits for a line that takes nothing."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from controller import Controller
from running import ACCESS_VIOLATION, END, EXPORTS, SETTER, SLEEP, Emulated, emulated

from harness.agents import build_agents
from harness.wire.messages import Answer, OutcomeCode

TIME = 20
WRITE_S = 1.0
"""So long does the agent wait for a serial port that takes nothing."""


@contextmanager
def served(cpu: str) -> Iterator[tuple[Emulated, Controller]]:
    """A device, and a controller with a session on its agent that knows all the exports used here."""
    build_agents()
    with emulated(cpu, "link=COM1:", odd=True) as device:
        serial = device.event("ready")["serial"]
        assert isinstance(serial, dict)
        with closing(Controller(str(serial["COM1:"]), key=None)) as agent:
            agent.run([], [], [*EXPORTS, [TIME, "coredll!GetSystemTime", 0]])
            yield device, agent


def held_up(device: Emulated, agent: Controller, steps: list[object], buffers: list[object]) -> Answer:
    """The answer to a program that comes to its end in time, while the agent can look at its line alone."""
    device.tell("hold COM1:")
    device.event("holding")
    agent.send([SLEEP, [100], *steps], buffers, deadline_ms=500)
    agent.again(1)  # what the agent has to say to that holds it up
    device.event("held")
    time.sleep(WRITE_S / 2)
    device.tell("release COM1:")
    answer = agent.receive()
    assert isinstance(answer, Answer)
    return answer


@pytest.mark.parametrize("cpu", ["arm", pytest.param("x86", marks=pytest.mark.long)])
def test_what_came_of_a_program_is_told_though_its_deadline_has_passed_since(cpu: str) -> None:
    with served(cpu) as (device, agent):
        fault = held_up(device, agent, [TIME, [0x10]], []).outcome
        assert fault is not None
        assert (fault.code, fault.call, fault.detail) == (OutcomeCode.FAULTED, 1, ACCESS_VIOLATION)
        assert fault.address is not None
        end = held_up(device, agent, [END, [0x42, 7]], []).outcome
        assert end is not None
        assert (end.code, end.call, end.detail) == (OutcomeCode.EXITED, 1, 7)
        blocked = held_up(device, agent, [SLEEP, [600_000]], []).outcome
        assert blocked is not None
        assert (blocked.code, blocked.call) == (OutcomeCode.BLOCKED, 1)


def test_worker_that_was_in_time_is_kept_though_the_deadline_has_passed_since() -> None:
    with served("arm") as (device, agent):
        answer = held_up(device, agent, [{6: [0, 0, 4, 77]}], [[4, True, 1]])
        assert (answer.outcome, answer.outputs) == (None, (b"M",))
        assert agent.run([SETTER, [0]], [[4, True, 1]]).outputs == (b"M",)
