"""The agent's framing against the Python packages cobs and zlib, and on damaged lines."""

import cbor2
import pytest
from cobs import cobs
from core_driver import Core
from core_line import BY_CONTROLLER, KEY, RUN, TAKEN, Line
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FRAME_LIMIT = 8192
CHECK = b"\x01\x00\x02\x03"
LONG_CHECK = bytes(range(8))
checks = st.binary(min_size=4, max_size=4) | st.binary(min_size=8, max_size=8)
bodies = st.binary(min_size=1, max_size=600)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def frame(body: bytes, check: bytes = CHECK) -> bytes:
    return cobs.encode(body + check) + b"\0"


def decoded(core: Core, line: bytes) -> list[bytes]:
    """What may be body and check, in what came over the line."""
    return [bytes.fromhex(word) for word in core.ask("decode", line)]


@quick
@given(body=bodies, check=checks, idle=st.booleans())
def test_frame_is_cobs_of_body_and_check(core: Core, body: bytes, check: bytes, idle: bool) -> None:
    (made,) = core.ask("encode", int(idle), body, check)
    assert bytes.fromhex(made) == b"\0" * idle + frame(body, check)


@quick
@given(body=bodies, check=checks)
def test_frame_is_read_back(core: Core, body: bytes, check: bytes) -> None:
    assert decoded(core, frame(body, check)) == [body + check]


@pytest.mark.parametrize("check", [CHECK, LONG_CHECK], ids=["short check", "long check"])
@pytest.mark.parametrize(
    "length",
    [1, 245, 246, 247, 249, 250, 251, 253, 254, 255, 500, 504, 508, 509, FRAME_LIMIT - 1, FRAME_LIMIT],
)
def test_lengths_around_a_block(core: Core, length: int, check: bytes) -> None:
    body = bytes(number % 255 + 1 for number in range(length))
    assert decoded(core, frame(body, check)) == [body + check]
    assert core.ask("encode", 0, body, check) == [frame(body, check).hex()]


def test_longest_frame_without_zeros_fits_the_line(core: Core) -> None:
    made = core.ask("encode", 1, b"\xff" * FRAME_LIMIT, b"\xff" * 8)
    assert bytes.fromhex(made[0]) == b"\0" + frame(b"\xff" * FRAME_LIMIT, b"\xff" * 8)


def test_too_long_is_dropped_whole(core: Core) -> None:
    assert decoded(core, frame(bytes(FRAME_LIMIT + 8), b"") + frame(b"ok")) == [
        bytes(FRAME_LIMIT + 8),
        b"ok" + CHECK,
    ]
    assert decoded(core, frame(bytes(FRAME_LIMIT + 9), b"") + frame(b"ok")) == [b"ok" + CHECK]
    assert decoded(core, b"\x01" * 30000 + b"\0" + frame(b"ok")) == [b"ok" + CHECK]


@pytest.mark.parametrize("length", range(5))
def test_too_short_is_dropped(core: Core, length: int) -> None:
    assert decoded(core, frame(bytes(length), b"") + frame(b"ok")) == [b"ok" + CHECK]


@quick
@given(noise=st.binary(max_size=80), body=bodies)
def test_noise_costs_nothing_but_itself(core: Core, noise: bytes, body: bytes) -> None:
    assert decoded(core, noise + b"\0" + frame(body))[-1:] == [body + CHECK]


@quick
@given(filling=bodies, key=st.sampled_from([b"", KEY]), data=st.data())
def test_damage_is_never_taken_for_a_message(
    core: Core, filling: bytes, key: bytes, data: st.DataObject
) -> None:
    line = Line(core, key=key)
    line.open()
    body = cbor2.dumps([RUN, 0, filling])
    good = frame(body, line.check(BY_CONTROLLER, 0, body))
    place = data.draw(st.integers(0, len(good) - 2))
    kind = data.draw(st.sampled_from(["flip", "lose", "double"]))
    if kind == "flip":
        bit = 1 << data.draw(st.integers(0, 7))
        bad = good[:place] + bytes([good[place] ^ bit]) + good[place + 1 :]
    elif kind == "lose":
        bad = good[:place] + good[place + 1 :]
    else:
        bad = good[: place + 1] + good[place:]
    pieces = decoded(core, bad + b"\0" + good)
    assert all(line.frame(piece, b"").silent for piece in pieces[:-1])
    assert line.frame(pieces[-1], b"").reaction == TAKEN


@pytest.mark.parametrize("key", [b"", KEY], ids=["plain", "keyed"])
@pytest.mark.parametrize("damaged", [1, 3, 0x80, 0xFF])
def test_two_frames_glued_by_a_damaged_zero_do_not_pass(core: Core, key: bytes, damaged: int) -> None:
    line = Line(core, key=key)
    line.open()
    runs = [cbor2.dumps([RUN, 0, filling]) for filling in (b"", b"aaaa")]
    first, second = (frame(body, line.check(BY_CONTROLLER, 0, body)) for body in runs)
    for glued in (first + second, first + first):
        pieces = decoded(core, glued[: len(first) - 1] + bytes([damaged]) + glued[len(first) :])
        assert all(line.frame(piece, b"").silent for piece in pieces)
