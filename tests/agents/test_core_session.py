"""The agent's side of a session: whatever the line loses, doubles or delays, no program runs twice.

Everything here holds with and without a key; what only a key brings is in test_core_keys.py.
"""

import random
from typing import Any

import cbor2
import pytest
from core_driver import Core
from core_line import (
    ANSWER,
    BOOT,
    BY_AGENT,
    BY_CONTROLLER,
    BY_WELCOME,
    COUNT,
    HELLO,
    KEY,
    NOTHING,
    OPENED,
    PROOF,
    REFUSAL,
    RESUMED,
    RUN,
    SESSION,
    TAKEN,
    VERSION,
    WELCOME,
    WINDOW,
    WORKING,
    Line,
)
from core_programs import numbers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_agent.protocol.sealing_vectors import open_check, plain_check

MALFORMED, SEQUENCE, NO_SESSION = 2, 4, 5


@pytest.fixture(params=[b"", KEY], ids=["plain", "keyed"])
def new_line(core: Core, request: pytest.FixtureRequest) -> Line:
    """An agent that was just started."""
    return Line(core, key=request.param)


@pytest.fixture
def line(new_line: Line) -> Line:
    """A session whose next number is 1."""
    new_line.open()
    new_line.define()
    return new_line


def counted(answer: Any) -> int:
    assert answer[0] == ANSWER
    return numbers(answer[2])[0]


def test_welcome(core: Core, new_line: Line) -> None:
    reply = new_line.open()
    limits = [core.word, 8192, 8, 131072, 1024, 64, 16, 256, 8, 16, 4]
    assert reply.reaction == OPENED
    assert reply.message == [WELCOME, VERSION, SESSION, BOOT, 0, limits, "ceagent test", ["ws2"]]


def test_opening_it_again_resumes(line: Line) -> None:
    line.count(1)
    reply = line.open()
    assert (reply.reaction, reply.message[4]) == (RESUMED, 2)
    assert counted(line.execute()) == 1
    assert line.count(2).reaction == TAKEN


def test_another_session_drops_everything(line: Line) -> None:
    line.count(1)
    reply = line.open(SESSION + 1)
    assert (reply.reaction, reply.message[2], reply.message[4]) == (OPENED, SESSION + 1, 0)
    assert line.execute() is None
    # The export table is empty again.
    assert line.send(0, [COUNT, []]).reaction == TAKEN
    assert line.execute()[:3] == [REFUSAL, 0, MALFORMED]


def test_another_session_has_no_answers(line: Line) -> None:
    for number in range(1, WINDOW):
        line.count(number)
        line.execute()
    line.open(SESSION + 1)
    for number in range(1, WINDOW):
        assert line.count(number).message == [REFUSAL, number, SEQUENCE, 0]


@pytest.mark.parametrize("hello", [[0, 1, 5], [0, 7], [0, 99, "x", []]])
def test_hello_of_another_version(new_line: Line, hello: list[Any]) -> None:
    reply = new_line.say(hello)
    assert (reply.reaction, reply.message) == (NOTHING, [REFUSAL, 0, 1, VERSION])
    assert reply.check == open_check(reply.body)


@pytest.mark.parametrize(
    ("message", "offset"),
    [
        ([HELLO, VERSION], 3),
        ([HELLO, VERSION, 0], 3),
        ([HELLO, VERSION, "x"], 3),
        ([HELLO, VERSION, 1 << 32], 3),
        ([HELLO, VERSION, 9, bytes(15)], 4),
        ([HELLO, VERSION, 9, bytes(17)], 4),
        ([HELLO, VERSION, 9, 7], 4),
        ([HELLO, VERSION, 9, bytes(16), 7], 21),
        ([PROOF], 2),
        ([PROOF, 0, bytes(16)], 2),
        ([PROOF, 9], 3),
        ([PROOF, 9, bytes(15)], 3),
        ([PROOF, 9, bytes(16), 7], 20),
    ],
)
def test_malformed_opening_is_refused_with_its_place(line: Line, message: list[Any], offset: int) -> None:
    reply = line.say(message)
    assert (reply.reaction, reply.message) == (NOTHING, [REFUSAL, 0, MALFORMED, offset])
    assert reply.check == open_check(reply.body)
    assert line.count(1).reaction == TAKEN


@pytest.mark.parametrize("tail", [b"\0", bytes(3)])
def test_opening_with_bytes_behind_it(line: Line, tail: bytes) -> None:
    body = cbor2.dumps([HELLO, VERSION, 9]) + tail
    assert line.frame(body, open_check(body)).message == [REFUSAL, 0, MALFORMED, len(body) - len(tail)]


def test_run_before_a_session(new_line: Line) -> None:
    reply = new_line.say([RUN, 5, []])
    assert (reply.reaction, reply.message) == (NOTHING, [REFUSAL, 5, NO_SESSION, 0])
    assert reply.check == open_check(reply.body)


