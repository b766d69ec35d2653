"""Messages: round trips, the CDDL as judge, and everything that is no message."""

import decimal
from pathlib import Path

import cbor2
import pytest
from cddl_verifier import Validator
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.coding import decode, encode
from harness.wire.messages import (
    LIMIT_NAMES,
    Answer,
    Challenge,
    Hello,
    Limits,
    Message,
    Outcome,
    OutcomeCode,
    Proof,
    Run,
    Welcome,
    WireError,
)
from tests.wire.strategies import messages, u8, u32, u64, word_of

CDDL = Path(__file__).parents[2] / "device_agent" / "protocol" / "ceagent.cddl"
SCHEMA = Validator(CDDL.read_text(encoding="utf-8"))
LIMITS = Limits(4, 8192, 8, 65536, 256, 64, 16, 256, 8, 16, 4)


def allowed(body: bytes) -> bool:
    """Does the CDDL allow this body?"""
    return bool(SCHEMA.validate(body, root_type="message").valid)


@given(messages)
def test_round_trip(message: Message) -> None:
    assert decode(encode(message), word_of(message)) == message


@given(messages)
def test_every_message_is_what_the_cddl_says(message: Message) -> None:
    result = SCHEMA.validate(encode(message), root_type="message")
    assert result.valid, [one.message for one in result.diagnostics]


@given(st.binary(max_size=40))
def test_any_bytes_are_a_message_or_a_wire_error(body: bytes) -> None:
    try:
        message = decode(body, 8)
    except WireError:
        return
    assert encode(message) == body


@given(messages, st.data())
def test_a_cut_or_lengthened_message_is_none(message: Message, data: st.DataObject) -> None:
    body = encode(message)
    cut = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(WireError):
        decode(body[:cut])
    with pytest.raises(WireError):
        decode(body + b"\0")


@given(messages, st.data())
def test_what_decodes_after_damage_is_what_the_cddl_says(message: Message, data: st.DataObject) -> None:
    """Decoding is at least as strict as the CDDL, but for the insides of run messages."""
    body = bytearray(encode(message))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = decode(bytes(body), word_of(message))
    except WireError:
        return
    if not isinstance(found, Run):
        assert allowed(bytes(body))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (5, "message is 5: expected an array"),
        ([], "type None"),
        ([8, 0], "type 8"),
        ([True, 1, 2], "type True"),
        ([0, 2], "hello of 1 elements"),
        ([0, 2, 1 << 32], "session is 4294967296: expected 1 to 4294967295"),
        ([0, 2, -1], "session is -1"),
        ([0, 2, 5, bytes(15)], "expected 16 bytes"),
        ([0, 2, 5, bytes(17)], "expected 16 bytes"),
        ([0, 2, 5, "sixteen letters!"], "nonce is 'sixteen letters!': expected 16 bytes"),
        ([0, 2, 5, None], "nonce is None"),
        ([0, 2, 5, bytes(16), 0], "hello of 4 elements"),
        ([6, 5, 6], "challenge of 2 elements"),
        ([6, 5, 6, bytes(8)], "expected 16 bytes"),
        ([6, 5, 1 << 32, bytes(16)], "boot is 4294967296"),
        ([7, 5], "proof of 1 elements"),
        ([7, 5, bytes(15)], "expected 16 bytes"),
        ([7, 5, 6], "proof is 6: expected 16 bytes"),
        ([5, 256], "seq is 256: expected 0 to 255"),
        ([5, True], "seq is True"),
        ([4, 0, 0, 0], "reason is 0: expected 1 to 8"),
        ([4, 0, 9, 0], "reason is 9"),
        ([1, 1, "whatever"], "welcome of protocol version 1, this side speaks 2"),
        ([1, 2, 5, 6, 0, [4] * 10, "b", []], "10 limits: expected 11"),
        ([1, 2, 5, 6, 0, [3] + [9] * 10, "b", []], "limit word is 3: expected 4 or 8"),
        ([1, 2, 5, 6, 0, [4] + [9] * 10, b"b", []], "build is b'b': expected text"),
        ([1, 2, 5, 6, 0, [4] + [9] * 10, "b", [1]], "missing is 1: expected text"),
        ([1, 2, 5, 6, 1 << 32, [4] + [9] * 10, "b", []], "next is 4294967296"),
        ([2, 0, 5], "steps is 5"),
        ([2, 0, [], [], [], {2: 1}], "options have an unknown key 2"),
        ([2, 0, [], [], [], {1: 1}], "option 1 is 1"),
        ([3, 0, b"", b""], "values is b''"),
        ([3, 0, cbor2.CBORTag(69, b""), cbor2.CBORTag(69, b"")], "expected a typed array (tag 70 or 71)"),
        ([3, 0, cbor2.CBORTag(70, b""), cbor2.CBORTag(71, b"")], "times is"),
        ([3, 0, cbor2.CBORTag(70, b""), cbor2.CBORTag(69, b""), {5: 1}], "details have an unknown key 5"),
        ([3, 0, cbor2.CBORTag(70, b""), cbor2.CBORTag(69, b""), {1: [8, 0]}], "outcome is [8, 0]"),
        ([3, 0, cbor2.CBORTag(70, b""), cbor2.CBORTag(69, b""), {1: [1, 0, 0]}], "BLOCKED of 3 elements"),
        ([3, 0, cbor2.CBORTag(70, b""), cbor2.CBORTag(69, b""), {1: [2, 0]}], "FAULTED of 2 elements"),
        ([3, 0, 1, 1, {1: [2, 0, 5, 6, 7]}], "FAULTED of 5 elements"),
        ([3, 0, 1, 1, {1: [2, 0, 5, -6]}], "outcome address is -6"),
        ([3, 0, 1, 1, {1: [3, 0, 5, 6]}], "EXITED of 4 elements"),
        ([3, 0, 1, 1, {1: [7, 0]}], "NO_THREAD of 2 elements"),
        ([3, 0, -1, 1], "value is -1"),
        ([3, 0, 1, 1 << 32], "time is 4294967296: expected 0 to 4294967295"),
        ([3, 0, True, 1], "values is True"),
        ([3, 0, 1, None], "times is None"),
        ([3, 0, cbor2.CBORTag(70, b""), cbor2.CBORTag(69, b""), {2: [1]}], "errors has 1 elements"),
        ([3, 0, cbor2.CBORTag(70, b""), cbor2.CBORTag(69, b""), {3: [1, 2]}], "runs has 2 elements"),
        ([3, 0, cbor2.CBORTag(70, b""), cbor2.CBORTag(69, b""), {4: ["x"]}], "output is 'x'"),
    ],
)
def test_no_message(value: object, why: str) -> None:
    assert not allowed(cbor2.dumps(value))
    with pytest.raises(WireError) as caught:
        decode(cbor2.dumps(value))
    assert why in str(caught.value)


