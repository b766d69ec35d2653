"""A wrong speed is recognised from what it makes of text and frames, and never seen where there is none.

What a UART makes of them is worked out bit by bit in tests/serial_lines/uart.py, which shares nothing with
the code under test.
"""

import random
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.session.speed import LEAST, SPEEDS, speed_of_sender
from harness.wire.framing import encode_frame
from tests.serial_lines.uart import PC16550, RECEIVERS, Receiver, Waveform, heard, receive

ENOUGH = 240


def boot_text(seed: int) -> bytes:
    source = random.Random(seed)
    words = ("uart", "flash", "kernel", "image", "ready", "cache", "timer", "irq", "loaded", "heap", "driver")
    one = partial(source.choice, words)
    return "".join(
        f"[{source.randrange(9999):5}] {one().capitalize()} {one()}: {source.getrandbits(32):#010x}, "
        f"{one()} {source.randrange(4096)} {one()}\r\n"
        for _ in range(60)
    ).encode()


def prose(seed: int) -> bytes:
    text = (__doc__ + str(heard.__doc__) + str(receive.__doc__) + str(Receiver.__doc__)).encode()
    return (text * 8)[seed * 100 :]


def frames(seed: int) -> bytes:
    source = random.Random(seed)
    return b"".join(
        encode_frame(
            bytes([0x85, 3, place % 24, 0x81]) + source.randbytes(source.randrange(4, 24)),
            source.randbytes(4),
        )
        for place in range(120)
    )


SOURCES = {"boot": boot_text, "prose": prose, "frames": frames}


def named(
    source: Callable[[int], bytes], sent_at: int, listening_at: int, receiver: Receiver
) -> list[int | None]:
    """What is said of three samples; None for those that leave too few bytes, too."""
    found = []
    needed = round(ENOUGH * max(1.1, sent_at / listening_at))
    for seed in range(3 if receiver is PC16550 else 1):
        data = heard(source(seed)[:needed], sent_at, listening_at, receiver, seed=seed)
        found.append(speed_of_sender(data[:ENOUGH], listening_at))
    return found


def check_pairs(listening_at: int) -> None:
    for name, source in SOURCES.items():
        for receiver in RECEIVERS.values():
            for sent_at in SPEEDS:
                said = named(source, sent_at, listening_at, receiver)
                # Never a wrong one.
                assert set(said) <= {sent_at if sent_at != listening_at else None, None}, (
                    name,
                    receiver,
                    sent_at,
                )
                slower = listening_at / sent_at
                # As docs/serial.md says: a receiver that is up to eight times faster sees it, and up to half
                # as fast in text.
                far = 8 if receiver.passes_errors else 4
                if 1 < slower <= far or (slower in (0.5, 2 / 3) and name != "frames"):
                    assert set(said) == {sent_at}, (name, receiver, sent_at)


def test_every_sender_heard_at_115200() -> None:
    check_pairs(115200)


@pytest.mark.long
@pytest.mark.parametrize("listening_at", [speed for speed in SPEEDS if speed != 115200])
def test_every_sender_heard_at_every_speed(listening_at: int) -> None:
    check_pairs(listening_at)


@given(data=st.binary(min_size=LEAST, max_size=600))
@settings(max_examples=300)
def test_no_speed_in_noise(data: bytes) -> None:
    assert speed_of_sender(data, 115200) is None


@given(seed=st.integers(0, 10**6), bits=st.floats(0.2, 100), count=st.integers(LEAST, 500))
@settings(max_examples=60)
def test_no_speed_in_a_line_that_nobody_drives(seed: int, bits: float, count: int) -> None:
    """It changes at random, quickly or slowly."""
    source, now, edges = random.Random(seed), 0.0, []
    for _ in range(3000):
        now += source.expovariate(115200 / bits)
        edges.append(now)
    assert speed_of_sender(receive(Waveform(edges), 115200)[:count], 115200) is None


@given(text=st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=LEAST, max_size=400))
def test_no_speed_in_text_that_arrived_well(text: str) -> None:
    data = text.encode()
    assert speed_of_sender(data, 115200) is None
    # Nor where parity bits are taken for data.
    assert speed_of_sender(bytes(byte | byte.bit_count() % 2 << 7 for byte in data), 115200) is None
    assert speed_of_sender(bytes(byte | 0x80 for byte in data), 115200) is None


@given(bodies=st.lists(st.binary(min_size=5, max_size=200), min_size=4, max_size=20))
def test_no_speed_in_frames_that_arrived_well(bodies: list[bytes]) -> None:
    data = b"".join(encode_frame(body, b"\x12\x34\x56\x78") for body in bodies)
    assert speed_of_sender(data, 115200) is None


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0" * 500, b"\xff" * 500, b"\x80" * 500, b"U" * 500, b"\0\xff" * 250, bytes(range(256)) * 2,
        heard(boot_text(1), 57600, 115200)[: LEAST - 1],
    ],
)  # fmt: skip
def test_too_little_to_tell(data: bytes) -> None:
    assert speed_of_sender(data, 115200) is None


def test_a_speed_that_is_not_usual() -> None:
    assert speed_of_sender(heard(boot_text(1), 57600, 115200), 31250) is None
