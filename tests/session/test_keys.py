"""Sessions with a key: who has it is believed, nobody else; and old answers are never new ones."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.deadline import Deadline
from harness.errors import LinkError, NoAnswer, ProtocolError
from harness.program.model import Call, Export, Program
from harness.program.result import OutcomeKind
from harness.session import Session
from harness.wire.messages import Answer, Hello
from harness.wire.sealing import PlainSeal, open_check
from tests.session.fake_agent import FakeAgent
from tests.session.programs import HASTY, PATIENT, QUICK, SMALL, Until

KEY = bytes(range(32))
ONE = Program((Call(Export("a!b"), (1,), "v"),))


def test_a_session_with_a_key() -> None:
    with FakeAgent(key=KEY) as agent:
        session = Session.open(agent, key=KEY, deadline=Deadline(60), timing=PATIENT)
        assert all(one.outcome.returned for one in session.run_all([SMALL] * 300))
        assert agent.executed == list(range(300))
        assert session.health.keyed
        assert session.health.resends == 0
        assert [hello.nonce is None for hello in agent.heard if isinstance(hello, Hello)] == [False]


@settings(max_examples=30, deadline=None)
@given(
    mute=st.sets(st.integers(0, 8), max_size=5),
    garble=st.sets(st.integers(0, 8), max_size=5),
    twice=st.sets(st.integers(0, 8), max_size=5),
    silent_hellos=st.integers(0, 3),
)
def test_the_handshake_over_a_bad_line(
    mute: set[int], garble: set[int], twice: set[int], silent_hellos: int
) -> None:
    with FakeAgent(key=KEY, mute=mute, garble=garble, twice=twice, silent_hellos=silent_hellos) as agent:
        session = Session.open(agent, key=KEY, deadline=Deadline(60), timing=QUICK)
        assert session.run(SMALL).outcome.returned
        assert agent.executed == [0]


@pytest.mark.parametrize(
    ("theirs", "ours", "text"),
    [
        (KEY, None, "the agent wants a key, none is configured"),
        (None, KEY, "a key is configured, the agent has none"),
        (KEY, bytes(32), "the key is wrong: the agent refuses its proof"),
    ],
)
def test_keys_that_do_not_fit(theirs: bytes | None, ours: bytes | None, text: str) -> None:
    with FakeAgent(key=theirs) as agent, pytest.raises(ProtocolError) as caught:
        Session.open(agent, key=ours, deadline=Deadline(60))
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert agent.sessions == [], "who has no key begins no session"
    for key in (theirs, ours):
        assert key is None or key.hex() not in str(caught.value)


class Downgrading(FakeAgent):
    """Says welcome to anybody, without a key."""

    def _hello(self, hello: Hello) -> None:
        self._enter(hello.session)
        self.state.seal = PlainSeal(hello.session, self.boot)
        self._send(self._welcome(), open_check)


def test_a_welcome_without_proof_is_not_believed() -> None:
    with Downgrading() as agent, pytest.raises(ProtocolError, match="without proof of the key"):
        Session.open(agent, key=KEY, deadline=Deadline(60))


def test_a_downgrade_when_the_link_is_opened_again() -> None:
    with FakeAgent(key=KEY, cut_before={2}) as agent:
        # No hello is said twice: the third frame is the program.
        timing = dataclasses.replace(QUICK, hello=60, hello_most=60)
        session = Session.open(agent, key=KEY, deadline=Deadline(60), timing=timing)
        agent._hello = lambda hello: Downgrading._hello(agent, hello)  # type: ignore[method-assign,arg-type]
        with pytest.raises(ProtocolError, match="without proof of the key") as caught:
            session.run(SMALL)
        [note] = caught.value.__notes__
        assert "whether it ran is in doubt for program 0 (" in note
        assert agent.executed == []


def test_an_agent_that_asks_for_proof_and_says_nothing_then() -> None:
    class Stuck(FakeAgent):
        proofs = 0

        def _proof(self, proof: object) -> None:
            """Not a word."""
            self.proofs += 1

    with Stuck(key=KEY) as agent, pytest.raises(NoAnswer, match="asked for proof of the key, but said no"):
        Session.open(agent, key=KEY, deadline=Until(lambda: agent.proofs > 1), timing=HASTY)


def test_a_probe_with_a_key_makes_a_new_session_key() -> None:
    with FakeAgent(key=KEY, deaf_to={0, 1, 2, 3}) as agent:
        session = Session.open(agent, key=KEY, deadline=Deadline(60), timing=QUICK)
        assert session.run(SMALL).outcome.returned
        nonces = {hello.nonce for hello in agent.heard if isinstance(hello, Hello)}
        assert len(nonces) >= 2
        assert agent.executed == [0]


# --- what is old ---------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "keyed"])
def test_a_recorded_session_is_not_believed(key: bytes | None) -> None:
    """All that an agent said in one session, said again in the next, before each of the answers."""
    recorded: list[bytes] = []
    with FakeAgent(key=key, script=lambda run: Answer(0, (7,), (1,))) as agent:
        say = agent.say
        agent.say = lambda data: (recorded.append(data), say(data))[1]  # type: ignore[method-assign]
        session = Session.open(agent, key=key, deadline=Deadline(60), timing=QUICK)
        assert [one.value("v") for one in session.run_all([ONE] * 5)] == [7] * 5
    old = b"".join(recorded)
    before = dict.fromkeys(range(12), old)
    with FakeAgent(key=key, script=lambda run: Answer(0, (8,), (1,)), before=before) as agent:
        session = Session.open(agent, key=key, deadline=Deadline(60), timing=QUICK)
        assert [one.value("v") for one in session.run_all([ONE] * 5)] == [8] * 5
        assert session.health.bad_frames > 0


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "keyed"])
@pytest.mark.parametrize("more", [3, 256], ids=["other low byte", "same low byte"])
def test_a_device_set_back_to_an_earlier_state(key: bytes | None, more: int) -> None:
    counter = iter(range(10**6))
    with FakeAgent(key=key, script=lambda run: Answer(0, (next(counter),), (1,))) as agent:
        session = Session.open(agent, key=key, deadline=Deadline(60), timing=QUICK)
        session.run_all([ONE] * 10)
        snapshot = agent.save()
        session.run_all([ONE] * more)
        executed = list(agent.executed)
        agent.restore(snapshot)
        outcome = session.run(ONE).outcome
        assert outcome.kind is OutcomeKind.LOST
        assert "the device was set back to an earlier state, or another controller used it" in str(outcome)
        assert f"it expects program 10, under way were {10 + more}" in str(outcome)
        assert agent.executed == executed
        assert session.run(ONE).value("v") == 10 + more, "a new answer to a new question"
        assert len(agent.sessions) == 2


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "keyed"])
def test_set_back_while_idle(key: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeAgent(key=key) as agent:
        session = Session.open(agent, key=key, deadline=Deadline(60), timing=QUICK)
        snapshot = agent.save()
        session.run(SMALL)
        agent.restore(snapshot)
        monkeypatch.setattr("harness.session.session._IDLE", -1.0)
        outcome = session.run(SMALL).outcome
        assert outcome.kind is OutcomeKind.NOT_RUN
        assert "set back to an earlier state" in str(outcome)
        assert session.run(SMALL).outcome.returned


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "keyed"])
def test_a_restart_between_two_hellos_on_their_way(key: bytes | None) -> None:
    """The old agent answers the first, the new one the second: the programs sent after the first answer
    belong to the old one, and the new one must not execute them."""

    class Late(FakeAgent):
        first: Hello | None = None

        def _hello(self, hello: Hello) -> None:
            if not self.executed or self.boot != 0xB007:
                super()._hello(hello)
            elif self.first is None:
                self.first = hello
            else:
                super()._hello(self.first)
                self.restart()
                super()._hello(hello)

    with Late(key=key) as agent:
        session = Session.open(agent, key=key, deadline=Deadline(60), timing=QUICK)
        assert session.run(SMALL).outcome.returned
        agent.deaf_to = {1, 2, 3, 4}
        outcome = session.run(SMALL).outcome
        assert outcome.kind is OutcomeKind.LOST
        assert "the agent restarted (boot 0x0000B007, now 0x0000B008)" in str(outcome)
        assert agent.executed == [0]
        assert session.run(SMALL).outcome.returned


def test_an_old_welcome_is_asked_about_again() -> None:
    """A welcome to the first hello that was long on its way is no sign of a device set back."""

    class Slow(FakeAgent):
        def _hello(self, hello: Hello) -> None:
            super()._hello(hello)
            if self.hellos == 1:
                self.old = self._welcome()
            elif self.hellos == 2:
                self.state.kept.clear()

    with Slow(mute={6}) as agent:
        session = Session.open(agent, deadline=Deadline(60), timing=QUICK)
        session.run_all([SMALL] * 5)
        sealed = agent._send
        stale: list[int] = []

        def send(message: object, check: object) -> None:
            if message.__class__.__name__ == "Welcome" and not stale:
                stale.append(1)
                sealed(agent.old, open_check)
            sealed(message, check)  # type: ignore[arg-type]

        agent._send = send  # type: ignore[method-assign,assignment]
        agent.deaf_to = {5, 6, 7, 8, 9}
        assert session.run(SMALL).outcome.returned
        assert stale
        assert agent.executed == [0, 1, 2, 3, 4, 5]


def test_a_key_of_another_length() -> None:
    with FakeAgent(key=KEY) as agent, pytest.raises(ValueError, match="a key of 31 bytes"):
        Session.open(agent, key=bytes(31), deadline=Deadline(60))


def test_no_link_stays_open_when_the_key_is_wrong() -> None:
    with FakeAgent(key=KEY) as agent:
        with pytest.raises(ProtocolError):
            Session.open(agent, key=bytes(32), deadline=Deadline(60))
        assert agent.link.read() == b""
        with pytest.raises(LinkError):
            agent.open(1)
