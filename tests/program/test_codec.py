"""Programs to the wire and answers back: numbers there, names here."""

from dataclasses import dataclass, replace

import pytest
from cddl_verifier import Validator
from hypothesis import HealthCheck, given, settings

from harness.errors import ProgramError, ProtocolError
from harness.program.codec import ExportTable, compile_program, not_run, read_answer
from harness.program.model import (
    Assign,
    Buffer,
    Call,
    Digest,
    Export,
    Fails,
    Fill,
    Join,
    Load,
    Pointer,
    Program,
    Ref,
    Repeat,
    Sleep,
    Store,
    Thread,
    WhenOk,
)
from harness.program.result import Outcome, OutcomeKind
from harness.wire.coding import encode
from harness.wire.messages import Answer, OutcomeCode, Run
from harness.wire.messages import Outcome as WireOutcome
from tests.program.strategies import programs
from tests.wire.test_messages import CDDL

SCHEMA = Validator(CDDL.read_text(encoding="utf-8"))
F = Export("a!f")
G = Export("a!g", Fails.ZERO)
WSA = Export("ws2!w", Fails.MINUS_ONE, "ws2!WSAGetLastError", "ws2!WSASetLastError")


@dataclass(frozen=True)
class Bounds:
    word: int = 4
    arena: int = 1000
    slots: int = 50
    buffers: int = 8
    kept: int = 2
    exports: int = 20
    depth: int = 3
    arity: int = 6
    threads: int = 2


def compiled(program: Program, bounds: Bounds | None = None) -> list[object]:
    return compile_program(program, ExportTable(), bounds or Bounds()).steps


def test_exports_are_selected_anew_in_every_list() -> None:
    program = Program(
        (Call(F), Call(F, (1,)), Call(G), WhenOk((Call(G), Call(F))), Call(G), Repeat(2, (Call(G),)))
    )
    assert compiled(program) == [
        0,
        [],
        [1],
        1,
        [],
        {2: [1, [], 0, []]},
        [],
        {1: [2, 7, None, [1, []]]},
    ]


def test_slots_calls_first_then_counters_and_variables_in_order_of_mention() -> None:
    program = Program(
        (
            Assign("total", 0),
            Repeat(
                5,
                (Call(F, (Ref("i"),), "r"), Assign("total", Ref("total"), "+", Ref("r"))),
                "i",
                Ref("total"),
            ),
            Call(F, (Ref("total"),), "last"),
        )
    )
    # Slots: 0 r, 1 last, 2 total, 3 i.
    assert compiled(program) == [
        {7: [2, 0, 0]},
        {1: [5, 3, [2], [0, [[3]], {7: [2, [2], [0]]}]]},
        0,
        [[2]],
    ]


def test_every_operation_and_operand() -> None:
    program = Program(
        (
            Fill("b", 1, 2, 3),
            Digest("a", 0, Load("b", 4, 2), 0, "crc"),
            Sleep(7),
            Store("b", Ref("crc"), 8, Pointer("a", 3)),
            Assign("x", Ref("crc"), "-", -1),
            Repeat(2, (), None, "failure"),
        ),
        (Buffer("a", 8), Buffer("b", 16)),
    )
    assert compiled(program) == [
        {3: [1, 1, 2, 3]},
        {4: [0, 0, [1, 4, 2], 0]},
        {5: 7},
        {6: [1, [0], 8, [0, 3]]},
        {8: [1, [0], -1]},
        {1: [2, 2, True, []]},
    ]


def test_threads_are_numbered_as_they_begin_and_slots_run_through() -> None:
    program = Program(
        (
            Thread("b", (Call(F, result="x"), Assign("v", Ref("x")))),
            WhenOk((Thread("a", (Repeat(2, (Call(G),), "i"),)), Join("a"))),
            Join("b"),
            Call(G, (Ref("x"), Ref("v"))),
        )
    )
    # Slots: 0 x, 1 and 2 the calls of G, 3 v, 4 i.
    assert compiled(program) == [
        {9: [0, [0, [], {7: [3, [0], 0]}]]},
        {2: [{9: [1, [{1: [2, 4, None, [1, []]]}]]}, {10: 1}]},
        {10: 0},
        1,
        [[0], [3]],
    ]


