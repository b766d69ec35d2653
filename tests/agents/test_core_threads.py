"""Threads in programs, on real threads: what they share, what each has for itself, and what is refused."""

from typing import Any

import cbor2
import pytest
from core_driver import Core
from core_programs import (
    ADD,
    COUNT,
    MEET,
    NO_THREAD,
    RESULT1,
    STRIPES,
    Ran,
    define,
    run,
)

MALFORMED, LIMIT = 2, 3
BLOCKED, FAULTED, EXITED, UNRESOLVED, OUT_OF_RANGE, OVERFLOW, NONE_MADE = 1, 2, 3, 4, 5, 6, 7


@pytest.fixture(autouse=True)
def _new_session(core: Core) -> None:
    define(core)


def thread(number: int, *steps: Any) -> dict[int, Any]:
    return {9: [number, list(steps)]}


def join(number: int) -> dict[int, int]:
    return {10: number}


def test_threads_run_at_once(core: Core) -> None:
    # Nobody comes out of fake!meet before all five are in it.
    ran = run(core, [*(thread(n, MEET, [5, 10 + n, 0]) for n in range(4)), MEET, [5, 9, 0]])
    assert ran.values == [10, 11, 12, 13, 9]
    assert (ran.outcome, ran.errors) == (None, {})


def test_every_thread_has_a_last_error_of_its_own(core: Core) -> None:
    # Each sets its error, then waits for the others to have set theirs, then reads it.
    steps = [*(thread(n, MEET, [5, -1, 100 + n]) for n in range(4)), MEET, [5, -1, 99]]
    ran = run(core, steps)
    assert ran.errors == {0: 100, 1: 101, 2: 102, 3: 103, 4: 99}
    assert {value & 0xFFFFFFFF for value in ran.values} == {0xFFFFFFFF}


def test_when_ok_looks_at_the_last_call_of_its_own_thread(core: Core) -> None:
    failing = thread(0, RESULT1, [0, 5], {2: [COUNT, []]}, MEET, [2, 0, 0])
    ran = run(core, [failing, MEET, [2, 1, 0], {2: [COUNT, []]}])
    assert ran.errors == {0: 5, 1: None}
    assert ran.values[3:] == [1, 1]


def test_what_a_thread_leaves_is_there_after_its_join(core: Core) -> None:
    inner = [{3: [0, 0, 8, 1000]}, {7: [20, 40, 2]}, ADD, [1, 2]]
    ran = run(core, [thread(3, *inner), join(3), ADD, [[20], [0]], {4: [0, 0, 8, 0]}], [8, True])
    assert ran.values[:2] == [3, 45]
    assert ran.outputs[0] == bytes((1000 + i) * 2654435761 % 2**32 >> 24 for i in range(8))


def test_what_was_set_before_is_there_for_a_thread(core: Core) -> None:
    ran = run(core, [ADD, [2, 3], {7: [20, 7, 0]}, thread(0, ADD, [[0], [20]])])
    assert ran.values == [5, 12]


def test_selection_does_not_reach_into_a_thread(core: Core) -> None:
    assert core.program([ADD, thread(0, [1, 2])])[:2] == ("refused", MALFORMED)  # type: ignore[index]


def test_a_thread_that_is_skipped_is_not_waited_for(core: Core) -> None:
    ran = run(core, [RESULT1, [0, 5], {2: [thread(1, COUNT, [])]}, join(1), ADD, [1, 1]])
    assert ran.values == [0, 0, 2]
    assert ran.errors == {0: 5, 1: None}


def test_a_number_is_free_for_the_next_program(core: Core) -> None:
    for turn in range(50):
        assert run(core, [thread(0, ADD, [turn, 1]), join(0), ADD, [[0], 0]]).values == [turn + 1, turn + 1]


def test_runs_of_two_threads_are_all_told(core: Core) -> None:
    loop = {1: [64, 30, None, [STRIPES, [[30]]]]}
    other = {1: [64, 31, None, [STRIPES, [[31]]]]}
    ran = run(core, [thread(0, loop), other])
    one_call = [(count, error) for call, count, error in ran.runs if call == 0]
    assert [(count, error) for call, count, error in ran.runs if call == 1] == one_call
    assert sum(count for count, _ in one_call) == 64
    assert len(one_call) == 8 * 5


