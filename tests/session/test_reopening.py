"""Links that break with programs under way: opened again, everything answered, nothing executed twice."""

import contextlib
import dataclasses
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.deadline import Deadline
from harness.errors import LabError, LinkError, LinkGone, LinkRefused, NoAnswer
from harness.program.model import Call, Export, Program
from harness.program.result import OutcomeKind
from harness.session import Session, Timing
from harness.wire.messages import Answer, Run
from tests.session.fake_agent import FakeAgent
from tests.session.fake_line import WatchedLink
from tests.session.programs import HASTY, QUICK, SMALL, Until

KEY = bytes(range(32))
MANY = [Program((Call(Export("a!b"), (n,), "v"),)) for n in range(6)]


def numbered(run: Run) -> Answer:
    """The value of the first call tells which program was asked: its first argument."""
    call = next(step for step in run.steps if isinstance(step, list))
    return Answer(run.seq, (call[0],), (3,))


def only_the_first(run: Run) -> Answer | None:
    """Later ones are taken and never finished."""
    return numbered(run) if run.seq == 0 else None


def causes(error: BaseException) -> list[BaseException]:
    """The chain of causes, ten at most: Robot Framework walks along it, and never ends in a circle."""
    chain = [error]
    while len(chain) < 10 and chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    return chain


def opened(agent: FakeAgent, timing: Timing = QUICK) -> Session:
    return Session.open(agent, key=agent.key, deadline=Deadline(60), timing=timing)


def all_answered_once(agent: FakeAgent) -> Session:
    session = opened(agent)
    assert [one.value("v") for one in session.run_all(MANY)] == [0, 1, 2, 3, 4, 5]
    assert agent.executed == [0, 1, 2, 3, 4, 5]
    assert len(agent.sessions) == 1
    return session


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "keyed"])
@pytest.mark.parametrize("how", ["cut_before", "cut_behind", "cut_within"])
@pytest.mark.parametrize("frame", range(10))
def test_a_cut_at_every_moment(key: bytes | None, how: str, frame: int) -> None:
    """Frame 0 is the first hello or its answer; with a key, a challenge and a proof follow."""
    with FakeAgent(script=numbered, key=key, **{how: {frame}}) as agent:
        session = all_answered_once(agent)
        assert session.health.reconnects == agent.opened - 1 <= 1
        assert agent.opened == 2 or frame > 6


@settings(max_examples=40, deadline=None)
@given(
    key=st.sampled_from([None, KEY]),
    # Five links that break before the first welcome are no agent, by intention.
    cuts=st.sets(st.tuples(st.sampled_from(["before", "behind", "within"]), st.integers(1, 40)), max_size=4),
    deaf_to=st.sets(st.integers(0, 30), max_size=4),
    mute=st.sets(st.integers(0, 40), max_size=4),
    garble=st.sets(st.integers(0, 40), max_size=4),
)
def test_cuts_and_losses_together(
    key: bytes | None,
    cuts: set[tuple[str, int]],
    deaf_to: set[int],
    mute: set[int],
    garble: set[int],
) -> None:
    with FakeAgent(
        script=numbered,
        key=key,
        cut_before={frame for how, frame in cuts if how == "before"},
        cut_behind={frame for how, frame in cuts if how == "behind"},
        cut_within={frame for how, frame in cuts if how == "within"},
        deaf_to=deaf_to,
        mute=mute,
        garble=garble,
    ) as agent:
        all_answered_once(agent)


class ComesBack(FakeAgent):
    """Refuses some connections, then takes them again."""

    refusals = 5

    def open(self, timeout: float) -> WatchedLink:
        if self.opened == self.refusals:
            self.away = None
        return super().open(timeout)


@pytest.mark.parametrize(
    "gone", [LinkRefused("tcp://fake:1: refused"), LinkError("/dev/ttyX: no such port")], ids=str
)
def test_the_caller_sees_only_a_delay(gone: LinkError) -> None:
    with ComesBack(script=numbered, hang_up_at=2, gone=gone) as agent:
        session = all_answered_once(agent)
        assert agent.opened == 6
        assert session.health.reconnects == 1
        assert session.health.reconnecting > 0
        assert session.health.restarts == 0


def test_a_line_that_breaks_while_idle_is_opened_again_for_the_next_program() -> None:
    with FakeAgent() as agent:
        session = opened(agent)
        assert session.run(SMALL).outcome.returned
        agent.hang_up()
        assert session.run(SMALL).outcome.returned
        assert agent.executed == [0, 1]
        assert len(agent.sessions) == 1
        assert session.health.reconnects == 1


