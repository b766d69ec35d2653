"""The sweep against a scripted device: whatever that does, every triple gets its own outcome."""

from itertools import product
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted_sweep import Answer, ScriptedSweep, Triple
from triples import OUTCOMES, areas

from harness.errors import BroughtBack, NoAnswer, ProtocolError
from harness.fingerprint import NOT_MEASURED, Block, OutcomeMap, Progress, Sweep
from harness.fingerprint.measuring import program, read
from harness.program.formatter import format_program
from harness.program.result import Execution, Outcome, OutcomeKind
from harness.program.text import parse
from harness.winsock import symbols

WIDE = Block(range(16), range(256), range(256))


def triples(area: Block) -> list[Triple]:
    return list(product(area.types, area.families, area.protocols))


def found(outcomes: OutcomeMap) -> dict[Triple, str]:
    return {each: outcomes.outcome(*each) for each in triples(outcomes.area)}


def scripted(values: dict[Triple, str], usual: str) -> Answer:
    return lambda triple: values.get(triple, usual)


@st.composite
def scripts(draw: st.DrawFn, special: st.SearchStrategy[str]) -> tuple[Block, dict[Triple, str], str]:
    area = draw(areas(families=10, protocols=16))
    usual = draw(st.sampled_from(["success", "error 10047", "no code"]))
    some = draw(st.dictionaries(st.sampled_from(triples(area)), special, max_size=6))
    columns = draw(st.dictionaries(st.sampled_from(area.protocols), st.just("success"), max_size=20))
    values = {each: columns[each[2]] for each in triples(area) if each[2] in columns}
    return area, values | some, usual


RETURNS = OUTCOMES.filter(lambda text: not text.endswith("blocked") and text != "lost").filter(
    lambda text: "faulted" not in text and "exited" not in text
)


@given(scripts(RETURNS), st.integers(1, 9))
def test_a_good_device_is_asked_once(script: tuple[Block, dict[Triple, str], str], window: int) -> None:
    area, values, usual = script
    device = ScriptedSweep(scripted(values, usual))
    device.welcome.limits.window = window
    outcomes = OutcomeMap(area)
    assert Sweep(device, outcomes).run() == ""
    assert found(outcomes) == {each: values.get(each, usual) for each in triples(area)}
    assert set(device.asked.values()) == {1}
    assert len(device.asked) == len(area)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=100)
@given(
    scripts(OUTCOMES),
    st.integers(2, 60),
    st.sampled_from([0.0, 0.05, 0.3]),
    st.integers(1, 9),
    st.sampled_from([3, 50, 100_000]),
    st.integers(),
)
def test_a_bad_device_is_measured_all_the_same(
    script: tuple[Block, dict[Triple, str], str],
    room: int,
    hiccups: float,
    window: int,
    most: int,
    seed: int,
) -> None:
    """Answers overflow, programs are late or lost for no reason, triples end processes or the device."""
    area, values, usual = script
    device = ScriptedSweep(scripted(values, usual), room, hiccups, most, Random(seed))
    device.welcome.limits.window = window
    outcomes = OutcomeMap(area)
    assert Sweep(device, outcomes).run() == ""
    assert found(outcomes) == {each: values.get(each, usual) for each in triples(area)}


def test_outcomes_that_alternate_fill_answers_and_few_are_asked_twice() -> None:
    """An answer with room for 1,500 runs; every other protocol makes a socket."""
    area = Block(range(1, 2), range(256), range(256))
    device = ScriptedSweep(lambda each: "error 10043" if each[2] % 2 else "success", room=1500)
    outcomes = OutcomeMap(area)
    sweep = Sweep(device, outcomes)
    assert sweep.run() == ""
    assert dict(outcomes.counts()) == {"success": 32768, "error 10043": 32768}
    assert sum(device.asked.values()) < 1.8 * len(area)


def test_a_program_after_an_overflow_gets_a_worker_without_left_over_sockets() -> None:
    area = Block(range(1), range(8), range(64))
    device = ScriptedSweep(lambda each: f"error {each[2]}", room=100)
    Sweep(device, OutcomeMap(area)).run()
    fresh = [program.fresh for program in device.programs]
    assert not fresh[0]
    assert any(fresh)


def test_a_fault_is_found_by_two_more_programs() -> None:
    area = Block(range(1), range(1), range(200))
    device = ScriptedSweep(lambda each: "faulted 0xC0000005" if each[2] == 77 else "success")
    sweep = Sweep(device, outcomes := OutcomeMap(area))
    assert sweep.run() == ""
    assert list(outcomes.runs()) == [(77, "success"), (1, "faulted 0xC0000005"), (122, "success")]
    assert len(device.programs) == 3
    assert (device.asked.pop((0, 0, 77)), set(device.asked.values())) == (2, {1})
    assert sweep.unexplained == 0


def test_ends_that_no_triple_explains_are_counted() -> None:
    device = ScriptedSweep(lambda each: "success", most=9)
    sweep = Sweep(device, outcomes := OutcomeMap(Block(range(1), range(1), range(20))))
    assert sweep.run() == ""
    assert list(outcomes.runs()) == [(20, "success")]
    assert sweep.unexplained > 0