def test_buffers_and_options() -> None:
    program = Program(
        (),
        (
            Buffer("a", 4),
            Buffer("b", 8, b"\x01\x02\0\0", returned=True),
            Buffer("c", 8, keep=3),
            Buffer("d", 8, b"\x01", keep=4),
        ),
        fresh=True,
        deadline_ms=100,
    )
    parts = compile_program(program, ExportTable(), Bounds())
    assert parts.buffers == [[4, False], [8, True, b"\x01\x02"], [8, False, b"", 3], [8, False, b"\x01", 4]]
    assert (parts.fresh, parts.deadline_ms) == (True, 100)
    assert compile_program(Program(()), ExportTable(), Bounds()).deadline_ms is None


def test_the_export_table_defines_readers_first_and_everything_once() -> None:
    table = ExportTable()
    first = compile_program(Program((Call(WSA), Call(G))), table, Bounds())
    assert list(table.define(first.exports).values()) == [
        [0, "ws2!WSAGetLastError", 0],
        [1, "ws2!WSASetLastError", 0],
        [2, "ws2!w", 2, 0, 1],
        [3, "a!g", 1],
    ]
    second = compile_program(Program((Call(replace(WSA, name="ws2!v")), Call(G))), table, Bounds())
    new = table.define(second.exports)
    assert list(new.values()) == [[4, "ws2!v", 2, 0, 1]]
    table.forget(new)
    assert list(table.define(second.exports).values()) == [[4, "ws2!v", 2, 0, 1]]
    table.forget_all()
    assert len(table.define(second.exports)) == 4


def test_the_same_function_with_another_rule_is_another_export() -> None:
    table = ExportTable()
    parts = compile_program(Program((Call(F), Call(replace(F, fails=Fails.ZERO)))), table, Bounds())
    assert len(table.define(parts.exports)) == 2


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (
            Program((), (Buffer("a", 600), Buffer("b", 401))),
            "needs 1001 bytes of buffers, the device allows 1000",
        ),
        (Program((), tuple(Buffer(f"b{n}", 1) for n in range(9))), "needs 9 buffers, the device allows 8"),
        (Program((), tuple(Buffer(f"b{n}", 1, keep=n) for n in range(3))), "3 kept buffers"),
        (Program((Call(F),) * 51), "needs 51 values and counters, the device allows 50"),
        (Program((Repeat(1, (WhenOk((WhenOk((WhenOk(()),)),)),)),)), "needs 4 nested blocks"),
        (Program(tuple(Call(Export(f"a!f{n}")) for n in range(21))), "needs 21 different functions"),
        (Program(tuple(Thread(f"t{n}", ()) for n in range(3))), "needs 3 threads, the device allows 2"),
        (Program((Thread("t", (WhenOk((WhenOk((WhenOk(()),)),)),)),)), "needs 4 nested blocks"),
        (Program((Call(F, (0,) * 7),)), "a!f is called with 7 arguments, the device allows 6"),
        (Program((Call(F, (1 << 32,)),)), "4294967296 does not fit the device's machine word of 32 bits"),
        (Program((Call(F, (-(1 << 31) - 1,)),)), "does not fit"),
    ],
)
def test_limits(program: Program, message: str) -> None:
    with pytest.raises(ProgramError) as caught:
        compile_program(program, ExportTable(), Bounds())
    assert message in str(caught.value)


def test_a_program_with_too_many_functions_leaves_no_trace() -> None:
    table = ExportTable()
    with pytest.raises(ProgramError):
        compile_program(Program(tuple(Call(Export(f"a!f{n}")) for n in range(21))), table, Bounds())
    parts = compile_program(Program((Call(G),)), table, Bounds())
    assert list(table.define(parts.exports).values()) == [[0, "a!g", 1]]


