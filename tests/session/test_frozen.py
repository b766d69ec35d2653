"""A host that stood still: no program is lost because nobody was there to see its answer."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from harness.deadline import Deadline
from harness.errors import NoAnswer
from harness.program.result import OutcomeKind
from harness.session import Session
from harness.session.clock import AwakeClock, Limit
from tests.session.fake_agent import FakeAgent
from tests.session.fake_line import WatchedLink
from tests.session.programs import HASTY, QUICK
from tests.session.test_losing import BRIEF


class Hand:
    """A clock set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time = 1000.0
        monkeypatch.setattr("harness.session.clock.time", SimpleNamespace(monotonic=lambda: self.time))
        monkeypatch.setattr("harness.deadline.time", SimpleNamespace(monotonic=lambda: self.time))


def test_time_that_was_expected_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    hand = Hand(monkeypatch)
    clock = AwakeClock()
    begin = clock.now()
    clock.expect(30)
    hand.time += 30.5
    assert clock.now() - begin == 30.5
    hand.time += 0.9
    assert clock.now() - begin == pytest.approx(31.4)
    assert clock.frozen == 0


def test_time_that_nobody_was_there_for_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    hand = Hand(monkeypatch)
    clock = AwakeClock()
    begin = clock.now()
    clock.expect(2)
    hand.time += 3600
    assert clock.now() - begin == 2
    assert clock.frozen == 3598
    assert clock.at(hand.time) - begin == 2
    hand.time += 60
    assert clock.now() - begin == 2


def test_deadlines_are_put_off_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hand = Hand(monkeypatch)
    clock = AwakeClock()
    both = Limit(clock, 8, Deadline(10))
    callers = Limit(clock, deadline=Deadline(10))
    clock.expect(1)
    hand.time += 3600
    assert (both.remaining(), callers.remaining()) == (7, 9)
    for _ in range(9):
        hand.time += 1
        clock.now()
    assert callers.over
    assert both.over
    assert Limit(clock).remaining() == float("inf")


class Sluggish(FakeAgent):
    """Its line takes every frame late: a wire at 300 baud, or flow control. The seconds pass in no time."""

    seconds = 0.0

    def open(self, timeout: float) -> WatchedLink:
        link = super().open(timeout)
        write = link.write

        def late(data: bytes) -> None:
            write(data)
            self.seconds += 5

        link.write = late  # type: ignore[method-assign]
        return link


def test_a_line_that_takes_its_time_is_no_host_that_stood_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The callers' deadlines go on while a frame is written."""
    with Sluggish(silent_hellos=10**9) as agent:
        late = SimpleNamespace(monotonic=lambda: time.monotonic() + agent.seconds)
        for module in ("session.clock", "session.line", "deadline"):
            monkeypatch.setattr(f"harness.{module}.time", late)
        with pytest.raises(NoAnswer):
            Session.open(agent, deadline=Deadline(12), timing=HASTY)
        assert agent.seconds <= 15


def test_a_leap_of_the_clock_loses_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's frame gets lost and the host sleeps for hours: then it is asked for again."""
    with FakeAgent(deaf_to={0}) as agent:
        session = Session.open(agent, deadline=Deadline(60), timing=HASTY)
        leapt = SimpleNamespace(monotonic=lambda: time.monotonic() + (10_000 if agent._received else 0))
        monkeypatch.setattr("harness.session.clock.time", leapt)
        assert session.run(BRIEF).outcome.returned
        assert agent.executed == [0]


def test_a_leap_while_a_link_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class ComesBack(FakeAgent):
        def open(self, timeout: float) -> WatchedLink:
            if self.opened == 3:
                self.away = None
            return super().open(timeout)

    with ComesBack(hang_up_at=0) as agent:
        session = Session.open(agent, deadline=Deadline(60), timing=QUICK)
        leapt = SimpleNamespace(monotonic=lambda: time.monotonic() + (10_000 if agent.opened > 2 else 0))
        monkeypatch.setattr("harness.session.clock.time", leapt)
        assert session.run(BRIEF).outcome.returned
        assert session.health.reconnecting < 1000


CHILD = """
import dataclasses, sys
from harness.deadline import Deadline
from harness.errors import NoAnswer
from harness.links import dialer
from harness.session import Session
from tests.session.programs import HASTY, SMALL

timing = dataclasses.replace(HASTY, margin=1.5)
session = Session.open(dialer(sys.argv[1]), deadline=Deadline(60), timing=timing)
print(session.run(dataclasses.replace(SMALL, deadline_ms=1)).outcome)
"""
STOPPED = 4.0
"""Seconds, longer than the child's program may take with its margin."""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process by a signal")
def test_a_process_that_was_stopped_loses_no_program() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, FakeAgent(deaf_to={0}) as agent:
        url = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        child = subprocess.Popen([sys.executable, "-c", CHILD, url], stdout=subprocess.PIPE, text=True)
        try:
            connection, _ = listener.accept()
            arrived = threading.Event()
            take = agent._take

            def stop(data: bytes, where: object) -> None:
                take(data, where)  # type: ignore[arg-type]
                if agent._received == 1 and not arrived.is_set():
                    os.kill(child.pid, signal.SIGSTOP)
                    arrived.set()

            agent._take = stop  # type: ignore[method-assign,assignment]
            agent.adopt(connection)
            assert arrived.wait(60)
            # Time has to pass for the child, and for nothing else.
            threading.Event().wait(STOPPED)
            os.kill(child.pid, signal.SIGCONT)
            output, _ = child.communicate(timeout=60)
        finally:
            child.kill()
            child.wait()
        assert output.strip() == OutcomeKind.RETURNED.value
        assert agent.executed == [0]


def test_a_silent_device_is_still_lost() -> None:
    with FakeAgent(deaf_to=set(range(10**4))) as agent:
        session = Session.open(agent, deadline=Deadline(60), timing=HASTY)
        agent.silent_hellos = 10**9
        assert session.run(BRIEF).outcome.kind is OutcomeKind.LOST
