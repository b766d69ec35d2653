"""Checks and handshakes: what was sealed for one place is taken in no other, and no key is ever shown."""

import dataclasses
import hashlib
import hmac
import zlib
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.wire.messages import Challenge, Hello, Proof, WireError
from harness.wire.sealing import (
    KEY_BYTES,
    Handshake,
    KeyedSeal,
    PlainSeal,
    Role,
    Seal,
    full_number,
    open_check,
    open_good,
    prove,
)

u32 = st.integers(0, 0xFFFFFFFF)
roles = st.sampled_from(Role)
keys = st.binary(min_size=32, max_size=32)
nonces = st.binary(min_size=16, max_size=16)
bodies = st.binary(min_size=1, max_size=200)
places = st.tuples(u32, u32, u32, roles)
"""session, boot, number, role."""


def near(place: tuple[int, int, int, Role]) -> st.SearchStrategy[tuple[int, int, int, Role]]:
    """Places that differ from `place` in one part, the number also by whole rounds of its low byte."""
    session, boot, number, role = place
    rounds = st.integers(1, 0xFFFFFF).map(lambda count: (number + 256 * count) % (1 << 32))
    return st.one_of(
        u32.map(lambda other: (other, boot, number, role)),
        u32.map(lambda other: (session, other, number, role)),
        st.one_of(u32, rounds).map(lambda other: (session, boot, other, role)),
        roles.map(lambda other: (session, boot, number, other)),
    )


@given(places, st.data(), bodies)
def test_a_plain_check_is_good_in_its_own_place_only(
    place: tuple[int, int, int, Role], data: st.DataObject, body: bytes
) -> None:
    """For sure when one part differs: a CRC-32 finds every change within 32 bits."""
    session, boot, number, role = place
    check = PlainSeal(session, boot).check(role, number, body)
    assert PlainSeal(session, boot).good(role, number, body, check)
    other = data.draw(near(place).filter(lambda one: one != place))
    assert not PlainSeal(other[0], other[1]).good(other[3], other[2], body, check)


@given(keys, nonces, nonces, places, st.data(), bodies)
def test_a_keyed_check_is_good_in_its_own_place_only(
    key: bytes,
    nonce_c: bytes,
    nonce_a: bytes,
    place: tuple[int, int, int, Role],
    data: st.DataObject,
    body: bytes,
) -> None:
    session, boot, number, role = place
    seal = KeyedSeal(prove(key, session, boot, nonce_c, nonce_a)[1])
    check = seal.check(role, number, body)
    assert seal.good(role, number, body, check)
    other = data.draw(st.one_of(near(place), places).filter(lambda one: one != place))
    elsewhere = KeyedSeal(prove(key, other[0], other[1], nonce_c, nonce_a)[1])
    assert not elsewhere.good(other[3], other[2], body, check)


@given(keys, u32, u32, nonces, nonces, st.data())
def test_other_nonces_or_another_key_give_another_session_key_and_proof(
    key: bytes, session: int, boot: int, nonce_c: bytes, nonce_a: bytes, data: st.DataObject
) -> None:
    changed = data.draw(
        st.one_of(
            keys.map(lambda other: (other, nonce_c, nonce_a)),
            nonces.map(lambda other: (key, other, nonce_a)),
            nonces.map(lambda other: (key, nonce_c, other)),
        ).filter(lambda one: one != (key, nonce_c, nonce_a))
    )
    first = prove(key, session, boot, nonce_c, nonce_a)
    second = prove(changed[0], session, boot, *changed[1:])
    assert first[0] != second[0]
    assert first[1] != second[1]
    # The controller's nonce does not pass for the agent's: a reflected challenge proves nothing.
    if nonce_c != nonce_a:
        assert prove(key, session, boot, nonce_a, nonce_c)[0] != first[0]


@given(bodies, places)
def test_an_open_check_is_none_of_a_session(body: bytes, place: tuple[int, int, int, Role]) -> None:
    """Unless the CRC-32 of the place is 0, which four bytes of every 2^32 places have."""
    session, boot, number, role = place
    seal = PlainSeal(session, boot)
    assume(seal.check(role, number, body) != open_check(body))
    assert open_good(body, open_check(body))
    assert not seal.good(role, number, body, open_check(body))
    assert not open_good(body, seal.check(role, number, body))


@pytest.mark.parametrize("seal", [PlainSeal(1, 2), KeyedSeal(bytes(32))])
def test_a_cut_or_lengthened_check_is_not_good(seal: Seal) -> None:
    check = seal.check(Role.AGENT, 3, b"body")
    assert len(check) == seal.size
    for wrong in (b"", check[:-1], check + b"\0", check[:4] if seal.keyed else check * 2):
        assert not seal.good(Role.AGENT, 3, b"body", wrong)


def test_sizes_and_kinds() -> None:
    plain, keyed = PlainSeal(1, 2), KeyedSeal(bytes(32))
    assert (plain.size, plain.keyed, keyed.size, keyed.keyed) == (4, False, 8, True)


def test_a_plain_check_by_hand() -> None:
    place = bytes.fromhex("4d3c2b1a" + "341207b0" + "07010000" + "01")
    expected = (zlib.crc32(b"body") ^ zlib.crc32(place)).to_bytes(4, "little")
    assert PlainSeal(0x1A2B3C4D, 0xB0071234).check(Role.AGENT, 263, b"body") == expected