def test_runs_that_do_not_fit_end_both_threads_with_one_outcome(core: Core) -> None:
    loops = [{1: [100000, 30 + n, None, [STRIPES, [[30 + n]]]]} for n in range(2)]
    ran = run(core, [thread(0, loops[0]), loops[1], COUNT, []])
    assert ran.outcome[0] == OVERFLOW
    assert len(ran.runs) > 500


def test_outcome_of_a_thread_ends_the_program_at_its_join(core: Core) -> None:
    bad = thread(0, ADD, [1, 1], {3: [0, 5, 4, 0]}, COUNT, [])
    ran = run(core, [bad, ADD, [2, 2], join(0), ADD, [3, 3]], [8, False])
    assert ran.outcome == [OUT_OF_RANGE, 1]
    assert ran.values == [2, 0, 4]
    assert ran.errors == {1: None}
    # A thread that nobody joins has its say at the end.
    ran = run(core, [bad, ADD, [2, 2]], [8, False])
    assert (ran.outcome, ran.values) == ([OUT_OF_RANGE, 1], [2, 0, 4])


def test_export_that_only_a_thread_misses(core: Core) -> None:
    ran = Ran(core.program([thread(0, 40, []), join(0), COUNT, []], [], [[40, "fake!nothing", 0]]))
    assert (ran.outcome, ran.values) == ([UNRESOLVED, 0, 127], [])


def test_after_an_outcome_of_the_main_thread_the_others_come_to_their_end(core: Core) -> None:
    ran = run(core, [thread(0, {1: [2000, 30, None, [ADD, [[30], 0]]]}), {3: [0, 9, 0, 0]}], [8, False])
    assert ran.outcome == [OUT_OF_RANGE, 1]
    assert ran.runs == [(0, 2000, None)]


def test_a_thread_that_cannot_be_made(core: Core) -> None:
    ran = run(core, [NO_THREAD, [8], ADD, [1, 1], thread(2, ADD, [2, 2]), ADD, [3, 3]])
    assert ran.outcome == [NONE_MADE, 2, 8]
    assert ran.values == [0, 2]


@pytest.mark.parametrize(
    ("steps", "reason", "detail"),
    [
        ([{9: [4, []]}], LIMIT, 10),
        ([{10: 4}], LIMIT, 10),
        ([{9: [0, []]}, {9: [0, []]}], MALFORMED, 12),
        ([{10: 0}], MALFORMED, 6),
        ([{9: [1, []]}, {10: 0}], MALFORMED, 11),
        ([{9: [0, []]}, {10: 0}, {10: 0}], MALFORMED, 14),
        ([{9: [0, [{10: 0}]]}], MALFORMED, 11),
        ([{9: [0, []]}, {9: [1, [{10: 0}]]}], MALFORMED, 16),
        ([{9: [0, [{9: [1, []]}]]}], MALFORMED, 11),
        ([{9: [0, [{2: [{9: [1, []]}]}]]}], MALFORMED, 14),
        ([{1: [2, 9, None, [{9: [0, []]}]]}], MALFORMED, 13),
        ([{9: [0, []]}, {1: [2, 9, None, [{10: 0}]]}], MALFORMED, 18),
        ([{1: [2, 9, None, [{2: [{9: [0, []]}]}]]}], MALFORMED, 16),
        ([{9: [0]}], MALFORMED, 6),
        ([{9: [0, [], 0]}], MALFORMED, 6),
        ([{9: 0}], MALFORMED, 6),
        ([{10: []}], MALFORMED, 6),
        ([{11: 0}], MALFORMED, 5),
    ],
)
def test_what_is_refused_and_where(core: Core, steps: list[Any], reason: int, detail: int) -> None:
    assert core.program(steps) == ("refused", reason, detail)


