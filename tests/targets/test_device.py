"""Silence that the lab explains is no lost program."""

from typing import cast

import pytest

from harness.deadline import Deadline
from harness.errors import BroughtBack, LabError, LinkError
from harness.program.model import Buffer, Call, Export, Program
from harness.program.result import Execution, Outcome, OutcomeKind
from harness.session.health import LineHealth
from harness.session.landing import RESTARTED, SET_BACK
from harness.session.session import Session
from harness.targets.base import Reached, TargetConfig
from harness.targets.device import TargetDevice
from harness.targets.dialing import TargetDialer
from harness.targets.recovery import Ladder, rungs_of
from tests.session.fake_agent import FakeAgent
from tests.session.programs import HASTY
from tests.session.test_real_links import TcpPort

PROGRAM = Program((Call(Export("coredll!GetTickCount")),), deadline_ms=1000)


class Silent:
    """A session whose programs are lost, or which fails."""

    def __init__(self, error: Exception | None = None, reason: str = "") -> None:
        self.error = error
        self.reason = reason
        self.deadlines: list[int] = []
        self.health = LineHealth()
        self.url = "tcp://h:1"
        self.sent, self.broken = 0, False

    class welcome:  # noqa: N801
        class limits:  # noqa: N801
            word = 4

    def run_all(self, programs: object, *, deadline: object = None) -> list[Execution]:
        if self.error:
            raise self.error
        found = list(cast("list[Program]", programs))
        self.deadlines += [program.deadline_ms for program in found]
        return [Execution(program, Outcome(OutcomeKind.LOST, reason=self.reason), ()) for program in found]


def device(session: Silent, fault: str | None = None, slowness: float = 1, faults: str = "") -> TargetDevice:
    reached = Reached("tcp://h:1", fault=lambda seconds: fault)
    return TargetDevice(
        "d",
        cast(Session, session),
        "model",
        reached=reached,
        slowness=slowness,
        protection="no key",
        faults=faults,
    )


def test_lost_without_an_explanation_is_the_devices_own() -> None:
    assert device(Silent()).run(PROGRAM).outcome.kind is OutcomeKind.LOST


def test_lost_with_an_explanation_is_the_labs() -> None:
    with pytest.raises(LinkError, match="pulled the plug"):
        device(Silent(), "somebody pulled the plug").run(PROGRAM)


def test_silence_on_a_line_that_was_made_faulty_is_the_labs() -> None:
    session = Silent(reason="the device went silent: not one byte in 10.0 s")
    with pytest.raises(LinkError, match=r"made faulty on purpose \(flip=1e-2\): the device went") as caught:
        device(session, faults="flip=1e-2").run(PROGRAM)
    assert "in doubt for: call coredll!GetTickCount()" in str(caught.value)
    assert device(session).run(PROGRAM).outcome.kind is OutcomeKind.LOST


@pytest.mark.parametrize("how", [RESTARTED, SET_BACK])
def test_what_the_agent_itself_shows_is_no_fault_of_the_line(how: str) -> None:
    session = Silent(reason=f"{how} since")
    assert device(session, faults="flip=1e-2").run(PROGRAM).outcome.kind is OutcomeKind.LOST


def test_a_program_too_long_for_a_faulty_line_is_no_finding() -> None:
    """Its frame never gets through, though every hello does: results stay right, or there are none."""
    long = Program((), (Buffer("b", 8000, b"x" * 8000),), deadline_ms=1)
    faults = "flip=2e-3 seed=1"
    with FakeAgent() as agent:
        port = TcpPort(agent)
        reached = Reached(f"tcp://127.0.0.1:{port.port}")
        session = Session.open(TargetDialer(reached, faults), deadline=Deadline(60), timing=HASTY)
        with (
            TargetDevice("d", session, "device", reached=reached, faults=faults) as opened,
            pytest.raises(LinkError, match="does not get through") as caught,
        ):
            opened.run(long)
        assert f"  faults were injected into this line on purpose: {faults}" in caught.value.__notes__
        port.close()


def test_a_failed_link_says_why() -> None:
    with pytest.raises(LinkError) as caught:
        device(Silent(LinkError("gone")), "somebody pulled the plug").run(PROGRAM)
    assert caught.value.__notes__ == ["  somebody pulled the plug"]


def test_a_reason_is_not_told_twice() -> None:
    with pytest.raises(LinkError) as caught:
        device(Silent(LinkError("gone: somebody pulled the plug")), "somebody pulled the plug").run(PROGRAM)
    assert not hasattr(caught.value, "__notes__")


def test_a_failed_link_says_what_was_bad_about_it() -> None:
    session = Silent(LinkError("gone"))
    session.health.reconnects, session.health.reconnecting = 2, 31.0
    with pytest.raises(LinkError) as caught:
        device(session, faults="cut=1e-3").run(PROGRAM)
    assert caught.value.__notes__ == [
        "  faults were injected into this line on purpose: cut=1e-3",
        "  the link broke and was opened again 2 times, which took 31.0 s",
    ]


def test_the_report_of_a_line() -> None:
    session = Silent()
    session.health.keyed, session.health.bytes_sent = True, 77
    report = device(session).line.as_dict()
    assert (report["url"], report["protection"], report["faults"]) == ("tcp://h:1", "no key", "")
    assert (report["keyed"], report["bytes_sent"], report["trouble"]) == (True, 77, [])


