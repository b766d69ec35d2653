"""What programs do, step by step, on the exports of device_agent/tests/fake_exports.c."""

import zlib
from typing import Any

import cbor2
import pytest
from core_driver import Core
from core_programs import (
    ADD,
    COUNT,
    GET_OTHER,
    OTHER,
    OVERFLOW,
    PEEK,
    POKE,
    QUIET0,
    RESULT0,
    RESULT1,
    RESULT3,
    RESULT4,
    SEEN,
    SENTINEL,
    SET_OTHER,
    STRIPES,
    WEIGH,
    Ran,
    define,
    numbers,
    run,
)


@pytest.fixture(autouse=True)
def _new_session(core: Core) -> None:
    define(core)


def test_operands(core: Core) -> None:
    ran = run(
        core, [ADD, [1, 2], [[0], [0]], [[0, 1, 1], [0, 2, 2]], [[0, 0, 4], 0]], [8, False, b"\1\2\3\4"]
    )
    assert ran.values == [3, 6, 2 + 0x0403, 0x04030201]


def test_load_of_eight_bytes_takes_what_a_word_holds(core: Core) -> None:
    ran = run(core, [ADD, [[0, 0, 8], 0]], [8, False, bytes(range(1, 9))])
    assert ran.values == [int.from_bytes(bytes(range(1, 1 + core.word)), "little")]


def test_pointer_reads_and_writes_its_buffer(core: Core) -> None:
    ran = run(core, [POKE, [[1, 3], 77], PEEK, [[1, 3]]], [5, True], [5, True])
    assert ran.values == [77, 77]
    assert ran.outputs == [b"", b"\0\0\0\x4d"]


@pytest.mark.parametrize("count", range(17))
def test_every_argument_arrives(core: Core, count: int) -> None:
    arguments = [100 + number for number in range(count)]
    steps = [WEIGH, arguments + [0] * (16 - count)] if count > 4 else [ADD, arguments + [0] * (2 - count)]
    if count > 4:
        expected = sum((place + 1) * value for place, value in enumerate(arguments))
        assert run(core, steps).values == [expected]
    elif count <= 2:
        assert run(core, steps).values == [sum(arguments)]


@pytest.mark.parametrize(
    ("export", "value", "failed"),
    [
        (RESULT0, 0, False),
        (RESULT0, -1, False),
        (RESULT1, 0, True),
        (RESULT1, 1, False),
        (RESULT3, 0, False),
        (RESULT3, 10093, True),
        (RESULT4, 0, True),
        (RESULT4, 5, False),
        (STRIPES, 3, False),
        (STRIPES, 4, True),
    ],
)
def test_failure_rules(core: Core, export: int, value: int, failed: bool) -> None:
    ran = run(core, [export, [value, 70] if export != STRIPES else [value]])
    assert ran.errors == ({0: 70} if failed else {})


def test_rules_look_at_32_bits_but_null_word_at_all(core: Core) -> None:
    if core.word == 8:
        assert run(core, [RESULT1, [0x700000000, 9]]).errors == {0: 9}
        assert run(core, [RESULT3, [0x700000000, 9]]).errors == {}
        assert run(core, [RESULT4, [0x700000000, 9]]).errors == {}


def test_sentinel_is_set_before_and_tells_that_no_code_was_set(core: Core) -> None:
    ran = run(core, [SEEN, [], QUIET0, [0]])
    assert ran.values[0] == SENTINEL
    assert ran.errors == {1: SENTINEL}


def test_export_without_a_rule_neither_sets_nor_reads(core: Core) -> None:
    assert run(core, [RESULT0, [1, 42], SEEN, []]).values[1] == SENTINEL
    ran = Ran(core.program([30, [1, 42], 31, []], [], [[30, "fake!result", 0], [31, "fake!seen", 0]]))
    assert ran.values == [1, 42]


def test_reader_and_setter_of_its_own(core: Core) -> None:
    ran = run(core, [OTHER, [-1, 55], GET_OTHER, []])
    assert ran.errors == {0: 55}
    assert ran.values[1] == 55


def test_repeat_counts_and_leaves_the_last_turn(core: Core) -> None:
    ran = run(core, [{1: [5, 9, None, [ADD, [[9], 100]]]}, ADD, [[9], 0]])
    assert ran.values == [104, 4]
    assert ran.runs == [(0, 5, None)]


