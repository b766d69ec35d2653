"""Devices that restart, fall silent or hang up: outcomes; links that break: errors."""

import dataclasses
import math
import threading

import pytest

from harness.deadline import Deadline
from harness.errors import LinkError, NoAnswer
from harness.program.model import Program
from harness.program.result import OutcomeKind
from harness.session import Session, Timing
from harness.session.clock import AwakeClock
from harness.wire.messages import Hello, Reason, Refusal, Run
from tests.session.answers import all_zero
from tests.session.fake_agent import FakeAgent
from tests.session.programs import HASTY, QUICK, SMALL, leap

BRIEF = dataclasses.replace(SMALL, deadline_ms=1)


def opened(agent: FakeAgent, timing: Timing) -> Session:
    return Session.open(agent, deadline=Deadline(30), timing=timing)


def test_a_restart_with_a_program_in_flight_is_found_long_before_the_deadline() -> None:
    with FakeAgent(restart_at=1) as agent:
        session = opened(agent, QUICK)
        assert session.run(SMALL).outcome.returned
        outcome = session.run(dataclasses.replace(SMALL, deadline_ms=10**6)).outcome
        assert outcome.kind is OutcomeKind.LOST
        assert "restarted (boot 0x0000B007, now 0x0000B008)" in str(outcome)
        assert agent.executed == [0], "the restarted agent must not run the lost program"


def test_the_first_program_lost_to_a_restart_is_not_run_by_the_new_agent() -> None:
    """Its number, 0, is the one that a new session expects."""
    with FakeAgent(restart_at=0) as agent:
        session = opened(agent, QUICK)
        assert session.run(SMALL).outcome.kind is OutcomeKind.LOST
        assert agent.executed == []


