"""The agent's framing against the Python packages cobs and zlib, and on damaged lines."""

import struct
import zlib

import pytest
from cobs import cobs
from core_driver import Core
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FRAME_LIMIT = 8192
tags = st.integers(min_value=0, max_value=0xFFFFFFFF)
bodies = st.binary(min_size=1, max_size=600)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def frame(body: bytes, tag: int = 0) -> bytes:
    return cobs.encode(body + struct.pack("<I", zlib.crc32(body) ^ tag)) + b"\0"


def decoded(core: Core, line: bytes, tag: int = 0) -> list[bytes]:
    return [bytes.fromhex(word[2:]) for word in core.ask("decode", tag, line)]


@quick
@given(body=bodies, tag=tags, idle=st.booleans())
def test_frame_is_cobs_of_body_and_check(core: Core, body: bytes, tag: int, idle: bool) -> None:
    (made,) = core.ask("encode", tag, int(idle), body)
    assert bytes.fromhex(made) == b"\0" * idle + frame(body, tag)


@quick
@given(body=bodies, tag=tags)
def test_frame_is_read_back(core: Core, body: bytes, tag: int) -> None:
    assert decoded(core, frame(body, tag), tag) == [body]


@pytest.mark.parametrize(
    "length", [1, 249, 250, 251, 253, 254, 255, 504, 508, 509, FRAME_LIMIT - 1, FRAME_LIMIT]
)
def test_lengths_around_a_block(core: Core, length: int) -> None:
    body = bytes(number % 255 + 1 for number in range(length))
    assert decoded(core, frame(body)) == [body]
    assert core.ask("encode", 0, 0, body) == [frame(body).hex()]


def test_too_long_is_dropped_whole(core: Core) -> None:
    assert decoded(core, frame(bytes(FRAME_LIMIT + 1)) + frame(b"ok")) == [b"ok"]
    assert decoded(core, b"\x01" * 30000 + b"\0" + frame(b"ok")) == [b"ok"]


@quick
@given(noise=st.binary(max_size=80), body=bodies)
def test_noise_costs_nothing_but_itself(core: Core, noise: bytes, body: bytes) -> None:
    assert decoded(core, noise + b"\0" + frame(body))[-1:] == [body]


@quick
@given(body=bodies, data=st.data())
def test_damage_is_never_taken_for_a_message(core: Core, body: bytes, data: st.DataObject) -> None:
    good = frame(body)
    place = data.draw(st.integers(0, len(good) - 2))
    kind = data.draw(st.sampled_from(["flip", "lose", "double"]))
    if kind == "flip":
        bit = 1 << data.draw(st.integers(0, 7))
        bad = good[:place] + bytes([good[place] ^ bit]) + good[place + 1 :]
    elif kind == "lose":
        bad = good[:place] + good[place + 1 :]
    else:
        bad = good[: place + 1] + good[place:]
    assert decoded(core, bad + b"\0" + frame(b"next")) == [b"next"]


def test_two_frames_glued_by_a_damaged_zero_do_not_pass(core: Core) -> None:
    for first, second in ((b"\x01\x02", b"\x03\x04"), (b"aaaa", b"bbbb")):
        glued = frame(first)[:-1] + b"\x03" + frame(second)
        assert decoded(core, glued) == []


def test_frame_of_another_session_does_not_pass(core: Core) -> None:
    assert decoded(core, frame(b"old", 17) + frame(b"new", 18), 18) == [b"new"]