def test_no_check_is_good_before_a_session(new_line: Line) -> None:
    for session, boot in ((0, 0), (0, BOOT), (SESSION, BOOT)):
        body = cbor2.dumps([RUN, 0, []])
        assert new_line.frame(body, plain_check(body, BY_CONTROLLER, 0, session, boot)).silent
    assert new_line.frame(cbor2.dumps([RUN, 0, []]), bytes(8)).silent


def test_run_with_an_open_check_is_refused_in_a_session(line: Line) -> None:
    reply = line.say([RUN, 1, [COUNT, []]])
    assert (reply.reaction, reply.message) == (NOTHING, [REFUSAL, 1, NO_SESSION, 0])
    assert reply.check == open_check(reply.body)
    assert line.execute() is None


@pytest.mark.parametrize(
    "body",
    [
        b"\x00",
        b"\xf6",
        b"\x80",
        b"\x82\x09\x00",
        b"\x9f\x02\x00\xff",
        cbor2.dumps([RUN]),
        cbor2.dumps([RUN, 256, []]),
        cbor2.dumps([ANSWER, 1]),
        cbor2.dumps([WORKING, 1]),
    ],
)
def test_what_names_no_number_is_dropped(line: Line, body: bytes) -> None:
    assert line.frame(body, open_check(body)).silent
    for number in (0, 1):
        assert line.frame(body, line.check(BY_CONTROLLER, number, body)).silent


@pytest.mark.parametrize("length", range(1, 13))
def test_shorter_than_any_message(line: Line, length: int) -> None:
    assert line.frame(b"", b"\x83" * length).silent
    assert line.frame(b"", (b"\x83\x02\x01" * 4)[:length]).silent


@pytest.mark.parametrize("role", [BY_CONTROLLER, BY_AGENT, BY_WELCOME])
def test_hello_with_a_check_of_the_session_is_dropped(line: Line, role: int) -> None:
    body = cbor2.dumps([HELLO, VERSION, 9])
    assert line.frame(body, line.check(role, 0, body)).silent
    assert line.frame(body, line.check(role, 1, body)).silent


def test_answered_run_is_answered_again_and_not_executed(line: Line) -> None:
    line.count(1)
    first = line.execute()
    for _ in range(3):
        reply = line.count(1)
        assert (reply.reaction, reply.message) == (NOTHING, first)
    assert line.execute() is None
    line.count(2)
    assert counted(line.execute()) == 2


def test_held_run_is_being_worked_on(line: Line) -> None:
    first, second = line.count(1), line.count(1)
    assert (first.reaction, first.message) == (TAKEN, None)
    assert (second.reaction, second.message) == (NOTHING, [WORKING, 1])


def test_what_is_held_and_answered_outlives_a_resumption(line: Line) -> None:
    line.count(1)
    first = line.execute()
    line.count(2)
    line.open()
    assert line.count(1).message == first
    assert line.count(2).message == [WORKING, 2]
    assert counted(line.execute()) == 2


@pytest.mark.parametrize(("number", "seq"), [(0x80, 0x80), (3, 3), (-1, 255), (-127, 129)])
def test_other_numbers_are_refused_with_the_one_expected(line: Line, number: int, seq: int) -> None:
    reply = line.count(number & 0xFFFFFFFF)
    assert (reply.reaction, reply.message) == (NOTHING, [REFUSAL, seq, SEQUENCE, 1])


@pytest.mark.parametrize("number", [0x81, 257, 1 + (1 << 8), 1 + (1 << 16), 1 + (1 << 31)])
def test_numbers_farther_away_than_128_are_dropped(line: Line, number: int) -> None:
    assert line.count(number).silent
    assert line.execute() is None


def test_window(line: Line) -> None:
    for number in range(1, 1 + WINDOW):
        assert line.count(number).reaction == TAKEN
    reply = line.count(1 + WINDOW)
    assert (reply.reaction, reply.message) == (NOTHING, [REFUSAL, 1 + WINDOW, SEQUENCE, 1 + WINDOW])
    assert [counted(line.execute()) for _ in range(WINDOW)] == list(range(1, 1 + WINDOW))
    assert line.count(1 + WINDOW).reaction == TAKEN


def test_answer_is_kept_until_a_run_comes_whose_sender_must_have_it(line: Line) -> None:
    answers = {}
    for number in range(1, 1 + WINDOW):
        line.count(number)
    for number in range(1, 1 + WINDOW):
        answers[number] = line.execute()
    for number in range(1, 1 + WINDOW):
        assert line.count(number).message == answers[number]
        assert line.count(number + WINDOW).reaction == TAKEN
        assert line.count(number).message == [REFUSAL, number, SEQUENCE, number + WINDOW + 1]
    assert line.count(1 + WINDOW).message == [WORKING, 1 + WINDOW]
    assert [counted(line.execute()) for _ in range(WINDOW)] == list(range(1 + WINDOW, 1 + 2 * WINDOW))