@pytest.mark.parametrize("count", [0, 1])
def test_repeat_of_none_and_one(core: Core, count: int) -> None:
    ran = run(core, [{1: [count, 9, None, [COUNT, []]]}])
    assert ran.values == [count]
    assert ran.runs == ([(0, 1, None)] if count else [])


def test_repeat_until_zero(core: Core) -> None:
    ran = run(core, [{7: [20, 3, 0]}, {1: [10, 9, [20], [{8: [20, [20], 1]}, COUNT, []]]}])
    assert ran.runs == [(0, 3, None)]


def test_repeat_until_failure_counts_the_failing_turn(core: Core) -> None:
    ran = run(core, [{1: [10, 9, True, [STRIPES, [[9]], ADD, [1, 1]]]}])
    # `until` looks at the last call that ran, which never fails here.
    assert ran.runs[-1] == (1, 10, None)
    ran = run(core, [{1: [10, 9, True, [ADD, [1, 1], STRIPES, [[9]]]]}])
    assert sorted(ran.runs) == [(0, 5, None), (1, 1, 70), (1, 4, None)]


def test_nested_repeat(core: Core) -> None:
    ran = run(
        core,
        [{1: [16, 9, None, [{1: [16, 10, None, [ADD, [[9], [10]], {7: [11, [11], 1]}]]}]]}, ADD, [[11], 0]],
    )
    assert ran.values == [30, 256]
    assert ran.runs == [(0, 256, None)]
    assert ran.times == [768, 3]


def test_runs_in_the_order_in_which_they_ended(core: Core) -> None:
    ran = run(core, [{1: [10, 9, None, [STRIPES, [[9]], ADD, [0, 0]]]}])
    assert ran.runs == [
        (0, 4, None),
        (0, 1, 70),
        (0, 1, 71),
        (0, 1, 70),
        (0, 1, 71),
        (0, 2, None),
        (1, 10, None),
    ]


def test_call_in_a_loop_that_is_skipped_has_no_turns_of_it(core: Core) -> None:
    ran = run(core, [{1: [10, 9, None, [STRIPES, [[9]], {2: [COUNT, []]}]]}])
    assert ran.values[1] == 6
    assert ran.runs[-1] == (1, 6, None)


def test_when_ok(core: Core) -> None:
    ran = run(core, [{2: [ADD, [1, 1]]}, RESULT1, [0, 5], {2: [COUNT, [], {4: [0, 0, 1, 0]}]}], [1, False])
    assert ran.values == [2, 0, 0, 0]
    assert ran.errors == {1: 5, 2: None, 3: None}


def test_fill_and_digest(core: Core) -> None:
    def pattern(position: int, count: int) -> bytes:
        return bytes(((position + place) * 2654435761 & 0xFFFFFFFF) >> 24 for place in range(count))

    steps = [{3: [0, 4, 8, 1000]}, {4: [0, 4, 3, 0]}, {4: [0, 7, 5, [0]]}, {3: [0, 16, 0, 0]}]
    ran = run(core, steps, [16, True])
    assert ran.outputs == [bytes(4) + pattern(1000, 8)]
    assert ran.values == [zlib.crc32(pattern(1000, 3)), zlib.crc32(pattern(1000, 8))]


def test_digest_of_a_megabyte_in_pieces(core: Core) -> None:
    # 128 pieces of 8 KiB: what fits no frame is checked where it is.
    piece = [{3: [0, 0, 8192, [9]]}, {4: [0, 0, 8192, [10]]}, {7: [10, [0], 0]}, {7: [9, [9], 8192]}]
    ran = run(core, [{7: [9, 0, 0]}, {1: [128, 11, None, piece]}], [8192, False])
    expected = 0
    for start in range(0, 1 << 20, 8192):
        block = bytes(((start + place) * 2654435761 & 0xFFFFFFFF) >> 24 for place in range(8192))
        expected = zlib.crc32(block, expected)
    assert ran.values == [expected]


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_store(core: Core, width: int) -> None:
    ran = run(core, [{6: [0, 1, width, 0x81828384]}], [10, True, b"\xff" * 10])
    stored = (0x81828384).to_bytes(8, "little")[:width]
    assert ran.outputs == [b"\xff" + stored + b"\xff" * (9 - width)]


