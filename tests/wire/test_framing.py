"""Frames: whatever the line does to the bytes, good frames come out and nothing else does."""

import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.framing import FrameDecoder, Piece, encode_frame
from harness.wire.sealing import KeyedSeal, PlainSeal, Role, Seal, open_check, open_good

bodies = st.binary(min_size=1, max_size=600)
checks = st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=8, max_size=8))
consoles = st.binary(max_size=40).map(lambda data: data.replace(b"\0", b"?"))
seals = st.sampled_from([PlainSeal(0x1A2B3C4D, 0xB0071234), KeyedSeal(bytes(range(32)))])


def fed(data: bytes, pieces: int | None = None, max_body: int = 8192) -> list[Piece]:
    decoder = FrameDecoder(max_body)
    cut = [data] if pieces is None else [data[at : at + pieces] for at in range(0, len(data), pieces)]
    return list(itertools.chain.from_iterable(decoder.feed(piece) for piece in cut))


def sealed(seal: Seal, number: int, body: bytes, *, idle: bool = False) -> bytes:
    return encode_frame(body, seal.check(Role.AGENT, number, body), idle=idle)


def taken(seal: Seal, number: int, found: list[Piece]) -> list[bytes]:
    """The bodies that pass as answer `number`."""
    splits = [
        (piece.data[: -seal.size], piece.data[-seal.size :])
        for piece in found
        if piece.data is not None and len(piece.data) > seal.size
    ]
    return [body for body, check in splits if seal.good(Role.AGENT, number, body, check)]


def test_a_frame_by_hand() -> None:
    # Body 81 05; the CRC-32 of it, little-endian; no zero inside, so one COBS block of seven.
    check = zlib.crc32(b"\x81\x05").to_bytes(4, "little")
    assert 0 not in check
    assert open_check(b"\x81\x05") == check
    assert encode_frame(b"\x81\x05", check) == b"\x07\x81\x05" + check + b"\0"


@given(bodies, checks, st.booleans(), st.integers(1, 50))
def test_round_trip_however_it_is_cut(body: bytes, check: bytes, idle: bool, pieces: int) -> None:
    line = encode_frame(body, check, idle=idle)
    assert line.count(0) == 1 + idle
    assert fed(line, pieces) == [Piece(line.strip(b"\0"), body + check)]


@given(seals, st.integers(0, 0xFFFFFFFF), consoles, bodies, consoles, bodies, consoles, st.integers(1, 50))
def test_console_text_costs_only_itself(
    seal: Seal,
    number: int,
    before: bytes,
    first: bytes,
    between: bytes,
    second: bytes,
    after: bytes,
    pieces: int,
) -> None:
    frames = [sealed(seal, number, body, idle=True) for body in (first, second)]
    found = fed(before + frames[0] + between + frames[1] + after + b"\0", pieces)
    assert [piece.raw for piece in found] == [
        raw for raw in (before, frames[0][1:-1], between, frames[1][1:-1], after) if raw
    ]
    assert taken(seal, number, found) == [first, second]