def test_as_many_answers_are_kept_as_the_window_is_wide(line: Line) -> None:
    answers = {}
    for number in range(1, 12):
        line.count(number)
        answers[number] = line.execute()
    for number in range(12 - WINDOW, 12):
        assert line.count(number).message == answers[number]
    assert line.count(11 - WINDOW).message == [REFUSAL, 11 - WINDOW, SEQUENCE, 12]


def test_refusal_uses_up_its_number_and_is_kept(line: Line) -> None:
    assert line.send(1, [99, []]).reaction == TAKEN
    refusal = line.execute()
    assert refusal == [REFUSAL, 1, MALFORMED, 4]
    again = line.send(1, [99, []])
    assert (again.reaction, again.message) == (NOTHING, refusal)
    assert line.count(2).reaction == TAKEN


def test_numbers_go_on_when_their_low_byte_starts_over(line: Line) -> None:
    old = []
    for number in range(1, 600):
        assert line.count(number).reaction == TAKEN
        assert counted(line.execute()) == number
        if number > 256:  # the same bytes as 256 programs ago, with the check of then
            old.append(line.count(number - 256))
    assert all(reply.silent for reply in old)
    assert line.open().message[4] == 600


@pytest.mark.parametrize("boundary", [1 << 8, 1 << 16, 1 << 24, 1 << 31])
def test_numbers_count_on_across_a_boundary(line: Line, boundary: int) -> None:
    line.advance(boundary - 5)
    answers = {}
    for number in range(boundary - 5, boundary + 5):
        assert line.count(number).reaction == TAKEN
        answers[number] = line.execute()
    assert [counted(answer) for answer in answers.values()] == list(range(1, 11))
    for number in range(boundary + 5 - WINDOW, boundary + 5):
        assert line.count(number).message == answers[number]
    assert line.open().message[4] == boundary + 5


def test_last_number_is_never_given_out(line: Line) -> None:
    last = 0xFFFFFFFF
    line.advance(last - 1)
    assert line.count(last - 1).reaction == TAKEN
    line.execute()
    assert line.count(last).message == [REFUSAL, 255, SEQUENCE, 255]
    assert line.count(0).message == [REFUSAL, 0, SEQUENCE, 255]
    assert line.open().message[4] == last


def test_longest_message_is_taken_and_a_longer_one_dropped(line: Line) -> None:
    room = 8192 - len(cbor2.dumps([RUN, 1, bytes(4096)])) + 4096
    assert line.send(1, bytes(room)).reaction == TAKEN
    for more in range(1, 5):
        assert line.send(2, bytes(room + more)).silent
    hello = cbor2.dumps([HELLO, VERSION, 9, bytes(8192 - 5)])
    assert len(hello) > 8192
    assert line.frame(hello, open_check(hello)).silent
    assert line.count(2).reaction == TAKEN


def test_old_answers_are_none_to_new_questions_after_a_snapshot_was_restored(core: Core, line: Line) -> None:
    for number in range(1, 11):
        line.count(number)
        line.execute()
    core.ask("save")
    for number in range(11, 21):
        line.count(number)
        assert counted(line.execute()) == number
    core.ask("restore")
    # The controller does not know, and goes on where it was.
    reply = line.count(21)
    assert (reply.reaction, reply.message) == (NOTHING, [REFUSAL, 21, SEQUENCE, 11])
    # A number with the low byte of a kept answer; and that answer, which does not pass for this number's.
    assert line.count(10 + 256).silent
    kept = line.count(10)
    assert counted(kept.message) == 10
    assert kept.check != line.check(BY_AGENT, 10 + 256, kept.body)
    assert line.open().message[4] == 11


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 32), key=st.sampled_from([b"", KEY]))
def test_no_program_runs_twice_over_a_line_that_loses_and_doubles(core: Core, seed: int, key: bytes) -> None:
    source = random.Random(seed)
    line = Line(core, key=key)
    line.open()
    line.define()
    line.advance(base := source.choice((1, 250, 65530)))
    next_new, waiting, results = base, set(), []
    while len(results) < 40:
        if next_new - min(waiting, default=next_new) < WINDOW and source.random() < 0.5:
            waiting.add(next_new)
            next_new += 1
        oldest = min(waiting, default=0)
        replies = []
        for number in sorted(waiting):
            if source.random() < 0.6:  # sent, again and again
                replies += [(number, line.count(number).message) for _ in range(source.choice((1, 1, 2)))]
        if source.random() < 0.7:
            answer = line.execute()
            if answer is not None:
                (number,) = (number for number in waiting if number % 256 == answer[1])
                replies.append((number, answer))
        if source.random() < 0.1:
            assert line.open().reaction == RESUMED
        for number, reply in replies:
            # Only what overtook another run is refused, never an answer that is still to arrive.
            assert reply is None or reply[0] != REFUSAL or number > oldest
            arrives = reply is not None and reply[0] == ANSWER and source.random() < 0.5
            if arrives and number in waiting:
                waiting.remove(number)
                results.append((number, counted(reply)))
    assert all(number - base + 1 == count for number, count in results)
