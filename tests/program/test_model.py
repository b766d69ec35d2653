"""Programs check themselves: everything that makes no sense is refused, with words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ProgramError
from harness.program.model import (
    NULL,
    Assign,
    Buffer,
    Call,
    Constant,
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
    Step,
    Store,
    Thread,
    WhenOk,
    pattern,
)

F = Export("a!f")
B4 = Buffer("b", 4)


@pytest.mark.parametrize(
    ("steps", "buffers", "message"),
    [
        ((Call(F, (Ref("x"),)),), (), "'x' has no value here"),
        ((Call(F, (Ref("b"),)),), (B4,), "'b' is a buffer"),
        ((Call(F, (Pointer("c"),)),), (B4,), "no buffer 'c' is declared"),
        ((Call(F, (Pointer("b", 5),)),), (B4,), "&b+5 is outside the buffer of 4 bytes"),
        ((Call(F, (Pointer("b", -1),)),), (B4,), "&b+-1 is outside"),
        ((Call(F, (Load("b", 1, 4),)),), (B4,), "b+1:4 is outside"),
        ((Call(F, (Load("b", 0, 3),)),), (B4,), "a number of 3 bytes"),
        ((Call(F, (1 << 64,)),), (), "does not fit a machine word"),
        ((Call(F, (-(1 << 63) - 1,)),), (), "does not fit a machine word"),
        ((Call(F, ("x",)),), (), "'x' is no operand"),
        ((Call(F, result="s"), Call(F, result="s")), (), "two calls keep their value under the name 's'"),
        ((Call(F, result=""),), (), "the empty name"),
        ((Call(F, result="b"),), (B4,), "name of a buffer and of a value"),
        ((Call(F, result="until"),), (), "it is a word of program text"),
        ((Call(F, result="a b"),), (), "expected letters, digits and _"),
        ((Call(F, result="s"), Assign("s", 1)), (), "is the value of a call, but also is assigned to"),
        ((Call(F, result="s"), Repeat(1, (), "s")), (), "is the value of a call, but also counts a loop"),
        ((Repeat(2, (Assign("i", 1),), "i"),), (), "is the counter of a loop, but also is assigned to"),
        ((Repeat(2, (Repeat(2, (), "i"),), "i"),), (), "counts this loop and the loop around it"),
        ((Repeat(-1, ()),), (), "-1 cannot be a count"),
        ((Repeat(Pointer("b"), ()),), (B4,), "an address cannot be a count"),
        ((Repeat(Ref("i"), (), "i"),), (), "'i' has no value here"),
        ((Repeat(1, (), None, Ref("x")),), (), "'x' has no value here"),
        ((Sleep(-1),), (), "-1 cannot be a time to sleep"),
        ((Fill("b", 2, 3, 0),), (B4,), "bytes 2 to 5 are outside buffer 'b' of 4 bytes"),
        ((Digest("b", 0, 5),), (B4,), "bytes 0 to 5 are outside"),
        ((Store("b", 1, 4, 0),), (B4,), "bytes 1 to 5 are outside"),
        ((Store("b", 0, 5, 0),), (B4,), "a number of 5 bytes"),
        ((Fill("b", Pointer("b"), 1, 0),), (B4,), "an address cannot be an offset"),
        ((Assign("x", 1, "*", 2),), (), "'*' is no operation"),
        ((Assign("x", Ref("x")),), (), "'x' has no value here"),
        ((WhenOk((Call(F, (Ref("x"),)),)), Assign("x", 1)), (), "'x' has no value here"),
        ((Thread("a b", ()),), (), "cannot be the name of a thread: expected letters"),
        ((Thread("join", ()),), (), "cannot be the name of a thread: it is a word"),
        ((Thread("b", ()),), (B4,), "'b' is the name of a thread and of a buffer"),
        ((Thread("x", ()), Assign("x", 1)), (), "'x' is the name of a thread and of a value"),
        ((Thread("t", ()), Join("t"), Thread("t", ())), (), "two threads have the name 't'"),
        ((Thread("t", (Thread("u", ()),)),), (), "'thread u' stands in thread 't'"),
        ((Thread("t", (WhenOk((Thread("u", ()),)),)),), (), "'thread u' stands in thread 't'"),
        ((Repeat(2, (Thread("t", ()),)),), (), "'thread t' stands in a repeat"),
        ((Repeat(2, (WhenOk((Thread("t", ()),)),)),), (), "'thread t' stands in a repeat"),
        ((Thread("t", ()), Repeat(2, (Join("t"),))), (), "'join t' stands in a repeat"),
        ((Thread("t", ()), Thread("u", (Join("t"),))), (), "'join t' stands in thread 'u'"),
        ((Join("t"), Thread("t", ())), (), "no thread 't' begins before its join"),
        ((Thread("t", ()), Join("t"), Join("t")), (), "thread 't' is joined twice"),
        ((Thread("t", ()), WhenOk((Join("t"),))), (), "'join t' has to stand in the same block as"),
        ((WhenOk((Thread("t", ()),)), Join("t")), (), "'join t' has to stand in the same block as"),
        (
            (Thread("t", (Assign("x", 1),)), Call(F, (Ref("x"),))),
            (),
            "'x' gets its value in thread 't': join",
        ),
        (
            (Assign("x", 0), Thread("t", (Assign("x", 1),)), Sleep(Ref("x"))),
            (),
            "'x' gets its value in thread",
        ),
        ((Thread("t", (Assign("x", 1),)), Assign("x", 2)), (), "'x' is set in thread 't' too"),
        ((Thread("t", (Assign("x", 1),)), Repeat(1, (Assign("x", 2),))), (), "'x' is set in thread 't' too"),
        ((Thread("t", (Repeat(1, (), "i"),)), Repeat(1, (), "i")), (), "'i' is set in thread 't' too"),
        (
            (Thread("t", (Assign("x", 1),)), Thread("u", (WhenOk((Assign("x", 2),)),))),
            (),
            "'x' is set in thread 't' too: join that before",
        ),
        (
            (WhenOk((Thread("t", (Assign("x", 1),)),)), Sleep(Ref("x"))),
            (),
            "'x' gets its value in thread 't'",
        ),
        ((), (B4, B4), "buffer 'b' is declared twice"),
        ((), (Buffer("b", -1),), "buffer 'b' of -1 bytes"),
        ((), (Buffer("b", 1, b"ab"),), "has 1 bytes, its first bytes are 2"),
        ((), (Buffer("a", 1, keep=1), Buffer("b", 1, keep=1)), "two buffers have keep number 1"),
        ((), (Buffer("a", 1, keep=-1),), "has keep number -1"),
    ],
)
def test_what_makes_no_sense(steps: tuple[Step, ...], buffers: tuple[Buffer, ...], message: str) -> None:
    with pytest.raises(ProgramError) as caught:
        Program(steps, buffers)
    assert message in str(caught.value)


@pytest.mark.parametrize("deadline_ms", [0, -5, 1 << 32])
def test_deadlines_that_make_no_sense(deadline_ms: int) -> None:
    with pytest.raises(ProgramError, match="a deadline of"):
        Program((), deadline_ms=deadline_ms)


def test_what_a_loop_sets_late_may_be_used_early_in_its_next_turn() -> None:
    Program((Repeat(3, (Call(F, (Ref("s"),)), Call(F, result="s")), None, Ref("s")), Call(F, (Ref("s"),))))


def test_two_loops_after_each_other_may_share_a_counter() -> None:
    Program((Repeat(3, (), "i"), Repeat(3, (), "i")))


def test_what_threads_may_share() -> None:
    Program(
        (
            Assign("x", 5),
            Thread("t", (Assign("y", Ref("x")), Repeat(2, (Sleep(Ref("y")),), "i"))),
            Thread("u", (Call(F, (Ref("x"), Pointer("b")), "r"), Repeat(2, (), "j"))),
            Call(F, (Ref("x"), Pointer("b"))),
            Repeat(Ref("x"), (Assign("z", Ref("x")),)),
            Join("u"),
            Call(F, (Ref("r"),)),
            Join("t"),
            Repeat(1, (Assign("y", Ref("y")),), "i"),
        ),
        (B4,),
    )


def test_a_digest_may_continue_itself() -> None:
    Program((Repeat(3, (Digest("b", 0, 4, Ref("c"), "c"),)),), (B4,))


def test_calls_are_numbered_as_they_stand() -> None:
    calls = [Call(F, (number,)) for number in range(4)]
    digest = Digest("b", 0, 4)
    program = Program((calls[0], Repeat(2, (calls[1], WhenOk((digest,)), calls[2])), calls[3]), (B4,))
    assert program.calls == (calls[0], calls[1], digest, calls[2], calls[3])
    program = Program((Thread("t", (calls[0], calls[1])), calls[2], Join("t"), calls[3]))
    assert program.calls == tuple(calls)


@pytest.mark.parametrize("name", ["f", "a!", "!f", "a f!g", "a!f g", ""])
def test_export_names(name: str) -> None:
    with pytest.raises(ProgramError, match="is not the name of an export"):
        Export(name)
    with pytest.raises(ProgramError, match="is not the name of an export"):
        Export("a!b", Fails.ZERO, name)


def test_the_longest_name_of_an_export() -> None:
    assert Export("m!" + "f" * 61).function == "f" * 61
    with pytest.raises(ProgramError, match="expected 63 bytes at most"):
        Export("m!" + "f" * 62)


def test_an_export_takes_its_rule_as_a_number() -> None:
    assert Export("a!b", 4).fails is Fails.NULL_WORD  # type: ignore[arg-type]
    assert Fails.MINUS_ONE.rule == "minus-one"


def test_constants_are_numbers_with_a_text() -> None:
    assert Constant(2, "AF_INET") == 2
    assert NULL.text == "NULL"
    assert Call(F, (Constant(2, "AF_INET"),)) == Call(F, (2,))
    with pytest.raises(ProgramError, match="is not the text of a constant"):
        Constant(2, "AF INET")


@given(st.integers(0, (1 << 40)), st.integers(0, 64), st.integers(0, 64))
def test_the_pattern_is_coded_by_position_alone(position: int, length: int, cut: int) -> None:
    cut = min(cut, length)
    whole = pattern(position, length)
    assert whole == pattern(position, cut) + pattern(position + cut, length - cut)
    assert pattern(position + (1 << 32), length) == whole


def test_the_pattern_by_hand() -> None:
    # 1 * 2654435761 = 0x9E3779B1, 2 * it = 0x13C6EF362, 3 * it = 0x1DAA66D13.
    assert pattern(1, 3) == bytes([0x9E, 0x3C, 0xDA])
