"""Numbers at their edges: the low byte that starts over, windows of every size, the last number there is."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.deadline import Deadline
from harness.errors import NoAnswer
from harness.program.model import Call, Export, Program
from harness.session import Session
from tests.session.answers import LIMITS
from tests.session.fake_agent import FakeAgent
from tests.session.programs import PATIENT, QUICK, Until
from tests.session.test_reopening import KEY, numbered

LAST = 2**32 - 2
"""The last number that an agent takes."""


class Old(FakeAgent):
    """Its first session has seen many programs."""

    first = 0

    def _enter(self, session: int) -> None:
        super()._enter(session)
        if self.sessions == [session] and not self.executed:
            self.state.next = self.first


def programs(count: int) -> list[Program]:
    return [Program((Call(Export("a!b"), (n,), "v"),)) for n in range(count)]


def values(session: Session, count: int) -> list[int | None]:
    return [one.value("v") for one in session.run_all(programs(count))]


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "keyed"])
def test_after_the_last_number_a_new_session_begins(key: bytes | None) -> None:
    with Old(script=numbered, key=key) as agent:
        agent.first = LAST - 2
        session = Session.open(agent, key=key, deadline=Deadline(60), timing=PATIENT)
        assert values(session, 3) == [0, 1, 2]
        assert agent.executed == [LAST - 2, LAST - 1, LAST]
        assert len(agent.sessions) == 1
        assert values(session, 3) == [0, 1, 2]
        assert agent.executed[3:] == [0, 1, 2]
        assert len(agent.sessions) == 2
        assert session.health.restarts == 1


@settings(max_examples=30, deadline=None)
@given(
    key=st.sampled_from([None, KEY]),
    first=st.sampled_from([0, 120, 127, 128, 250, 255, 256, 2**16 - 5, 2**31 - 5, LAST - 29]),
    window=st.sampled_from([1, 2, 8, 120, 121, 255]),
    deaf_to=st.sets(st.integers(0, 40), max_size=5),
    mute=st.sets(st.integers(3, 40), max_size=5),
    twice=st.sets(st.integers(0, 40), max_size=5),
    cut_behind=st.sets(st.integers(4, 40), max_size=2),
)
def test_every_window_at_every_edge(
    key: bytes | None,
    first: int,
    window: int,
    deaf_to: set[int],
    mute: set[int],
    twice: set[int],
    cut_behind: set[int],
) -> None:
    with Old(
        script=numbered,
        key=key,
        limits=dataclasses.replace(LIMITS, window=window),
        deaf_to=deaf_to,
        mute=mute,
        twice=twice,
        cut_behind=cut_behind,
    ) as agent:
        agent.first = first
        session = Session.open(agent, key=key, deadline=Deadline(60), timing=QUICK)
        assert values(session, 30) == list(range(30))
        assert agent.executed == list(range(first, first + 30))
        assert len(agent.sessions) == 1


@pytest.mark.parametrize(("window", "on_the_way"), [(1, 1), (120, 120), (121, 120), (255, 120)])
def test_no_more_than_120_are_on_the_way(window: int, on_the_way: int) -> None:
    """Whatever the agent allows: else a low byte would not tell which one is meant."""
    limits = dataclasses.replace(LIMITS, window=window)
    with FakeAgent(script=lambda run: None, limits=limits) as agent:
        session = Session.open(agent, deadline=Deadline(60), timing=QUICK)
        with pytest.raises(NoAnswer):
            session.run_all(programs(200), deadline=Until(lambda: len(agent.runs) >= on_the_way))
        assert session._next == on_the_way