def test_a_device_that_restarted_while_the_line_was_down_has_lost_the_programs() -> None:
    class Resets(FakeAgent):
        def open(self, timeout: float) -> WatchedLink:
            if self.opened:
                self.away = None
                self.restart()
            return super().open(timeout)

    with Resets(hang_up_at=0) as agent:
        session = opened(agent)
        outcome = session.run(SMALL).outcome
        assert outcome.kind is OutcomeKind.LOST
        assert "the agent restarted" in str(outcome)
        assert session.run(SMALL).outcome.returned
        assert agent.executed == [0]


# --- the link does not come back -----------------------------------------------------------


def test_a_port_that_stays_away_leaves_programs_in_doubt_and_names_them() -> None:
    long = Program(tuple(Call(Export("a!b"), (n,)) for n in range(200)))
    programs = [*MANY[:3], dataclasses.replace(long, fresh=True), *MANY[:5]]
    limits = dataclasses.replace(FakeAgent().limits, window=6)
    gone = LinkError("/dev/ttyX: no such port")
    with FakeAgent(script=only_the_first, hang_up_at=6, gone=gone, limits=limits) as agent:
        session = opened(agent, dataclasses.replace(HASTY, margin=30))
        with pytest.raises(LinkError) as caught:
            session.run_all(programs)
    text = str(caught.value).replace(" fails never", "")
    assert not isinstance(caught.value, LinkGone)
    assert "tcp://fake:1: closed by the other side; it could not be opened again: tried " in text
    assert "the last time: /dev/ttyX: no such port; " in text
    assert (
        "in doubt for programs 1 (v = a!b(1)), 2 (v = a!b(2)), 3 (call a!b(0)), 4 (v = a!b(0)) and 5, 6"
        in text
    )
    assert "\n" not in text


def test_a_device_that_takes_no_connection_has_lost_its_programs() -> None:
    """The first is the finding; what was behind it names it."""
    with FakeAgent(script=only_the_first, hang_up_at=4) as agent:
        session = opened(agent, dataclasses.replace(HASTY, margin=30))
        executions = session.run_all(MANY)
    kinds = [one.outcome.kind for one in executions]
    assert kinds[:2] == [OutcomeKind.RETURNED, OutcomeKind.LOST]
    assert kinds[-1] is OutcomeKind.NOT_RUN
    assert "connection refused" in str(executions[1].outcome)
    assert "(it was on its way behind program 1 (v = a!b(1) fails never))" in str(executions[2].outcome)


def test_the_callers_deadline_is_shorter_than_the_patience() -> None:
    with FakeAgent(hang_up_at=0) as agent:
        session = opened(agent)
        soon = Until(lambda: agent.opened > 3)
        with pytest.raises(LinkError, match=r"within the 120 s that were allowed: tried") as caught:
            session.run(SMALL, deadline=soon)
        assert "program 0 (" in str(caught.value)


def test_no_other_try_when_the_link_is_gone_for_good() -> None:
    with FakeAgent(hang_up_at=0, gone=LinkGone("the process of the emulated device ended")) as agent:
        session = opened(agent)
        with pytest.raises(LinkGone, match="the process of the emulated device ended; whether it ran is in"):
            session.run(SMALL)
        assert agent.opened == 2
        with pytest.raises(LinkGone, match="the process of the emulated device ended"):
            session.run(SMALL)
        assert agent.opened == 3


def test_after_it_was_given_up_a_new_session_begins_as_soon_as_it_is_back() -> None:
    with FakeAgent(hang_up_at=0, gone=LinkError("/dev/ttyX: no such port")) as agent:
        session = opened(agent, dataclasses.replace(HASTY, margin=30))
        with pytest.raises(LinkError):
            session.run(SMALL)
        agent.away = None
        assert session.run(SMALL, deadline=Deadline(60)).outcome.returned
        assert len(agent.sessions) == 2
        assert session.health.restarts == 1


def test_patience_shrinks_while_nothing_comes_back() -> None:
    """A device that is away for good must not cost the whole patience for every program of a long run."""
    with FakeAgent(hang_up_at=0) as agent:
        session = opened(agent, dataclasses.replace(HASTY, margin=30))
        assert session.run(SMALL).outcome.kind is OutcomeKind.LOST
        spent = []
        for _ in range(6):
            before = session.health.reconnecting
            with pytest.raises(LinkError):
                session.run(SMALL)
            spent.append(session.health.reconnecting - before)
        assert sum(spent) < 6 * 0.4


def test_patience_does_not_shrink_to_nothing() -> None:
    """What was away for a whole night is found again in the morning, without a deadline of the caller's."""
    with FakeAgent(hang_up_at=0, gone=LinkError("/dev/ttyX: no such port")) as agent:
        session = opened(agent, dataclasses.replace(QUICK, reopen=0.2))
        for _ in range(20):
            with pytest.raises(LinkError, match="no such port"):
                session.run(SMALL)
        agent.away = None
        assert answered(session, tries=100)


