"""Threads of programs in the finished executables: threads of emulated devices, and of Wine."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from controller import Controller
from running import ACCESS_VIOLATION, ON_WINE, listening

from harness.wire.messages import OutcomeCode

SEMAPHORE, RELEASE, WAIT, SLEEP, TIME, CLOSE, STARTUP, SOCKET, END_THREAD = range(9)
EXPORTS = [
    [SEMAPHORE, "coredll!CreateSemaphoreW", 1],
    [RELEASE, "coredll!ReleaseSemaphore", 1],
    [WAIT, "coredll!WaitForSingleObject", 0],
    [SLEEP, "coredll!Sleep", 0],
    [TIME, "coredll!GetSystemTime", 0],
    [CLOSE, "ws2!closesocket", 3],
    [STARTUP, "ws2!WSAStartup", 3],
    [SOCKET, "ws2!WSASocketW", 2],
    [END_THREAD, "coredll!ExitThread", 0],
]
LONG_MS = 600_000
NOT_A_SOCKET, NO_SUCH_FAMILY = 10038, 10047


@pytest.fixture(
    scope="module",
    params=["arm", "mips", *(pytest.param(cpu, marks=pytest.mark.long) for cpu in ("armv7", "x86")), ON_WINE],
)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with listening(request.param, tmp_path_factory.mktemp(request.param)) as url:
        yield url


@pytest.fixture
def agent(url: str) -> Iterator[Controller]:
    with closing(Controller(url, session=secrets.randbits(32) | 1)) as controller:
        controller.run([], [], EXPORTS)
        yield controller


def thread(number: int, *steps: Any) -> dict[int, Any]:
    return {9: [number, list(steps)]}


def test_threads_run_at_once(agent: Controller) -> None:
    # Each waits for what the next one does: in no order of one after the other does this come to an end.
    made = [SEMAPHORE, *[[0, 0, 1, 0]] * 5]
    threads = [thread(n, WAIT, [[n], 30_000], RELEASE, [[n + 1], 1, 0]) for n in range(4)]
    answer = agent.run([*made, *threads, RELEASE, [[0], 1, 0], WAIT, [[4], 30_000]], deadline_ms=60_000)
    assert (answer.outcome, answer.errors) == (None, {})
    assert [answer.values[5 + 2 * n] for n in range(4)] == [0] * 4
    assert answer.values[-1] == 0


def test_every_thread_has_a_last_error_of_its_own(agent: Controller) -> None:
    failing = [
        thread(0, {1: [300, 20, None, [CLOSE, [0xDEAD]]]}),
        {1: [300, 21, None, [SOCKET, [99, 1, 0, 0, 0, 0]]]},
    ]
    answer = agent.run([STARTUP, [0x0202, [0, 0]], *failing], [[512, False]], deadline_ms=60_000)
    assert answer.outcome is None
    assert sorted(answer.runs) == [(1, 300, NOT_A_SOCKET), (2, 300, NO_SUCH_FAMILY)]


def test_a_thread_that_blocks_is_named_by_its_call(agent: Controller) -> None:
    blocking = thread(1, SLEEP, [0], [LONG_MS])
    for steps, call in (
        ([blocking, {10: 1}, SLEEP, [0]], 1),
        ([blocking, SLEEP, [0]], 1),
        ([blocking, SLEEP, [LONG_MS], {10: 1}], 2),
    ):
        answer = agent.run(steps, deadline_ms=700)
        assert answer.outcome is not None
        assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.BLOCKED, call)
    assert agent.run([SLEEP, [0], [1]]).outcome is None


def test_a_fault_in_a_thread_is_named_by_its_call(agent: Controller) -> None:
    for rest in ([SLEEP, [LONG_MS]], [{10: 3}, SLEEP, [0]]):
        answer = agent.run([SLEEP, [0], thread(3, SLEEP, [50], TIME, [0x10]), *rest])
        assert answer.outcome is not None
        assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.FAULTED, 2)
        assert answer.outcome.detail == ACCESS_VIOLATION
        assert answer.outcome.address is not None
    assert agent.run([SLEEP, [0], [1]]).outcome is None


def test_a_fault_beside_a_waiting_thread_is_that_of_the_main_steps(agent: Controller) -> None:
    answer = agent.run([thread(0, SLEEP, [LONG_MS]), SLEEP, [50], TIME, [0x10]])
    assert answer.outcome is not None
    assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.FAULTED, 2)


def test_a_thread_that_ends_itself_is_joined_all_the_same(agent: Controller) -> None:
    answer = agent.run([thread(0, END_THREAD, [5], SLEEP, [0]), {10: 0}, SLEEP, [1]])
    assert answer.outcome is None
    assert answer.errors == {0: None, 1: None}


def test_threads_leave_nothing_behind(agent: Controller) -> None:
    steps = [*(thread(n, {7: [20 + n, [19], n]}) for n in range(4)), {10: 2}, SLEEP, [0]]
    for _ in range(150):
        assert agent.run(steps).outcome is None
    taken = [*(thread(n, {7: [20 + n, 5, n]}) for n in range(4)), *({10: n} for n in range(4))]
    stores = [{6: [0, 4 * n, 4, [20 + n]]} for n in range(4)]
    (output,) = agent.run([*taken, *stores], [[16, True]]).outputs
    assert output == bytes([5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8])
