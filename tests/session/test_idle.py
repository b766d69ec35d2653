"""Silence between programs: who is there now is asked before the next program, and never blamed on it."""

import time
from types import SimpleNamespace

import pytest

from harness.deadline import Deadline
from harness.program.result import OutcomeKind
from harness.session import Session
from tests.session.fake_agent import FakeAgent
from tests.session.programs import PATIENT, SMALL


class Wait:
    """Hours pass for the session while nothing is under way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._hours = 0
        later = SimpleNamespace(monotonic=lambda: time.monotonic() + 3600 * self._hours)
        for module in ("clock", "line"):
            monkeypatch.setattr(f"harness.session.{module}.time", later)
        monkeypatch.setattr("harness.session.session._IDLE", 1800.0)

    def an_hour(self) -> None:
        self._hours += 1


def test_a_restart_hours_after_the_last_program_is_not_blamed_on_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wait = Wait(monkeypatch)
    with FakeAgent() as agent:
        session = Session.open(agent, deadline=Deadline(60), timing=PATIENT)
        assert session.run(SMALL).outcome.returned
        agent.restart()
        wait.an_hour()
        outcome = session.run(SMALL).outcome
        assert outcome.kind is OutcomeKind.NOT_RUN
        assert "restarted since the program before" in str(outcome)
        assert session.run(SMALL).outcome.returned
        assert session.health.restarts == 1


def test_who_is_there_is_asked_after_silence_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also before the very first program."""
    wait = Wait(monkeypatch)
    with FakeAgent() as agent:
        session = Session.open(agent, deadline=Deadline(60), timing=PATIENT)
        assert agent.hellos == 1
        for hellos in (2, 3):
            wait.an_hour()
            assert session.run(SMALL).outcome.returned
            assert session.run(SMALL).outcome.returned
            assert agent.hellos == hellos
        assert agent.executed == [0, 1, 2, 3]
        assert session.health.restarts == 0
