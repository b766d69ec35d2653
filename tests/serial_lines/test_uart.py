"""The UART of these tests is one: what arrives at the right speed is what was sent."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.serial_lines.uart import RECEIVERS, heard, receive, waveform

SPEEDS = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)


@given(data=st.binary(max_size=200), speed=st.sampled_from(SPEEDS), seed=st.integers(0, 9))
@pytest.mark.parametrize("receiver", RECEIVERS.values(), ids=RECEIVERS)
def test_at_the_same_speed_every_byte_arrives(receiver: object, data: bytes, speed: int, seed: int) -> None:
    assert heard(data, speed, speed, receiver, seed=seed) == data  # type: ignore[arg-type]
    assert heard(data, speed, speed, receiver) == data  # type: ignore[arg-type]


@given(data=st.binary(max_size=100), error=st.floats(-0.03, 0.03))
def test_clocks_may_differ_by_some_percent(data: bytes, error: float) -> None:
    assert heard(data, 115200 * (1 + error), 115200) == data


@pytest.mark.parametrize(
    ("data", "sent_at", "listening_at", "expected"),
    [
        # Drawn by hand: U is 0101010101, so at half the speed each level lasts two bits.
        (b"U", 19200, 38400, b"\x66\x33"),
        (b"\x00", 9600, 19200, b"\x00"),
        (b"\xff", 9600, 19200, b"\xfe"),
        (b"\xff", 9600, 76800, b"\x80"),
        (b"\xff", 19200, 9600, b""),
    ],
)
def test_known_answers(data: bytes, sent_at: int, listening_at: int, expected: bytes) -> None:
    assert heard(data, sent_at, listening_at) == expected


def test_a_wrong_speed_spoils_what_is_sent() -> None:
    data = random.Random(1).randbytes(300)
    for sent_at in SPEEDS:
        for listening_at in SPEEDS:
            assert (heard(data, sent_at, listening_at) == data) == (sent_at == listening_at)


def test_a_break_is_one_zero_byte() -> None:
    assert receive(waveform([0] * 3, 9600), 921600) == b"\0\0\0"