def test_a_lone_value_fits_its_word_or_64_bits() -> None:
    with pytest.raises(WireError, match="value is 4294967296: expected 0 to 4294967295"):
        decode(cbor2.dumps([3, 0, 1 << 32, 1]), 4)
    assert not allowed(cbor2.dumps([3, 0, 1 << 64, 1]))
    with pytest.raises(WireError, match="value is 18446744073709551616"):
        decode(cbor2.dumps([3, 0, 1 << 64, 1]))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([0, 2, 0], "session is 0: expected 1 to 4294967295"),
        ([1, 2, 5, 6, 0, [4, 9, 0] + [9] * 8, "b", []], "limit window is 0"),
        ([3, 0, 1, cbor2.CBORTag(69, b"\1\0")], "expected two numbers or two arrays"),
        ([3, 0, cbor2.CBORTag(70, b"\1\0\0\0"), 1], "expected two numbers or two arrays"),
        ([3, 0, cbor2.CBORTag(70, b"abc"), cbor2.CBORTag(69, b"")], "values has 3 bytes"),
    ],
)
def test_what_the_cddl_cannot_say(value: object, why: str) -> None:
    with pytest.raises(WireError) as caught:
        decode(cbor2.dumps(value))
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "no CBOR"),
        ("83", "no CBOR"),
        ("82051805", "shortest"),
        ("9f0505ff", "definite"),
        ("820500", None),
        ("82050000", "one item"),
        ("85020080a0a2000100010203", "CBOR"),
        ("81" * 3000 + "00", "no CBOR"),
    ],
)
def test_no_proper_cbor(body: str, why: str | None) -> None:
    if why is None:
        decode(bytes.fromhex(body))
        return
    with pytest.raises(WireError, match=why):
        decode(bytes.fromhex(body))


@pytest.mark.parametrize(
    "body",
    [
        "8307d8643bffffffffffffffff00",  # a day that no calendar has
        "8407d864839b4000000000000000",
        "8403c4821bffffffffffffffff2000",  # a decimal fraction with a large exponent
        "8307c5821bffffffffffffffff021bffffffffffffffff",
        "8406d90104a2d9041018ff4080d82518ff03c280",
        "8307d81e82010000",  # 1 / 0
    ],
)
def test_no_tag_of_cbor_is_more_than_a_wire_error(body: str) -> None:
    """They come from anybody who can reach the line. What cbor2 raises for them depends on its version."""
    with pytest.raises(WireError):
        decode(bytes.fromhex(body))


