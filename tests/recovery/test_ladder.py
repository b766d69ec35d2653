"""The ladder alone: order, notes, ends."""

from collections.abc import Callable

import pytest

from harness.deadline import Deadline
from harness.errors import LabError, NoAnswer, ProtocolError
from harness.targets import TargetConfig, Timing
from harness.targets.base import Reached
from harness.targets.recovery import ANSWERS, Ladder, Rung, rungs_of


def rung(name: str, does: Callable[[], object] = lambda: None) -> Rung:
    return Rung(name, does, 7.0)


def fails() -> None:
    raise LabError("it failed")


class Hello:
    """Answers after so many tries in vain."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.deadlines: list[float] = []

    def __call__(self, deadline: Deadline) -> None:
        self.deadlines.append(deadline.seconds)
        if (error := self.answers.pop(0)) is not None:
            raise error


def test_one_rung_after_the_other() -> None:
    ladder = Ladder("panel", [rung("first", fails), rung("second"), rung("third"), rung("fourth")], 5)
    hello = Hello(NoAnswer("silence"), None)
    assert ladder.climb(NoAnswer("gone"), hello) == "third"
    assert [(step.step, step.result, step.reason) for step in ladder.steps] == [
        ("first", "it failed", "gone"),
        ("second", "silence", "gone"),
        ("third", ANSWERS, "gone"),
    ]
    assert hello.deadlines == [7.0, 7.0]


def test_what_was_tried_stands_below_what_was_wrong() -> None:
    ladder = Ladder("panel", [rung("first", fails), rung("second")], 5)
    gone = NoAnswer("gone")
    with pytest.raises(NoAnswer) as caught:
        ladder.climb(gone, Hello(NoAnswer("silence")))
    assert caught.value is gone
    assert gone.__notes__ == ["  first: it failed", "  second: silence"]


def test_another_protocol_is_an_answer_and_the_end() -> None:
    ladder = Ladder("panel", [rung("first"), rung("second")], 5)
    with pytest.raises(ProtocolError):
        ladder.climb(NoAnswer("gone"), Hello(ProtocolError("version 9")))
    assert [step.result for step in ladder.steps] == ["version 9"]


def test_in_a_row_only_so_often() -> None:
    ladder = Ladder("panel", [rung("first")], 2)
    for _ in range(2):
        ladder.climb(NoAnswer("gone"), Hello(None))
        ladder.climb(NoAnswer("gone"), Hello(None))
        ladder.works()
    for _ in range(2):
        ladder.climb(NoAnswer("gone"), Hello(None))
    with pytest.raises(NoAnswer) as caught:
        ladder.climb(NoAnswer("gone"), Hello(None))
    assert "brought back 2 times in a row" in caught.value.__notes__[0]


def test_a_ladder_without_rungs_is_none() -> None:
    assert not Ladder("panel", [], 5)
    assert not Ladder("panel", [rung("first")], 0)
    assert Ladder("panel", [rung("first")], 1)


@pytest.mark.parametrize(
    ("boot", "cycle", "expected"),
    [
        (None, False, []),
        (None, True, [("power cycle", 60.0)]),
        (90.0, True, [("power cycle", 90.0)]),
        (5.0, True, [("power cycle", 5.0)]),
        (90.0, False, [("wait", 90.0)]),
    ],
)
def test_what_there_is_to_try(boot: float | None, cycle: bool, expected: list[tuple[str, float]]) -> None:
    config = TargetConfig("panel", "tcp", boot=boot)
    found = rungs_of(config, Reached("tcp://h:1", cycle=fails if cycle else None))
    assert [(one.name, one.seconds) for one in found] == expected


def test_a_device_that_starts_slowly_boots_slowly() -> None:
    config = TargetConfig("panel", "qemu", timing=Timing(connect=120.0))
    (one,) = rungs_of(config, Reached("tcp://h:1", cycle=fails))
    assert one.seconds == 120.0
