"""The agent's side of a session: whatever the line loses, doubles or delays, no program runs twice."""

import random
from collections.abc import Iterator
from typing import Any

import cbor2
import pytest
from core_driver import Core
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_core_vectors import numbers

NOTHING, OPENED, TAKEN = range(3)
HELLO, WELCOME, RUN, ANSWER, REFUSAL, WORKING = range(6)
SESSION = 0x01020304
WINDOW = 8
EXPORTS = [[0, "fake!count", 0], [1, "fake!reset", 0]]


class Line:
    """Speaks to the core's session as a controller does, without a line in between."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def send(self, message: Any, *, tagged: bool = True) -> tuple[int, int, Any]:
        """The reaction, the reply's tag, and the reply or None."""
        body = message if isinstance(message, bytes) else cbor2.dumps(message)
        reaction, tag, reply = self._core.ask("receive", int(tagged), body)
        return int(reaction), int(tag), None if reply == "-" else cbor2.loads(bytes.fromhex(reply))

    def hello(self, session: int = SESSION) -> Any:
        return self.send([HELLO, 1, session], tagged=False)

    def execute(self) -> Any:
        words = self._core.ask("execute")
        return None if words == ["none"] else cbor2.loads(bytes.fromhex(words[1]))

    def count(self, seq: int) -> tuple[int, int, Any]:
        """Sends a program that counts its executions."""
        return self.send([RUN, seq, [0, []]])


@pytest.fixture
def line(core: Core) -> Iterator[Line]:
    core.ask("session", 77)
    line = Line(core)
    line.hello()
    line.send([RUN, 0, [1, []], [], EXPORTS])
    line.execute()
    return line


def counted(answer: Any) -> int:
    assert answer[0] == ANSWER
    return numbers(answer[2])[0]


def test_welcome(core: Core) -> None:
    core.ask("session", 77)
    reaction, tag, welcome = Line(core).hello()
    assert (reaction, tag) == (OPENED, 0)
    limits = [core.word, 8192, 8, 131072, 1024, 64, 16, 256, 8, 16]
    assert welcome == [WELCOME, 1, SESSION, 77, 0, limits, "ceagent test", ["ws2"]]


def test_hello_again_resumes(line: Line) -> None:
    line.count(1)
    reaction, tag, welcome = line.hello()
    assert (reaction, tag, welcome[4]) == (NOTHING, 0, 2)
    assert counted(line.execute()) == 1


def test_hello_of_another_session_drops_everything(line: Line) -> None:
    line.count(1)
    reaction, _, welcome = line.hello(SESSION + 1)
    assert (reaction, welcome[2], welcome[4]) == (OPENED, SESSION + 1, 0)
    assert line.execute() is None
    # The export table is empty again.
    line.send([RUN, 0, [0, []]])
    assert line.execute()[:3] == [REFUSAL, 0, 2]


@pytest.mark.parametrize("hello", [[0, 2, 5], [0, 7], [0, 99, "x", []]])
def test_hello_of_another_version(core: Core, hello: list[Any]) -> None:
    core.ask("session", 1)
    assert Line(core).send(hello, tagged=False) == (NOTHING, 0, [REFUSAL, 0, 1, 1])


def test_run_before_hello(core: Core) -> None:
    core.ask("session", 1)
    assert Line(core).send([RUN, 5, []], tagged=False) == (NOTHING, 0, [REFUSAL, 5, 5, 0])


@pytest.mark.parametrize(
    "body",
    [
        b"\x00",
        b"\xf6",
        b"\x80",
        b"\x82\x09\x00",
        cbor2.dumps([2]),
        cbor2.dumps([2, 256, []]),
        cbor2.dumps([3, 0]),
    ],
)
@pytest.mark.parametrize("tagged", [True, False])
def test_what_names_no_number_is_dropped(line: Line, body: bytes, tagged: bool) -> None:
    assert line.send(body, tagged=tagged) == (NOTHING, 0, None)


def test_hello_with_a_tag_is_dropped(line: Line) -> None:
    assert line.send([HELLO, 1, 9], tagged=True) == (NOTHING, 0, None)


def test_answered_run_is_answered_again_and_not_executed(line: Line) -> None:
    line.count(1)
    first = line.execute()
    for _ in range(3):
        assert line.count(1) == (NOTHING, SESSION, first)
    assert line.execute() is None
    line.count(2)
    assert counted(line.execute()) == 2


def test_held_run_is_being_worked_on(line: Line) -> None:
    assert line.count(1) == (TAKEN, 0, None)
    assert line.count(1) == (NOTHING, SESSION, [WORKING, 1])


@pytest.mark.parametrize("seq", [0x80, 3, 255])
def test_other_numbers_are_refused_with_the_one_expected(line: Line, seq: int) -> None:
    assert line.count(seq) == (NOTHING, SESSION, [REFUSAL, seq, 4, 1])


def test_window(line: Line) -> None:
    for seq in range(1, 1 + WINDOW):
        assert line.count(seq)[0] == TAKEN
    assert line.count(1 + WINDOW) == (NOTHING, SESSION, [REFUSAL, 1 + WINDOW, 4, 1 + WINDOW])
    assert [counted(line.execute()) for _ in range(WINDOW)] == list(range(1, 1 + WINDOW))
    assert line.count(1 + WINDOW)[0] == TAKEN


def test_as_many_answers_are_kept_as_the_window_is_wide(line: Line) -> None:
    answers = {}
    for seq in range(1, 12):
        line.count(seq)
        answers[seq] = line.execute()
    for seq in range(12 - WINDOW, 12):
        assert line.count(seq)[2] == answers[seq]
    assert line.count(11 - WINDOW)[2] == [REFUSAL, 11 - WINDOW, 4, 12]


def test_refusal_uses_up_its_number_and_is_kept(line: Line) -> None:
    bad = [RUN, 1, [99, []]]
    assert line.send(bad) == (TAKEN, 0, None)
    refusal = line.execute()
    assert refusal == [REFUSAL, 1, 2, 4]
    assert line.send(bad) == (NOTHING, SESSION, refusal)
    assert line.count(2)[0] == TAKEN


def test_numbers_go_round(line: Line) -> None:
    for turn in range(1, 600):
        assert line.count(turn % 256)[0] == TAKEN
        assert counted(line.execute()) == turn


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 32))
def test_no_program_runs_twice_over_a_line_that_loses_and_doubles(core: Core, seed: int) -> None:
    source = random.Random(seed)
    core.ask("session", 77)
    line = Line(core)
    line.hello()
    line.send([RUN, 0, [1, []], [], EXPORTS])
    line.execute()
    next_new, waiting, results = 1, {}, []
    while len(results) < 40:
        if len(waiting) < WINDOW and source.random() < 0.5:
            waiting[next_new] = None
            next_new += 1
        replies = []
        for number in list(waiting):
            if source.random() < 0.6:  # sent, again and again
                replies += [line.count(number % 256)[2] for _ in range(source.choice((1, 1, 2)))]
        if source.random() < 0.7:
            replies.append(line.execute())
        for reply in replies:
            if reply is not None and reply[0] == ANSWER and source.random() < 0.5:  # arrives
                number = next((number for number in waiting if number % 256 == reply[1]), None)
                if number is not None:
                    del waiting[number]
                    results.append((number, counted(reply)))
    assert all(number == count for number, count in results)
