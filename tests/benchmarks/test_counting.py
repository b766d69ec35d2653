"""What the soak run counts, and that it would notice anything wrong."""

from dataclasses import replace

import pytest

from benchmarks.counting import READ, ROUND_CALLS, Count, counts, frames, read_counter
from harness.program.codec import read_answer
from harness.program.model import Call, Repeat
from harness.program.result import Execution
from harness.wire.messages import Answer


def answered(one: Count) -> Execution:
    """The execution of a device that counts."""
    last = one.first + one.calls - 1
    if isinstance(one.program.steps[0], Repeat):
        return read_answer(one.program, Answer(0, (last,), (9,), runs=((0, one.calls, None),)), 4)
    values = tuple(range(one.first, last + 1))
    return read_answer(one.program, Answer(0, values, (9,) * one.calls), 4)


@pytest.mark.parametrize("total", [1, 15, 16, 100, 799, 800, 801, 50_000])
def test_programs_make_every_call_once_and_in_order(total: int) -> None:
    expected = 1
    for one in counts(total):
        assert one.first == expected
        assert sum(step.count if isinstance(step, Repeat) else 1 for step in one.program.steps) == one.calls
        expected += one.calls
    assert expected == total + 1


def test_a_tenth_are_call_steps_and_frames_are_many() -> None:
    programs = list(counts(1_000_000))
    steps = sum(one.calls for one in programs if isinstance(one.program.steps[0], Call))
    assert steps >= 100_000
    assert len(programs) == frames(1_000_000)
    assert len(programs) > 25_000


def test_right_answers_are_right() -> None:
    for one in counts(ROUND_CALLS + 5):
        assert one.complaint(answered(one)) == ""


def test_an_answer_of_another_program_is_wrong() -> None:
    programs = list(counts(2 * ROUND_CALLS))
    for one in programs:
        for other in programs:
            if other.program == one.program and other.first != one.first:
                assert one.complaint(answered(other))


def test_a_call_that_ran_twice_or_not_at_all_is_wrong() -> None:
    loop = next(one for one in counts(ROUND_CALLS) if isinstance(one.program.steps[0], Repeat))
    for turns in (loop.calls - 1, loop.calls + 1):
        execution = read_answer(
            loop.program,
            Answer(0, (loop.first + loop.calls - 1,), (9,), runs=((0, turns, None),)),
            4,
        )
        assert loop.complaint(execution)
        assert replace(loop, first=loop.first + 1).complaint(execution)


def test_the_counter_is_read_from_memory_and_from_the_call() -> None:
    good = read_answer(READ, Answer(0, (513,), (1,), outputs=(b"\x01\x02",)), 4)
    assert read_counter(good) == 513
    bad = read_answer(READ, Answer(0, (512,), (1,), outputs=(b"\x01\x02",)), 4)
    with pytest.raises(ValueError, match="513"):
        read_counter(bad)
