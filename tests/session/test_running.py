"""Programs over a line that loses, doubles and damages: each runs once, every answer is the right one."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.deadline import Deadline
from harness.errors import NoAnswer, ProgramError, ProtocolError
from harness.program.model import Buffer, Call, Export, Program
from harness.program.result import SENTINEL, OutcomeKind
from harness.session import Session, Timing
from harness.wire.messages import Answer, Outcome, OutcomeCode, Reason, Refusal, Run
from tests.session.answers import LIMITS, all_zero
from tests.session.fake_agent import FakeAgent
from tests.session.programs import PATIENT, QUICK, SMALL, THREE


def opened(agent: FakeAgent, timing: Timing = QUICK) -> Session:
    return Session.open(agent, deadline=Deadline(30), timing=timing)


def numbered(run: Run) -> Answer:
    """The value of the first call tells which program was asked: its first argument."""
    call = next(step for step in run.steps if isinstance(step, list))
    return Answer(run.seq, (call[0],), (3,))


def test_values_errors_times_and_buffers_come_back_with_their_names() -> None:
    def script(run: Run) -> Answer:
        return Answer(0, (0, 0x44, 1), (9, 70000, 3), errors={2: 10038}, outputs=(b"\x02\x02",))

    with FakeAgent(script=script) as agent:
        execution = opened(agent).run(THREE)
        assert execution.outcome.returned
        assert execution.value("s") == 0x44
        assert [call.error for call in execution.calls] == [None, None, 10038]
        assert [call.microseconds for call in execution.calls] == [9, 70000, 3]
        assert execution.buffers == {"wsadata": b"\x02\x02" + bytes(398)}
        assert execution.program is THREE


def test_a_program_that_faults_is_an_outcome() -> None:
    def script(run: Run) -> Answer:
        outcome = Outcome(OutcomeCode.FAULTED, 1, 0xC0000005)
        return Answer(0, (0,), (1,), outcome=outcome, outputs=(b"",))

    with FakeAgent(script=script) as agent:
        execution = opened(agent).run(THREE)
        assert execution.outcome.kind is OutcomeKind.FAULTED
        assert (execution.outcome.call, execution.outcome.detail) == (1, 0xC0000005)
        assert [call.ran for call in execution.calls] == [True, False, False]
        assert execution.calls[1].value is None


def test_exports_are_defined_once_a_session() -> None:
    with FakeAgent() as agent:
        session = opened(agent, PATIENT)
        session.run(THREE)
        session.run(SMALL)
        session.run(Program((Call(Export("a!new")),)))
        assert [len(run.exports) for run in agent.runs] == [5, 0, 1]


@pytest.mark.parametrize("fault", ["deaf_to", "mute", "garble", "twice"])
def test_one_lost_damaged_or_doubled_frame(fault: str) -> None:
    with FakeAgent(script=numbered, **{fault: {2}}) as agent:
        session = opened(agent)
        results = [session.run(Program((Call(Export("a!b"), (n,), "v"),))).value("v") for n in range(5)]
        assert results == [0, 1, 2, 3, 4]
        assert agent.executed == [0, 1, 2, 3, 4]


@settings(max_examples=25, deadline=None)
@given(
    deaf_to=st.sets(st.integers(0, 25), max_size=6),
    mute=st.sets(st.integers(1, 25), max_size=4),
    garble=st.sets(st.integers(1, 25), max_size=4),
    twice=st.sets(st.integers(0, 25), max_size=6),
)
def test_at_most_once_and_in_order_whatever_the_line_does(
    deaf_to: set[int], mute: set[int], garble: set[int], twice: set[int]
) -> None:
    with FakeAgent(script=numbered, deaf_to=deaf_to, mute=mute, garble=garble, twice=twice) as agent:
        session = opened(agent)
        programs = [Program((Call(Export("a!b"), (n,), "v"),)) for n in range(12)]
        executions = session.run_all(programs)
        assert [execution.value("v") for execution in executions] == list(range(12))
        assert agent.executed == list(range(12))


def test_more_programs_than_sequence_numbers() -> None:
    with FakeAgent(script=numbered) as agent:
        session = opened(agent, PATIENT)
        programs = [Program((Call(Export("a!b"), (n,), "v"),)) for n in range(600)]
        assert [one.value("v") for one in session.run_all(programs)] == list(range(600))
        assert agent.executed == list(range(600))
        assert session.health.resends == 0


def test_the_window_of_the_agent_is_never_exceeded() -> None:
    """An agent with a window of one forgets all but its last answer."""
    limits = LIMITS.__class__(**{**{name: getattr(LIMITS, name) for name in LIMITS.__slots__}, "window": 1})
    with FakeAgent(script=numbered, limits=limits, mute={3, 7}) as agent:
        programs = [Program((Call(Export("a!b"), (n,), "v"),)) for n in range(10)]
        assert [one.value("v") for one in opened(agent).run_all(programs)] == list(range(10))
        assert agent.executed == list(range(10))


def test_resends_are_counted_and_are_the_same_frame() -> None:
    with FakeAgent(mute={1, 2}) as agent:
        session = opened(agent)
        session.run(THREE)
        assert session.health.resends >= 2
        assert all(run == agent.runs[0] for run in agent.runs)


def test_noise_between_frames_is_counted() -> None:
    with FakeAgent(before={1: b"\0panic? no\0", 2: b"\0more\0"}) as agent:
        session = opened(agent)
        session.run(SMALL)
        session.run(SMALL)
        assert session.health.console_bytes == len("panic? nomore")
        assert session.health.bad_frames == session.health.noise_bytes == 0


def test_round_trips_leave_out_what_the_device_was_busy_with() -> None:
    with FakeAgent(script=lambda run: Answer(0, (0,), (10**9,))) as agent:
        session = opened(agent, PATIENT)
        before = len(session.health.round_trips)
        session.run(SMALL)
        assert len(session.health.round_trips) == before + 1
        assert session.health.round_trips[-1] == 0.0
        assert session.health.as_dict()["worst"] == session.health.worst


def test_a_program_longer_than_its_resend_time_is_kept_waiting_for() -> None:
    """The agent says `working` until its answer is there; nothing is executed twice."""
    answered: list[int] = []

    def script(run: Run) -> Answer | None:
        return None

    with FakeAgent(script=script) as agent:
        session = opened(agent)
        original = agent._run

        def finish_after_three_questions(run: Run, number: int) -> None:
            original(run, number)
            if len(agent.runs) == 4 and not answered:
                answered.append(number)
                agent.state.kept[number] = all_zero(run)
                agent._answer(all_zero(run), number)

        agent._run = finish_after_three_questions  # type: ignore[method-assign]
        assert session.run(SMALL).outcome.returned
    assert agent.executed == [0]
    assert len(agent.runs) == 1 + session.health.resends >= 4
    assert session.health.working == 3


@pytest.mark.parametrize(
    ("reason", "detail", "error", "text"),
    [
        (Reason.MALFORMED, 5, ProgramError, "cannot read the program at byte 5"),
        (Reason.LIMIT, 3, ProgramError, "exceeds the device's limit 'arena' of 65536"),
        (Reason.LIMIT, 99, ProgramError, "limit 'number 99'"),
        (Reason.NO_SESSION, 0, ProtocolError, "NO_SESSION"),
    ],
)
def test_refusals(reason: Reason, detail: int, error: type[Exception], text: str) -> None:
    with FakeAgent(script=lambda run: Refusal(0, reason, detail)) as agent:
        session = opened(agent)
        with pytest.raises(error) as caught:
            session.run(SMALL)
        assert text in str(caught.value)


def test_a_refused_program_does_not_disturb_the_next() -> None:
    """The number is used up, and the exports of the refused message are defined again."""

    def script(run: Run) -> Answer | Refusal:
        return Refusal(0, Reason.LIMIT, 4) if run.seq == 0 else all_zero(run)

    with FakeAgent(script=script) as agent:
        session = opened(agent, PATIENT)
        with pytest.raises(ProgramError):
            session.run(THREE)
        assert session.run(THREE).outcome.returned
        assert agent.runs[0].exports == agent.runs[1].exports
        assert agent.executed == [0, 1]


def test_the_others_run_to_their_end_before_an_error_is_raised() -> None:
    with FakeAgent(
        script=lambda run: Refusal(0, Reason.MALFORMED, 1) if run.seq == 1 else numbered(run)
    ) as agent:
        session = opened(agent)
        with pytest.raises(ProgramError):
            session.run_all([Program((Call(Export("a!b"), (n,)),)) for n in range(3)])
        assert session.run(Program((Call(Export("a!b"), (9,), "v"),))).value("v") == 9
        assert len(agent.sessions) == 1


def test_no_worker_process_is_the_devices_fault() -> None:
    with FakeAgent(script=lambda run: Refusal(0, Reason.WORKER, 14)) as agent:
        outcome = opened(agent).run(SMALL).outcome
        assert outcome.kind is OutcomeKind.NOT_RUN
        assert "could not start a worker process, error 14" in str(outcome)


def test_a_program_beyond_the_limits_is_not_sent() -> None:
    with FakeAgent() as agent:
        session = opened(agent)
        with pytest.raises(ProgramError, match="needs 70000 bytes of buffers, the device allows 65536"):
            session.run(Program((), (Buffer("b", 70000),)))
        with pytest.raises(ProgramError, match="bytes on the wire, the device allows 8192"):
            session.run(Program((), (Buffer("b", 9000, b"x" * 9000),)))
        assert session.run(SMALL).outcome.returned
        assert agent.executed == [0]


def test_an_answer_to_another_program_is_a_protocol_error() -> None:
    with FakeAgent(script=lambda run: Answer(0, (1, 2, 3), (1, 2, 3))) as agent:
        session = opened(agent)
        with pytest.raises(ProtocolError, match="3 values to a program of 1 calls"):
            session.run(SMALL)


def test_the_sentinel_means_no_code_was_set() -> None:
    with FakeAgent(script=lambda run: Answer(0, (1,), (1,), errors={0: SENTINEL})) as agent:
        assert opened(agent).run(SMALL).last.set_no_code


def test_a_deadline_shorter_than_the_programs_own_is_no_verdict() -> None:
    with FakeAgent(script=lambda run: None) as agent:
        session = opened(agent)
        with pytest.raises(NoAnswer, match=r"within the 0\.3 s that were allowed"):
            session.run(SMALL, deadline=Deadline(0.3))
        agent.script = all_zero
        assert session.run(SMALL, deadline=Deadline(30)).outcome.returned
        assert len(agent.sessions) == 2, "the program still under way must not mix with the next"


def test_a_deadline_passes_while_another_thread_uses_the_session() -> None:
    under_way, go_on = threading.Event(), threading.Event()

    def script(run: Run) -> Answer:
        under_way.set()
        assert go_on.wait(60)
        return all_zero(run)

    with FakeAgent(script=script) as agent:
        session = opened(agent)
        other = threading.Thread(target=session.run, args=(SMALL,))
        other.start()
        assert under_way.wait(60)
        with pytest.raises(NoAnswer, match="programs of another thread are under way"):
            session.run(SMALL, deadline=Deadline(0.05))
        go_on.set()
        other.join(60)
        assert not other.is_alive()
        assert agent.executed == [0]
