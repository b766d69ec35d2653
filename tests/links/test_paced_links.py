"""Bytes go out in small chunks with pauses between them, and nothing else changes."""

import threading
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.deadline import Deadline
from harness.errors import LinkError
from harness.links.base import Dialer, Link
from harness.links.pacing import Pace, PacedDialer, PacedLink
from harness.session import Session
from harness.targets.base import Reached
from harness.targets.dialing import TargetDialer
from tests.session.fake_agent import FakeAgent
from tests.session.programs import SMALL


class Wire:
    """Remembers what was written, and when."""

    url = "wire"

    def __init__(self, rate: float | None = None) -> None:
        self.rate = rate
        self.written: list[tuple[float, bytes]] = []
        self.closed = threading.Event()

    def open(self, timeout: float) -> Link:
        return self

    def read(self) -> bytes:
        self.closed.wait()
        return b""

    def write(self, data: bytes) -> None:
        self.written.append((time.monotonic(), data))

    def close(self) -> None:
        self.closed.set()


@given(writes=st.lists(st.binary(max_size=60), max_size=5), chunk=st.integers(1, 20))
def test_every_byte_goes_out_in_chunks(writes: list[bytes], chunk: int) -> None:
    wire = Wire()
    link = PacedLink(wire, Pace(chunk, 0.0))
    for data in writes:
        link.write(data)
    assert b"".join(data for _, data in wire.written) == b"".join(writes)
    assert all(1 <= len(data) <= chunk for _, data in wire.written)


@pytest.mark.parametrize(("rate", "least"), [(None, 0.02), (100.0, 0.06)])
def test_pauses_begin_when_the_line_has_carried_the_chunk(rate: float | None, least: float) -> None:
    """Also from one write to the next."""
    wire = Wire(rate)
    link = PacedDialer(wire, Pace(4, 0.02)).open(1)
    link.write(bytes(12))
    link.write(bytes(4))
    times = [at for at, _ in wire.written]
    assert len(times) == 4
    assert all(after - before >= least for before, after in pairwise(times))


def test_the_rate_is_what_is_left_of_it() -> None:
    assert PacedLink(Wire(1000.0), Pace(10, 0.01)).rate == pytest.approx(500)
    assert PacedLink(Wire(), Pace(10, 0.01)).rate is None


def test_close_ends_a_pause() -> None:
    wire = Wire()
    link = PacedLink(wire, Pace(1, 1000))
    failed: list[LinkError] = []

    def write() -> None:
        try:
            link.write(b"ab")
        except LinkError as error:
            failed.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    while not wire.written:
        time.sleep(0.001)
    link.close()
    thread.join(30)
    assert "closed while bytes waited" in str(failed[0])
    assert wire.closed.is_set()


class Counting:
    """Opens links on which programs are counted: on the way, and at most so many at once."""

    def __init__(self, dialer: Dialer) -> None:
        self.url = dialer.url
        self.most = 0
        self._dialer = dialer
        self._sent = self._answered = 0

    def open(self, timeout: float) -> Link:
        return CountingLink(self._dialer.open(timeout), self)

    def close(self) -> None:
        self._dialer.close()

    def sent(self, data: bytes) -> None:
        self._sent += data.endswith(b"\0")
        self.most = max(self.most, self._sent - self._answered)

    def answered(self, data: bytes) -> None:
        self._answered += data.count(b"\0") - data.startswith(b"\0")


class CountingLink:
    def __init__(self, link: Link, counting: Counting) -> None:
        self.url, self.rate = link.url, link.rate
        self._link, self._counting = link, counting

    def read(self) -> bytes:
        data = self._link.read()
        self._counting.answered(data)
        return data

    def write(self, data: bytes) -> None:
        self._counting.sent(data)
        self._link.write(data)

    def close(self) -> None:
        self._link.close()


@pytest.mark.parametrize("window", [1, 2])
def test_a_window_of_ones_own(window: int) -> None:
    """The agent would take more. Counted on the line: what is sent before its answer has been read."""
    with FakeAgent() as agent:
        counting = Counting(agent)
        session = Session.open(counting, deadline=Deadline(60), window=window)
        assert session.welcome.limits.window > 2
        assert all(one.outcome.returned for one in session.run_all([SMALL] * 50))
        assert counting.most <= window
        session.close()


def test_a_paced_target() -> None:
    with FakeAgent() as agent:
        wire = TargetDialer(Reached(agent.url), "", "7/1ms")
        assert isinstance(wire._dialer, PacedDialer)
        wire._dialer._dialer = agent
        session = Session.open(wire, deadline=Deadline(60))
        assert all(one.outcome.returned for one in session.run_all([SMALL] * 5))
        assert agent.executed == [0, 1, 2, 3, 4]
        session.close()