@given(seals, bodies, st.data())
def test_a_flipped_bit_is_never_taken(seal: Seal, body: bytes, data: st.DataObject) -> None:
    """Of the frame on the line, its zero byte included; the frame behind the next zero always is."""
    line = bytearray(sealed(seal, 5, body))
    place = data.draw(st.integers(0, 8 * len(line) - 1))
    line[place // 8] ^= 1 << place % 8
    behind = sealed(seal, 5, b"next", idle=True)
    assert taken(seal, 5, fed(bytes(line) + behind)) == [b"next"]


@given(seals, bodies, st.data())
def test_a_flipped_bit_behind_the_encoding_is_never_taken(
    seal: Seal, body: bytes, data: st.DataObject
) -> None:
    """A bit of body and check: certain for a CRC, and 2^-64 for a key is never."""
    frame = bytearray(body + seal.check(Role.AGENT, 5, body))
    place = data.draw(st.integers(0, 8 * len(frame) - 1))
    frame[place // 8] ^= 1 << place % 8
    assert taken(seal, 5, [Piece(b"", bytes(frame))]) == []


@given(bodies, st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_byte_never_gives_another_body(body: bytes, place: int, damage: int) -> None:
    seal = PlainSeal(77, 78)
    line = bytearray(sealed(seal, 0, body))
    line[place % len(line)] ^= damage
    assert set(taken(seal, 0, fed(bytes(line) + sealed(seal, 0, b"next")))) <= {b"next"}


@given(bodies, bodies)
def test_glued_frames_are_rejected(first: bytes, second: bytes) -> None:
    """The zero between two frames is lost, or damaged into any other byte."""
    lines = [encode_frame(body, open_check(body)) for body in (first, second)]
    for middle in (b"", b"\x01", b"\x02", b"\x55", b"\xff"):
        for piece in fed(lines[0][:-1] + middle + lines[1]):
            assert piece.data is None or not open_good(piece.data[:-4], piece.data[-4:])


@given(
    st.lists(
        st.one_of(bodies.map(lambda body: encode_frame(body, b"1234")), st.binary(max_size=50)), max_size=8
    )
)
def test_it_resynchronises_after_any_garbage(pieces: list[bytes]) -> None:
    after = encode_frame(b"after", b"1234", idle=True)
    assert fed(b"".join(pieces) + after)[-1] == Piece(after[1:-1], b"after1234")


@given(st.binary(max_size=3000), st.integers(1, 997))
def test_cuts_do_not_matter(data: bytes, pieces: int) -> None:
    assert fed(data, pieces, max_body=100) == fed(data, None, max_body=100)


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_no_byte_is_lost(blocks: list[bytes]) -> None:
    """What comes in, but for the zeros, comes out again as raw bytes or is pending."""
    decoder = FrameDecoder(max_body=100)
    found = [piece for block in blocks for piece in decoder.feed(block)]
    raw = b"".join(piece.raw for piece in found) + decoder.pending
    assert raw == b"".join(blocks).replace(b"\0", b"")


@pytest.mark.parametrize("check", [b"1234", b"12345678"])
def test_the_longest_body_passes_with_either_check(check: bytes) -> None:
    body = bytes(range(1, 251)) * 4
    [piece] = fed(encode_frame(body, check), max_body=1000)
    assert piece.data == body + check


def test_longer_than_the_longest_frame_does_not_pass() -> None:
    body = bytes(range(1, 251)) * 4 + b"!"
    found = fed(encode_frame(body, b"12345678") + encode_frame(b"next", b"1234"), max_body=1000)
    assert [piece.data for piece in found] == [None] * (len(found) - 1) + [b"next1234"]
    assert len(found) > 1


def test_an_endless_line_takes_no_memory_and_is_reported() -> None:
    decoder = FrameDecoder(max_body=100)
    noise = b"U-Boot " * 1000
    found = decoder.feed(noise)
    assert all(piece.data is None for piece in found)
    assert b"".join(piece.raw for piece in found) + decoder.pending == noise
    assert len(decoder.pending) <= 110


def test_the_rest_of_an_oversized_piece_is_no_frame() -> None:
    """A good frame right behind noise without a zero must not pass: its beginning cannot be known."""
    decoder = FrameDecoder(max_body=100)
    hidden = encode_frame(b"hidden", b"1234")
    found = decoder.feed(b"x" * 109 + hidden)
    assert [piece.data for piece in found] == [None] * len(found)
    assert decoder.feed(hidden) == [Piece(hidden[:-1], b"hidden1234")]


@pytest.mark.parametrize("raw", [b"\x01", b"\x05abcd", b"\x09abc", b"\x03ab"])
def test_too_short_or_no_cobs(raw: bytes) -> None:
    assert fed(raw + b"\0") == [Piece(raw, None)]


def test_nothing_between_zeros_is_nothing() -> None:
    assert fed(b"\0\0\0") == []