@pytest.mark.parametrize(
    "step",
    [
        {3: [0, 5, 4, 0]},
        {3: [0, 9, 0, 0]},
        {3: [0, -1, 1, 0]},
        {3: [0, 1, -1, 0]},
        {6: [0, 6, 4, 1]},
        {6: [0, -4, 4, 1]},
    ],
)
def test_out_of_range_stops_before_anything_is_touched(core: Core, step: dict[int, Any]) -> None:
    ran = run(core, [ADD, [1, 1], step, COUNT, []], [8, True, b"12345678"], [8, True, b"abcdefgh"])
    assert ran.outcome == [5, 1]
    assert ran.values == [2]
    assert ran.outputs == [b"12345678", b"abcdefgh"]


def test_digest_out_of_range(core: Core) -> None:
    assert run(core, [ADD, [1, 1], {4: [0, 0, 9, 0]}], [8, False]).outcome == [5, 1]


def test_add_subtract_and_sleep(core: Core) -> None:
    core.ask("slept")
    ran = run(core, [{7: [9, 40, 2]}, {8: [10, [9], 50]}, ADD, [[9], [10]], {5: [9]}])
    assert ran.values == [34]
    assert core.ask("slept") == ["42"]


def test_slots_and_buffers_start_at_zero(core: Core) -> None:
    run(core, [ADD, [7, 7], {7: [9, 5, 5]}, {3: [0, 0, 8, 3]}], [8, False])
    ran = run(core, [ADD, [[9], [500]]], [8, True])
    assert ran.values == [0]
    assert ran.outputs == [b""]


def test_unresolved_export(core: Core) -> None:
    for name, error in (("fake!nothing", 127), ("other!add", 126)):
        ran = Ran(core.program([ADD, [1, 1], 40, [], ADD, [2, 2]], [], [[40, name, 0]]))
        assert ran.outcome == [4, 1, error]
        assert ran.values == [2]


def test_unresolved_reader(core: Core) -> None:
    exports = [[40, "fake!nothing", 0], [41, "fake!result", 2, 40, SET_OTHER]]
    assert Ran(core.program([41, [1, 1]], [], exports)).outcome == [4, 0, 127]


def test_export_defined_anew(core: Core) -> None:
    assert run(core, [COUNT, []]).values == [1]
    assert Ran(core.program([COUNT, [3, 4]], [], [[COUNT, "fake!add", 0]])).values == [7]


def test_kept_buffer_outlives_its_program_but_not_its_worker(core: Core) -> None:
    assert run(core, [{6: [1, 0, 1, 9]}], [16, False], [16, True, b"12", 3]).outputs == [b"\x09" + b"2"]
    assert run(core, [], [8, False], [16, True, b"zz", 3]).outputs == [b"\x09" + b"2"]
    assert run(core, [], [24, True, b"new", 3]).outputs == [b"new"]
    core.ask("worker")
    assert run(core, [], [16, True, b"zz", 3]).outputs == [b"zz"]


def test_kept_buffers_and_others_share_the_arena(core: Core) -> None:
    assert run(core, [], [100000, False, 1]).outcome is None
    assert core.program([], [[40000, False]]) == ("refused", 3, 3)
    assert run(core, [], [31072, False]).outcome is None
    core.program([], [], [], {1: True})
    assert run(core, [], [131072, False]).outcome is None


def test_long_times_make_the_array_wider(core: Core) -> None:
    ran = run(core, [{1: [30000, 9, None, [ADD, [1, 1]]]}, ADD, [1, 1]])
    assert ran.times == [90000, 3]


def test_more_runs_than_can_be_told_end_the_program(core: Core) -> None:
    ran = run(core, [{1: [100000, 9, None, [STRIPES, [[9]]]]}, COUNT, []])
    assert ran.outcome == [6, 0]
    assert len(ran.runs) > 500
    assert ran.runs[:6] == [(0, 4, None), (0, 1, 70), (0, 1, 71), (0, 1, 70), (0, 1, 71), (0, 4, None)]
    assert run(core, [COUNT, []]).values == [1], "the program went on after its overflow"