def test_no_program_in_flight_follows_the_hello_that_a_restarted_agent_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Numbers 255, 256, 257 are on the way; the restarted agent would take 256 for the first of its session.

    The clock is coarse, so that all three are to be sent again in the very moment of that hello.
    """
    usual = AwakeClock.now
    monkeypatch.setattr(AwakeClock, "now", lambda clock: math.floor(usual(clock) * 10) / 10)
    with FakeAgent(restart_at=255) as agent:
        session = opened(agent, QUICK)
        assert all(one.outcome.returned for one in session.run_all([SMALL] * 255))
        kinds = {one.outcome.kind for one in session.run_all([SMALL] * 3)}
        assert kinds == {OutcomeKind.LOST}
        assert agent.executed == list(range(255))


@pytest.mark.parametrize("late", ["refusal", "answer"])
def test_nothing_follows_a_hello_in_flight_before_its_welcome(late: str) -> None:
    """A restarted agent would take the hello for a new session and execute what stands behind it.

    After the first hello something late arrives, after the third the welcome.
    """
    with FakeAgent() as agent:
        session = opened(agent, QUICK)
        agent.deaf_to = set(range(10**4))
        greet = agent._hello
        places: list[int] = []

        def hello(message: Hello) -> None:
            places.append(len(agent.heard))
            if len(places) == 1 and late == "refusal":
                agent._answer(Refusal(0, Reason.SEQUENCE, 0), 0)
            elif len(places) == 1:
                agent._run(next(one for one in agent.heard if isinstance(one, Run)), 0)
            elif len(places) >= 3:
                agent.deaf_to = set()
                greet(message)

        agent._hello = hello  # type: ignore[method-assign]
        assert all(one.outcome.returned for one in session.run_all([SMALL] * 6))
        assert agent.executed == [0, 1, 2, 3, 4, 5]
    between = agent.heard[places[0] : places[2]]
    assert between == [between[0]] * 2
    assert isinstance(between[0], Hello)


def test_after_a_restart_a_new_session_goes_on() -> None:
    with FakeAgent(restart_at=0) as agent:
        session = opened(agent, QUICK)
        session.run(SMALL)
        execution = session.run(SMALL)
        assert execution.outcome.returned
        assert session.health.restarts == 1
        assert session.welcome.boot == agent.boot
        assert agent.runs[-1].exports, "the new session knows no exports"
        assert session.welcome.session == agent.sessions[-1] not in agent.sessions[:-1]


def test_what_came_behind_a_lost_program_did_not_run() -> None:
    with FakeAgent(restart_at=2) as agent:
        session = opened(agent, QUICK)
        kinds = [execution.outcome.kind for execution in session.run_all([SMALL] * 12)]
        lost, not_run = OutcomeKind.LOST, OutcomeKind.NOT_RUN
        assert kinds[:2] == [OutcomeKind.RETURNED] * 2
        assert kinds[2] is lost
        assert kinds[-1] is not_run
        assert set(kinds[2:]) == {lost, not_run}
        assert agent.executed == [0, 1]


def test_silence_beyond_the_deadline_is_lost() -> None:
    with FakeAgent() as agent:
        session = opened(agent, HASTY)
        agent.deaf_to = set(range(10**4))
        agent.silent_hellos = 10**9
        outcome = session.run(BRIEF).outcome
        assert outcome.kind is OutcomeKind.LOST
        assert "not one byte" in str(outcome)


def test_the_last_words_of_a_silent_device_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeAgent() as agent:
        session = opened(agent, QUICK)
        agent.silent_hellos = 10**9
        leap(monkeypatch, lambda: agent.executed == [0] and agent.hellos > 2 and agent.understood)

        def die(run: Run) -> None:
            agent.say(b"\0Unhandled exception c0000005\r\n")
            agent.deaf_to = set(range(10**4))

        agent.script = die  # type: ignore[assignment]
        outcome = session.run(BRIEF).outcome
        assert outcome.kind is OutcomeKind.LOST
        assert "console text: 'Unhandled exception c0000005\\n'" in str(outcome)


def test_an_agent_that_never_finishes_is_told_apart_from_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeAgent(script=lambda run: None) as agent:
        session = opened(agent, QUICK)
        leap(monkeypatch, lambda: session.health.working == 2)
        outcome = session.run(BRIEF).outcome
        assert outcome.kind is OutcomeKind.LOST
        assert "the agent is there, but did not answer this program" in str(outcome)


def test_an_agent_that_works_on_it_for_ever_has_lost_it() -> None:
    """Every time it is asked it says that it has the program: asking puts nothing off."""
    with FakeAgent(script=lambda run: None) as agent:
        session = opened(agent, HASTY)
        assert session.run(BRIEF).outcome.kind is OutcomeKind.LOST
        assert agent.executed == [0]


class NeverGets(FakeAgent):
    """Program 0 never gets through to it: its frame is too long for the line, say. All others do."""

    def _run(self, run: Run, number: int) -> None:
        if number != 0:
            super()._run(run, number)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_program_that_never_gets_through_is_no_fault_of_the_device(count: int) -> None:
    """The agent is there, says hello and waits for it, and refuses what comes behind it."""
    with NeverGets() as agent:
        session = opened(agent, QUICK)
        with pytest.raises(LinkError, match=r"bytes does not get through, sent \d\d times") as caught:
            session.run_all([SMALL] * count)
        assert "in doubt for program" in str(caught.value)
        assert agent.executed == []


def test_a_session_begins_anew_after_silence_and_says_no_answer_while_it_lasts() -> None:
    with FakeAgent() as agent:
        session = opened(agent, HASTY)
        agent.deaf_to = set(range(10**4))
        agent.silent_hellos = 10**9
        session.run(BRIEF)
        with pytest.raises(NoAnswer, match="not one byte"):
            session.run(SMALL, deadline=Deadline(0.3))
        agent.deaf_to = set()
        agent.silent_hellos = 0
        assert session.run(SMALL, deadline=Deadline(30)).outcome.returned


def test_what_has_come_before_nothing_can_be_sent_any_more_counts() -> None:
    """The line takes no bytes any more, and is not closed; the answer to the first program is there."""
    with FakeAgent() as agent:
        session = opened(agent, dataclasses.replace(HASTY, margin=30))
        write = agent.link.write
        runs: list[bytes] = []

        def stuck(data: bytes) -> None:
            runs.append(data)
            if len(runs) == 1:
                write(data)
                return
            while not (agent.state.kept and agent.understood):
                threading.Event().wait(0.001)
            agent.away = agent.gone
            raise LinkError("the connection took no bytes")

        agent.link.write = stuck  # type: ignore[method-assign]
        kinds = [one.outcome.kind for one in session.run_all([SMALL] * 2)]
        assert kinds == [OutcomeKind.RETURNED, OutcomeKind.LOST]


def test_an_agent_that_hangs_up_has_lost_the_program() -> None:
    with FakeAgent(hang_up_at=1) as agent:
        session = opened(agent, HASTY)
        session.run(SMALL)
        outcome = session.run(SMALL).outcome
        assert outcome.kind is OutcomeKind.LOST
        assert "closed by the other side; tried " in str(outcome)
        assert "connection refused" in str(outcome)
        with pytest.raises(LinkError, match="connection refused"):
            session.run(SMALL)


def test_a_restart_between_programs_is_not_blamed_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.session.session._IDLE", -1.0)
    with FakeAgent() as agent:
        session = opened(agent, QUICK)
        assert session.run(SMALL).outcome.returned
        agent.restart()
        outcome = session.run(SMALL).outcome
        assert outcome.kind is OutcomeKind.NOT_RUN
        assert "restarted since the program before" in str(outcome)
        assert session.run(SMALL).outcome.returned


def test_another_controller_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.session.session._IDLE", -1.0)
    with FakeAgent() as agent:
        session = opened(agent, QUICK)
        session.run(SMALL)
        agent.forget()
        outcome = session.run(SMALL).outcome
        assert outcome.kind is OutcomeKind.NOT_RUN
        assert "another controller" in str(outcome)


def test_close_twice_and_while_nothing_runs() -> None:
    with FakeAgent() as agent:
        session = opened(agent, QUICK)
        session.close()
        session.close()
        with pytest.raises(LinkError):
            session.run(SMALL)


def test_an_empty_list_of_programs_and_an_empty_program() -> None:
    with FakeAgent(script=all_zero) as agent:
        session = opened(agent, QUICK)
        assert session.run_all([]) == []
        assert session.run(Program(())).calls == ()
