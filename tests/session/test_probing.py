"""Waiting for an agent without beginning a session with it."""

import pytest

from harness.deadline import Deadline
from harness.errors import LinkError, LinkRefused, NoAnswer
from harness.session import Session
from harness.session.probing import await_agent
from harness.wire.coding import encode
from harness.wire.framing import encode_frame
from harness.wire.messages import PROTOCOL_VERSION, Reason, Refusal
from harness.wire.sealing import open_check
from tests.session.fake_agent import FakeAgent
from tests.session.programs import HASTY


def nothing_is_over(seconds: float) -> str | None:
    return None


@pytest.mark.parametrize("key", [None, bytes(32)])
def test_an_agent_answers_and_no_session_begins(key: bytes | None) -> None:
    with FakeAgent(key=key) as agent:
        await_agent(agent, Deadline(20), nothing_is_over)
        assert agent.hellos == 1
        assert agent.sessions == []


def test_a_connection_alone_is_no_agent() -> None:
    with FakeAgent(silent_hellos=2) as agent:
        await_agent(agent, Deadline(30), nothing_is_over)
        assert agent.hellos == 3


def test_a_machine_that_still_starts_drops_its_connections() -> None:
    with FakeAgent(cut_before={0, 1}) as agent:
        await_agent(agent, Deadline(30), nothing_is_over)
        assert agent.opened == 3


def test_nobody_answers_in_time() -> None:
    with (
        FakeAgent(silent_hellos=1000, before={}) as agent,
        pytest.raises(NoAnswer, match=r"no agent answered within 0\.6 s: tcp://fake:1: nothing came back"),
    ):
        await_agent(agent, Deadline(0.6), nothing_is_over)


def test_what_is_over_is_not_waited_for() -> None:
    agent = FakeAgent(away=LinkRefused("tcp://fake:1: connection refused"))
    with agent, pytest.raises(LinkError, match="QEMU ended"):
        await_agent(agent, Deadline(300), lambda seconds: "QEMU ended (exit code 1)")


def test_an_answer_to_the_probe_that_comes_late_does_not_disturb_the_session() -> None:
    body = encode(Refusal(0, Reason.VERSION, PROTOCOL_VERSION))
    late = encode_frame(body, open_check(body), idle=True)
    with FakeAgent(before={0: late}) as agent:
        session = Session.open(agent, deadline=Deadline(20), timing=HASTY)
        assert agent.sessions == [session.welcome.session]