def test_a_wider_machine_takes_wider_numbers() -> None:
    assert compiled(Program((Call(F, (1 << 63,)),)), Bounds(word=8)) == [0, [1 << 63]]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(programs())
def test_every_program_is_what_the_cddl_says(program: Program) -> None:
    table = ExportTable()
    parts = compile_program(program, table, Bounds(8, 10**6, 500, 50, 50, 500, 20, 20, 4))
    run = Run(0, parts.steps, parts.buffers, list(table.define(parts.exports).values()), parts.deadline_ms)
    result = SCHEMA.validate(encode(run), root_type="message")
    assert result.valid, [one.message for one in result.diagnostics]


# --- answers -------------------------------------------------------------------------------

LOOP = Program(
    (
        Call(F, result="a"),
        Repeat(9, (Call(G, result="g"), WhenOk((Call(F, result="f"),)))),
        Call(F, result="z"),
    )
)


def test_an_answer_with_loops() -> None:
    answer = Answer(
        0,
        values=(1, 2, 3, 4),
        times=(10, 20, 30, 40),
        errors={3: 5},
        runs=((1, 3, None), (2, 3, None), (1, 2, 10055)),
    )
    execution = read_answer(LOOP, answer, 4)
    a, g, f, z = execution.calls
    assert (a.ok, a.value, a.microseconds, a.times) == (True, 1, 10, 1)
    assert (g.ok, g.value, g.error, g.runs, g.times) == (False, 2, 10055, ((3, None), (2, 10055)), 5)
    assert (f.ok, f.runs) == (True, ((3, None),))
    assert (z.ok, z.error) == (False, 5)
    assert execution.last is z
    assert execution.value("g") == 2
    with pytest.raises(KeyError):
        execution.named("nobody")


def test_calls_that_did_not_run() -> None:
    answer = Answer(0, (1, 0, 0, 4), (1, 0, 0, 4), errors={0: None})
    a, g, f, z = read_answer(LOOP, answer, 4).calls
    assert [call.ran for call in (a, g, f, z)] == [False, False, False, True]
    assert (a.value, a.microseconds, g.value, g.times) == (None, None, None, 0)


@pytest.mark.parametrize(
    ("code", "kind", "detail"),
    [
        (OutcomeCode.BLOCKED, OutcomeKind.BLOCKED, None),
        (OutcomeCode.FAULTED, OutcomeKind.FAULTED, 0xC0000005),
        (OutcomeCode.EXITED, OutcomeKind.EXITED, 3),
        (OutcomeCode.UNRESOLVED, OutcomeKind.UNRESOLVED, 127),
        (OutcomeCode.OUT_OF_RANGE, OutcomeKind.OUT_OF_RANGE, None),
        (OutcomeCode.OVERFLOW, OutcomeKind.OVERFLOW, None),
        (OutcomeCode.NO_THREAD, OutcomeKind.NO_THREAD, 8),
    ],
)
def test_outcomes(code: OutcomeCode, kind: OutcomeKind, detail: int | None) -> None:
    program = Program((Call(F), Call(G), Call(F)), (Buffer("b", 4, returned=True),))
    answer = Answer(0, (7,), (1,), WireOutcome(code, 1, detail), outputs=(b"x",))
    execution = read_answer(program, answer, 4)
    assert execution.outcome == Outcome(kind, 1, detail)
    assert not execution.outcome.returned
    assert "call 1" in str(execution.outcome)
    assert [call.ran for call in execution.calls] == [True, False, False]
    assert execution.buffers == {"b": b"x\0\0\0"}


def test_the_address_of_a_fault_is_told_where_it_is_known() -> None:
    answer = Answer(0, (), (), WireOutcome(OutcomeCode.FAULTED, 1, 0xC0000005, 0x12345))
    outcome = read_answer(TWO, answer, 4).outcome
    assert outcome == Outcome(OutcomeKind.FAULTED, 1, 0xC0000005, address=0x12345)
    assert str(outcome) == "faulted in call 1 with exception 0xC0000005 at 0x00012345"
    unknown = Answer(0, (), (), WireOutcome(OutcomeCode.FAULTED, 1, 0xC0000005))
    assert str(read_answer(TWO, unknown, 4).outcome) == "faulted in call 1 with exception 0xC0000005"