@given(areas(types=1))
def test_programs_are_replayable_text(block: Block) -> None:
    made = program(block, fresh=True)
    assert parse(format_program(made), symbols()) == made
    assert made.fresh


def test_what_was_measured_before_ctrl_c_is_not_asked_again() -> None:
    def pull(device: ScriptedSweep) -> None:
        if len(device.programs) > 9:
            raise KeyboardInterrupt

    area = Block(range(3), range(16), range(256))
    answer: Answer = lambda each: f"error {sum(each) % 5}" if each[1] != 7 else "success"  # noqa: E731
    first = ScriptedSweep(answer, after=pull)
    outcomes = OutcomeMap(area)
    with pytest.raises(KeyboardInterrupt):
        Sweep(first, outcomes).run()
    before = {each for each, outcome in found(outcomes).items() if outcome != NOT_MEASURED}
    assert 0 < len(before) < len(area)
    second = ScriptedSweep(answer)
    assert Sweep(second, outcomes).run() == ""
    assert found(outcomes) == {each: answer(each) for each in triples(area)}
    assert not before & set(second.asked)


def test_progress_tells_how_far_it_is() -> None:
    seen: list[Progress] = []
    Sweep(ScriptedSweep(lambda each: "success"), OutcomeMap(Block(range(4), range(30), range(99)))).run(
        seen.append
    )
    assert [each.measured for each in seen] == sorted(each.measured for each in seen)
    assert (seen[-1].measured, seen[-1].total, seen[-1].left) == (11880, 11880, 0)
    assert all(each.rate > 0 for each in seen)


# --- devices that cannot be measured --------------------------------------------------------


def test_winsock_that_does_not_start() -> None:
    device = ScriptedSweep(lambda each: "error 10093", startup=10091)
    outcomes = OutcomeMap(Block(range(1), range(2), range(2)))
    assert Sweep(device, outcomes).run() == "WSAStartup fails with WSASYSNOTREADY (10091)"
    assert outcomes.measured == 0


@pytest.mark.parametrize(
    ("kind", "call"), [(OutcomeKind.UNRESOLVED, 1), (OutcomeKind.FAULTED, 0), (OutcomeKind.BLOCKED, 0)]
)
def test_a_device_whose_programs_do_not_get_to_the_call(kind: OutcomeKind, call: int) -> None:
    ended = Outcome(kind, call, 127)

    class Device(ScriptedSweep):
        def run_all(self, programs):  # type: ignore[no-untyped-def]
            return [Execution(each.program, ended, each.calls) for each in super().run_all(programs)]

    assert Sweep(Device(lambda each: "success"), OutcomeMap(WIDE)).run() == str(ended)


def test_a_device_that_starts_no_worker_any_more() -> None:
    class Device(ScriptedSweep):
        def run_all(self, programs):  # type: ignore[no-untyped-def]
            ended = Outcome(OutcomeKind.NOT_RUN, reason="could not start a worker")
            self.programs += programs
            return [Execution(each.program, ended, each.calls) for each in super().run_all(programs)]

    assert "could not start a worker" in Sweep(Device(lambda each: "success"), OutcomeMap(WIDE)).run()


def test_a_lab_that_fails_leaves_everything_to_be_done() -> None:
    def fail(device: ScriptedSweep) -> None:
        raise NoAnswer("nothing came back")

    device = ScriptedSweep(lambda each: "success", after=fail)
    sweep = Sweep(device, outcomes := OutcomeMap(Block(range(1), range(2), range(9))))
    with pytest.raises(NoAnswer):
        sweep.run()
    assert outcomes.measured == 0
    device.after = lambda self: None
    assert sweep.run() == ""
    assert outcomes.measured == 18


def test_answers_that_cannot_be() -> None:
    block = Block(range(1), range(1), range(4))
    other = ScriptedSweep(lambda each: "success").run_all([program(Block(range(1), range(1), range(3)))])
    with pytest.raises(ProtocolError, match="outcomes of 3 triples for 4"):
        read(block, other[0])
    with pytest.raises(ProtocolError, match="did not fit a frame"):
        Sweep(ScriptedSweep(lambda each: "success", room=1), OutcomeMap(block)).run()


def test_what_a_lab_lost_and_brought_back_is_measured_again() -> None:
    area = Block(range(1, 3), range(6), range(256))
    calls = 0

    def after(device: ScriptedSweep) -> None:
        nonlocal calls
        calls += 1
        if calls % 3 == 1:
            raise BroughtBack("the port was gone; brought back since by: power cycle")

    device = ScriptedSweep(scripted({(1, 2, 6): "success"}, "error 10047"), after=after)
    outcomes = OutcomeMap(area)
    assert Sweep(device, outcomes).run() == ""
    assert found(outcomes) == {
        each: "success" if each == (1, 2, 6) else "error 10047" for each in triples(area)
    }
    assert max(device.asked.values()) > 1
