"""Lines on which something writes without an end: no memory is filled, and every wait ends in time."""

import threading

import pytest

from harness.deadline import Deadline
from harness.errors import NoAnswer
from harness.program.result import OutcomeKind
from harness.session import Session
from harness.session.clock import AwakeClock
from harness.session.line import Line
from harness.session.seen import Seen
from harness.wire.coding import encode
from harness.wire.framing import encode_frame
from harness.wire.messages import Run, Welcome, Working
from harness.wire.sealing import Role, open_check
from tests.session.answers import LIMITS
from tests.session.fake_agent import FakeAgent
from tests.session.programs import HASTY, QUICK, SMALL, Until
from tests.session.test_losing import BRIEF

MOST = 4000
"""Reads after which a flood stands still: nobody should come that far."""


class Flood:
    """A link from which the same bytes can be read again and again; its own dialer."""

    url = "flood://"
    rate = None

    def __init__(self, data: bytes) -> None:
        self.reads = 0
        self.drained = threading.Event()
        self._data = data
        self._closed = threading.Event()

    def open(self, timeout: float) -> "Flood":
        return self

    def read(self) -> bytes:
        self.reads += 1
        if self.reads == MOST:
            self.drained.set()
            self._closed.wait()
        return b"" if self._closed.is_set() else self._data

    def write(self, data: bytes) -> None:
        """Goes nowhere."""

    def close(self) -> None:
        self._closed.set()


FLOODS = [b"U-Boot 2012.04\r\n" * 4096, b"\x05abcd\0" * 8000, bytes(range(1, 256)) * 256]


@pytest.mark.parametrize("data", FLOODS, ids=["text", "pieces", "no zero"])
def test_what_nobody_waits_for_is_left_on_the_line(data: bytes) -> None:
    flood = Flood(data)
    line = Line(flood, AwakeClock())
    line.open(1)
    assert not flood.drained.wait(0.5)
    for _ in range(5):
        assert line.usable
    assert not flood.drained.wait(0.1)
    line.close()
    assert not line.usable


@pytest.mark.parametrize("data", FLOODS, ids=["text", "pieces", "no zero"])
def test_a_deadline_passes_under_a_flood(data: bytes) -> None:
    flood = Flood(data)
    with pytest.raises(NoAnswer, match="bytes came back"):
        Session.open(flood, deadline=Until(lambda: flood.reads > 8), timing=HASTY)
    assert not flood.drained.is_set()


def test_a_deadline_passes_under_good_frames_that_are_none_for_us() -> None:
    body = encode(Welcome(0x77, 1, 0, LIMITS, "fake"))
    flood = Flood(encode_frame(body, open_check(body)) * 100)
    with pytest.raises(NoAnswer, match="a welcome to another session"):
        Session.open(flood, deadline=Until(lambda: flood.reads > 200), timing=HASTY)
    assert not flood.drained.is_set()


class Chatty(FakeAgent):
    """Says that it is working on a program, again and again, and no other word."""

    def _run(self, run: Run, number: int) -> None:
        assert self._current is not None
        assert self.state.seal is not None
        body = encode(Working(run.seq))
        frame = encode_frame(body, self.state.seal.check(Role.AGENT, number, body))
        while True:
            self._current.socket.sendall(frame * 100)


def test_a_program_is_lost_to_an_agent_that_works_on_it_for_ever() -> None:
    with Chatty() as agent:
        session = Session.open(agent, deadline=Deadline(60), timing=HASTY)
        outcome = session.run(BRIEF).outcome
        assert outcome.kind is OutcomeKind.LOST
        assert "the agent is there, but did not answer this program" in str(outcome)


def test_a_callers_deadline_passes_while_the_agent_works() -> None:
    with Chatty() as agent:
        session = Session.open(agent, deadline=Deadline(60), timing=QUICK)
        with pytest.raises(NoAnswer, match="in doubt for program 0"):
            session.run(SMALL, deadline=Deadline(0.2))


def test_what_is_shown_of_a_flood_is_all_that_is_kept() -> None:
    """A welcome to each of four thousand million other sessions, say."""
    seen = Seen()
    seen.bytes = 1
    for number in range(1000):
        seen.message(f"a welcome to another session ({number})")
    assert sum(map(len, vars(seen)["_other"])) < 200
    assert str(seen).count("a frame with a welcome") == 3


def test_an_agent_behind_a_flood_is_heard() -> None:
    """More than is read ahead stands before its answer; in the end its reader waits for room."""
    with FakeAgent(before={1: b"\0" + b"U-Boot " * 100_000 + b"\0"}) as agent:
        session = Session.open(agent, deadline=Deadline(60), timing=QUICK)
        assert session.run(SMALL).outcome.returned
        assert session.health.console_bytes == 700_000
        flood = threading.Thread(target=agent.say, args=(b"U-Boot " * 100_000,))
        flood.start()
        session.close()
        flood.join(60)
        assert not flood.is_alive()