def test_outputs_that_do_not_fit_are_left_out_and_said(core: Core) -> None:
    ran = run(core, [ADD, [1, 1], {3: [0, 0, 9000, 1]}], [9000, True])
    assert ran.outcome == [6, 1]
    assert ran.values == [2]
    assert ran.outputs == []


def test_largest_output_that_fits(core: Core) -> None:
    ran = run(core, [{3: [0, 0, 8100, 1]}, {6: [0, 8099, 1, 1]}], [8100, True])
    assert ran.outcome is None
    assert len(ran.outputs[0]) == 8100


def test_as_many_calls_as_there_are_slots(core: Core) -> None:
    ran = run(core, [COUNT, *[[]] * 1024])
    assert ran.outcome is None if core.word == 4 else ran.outcome == [6, len(ran.values)]
    assert ran.values == list(range(1, len(ran.values) + 1))
    assert len(ran.values) == 1024 or core.word == 8


def test_time_of_finding_an_export_is_not_the_time_of_its_call(core: Core) -> None:
    ran = run(core, [{1: [4, 9, None, [COUNT, [], ADD, [1, 1]]]}])
    assert ran.times == [12, 12]


@pytest.mark.parametrize("loops", [1, 60, 90])
def test_answer_that_is_all_but_full_leaves_out_its_runs(core: Core, loops: int) -> None:
    # Whatever the number of failed calls, and so of bytes before the runs, there is an answer that fits.
    for failed in range(390, 610):
        steps = [{1: [2, 1023, None, [COUNT, *[[]] * loops]]}, RESULT1, *[[0, 0xFFFFFFFF]] * failed]
        ran = run(core, steps)
        assert ran.outcome is None or ran.outcome[0] == OVERFLOW
        if ran.outcome is None:
            assert len(ran.runs) == loops


@pytest.mark.parametrize("value", [0x00, 0x01, 0x06, 0x7F, 0x80, 0xFF])
def test_worker_that_writes_over_all_it_can_reach_gets_an_answer_all_the_same(core: Core, value: int) -> None:
    steps = [COUNT, [], {1: [3, 9, None, [STRIPES, [[9]]]]}, {4: [0, 0, 4, 0]}]
    body = cbor2.dumps([2, 0, steps, [[4, True, b"abcd"], [9000, True, b"", 1]]])
    words = core.ask("scribble", value, body)
    assert words[0] == "answer"
    answer = cbor2.loads(bytes.fromhex(words[1]))
    assert answer[:2] == [3, 0]
    assert len(numbers(answer[2])) <= 3
    # The next worker finds the table of exports as it was defined.
    core.ask("worker")
    assert run(core, [ADD, [1, 2]]).values == [3]


def test_loops_as_deep_as_they_may_be(core: Core) -> None:
    steps: list[Any] = [ADD, [[0, 0, 4], [9]], {4: [0, 0, [0, 0, 1], 0]}]
    for level in range(8):
        steps = [{1: [[0, 0, 1], 9 + level, [0, 0, 1], steps]}]
    ran = run(core, steps, [8, False, b"\x02"])
    assert ran.runs == [(0, 256, None), (1, 256, None)]


def test_a_value_that_is_alone_is_a_bare_number_when_it_ran(core: Core) -> None:
    assert core.program([ADD, [300, 1]]) == [3, 0, 301, 3]
    largest = (1 << 8 * core.word) - 1
    assert core.program([ADD, [-1, 0]])[2] == largest  # type: ignore[index]
    assert core.program([{4: [0, 0, 4, 0]}], [[4, False]])[2:] == [zlib.crc32(bytes(4)), 3]  # type: ignore[index]
    looped = core.program([{1: [30000, 9, None, [ADD, [[9], 0]]]}])
    assert looped == [3, 0, 29999, 90000, {3: [0, 30000, None]}]
    not_run = core.program([{3: [0, 5, 0, 0]}, ADD, [1, 1]], [[4, False]])
    assert isinstance(not_run[2], cbor2.CBORTag)  # type: ignore[index]
    assert isinstance(core.program([])[2], cbor2.CBORTag)  # type: ignore[index]
    assert isinstance(core.program([ADD, [1, 1], [2, 2]])[2], cbor2.CBORTag)  # type: ignore[index]