def test_a_keyed_check_by_hand() -> None:
    text = bytes.fromhex("02" + "07010000") + b"body"
    expected = hashlib.blake2s(text, key=b"k" * 32, digest_size=8).digest()
    assert KeyedSeal(b"k" * 32).check(Role.WELCOME, 263, b"body") == expected


def test_every_comparison_takes_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them go through the one comparison of the standard library that is made for this."""
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def compare(first: bytes, second: bytes) -> bool:
        compared.append((first, second))
        return real(first, second)

    monkeypatch.setattr("harness.wire.sealing.hmac.compare_digest", compare)
    seals: list[Seal] = [PlainSeal(1, 2), KeyedSeal(bytes(32))]
    for seal in seals:
        assert not seal.good(Role.AGENT, 0, b"body", bytes(seal.size))
    assert not open_good(b"body", bytes(4))
    assert [second for _, second in compared] == [bytes(4), bytes(8), bytes(4)]


# --- handshakes ----------------------------------------------------------------------------


@given(keys, st.integers(1, 0xFFFFFFFF), u32, nonces, bodies)
def test_both_sides_come_to_the_same_keys(
    key: bytes, session: int, boot: int, nonce: bytes, body: bytes
) -> None:
    handshake = Handshake(key, session)
    hello = handshake.hello()
    assert hello.session == session
    assert hello.nonce is not None
    proof, seal = handshake.respond(Challenge(session, boot, nonce))
    mac, session_key = prove(key, session, boot, hello.nonce, nonce)
    assert proof == Proof(session, mac)
    assert seal.good(Role.WELCOME, 0, body, KeyedSeal(session_key).check(Role.WELCOME, 0, body))


def test_a_repeated_hello_has_the_same_nonce_and_another_attempt_another_one() -> None:
    first, second = Handshake(bytes(32), 5), Handshake(bytes(32), 5)
    assert first.hello() == first.hello()
    assert first.hello().nonce != second.hello().nonce


def test_to_the_same_challenge_the_same_proof() -> None:
    handshake = Handshake(bytes(32), 5)
    challenge = Challenge(5, 6, b"n" * 16)
    assert handshake.respond(challenge)[0] == handshake.respond(challenge)[0]


def test_a_nonce_can_be_given() -> None:
    assert Handshake(bytes(32), 5, b"c" * 16).hello() == Hello(5, b"c" * 16)


def test_a_challenge_for_another_session_gets_no_proof() -> None:
    with pytest.raises(WireError, match="session 00000006: expected 00000005"):
        Handshake(bytes(32), 5).respond(Challenge(6, 1, bytes(16)))


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_keys_of_another_length_are_refused_without_showing_them(length: int) -> None:
    key = b"s3cr3t!!" * 8
    for make in (
        lambda: Handshake(key[:length], 5),
        lambda: KeyedSeal(key[:length]),
        lambda: prove(key[:length], 1, 2, bytes(16), bytes(16)),
    ):
        with pytest.raises(ValueError, match=f"key of {length} bytes: expected {KEY_BYTES}") as caught:
            make()
        assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("length", [0, 15, 17])
def test_nonces_of_another_length_are_refused(length: int) -> None:
    expected = f"a nonce of {length} bytes: expected 16"
    with pytest.raises(ValueError, match=expected):
        Handshake(bytes(32), 5, bytes(length))
    with pytest.raises(ValueError, match=expected):
        prove(bytes(32), 1, 2, bytes(length), bytes(16))
    with pytest.raises(ValueError, match=expected):
        prove(bytes(32), 1, 2, bytes(16), bytes(length))


def shown(thing: Any) -> str:
    """Everything that printing, formatting or a dataclass's fields would show."""
    fields = (
        dataclasses.asdict(thing) if dataclasses.is_dataclass(thing) and not isinstance(thing, type) else ""
    )
    return f"{thing!r} {thing!s} {thing} {fields} {getattr(thing, '__dict__', '')}"


@given(keys.filter(lambda key: len(set(key)) > 8))
def test_no_key_is_ever_shown(key: bytes) -> None:
    handshake = Handshake(key, 5, bytes(16))
    proof, seal = handshake.respond(Challenge(5, 6, bytes(16)))
    session_key = prove(key, 5, 6, bytes(16), bytes(16))[1]
    text = " ".join(map(shown, (handshake, handshake.hello(), proof, seal)))
    for secret in (key, session_key):
        for form in (repr(secret)[2:-1], secret.hex(), secret.hex(" "), str(list(secret))):
            assert form not in text


# --- numbers -------------------------------------------------------------------------------


@given(u32, st.integers(-128, 127))
def test_the_low_byte_tells_a_number_near_the_expected_one(expected: int, distance: int) -> None:
    number = (expected + distance) % (1 << 32)
    assert full_number(expected, number & 0xFF) == number


@pytest.mark.parametrize(
    ("expected", "seq", "number"),
    [
        (0, 0, 0),
        (0, 127, 127),
        (256, 255, 255),
        (255, 0, 256),
        (300, 44, 300),
        (384, 0, 256),
        (383, 0, 256),
        (385, 0, 512),
        (0xFFFFFFFF, 0, 0),
    ],
)
def test_numbers_by_hand(expected: int, seq: int, number: int) -> None:
    assert full_number(expected, seq) == number
