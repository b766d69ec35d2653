"""Frames: whatever the line does to the bytes, good frames come out and nothing else does."""

import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.framing import Frame, FrameDecoder, Noise, encode_frame, split_frame

bodies = st.binary(min_size=1, max_size=600)
tags = st.integers(1, 0xFFFFFFFF)
consoles = st.binary(max_size=40).map(lambda data: data.replace(b"\0", b"?"))


def decoded(data: bytes, tag: int = 0, pieces: int | None = None) -> list[Frame | Noise]:
    decoder = FrameDecoder()
    decoder.tag = tag
    if pieces is None:
        return decoder.feed(data)
    cut = [data[at : at + pieces] for at in range(0, len(data), pieces)]
    return list(itertools.chain.from_iterable(decoder.feed(piece) for piece in cut))


def test_a_frame_by_hand() -> None:
    # Body 81 05; the CRC-32 of it, little-endian; no zero inside, so one COBS block of seven.
    check = zlib.crc32(b"\x81\x05").to_bytes(4, "little")
    assert 0 not in check
    assert encode_frame(b"\x81\x05") == b"\x07\x81\x05" + check + b"\0"


@given(bodies, tags, st.booleans(), st.integers(1, 50))
def test_round_trip_in_any_pieces(body: bytes, tag: int, idle: bool, pieces: int) -> None:
    data = encode_frame(body, tag, idle=idle)
    assert data.count(0) == 1 + idle
    assert decoded(data, tag, pieces) == [Frame(body, tagged=True)]


@given(bodies, tags)
def test_untagged_frames_pass_in_a_session(body: bytes, tag: int) -> None:
    assert decoded(encode_frame(body), tag) == [Frame(body, tagged=False)]


@given(bodies, tags, tags)
def test_frames_of_another_session_do_not_pass(body: bytes, tag: int, other: int) -> None:
    if tag == other:
        return
    [noise] = decoded(encode_frame(body, other), tag)
    assert isinstance(noise, Noise)
    assert split_frame(noise.data) == (body, other)


@given(consoles, bodies, tags, consoles, bodies, st.integers(1, 50))
def test_console_text_costs_only_itself(
    before: bytes, first: bytes, tag: int, between: bytes, second: bytes, pieces: int
) -> None:
    data = before + encode_frame(first, tag, idle=True) + between + encode_frame(second, tag, idle=True)
    found = decoded(data, tag, pieces)
    assert [one.body for one in found if isinstance(one, Frame)] == [first, second]
    assert [one.data for one in found if isinstance(one, Noise)] == [
        text for text in (before, between) if text
    ]


@given(bodies, st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_byte_never_gives_another_body(body: bytes, place: int, damage: int) -> None:
    data = bytearray(encode_frame(body, 77))
    data[place % len(data)] ^= damage
    for found in decoded(bytes(data) + encode_frame(b"next", 77), 77):
        assert isinstance(found, Noise) or found.body in (b"next",)


@given(bodies, bodies)
def test_glued_frames_are_rejected(first: bytes, second: bytes) -> None:
    """The zero between two frames is lost, or damaged into any other byte."""
    glued = encode_frame(first)[:-1] + encode_frame(second)
    assert all(isinstance(found, Noise) for found in decoded(glued))
    for byte in (1, 2, 0x55, 0xFF):
        damaged = encode_frame(first)[:-1] + bytes([byte]) + encode_frame(second)
        assert all(isinstance(found, Noise) for found in decoded(damaged))


@given(
    st.lists(st.one_of(bodies.map(lambda body: encode_frame(body, 9)), st.binary(max_size=50)), max_size=8)
)
def test_it_resynchronises_after_any_garbage(pieces: list[bytes]) -> None:
    found = decoded(b"".join(pieces) + encode_frame(b"after", 9, idle=True), 9)
    assert found[-1] == Frame(b"after", tagged=True)


@given(st.binary(max_size=3000), st.integers(1, 997))
def test_pieces_do_not_matter(data: bytes, pieces: int) -> None:
    def all_of(size: int) -> list[Frame | Noise]:
        decoder = FrameDecoder(max_body=100)
        return [one for at in range(0, len(data), size) for one in decoder.feed(data[at : at + size])]

    assert all_of(pieces) == all_of(max(1, len(data)))


def test_the_longest_body_passes_and_one_byte_more_does_not() -> None:
    decoder = FrameDecoder(max_body=1000)
    body = bytes(range(1, 251)) * 4
    assert decoder.feed(encode_frame(body)) == [Frame(body, tagged=False)]
    found = decoder.feed(encode_frame(body + b"!" * 12) + encode_frame(b"next"))
    assert [type(one) for one in found[:-1]] == [Noise] * len(found[:-1])
    assert found[-1] == Frame(b"next", tagged=False)


def test_an_endless_line_takes_no_memory_and_is_reported() -> None:
    decoder = FrameDecoder(max_body=100)
    noise = b"U-Boot " * 1000
    found = decoder.feed(noise)
    assert b"".join(one.data for one in found if isinstance(one, Noise)) + decoder.pending == noise
    assert len(decoder.pending) <= 106


def test_the_rest_of_an_oversized_piece_is_no_frame() -> None:
    """A good frame right behind noise without a zero must not pass: its beginning cannot be known."""
    decoder = FrameDecoder(max_body=100)
    found = decoder.feed(b"x" * 105 + encode_frame(b"hidden"))
    assert all(isinstance(one, Noise) for one in found)
    assert decoder.feed(encode_frame(b"next")) == [Frame(b"next", tagged=False)]


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x05abcd", b"\x09abc", b"\x03ab"])
def test_too_short_or_no_cobs(data: bytes) -> None:
    assert split_frame(data) is None
    assert decoded(data + b"\0") == ([Noise(data)] if data else [])