def test_a_thread_that_could_not_be_made() -> None:
    answer = Answer(0, (1,), (1,), WireOutcome(OutcomeCode.NO_THREAD, 1, 8))
    assert (
        str(read_answer(TWO, answer, 4).outcome)
        == "the thread that begins with call 1 could not be made, error 8"
    )


def test_a_lone_value_is_of_any_word_it_fits() -> None:
    program = Program((Call(F, result="a"),))
    for word, value in ((4, 0xFFFFFFFF), (8, 5), (8, (1 << 64) - 1)):
        answer = Answer(0, (value,), (70000,), word=4, lone=True)
        [call] = read_answer(program, answer, word).calls
        assert (call.value, call.microseconds, call.error) == (value, 70000, None)
    failed = Answer(0, (0,), (1,), errors={0: 10047}, lone=True)
    assert read_answer(program, failed, 4).calls[0].error == 10047
    with pytest.raises(ProtocolError, match="value 4294967296 from an agent whose word is 4 bytes"):
        read_answer(program, Answer(0, (1 << 32,), (1,), lone=True), 4)
    with pytest.raises(ProtocolError, match="1 values to a program of 2 calls"):
        read_answer(TWO, Answer(0, (1,), (1,), lone=True, outputs=(b"",)), 4)


def test_a_call_of_a_thread_in_the_answer() -> None:
    program = Program((Thread("t", (Call(F), Repeat(3, (Call(G),)))), Call(F)))
    answer = Answer(0, (1, 2, 0), (1, 2, 0), WireOutcome(OutcomeCode.BLOCKED, 2), {2: None}, ((1, 3, None),))
    first, looped, last = read_answer(program, answer, 4).calls
    assert (first.ran, looped.times, last.ran) == (True, 3, False)


def test_turns_before_the_end_in_a_loop_are_kept() -> None:
    answer = Answer(0, (1, 2), (1, 2), WireOutcome(OutcomeCode.BLOCKED, 1), runs=((1, 4, None),))
    execution = read_answer(LOOP, answer, 4)
    assert execution.named("g").times == 4
    assert not execution.named("f").ran


TWO = Program((Call(F), Call(G)), (Buffer("b", 4, returned=True),))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(0, (1,), (1,), outputs=(b"",)), "1 values to a program of 2 calls"),
        (Answer(0, (1, 2, 3), (1, 2, 3), outputs=(b"",)), "3 values to a program of 2 calls"),
        (Answer(0, (1, 2), (1,), outputs=(b"",)), "2 values, but 1 times"),
        (Answer(0, (1, 2), (1, 2)), "0 buffers to a program that returns 1"),
        (Answer(0, (1, 2), (1, 2), outputs=(b"", b"")), "2 buffers to a program that returns 1"),
        (Answer(0, (1, 2), (1, 2), outputs=(b"12345",)), "5 bytes came back for buffer 'b' of 4"),
        (Answer(0, (1, 2), (1, 2), errors={2: 1}, outputs=(b"",)), "about call 2 to a program of 2"),
        (Answer(0, (1, 2), (1, 2), runs=((5, 1, None),), outputs=(b"",)), "about call 5"),
        (
            Answer(0, (1, 2), (1, 2), outputs=(b"",), word=8),
            "values of 8 bytes from an agent whose word is 4",
        ),
    ],
)
def test_answers_that_cannot_be_one_to_this_program(answer: Answer, message: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_answer(TWO, answer, 4)
    assert message in str(caught.value)


def test_a_program_of_which_nothing_is_known() -> None:
    outcome = Outcome(OutcomeKind.LOST, reason="the device restarted")
    execution = not_run(LOOP, outcome)
    assert len(execution.calls) == 4
    assert not any(call.ran for call in execution.calls)
    assert str(execution.outcome) == "lost: the device restarted"
