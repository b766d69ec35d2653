"""Text between the frames: told from frames, with the time of each line, and kept in a file."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.deadline import Deadline
from harness.session import Session
from harness.session.console import ConsoleReader, Heard
from harness.session.console_log import ConsoleLog
from harness.wire.framing import encode_frame
from tests.session.fake_agent import FakeAgent
from tests.session.programs import SMALL

FRAME = encode_frame(bytes([0x83, 3, 0, 200, 201, 202, 255, 1, 2]), b"\x80\x81\x82\x83")
BOOT = b"Windows CE Kernel for ARM\r\nDebug Serial Init\r\n"


def texts(heard: list[Heard]) -> bytes:
    return b"".join(one.text for one in heard)


def test_text_frames_and_text_again() -> None:
    reader = ConsoleReader()
    heard = reader.feed(BOOT + b"\0" + FRAME + FRAME + b"again", 1.0)
    assert [one.text for one in heard] == [
        b"Windows CE Kernel for ARM\r\n", b"Debug Serial Init\r\n", b"", b"",
    ]  # fmt: skip
    assert [one.size for one in heard] == [0, 0, len(FRAME) - 1, len(FRAME) - 1]
    assert heard[2].data is not None
    assert reader.flush() == [Heard(1.0, b"again")]
    assert reader.flush() == []


def test_each_line_has_the_time_of_its_first_byte() -> None:
    reader = ConsoleReader()
    assert reader.feed(b"one\ntw", 1.0) == []
    assert reader.feed(b"o\nthree", 2.0) == []
    assert reader.feed(b"\n\0", 3.0) == [Heard(1.0, b"one\n"), Heard(1.0, b"two\n"), Heard(2.0, b"three\n")]


def test_text_in_the_middle_of_a_frame_is_kept() -> None:
    """A debug console knows nothing of frames. The frame is lost, and is sent again."""
    heard = ConsoleReader().feed(FRAME[:6] + b"Exception 4 at 8001F0\r\n" + FRAME[6:], 1.0)
    assert texts(heard) == b"Exception 4 at 8001F0\r\n"
    assert sum(one.size for one in heard) == len(FRAME) - 1


@given(
    pieces=st.lists(
        st.one_of(
            st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1).map(str.encode),
            st.just(FRAME[:-1]),
        ),
        max_size=8,
    ),
    cut=st.integers(1, 20),
)
def test_however_it_is_cut(pieces: list[bytes], cut: int) -> None:
    stream = b"".join(piece + b"\0" for piece in pieces)
    reader = ConsoleReader()
    heard = [one for at in range(0, len(stream), cut) for one in reader.feed(stream[at : at + cut], 0.0)]
    assert texts(heard) == b"".join(piece for piece in pieces if piece != FRAME[:-1])
    assert sum(one.data is not None for one in heard) == pieces.count(FRAME[:-1])


def test_a_log_with_times(tmp_path: Path) -> None:
    log = ConsoleLog(tmp_path / "console.log")
    for text in (b"Jump", b"ing to image\r\n", b"\x1b[2JReady\x07\r\n", b"> "):
        log(text, 1_000_000_000.5)
    lines = (tmp_path / "console.log").read_text(encoding="utf-8").splitlines()
    assert [line[19:] for line in lines] == [
        ".500  Jumping to image", ".500  \\x1b[2JReady\\x07", ".500  > ",
    ]  # fmt: skip


def test_a_session_tells_its_console() -> None:
    """Before the welcome, before an answer, and what no frame follows any more: a device that died."""
    told: list[bytes] = []
    before = {0: BOOT + b"\0", 2: b"\0tick\r\n\0"}
    with FakeAgent(before=before) as agent:
        session = Session.open(agent, deadline=Deadline(60), console=lambda text, at: told.append(text))
        assert b"".join(told) == BOOT
        assert all(one.outcome.returned for one in session.run_all([SMALL, SMALL]))
        agent.say(b"Data Abort: Thread=8f1c\r\n")
        while not agent.understood:
            time.sleep(0.005)
        session.close()
    assert b"".join(told) == BOOT + b"tick\r\n" + b"Data Abort: Thread=8f1c\r\n"


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    log = ConsoleLog(tmp_path / "missing" / "console.log")
    with pytest.raises(FileNotFoundError):
        log(b"x", 0.0)