def test_slowness_stretches_programs_and_leaves_the_original_alone() -> None:
    session = Silent()
    assert device(session, slowness=2.5).run(PROGRAM).program.deadline_ms == 2500
    assert session.deadlines == [2500]
    assert PROGRAM.deadline_ms == 1000


class Refusing(Silent):
    """A session whose device cannot start a process for the first programs."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times, self.asked = times, 0

    def run_all(self, programs: object, *, deadline: object = None) -> list[Execution]:
        (program,) = cast("list[Program]", programs)
        self.asked += 1
        refused = Outcome(OutcomeKind.NOT_RUN, detail=1359, reason="no worker process")
        outcome = refused if self.asked <= self.times else Outcome(OutcomeKind.RETURNED)
        return [Execution(program, outcome, ())]


@pytest.mark.parametrize(("times", "kind"), [(3, OutcomeKind.RETURNED), (100, OutcomeKind.NOT_RUN)])
def test_a_program_that_no_process_was_started_for_is_asked_for_again(times: int, kind: OutcomeKind) -> None:
    session = Refusing(times)
    assert device(session).run(PROGRAM).outcome.kind is kind
    assert session.asked == 4


def test_a_program_that_was_not_run_for_another_reason_is_not_asked_for_again() -> None:
    class Lost(Refusing):
        def run_all(self, programs: object, *, deadline: object = None) -> list[Execution]:
            (execution,) = super().run_all(programs)
            outcome = Outcome(OutcomeKind.NOT_RUN, reason="a program before it was lost")
            return [Execution(execution.program, outcome, ())]

    session = Lost(0)
    assert device(session).run(PROGRAM).outcome.kind is OutcomeKind.NOT_RUN
    assert session.asked == 1


class Restarted(Silent):
    """A session that loses every program, or fails, until it begins anew."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__(error, "silence")
        self.begun: list[float] = []

    def run_all(self, programs: object, *, deadline: object = None) -> list[Execution]:
        found = list(cast("list[Program]", programs))
        if not self.begun:
            self.sent += len(found)
            self.broken = True
            return super().run_all(programs, deadline=deadline)
        return [Execution(program, Outcome(OutcomeKind.RETURNED), ()) for program in found]

    def hang_up(self) -> None:
        self.hung_up = True

    def begin_anew(self, deadline: Deadline) -> None:
        self.begun.append(deadline.seconds)
        self.broken = False


class Machine:
    """What the lab can start anew."""

    def __init__(self) -> None:
        self.cycled = 0
        self.broken: Exception | None = None

    def cycle(self) -> None:
        self.cycled += 1
        if self.broken:
            raise self.broken

    def of(self, session: Silent, *, fresh: bool = True) -> TargetDevice:
        reached = Reached("tcp://h:1", cycle=self.cycle, starts=lambda: self.cycled, fresh=fresh)
        ladder = Ladder("d", rungs_of(TargetConfig("d", "tcp"), reached), 5)
        return TargetDevice(
            "d", cast(Session, session), "model", reached=reached, ladder=ladder, patience=3.0
        )


def test_a_device_that_is_had_anew_in_a_second_is_not_waited_for() -> None:
    """The lost program stays lost: that was the device."""
    machine, session = Machine(), Restarted()
    found = machine.of(session)
    assert found.run(PROGRAM).outcome.kind is OutcomeKind.LOST
    assert machine.cycled == 0
    for _ in range(2):
        assert found.run(PROGRAM).outcome.kind is OutcomeKind.RETURNED
    assert (machine.cycled, session.begun) == (1, [60.0])
    (step,) = found.recovery
    assert (step.step, step.reason) == ("power cycle", "a program was lost: silence")


@pytest.mark.parametrize("fresh", [False, True])
def test_what_a_failing_lab_leaves_open_is_open(fresh: bool) -> None:
    machine, session = Machine(), Restarted(LinkError("gone"))
    found = machine.of(session, fresh=fresh)
    with pytest.raises(BroughtBack, match=r"^gone; brought back since by: "):
        found.run(PROGRAM)
    assert machine.cycled == int(fresh)  # before anything is switched off, a hello is tried
    assert found.run(PROGRAM).outcome.kind is OutcomeKind.RETURNED


def test_what_is_lost_because_the_lab_started_the_device_anew_is_not_the_devices() -> None:
    machine = Machine()

    class Cycled(Restarted):
        def run_all(self, programs: object, *, deadline: object = None) -> list[Execution]:
            if not self.begun:
                machine.cycle()
            return super().run_all(programs, deadline=deadline)

    found = machine.of(Cycled())
    with pytest.raises(BroughtBack, match="the harness started the device anew meanwhile: silence"):
        found.run(PROGRAM)
    assert found.run(PROGRAM).outcome.kind is OutcomeKind.RETURNED


def test_a_device_is_renewed_on_purpose() -> None:
    machine, session = Machine(), Restarted()
    found = machine.of(session)
    assert found.fresh
    found.renew()
    assert (machine.cycled, session.begun) == (1, [3.0])
    assert found.run(PROGRAM).outcome.kind is OutcomeKind.RETURNED
    assert not found.recovery
    assert not machine.of(session, fresh=False).fresh


def test_a_device_that_does_not_start_again_is_given_up() -> None:
    machine = Machine()
    found = machine.of(Restarted())
    found.run(PROGRAM)
    machine.broken = LinkError("no machine")
    with pytest.raises(LabError, match="a program was lost: silence") as caught:
        found.run(PROGRAM)
    assert caught.value.__notes__ == ["  power cycle: no machine"]
    with pytest.raises(LinkError, match="no machine"):
        found.renew()
