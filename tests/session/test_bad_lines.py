"""An agent that is there, on a line that loses programs or answers: the lab's failure, not the device's."""

from dataclasses import replace

import pytest

from harness.deadline import Deadline
from harness.errors import LinkError
from harness.program.result import OutcomeKind
from harness.session import Session, Timing
from tests.session.fake_agent import FakeAgent
from tests.session.programs import SMALL

PROGRAM = replace(SMALL, deadline_ms=100)
QUICK = Timing(hello=0.05, resend_least=0.02, resend_most=0.05, margin=1.0, probe=3)


def opened(agent: FakeAgent, key: bytes | None = None) -> Session:
    session = Session.open(agent, key=key, deadline=Deadline(30), timing=QUICK)
    assert session.run(PROGRAM).outcome.returned
    return session


@pytest.mark.parametrize("key", [None, b"k" * 32], ids=["plain", "keyed"])
def test_a_program_that_never_gets_through_is_not_lost_by_the_device(key: bytes | None) -> None:
    with FakeAgent(key=key, deaf_to=set(range(1, 10**4))) as agent:
        session = opened(agent, key)
        with pytest.raises(
            LinkError, match=r"does not get through, sent \d+ times, .* in doubt for program 1"
        ):
            session.run(PROGRAM)
        agent.deaf_to = set()
        assert session.run(PROGRAM).outcome.returned, "a new session"


def test_an_answer_that_always_comes_damaged_is_not_lost_by_the_device() -> None:
    # A welcome comes after every three resends, then everything is sent again.
    with FakeAgent(garble={number for number in range(2, 10**4) if number % 5 != 1}) as agent:
        session = opened(agent)
        with pytest.raises(LinkError, match="answers come damaged; whether it ran is in doubt for program 1"):
            session.run(PROGRAM)
        assert agent.executed == [0, 1], "once, whatever was asked"


def test_an_agent_that_is_there_and_has_no_answer_has_lost_the_program() -> None:
    with FakeAgent(mute={number for number in range(2, 10**4) if number % 5 != 1}) as agent:
        session = opened(agent)
        assert session.run(PROGRAM).outcome.kind is OutcomeKind.LOST