@pytest.mark.parametrize("error", [OverflowError, decimal.InvalidOperation, ZeroDivisionError, RuntimeError])
def test_whatever_cbor2_raises(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def loads(body: bytes) -> object:
        raise error("too large")

    monkeypatch.setattr("harness.wire.coding.cbor2.loads", loads)
    with pytest.raises(WireError, match="no CBOR: too large"):
        decode(b"\x80")


def test_the_smallest_run_has_nothing_behind_its_steps() -> None:
    assert encode(Run(5, [0, [1]])) == cbor2.dumps([2, 5, [0, [1]]])
    assert encode(Run(5, [0, [1]], fresh=True)) == cbor2.dumps([2, 5, [0, [1]], [], [], {1: True}])
    assert encode(Run(5, [], exports=[[0, "a!b", 0]])) == cbor2.dumps([2, 5, [], [], [[0, "a!b", 0]]])


def test_times_take_two_bytes_each_unless_one_needs_four() -> None:
    short = encode(Answer(0, (1,), (65535,)))
    long = encode(Answer(0, (1,), (65536,)))
    assert len(long) - len(short) == 2
    assert decode(long) == Answer(0, (1,), (65536,))


def test_the_order_of_the_limits_is_that_of_the_cddl() -> None:
    text = CDDL.read_text(encoding="utf-8")
    block = text[text.index("limits = [") : text.index("]", text.index("limits = ["))]
    names = [line.split(":")[0].strip() for line in block.splitlines()[1:] if ":" in line.split(";")[0]]
    assert tuple(names) == LIMIT_NAMES


def test_an_answer_by_hand() -> None:
    body = bytes.fromhex("850307d846480a000000ffffffffd8454405000600a1028201193b3f")
    assert decode(body) == Answer(7, (10, 0xFFFFFFFF), (5, 6), errors={1: 15167})


def test_outcomes_with_and_without_detail() -> None:
    fault = Answer(0, outcome=Outcome(OutcomeCode.FAULTED, 3, 0xC0000005))
    blocked = Answer(0, outcome=Outcome(OutcomeCode.BLOCKED, 3))
    assert cbor2.loads(encode(fault))[4] == {1: [2, 3, 0xC0000005]}
    assert cbor2.loads(encode(blocked))[4] == {1: [1, 3]}


def test_the_address_of_a_fault_stands_behind_its_code() -> None:
    fault = Answer(0, (1,), (1,), Outcome(OutcomeCode.FAULTED, 3, 0xC0000005, 0x00012345))
    assert cbor2.loads(encode(fault))[4] == {1: [2, 3, 0xC0000005, 0x00012345]}


def test_a_lone_answer_by_hand() -> None:
    """The answer to one WSASocket call: eleven bytes with a 32-bit handle and 400 microseconds."""
    body = bytes.fromhex("8403071a00a3f010190190")
    assert decode(body) == Answer(7, (0x00A3F010,), (400,), lone=True)
    assert encode(Answer(7, (0x00A3F010,), (400,), lone=True)) == body


@given(u8, u64, u32)
def test_a_lone_value_has_the_word_of_the_limits(seq: int, value: int, time: int) -> None:
    body = encode(Answer(seq, (value,), (time,), word=8, lone=True))
    assert decode(body, 8) == Answer(seq, (value,), (time,), word=8, lone=True)
    if value < 1 << 32:
        assert decode(body, 4) == decode(body) == Answer(seq, (value,), (time,), word=4, lone=True)
    else:
        assert decode(body) == decode(body, 8)
        with pytest.raises(WireError, match="expected 0 to 4294967295"):
            decode(body, 4)


@pytest.mark.parametrize(("values", "times"), [((), ()), ((1, 2), (1, 2)), ((1,), ()), ((1,), (1, 2))])
def test_a_lone_answer_has_one_value_and_one_time(values: tuple[int, ...], times: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=f"{len(values)} values and {len(times)} times"):
        encode(Answer(0, values, times, lone=True))


def test_the_messages_of_an_opening_by_hand() -> None:
    assert encode(Hello(0x12345678)) == bytes.fromhex("8300021a12345678")
    assert encode(Hello(5, bytes(16))) == bytes.fromhex("84000205" + "50" + "00" * 16)
    assert encode(Challenge(5, 6, b"n" * 16)) == bytes.fromhex("84060506" + "50" + "6e" * 16)
    assert encode(Proof(5, b"p" * 16)) == bytes.fromhex("830705" + "50" + "70" * 16)
    welcome = Welcome(5, 6, 70000, LIMITS, "x")
    assert encode(welcome) == cbor2.dumps(
        [1, 2, 5, 6, 70000, [4, 8192, 8, 65536, 256, 64, 16, 256, 8, 16, 4], "x", []]
    )


def test_a_hello_of_any_version_is_read() -> None:
    """The first two elements are the same in all versions: an agent has to say which one it speaks."""
    assert decode(cbor2.dumps([0, 1, 5])) == Hello(5, version=1)