def answered(session: Session, tries: int) -> bool:
    """Does a program run in one of so many tries? A machine may be too busy for the first ones."""
    for _ in range(tries):
        with contextlib.suppress(LabError):
            return session.run(SMALL).outcome.returned
    return False


def test_a_link_that_opens_but_leads_nowhere() -> None:
    with FakeAgent(script=numbered, cut_before={2}) as agent:
        session = opened(agent, dataclasses.replace(HASTY, hello=0.01))
        agent.silent_hellos = 10**9
        outcome = session.run_all(MANY)[1].outcome
        assert outcome.kind is OutcomeKind.LOST
        assert "it was opened again, but tcp://fake:1: no agent answered" in str(outcome)
        with pytest.raises(NoAnswer):
            session.run(SMALL, deadline=Deadline(0.3))
        agent.silent_hellos = 0
        assert session.run(SMALL, deadline=Deadline(60)).outcome.returned


class BreaksOff(FakeAgent):
    """Says welcome, and ends the line at the first program, every time. `cut`: it is no device's doing."""

    cut = False

    def open(self, timeout: float) -> WatchedLink:
        link = super().open(timeout)
        read = link.read

        def end() -> bytes:
            data = read()
            if not data and self.cut:
                raise LinkError("the line was cut")
            return data

        link.read = end  # type: ignore[method-assign]
        return link

    def _run(self, run: Run, number: int) -> None:
        self.hang_up()


def test_a_device_that_hangs_up_at_every_try_has_lost_the_program() -> None:
    with BreaksOff() as agent:
        session = opened(agent, dataclasses.replace(QUICK, reopen=0.5))
        outcome = session.run(SMALL).outcome
        assert outcome.kind is OutcomeKind.LOST
        assert "closed by the other side; it was opened again" in str(outcome)
        assert "broke every time" in str(outcome)
        assert agent.opened <= 1 + 0.5 / QUICK.retry + 2, "with a pause between two tries"


def test_a_line_that_never_holds_is_an_error() -> None:
    with BreaksOff() as agent:
        agent.cut = True
        session = opened(agent, dataclasses.replace(QUICK, reopen=0.5))
        with pytest.raises(LinkError, match="the line was cut; it was opened again ") as caught:
            session.run(SMALL)
        assert "whether it ran is in doubt for program 0" in str(caught.value)


def test_nobody_at_the_end_of_a_new_link_is_an_error_without_a_circle() -> None:
    with FakeAgent(hang_up_at=0, gone=LinkError("no such port")) as agent:
        session = opened(agent, HASTY)
        with pytest.raises(LinkError):
            session.run(SMALL)
        agent.away, agent.silent_hellos = None, 10**9
        with pytest.raises(NoAnswer, match=r"no agent answered [1-9]") as caught:
            session.run(SMALL)
        assert len(causes(caught.value)) < 10


def test_a_link_opened_in_the_last_moment_does_not_hide_what_went_wrong_before() -> None:
    """A relay, or a terminal server, whose device is away: it takes every connection and closes it."""
    with FakeAgent(hang_up_at=0, gone=LinkError("no such port")) as agent:
        session = opened(agent, HASTY)
        with pytest.raises(LinkError):
            session.run(SMALL)
        agent.away, agent.cut_before = None, set(range(10**4))
        for _ in range(5):
            with pytest.raises(LabError, match=r"closed by the other side|no agent answered [1-9]"):
                session.run(SMALL)


def test_a_connection_that_the_network_forgot_is_replaced() -> None:
    """Nothing gets through on the old one any more, and nobody says that it is closed."""

    class Forgotten(FakeAgent):
        forgotten = False

        def _take(self, data: bytes, connection: object) -> None:
            if connection is not self._connections[0] or not self.forgotten:
                super()._take(data, connection)  # type: ignore[arg-type]

    with Forgotten() as agent:
        # Patient enough for a busy machine.
        session = opened(agent, dataclasses.replace(HASTY, margin=2))
        agent.forgotten = True
        assert session.run(dataclasses.replace(SMALL, deadline_ms=1)).outcome.returned
        assert session.run(SMALL, deadline=Deadline(60)).outcome.returned
        assert agent.opened == 2
        assert agent.executed == [0, 1]


def test_closing_ends_the_wait_for_a_link() -> None:
    waiting = threading.Event()

    class Away(FakeAgent):
        def open(self, timeout: float) -> WatchedLink:
            if self.opened > 3:
                waiting.set()
            return super().open(timeout)

        def close(self) -> None:
            """As before."""

    with Away(hang_up_at=0) as agent:
        session = opened(agent)
        found: list[BaseException] = []

        def run() -> None:
            try:
                session.run(SMALL)
            except LinkError as error:
                found.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        assert waiting.wait(60)
        session.close()
        thread.join(60)
        assert "the session is closed" in str(found[0])
