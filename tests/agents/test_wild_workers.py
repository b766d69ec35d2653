"""Programs that write over the memory that both processes see: they get answers, and cost a worker."""

import secrets
from collections.abc import Iterator
from contextlib import closing

import pytest
from controller import Controller
from running import EXPORTS, ON_WINE, SETTER, SLEEP, listening

from harness.wire.messages import Answer, OutcomeCode

QUERY, RANDOM, EVENT, SIGNAL = range(20, 24)
PLACE, SIZE = 900, 901
"""Slots that `find` fills: where the memory begins, and how many bytes it has."""


class Wild:
    """A controller, and the parts of programs that depend on its agent."""

    def __init__(self, agent: Controller) -> None:
        self.agent = agent
        word = agent.welcome.limits.word
        random = "coredll!CeGenRandom" if word == 4 else "advapi32!SystemFunction036"
        agent.run([], [], [*EXPORTS, [QUERY, "coredll!VirtualQuery", 0], [RANDOM, random, 0]])
        signal = "coredll!EventModify" if word == 4 else "coredll!SetEvent"
        agent.run([], [], [[EVENT, "coredll!CreateEventW", 1], [SIGNAL, signal, 1]])
        # MEMORY_BASIC_INFORMATION: base of the region, base of the allocation; a size at the fourth word.
        self.find = [QUERY, [[0, 0], [0, 0], 28 if word == 4 else 48], {7: [PLACE, [0, word, word], 0]}]
        self.find += [{7: [SIZE, [0, 0, word], [0, 3 * word, word]]}, {8: [SIZE, [SIZE], [PLACE]]}]

    def scribble(self, place: object, size: object) -> list[object]:
        """The call that fills so many bytes with random ones."""
        in_order = [size, place] if self.agent.welcome.limits.word == 4 else [place, size]
        return [RANDOM, in_order]

    def signal(self, name: str) -> tuple[list[object], list[object]]:
        """Calls that set an event of the agent's own, the first two of a program, and the buffer for it."""
        text = f"ceagent-{self.agent.welcome.boot:08x}-{name}\0".encode("utf-16-le")
        return [EVENT, [0, 0, 0, [0, 0]], SIGNAL, [[0], 3]], [64, False, text]

    def sane(self) -> None:
        """The session goes on, and a new worker knows all the exports."""
        answer = self.agent.run([SETTER, [7], SLEEP, [0]], [[4, True, 1]], fresh=True)
        assert (answer.outcome, answer.errors, answer.outputs) == (None, {}, (b"",))


@pytest.fixture(scope="module", params=["arm", "mips", "x86", ON_WINE])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with listening(request.param, tmp_path_factory.mktemp(request.param)) as url:
        yield url


@pytest.fixture
def wild(url: str) -> Iterator[Wild]:
    with closing(Controller(url, session=secrets.randbits(32) | 1)) as controller:
        yield Wild(controller)


def test_random_bytes_all_over_the_memory(wild: Wild) -> None:
    (output,) = wild.agent.run([*wild.find, {6: [0, 0, 8, [SIZE]]}], [[64, True]]).outputs
    assert int.from_bytes(output[:4], "little") > 256 * 1024
    steps = [SETTER, [1], *wild.find, *wild.scribble([PLACE], [SIZE]), {1: [9, 30, None, [SETTER, [2]]]}]
    for _ in range(30):
        wild.agent.send(steps, [[64, True]], deadline_ms=300)
        answer = wild.agent.receive()
        assert isinstance(answer, Answer)
        assert len(answer.values) <= 4
        wild.sane()


def test_random_bytes_all_over_the_results(wild: Wild) -> None:
    # The memory begins with the exports, then come results and slots, then what the worker goes on with.
    for number in range(30):
        size = 20_000 + 1_500 * number
        steps = [SETTER, [1], *wild.find, *wild.scribble([PLACE], size), {1: [9, 30, None, [SLEEP, [0]]]}]
        wild.agent.send(steps, [[64, True]], deadline_ms=300)
        answer = wild.agent.receive()
        assert isinstance(answer, Answer)
        assert len(answer.values) <= 4
        wild.sane()


def test_random_bytes_while_a_program_is_ended(wild: Wild) -> None:
    for size in (20_000, 40_000, 70_000, [SIZE]):
        scribbling = {9: [0, [{1: [1 << 30, 30, None, wild.scribble([PLACE], size)]}]]}
        answer = wild.agent.run([*wild.find, scribbling, SLEEP, [600_000]], [[64, True]], deadline_ms=200)
        # Which one is up to the bytes. A process whose Wine dies of them has exited, as Wine tells it.
        assert answer.outcome is not None
        assert answer.outcome.code in (OutcomeCode.BLOCKED, OutcomeCode.FAULTED, OutcomeCode.EXITED)
        wild.sane()


def test_program_that_says_it_is_done_is_not(wild: Wild) -> None:
    calls, name = wild.signal("done")
    answer = wild.agent.run([*calls, SLEEP, [300], SETTER, [0]], [name])
    assert (answer.outcome, answer.errors) == (None, {})
    answer = wild.agent.run([*calls, SLEEP, [600_000]], [name], deadline_ms=300)
    assert answer.outcome is not None
    assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.BLOCKED, 2)


def test_program_that_tells_the_worker_to_go_on_runs_once(wild: Wild) -> None:
    calls, name = wild.signal("go")
    count: list[object] = [{7: [9, [1, 0, 4], 1]}, {6: [1, 0, 4, [9]]}]
    for number in range(1, 4):
        answer = wild.agent.run([*calls, *count], [name, [4, True, 1]])
        assert (answer.outcome, answer.outputs) == (None, (bytes([number]),))
        assert wild.agent.run([SLEEP, [100]], [[4, True, 1]]).outputs == (bytes([number]),)


def test_program_that_closes_whatever_handles_it_meets(wild: Wild) -> None:
    # The agent's own are among them, so that the worker cannot say that it is done.
    close, first = 24, 4 if wild.agent.welcome.limits.word == 8 else 0x10002
    wild.agent.run([], [], [[close, "coredll!CloseHandle", 1]], fresh=True)
    steps = [{7: [10, first, 0]}, {1: [100, 9, None, [close, [[10]], {7: [10, [10], 4]}]]}]
    answer = wild.agent.run(steps, deadline_ms=500)
    assert answer.outcome is None
    assert sum(count for _, count, _ in answer.runs) == 100
    assert any(error is None for _, _, error in answer.runs)
    wild.sane()