def test_what_is_allowed(core: Core) -> None:
    every = [thread(n, {1: [2, 20 + n, None, [{2: [COUNT, []]}]]}) for n in range(4)]
    for steps in (
        [*every, *(join(n) for n in range(4))],
        [{2: [every[0], {2: [join(0)]}]}],
        [{2: [every[3]]}, join(3)],
        every,
    ):
        assert core.ask("check", cbor2.dumps([2, 0, steps]))[0] == "good"


def test_threads_as_deep_as_blocks_may_be(core: Core) -> None:
    steps: list[Any] = [ADD, [1, 1]]
    for _ in range(7):
        steps = [{2: steps}]
    assert run(core, [thread(0, *steps)]).values == [2]
    assert core.program([thread(0, {2: steps})]) == ("refused", LIMIT, 8)


def ended(core: Core, outcome: int, joining: int, thread: int, steps: list[Any], *buffers: list[Any]) -> Ran:
    """What the answer says when the worker came to an end like that; see device_agent/tests/driver.c."""
    words = core.ask("ended", outcome, joining, thread, cbor2.dumps([2, 0, steps, list(buffers)]))
    assert words[0] == "answer"
    return Ran(cbor2.loads(bytes.fromhex(words[1])))


THREADS = [thread(0, ADD, [0, 0], [0, 1]), ADD, [1, 1], thread(2, COUNT, [], []), COUNT, []]
"""Calls 0 and 1 of thread 0, 2 of the main thread, 3 and 4 of thread 2, 5 of the main thread."""
CODE, ADDRESS = 0xC0000005, 0x8070605040302010


def test_blocked_names_the_call_of_the_main_thread_or_of_the_one_it_waits_for(core: Core) -> None:
    assert ended(core, BLOCKED, 0, 0, THREADS).outcome == [BLOCKED, 5]
    assert ended(core, BLOCKED, 1, 0, THREADS).outcome == [BLOCKED, 1]
    assert ended(core, BLOCKED, 3, 0, THREADS).outcome == [BLOCKED, 4]
    # A thread that has not come to a call is about to make its first.
    assert ended(core, BLOCKED, 1, 0, [ADD, [1, 1], thread(0, {5: 1}, ADD, [2, 2])]).outcome == [BLOCKED, 1]


def test_faulted_names_the_call_of_its_thread_where_that_is_known(core: Core) -> None:
    address = ADDRESS & (1 << 8 * core.word) - 1
    assert ended(core, FAULTED, 0, 1, THREADS).outcome == [FAULTED, 1, CODE, address]
    assert ended(core, FAULTED, 1, 3, THREADS).outcome == [FAULTED, 4, CODE, address]
    assert ended(core, FAULTED, 3, 0, THREADS).outcome == [FAULTED, 4, CODE]
    assert ended(core, FAULTED, 0, 0, THREADS).outcome == [FAULTED, 5, CODE]
    # A thread that the program did not begin: as if it were not known.
    assert ended(core, FAULTED, 0, 2, THREADS).outcome == [FAULTED, 5, CODE, address]
    assert ended(core, EXITED, 3, 0, THREADS).outcome == [EXITED, 4, CODE]


def test_what_a_program_found_first_is_told_though_its_deadline_ended_it(core: Core) -> None:
    steps = [ADD, [1, 1], {3: [0, 9, 0, 0]}]
    assert ended(core, BLOCKED, 1, 0, steps, [8, False]).outcome == [OUT_OF_RANGE, 1]
    # But not when the worker itself came to grief after it.
    assert ended(core, FAULTED, 0, 0, steps, [8, False]).outcome == [FAULTED, 0, CODE]


def test_values_of_a_worker_that_ended_go_up_to_the_highest_call_that_ran(core: Core) -> None:
    assert ended(core, BLOCKED, 0, 0, [ADD, [1, 1], RESULT1, [0, 5], {2: [COUNT, []]}]).values == [2, 0]
    assert (
        ended(core, BLOCKED, 0, 0, [{2: []}, thread(0, {3: [0, 9, 0, 0]}, COUNT, [])], [8, False]).values
        == []
    )
