"""The soak run: it passes over the real agent, and it notices a device or a session that does wrong."""

from collections.abc import Sequence
from itertools import count as numbers

import pytest

from benchmarks.counting import READ
from benchmarks.scissors import Scissors
from benchmarks.soak import count, main
from harness.errors import LinkError
from harness.program.codec import read_answer
from harness.program.model import Program, Repeat
from harness.program.result import Execution
from harness.wire.messages import Answer

CALLS = 2000


class CountingSession:
    """A session with a device that counts. It runs program number `twice` twice and never runs `lost`."""

    def __init__(self, *, twice: int = -1, lost: int = -1) -> None:
        self.counter = 0
        self._twice, self._lost = twice, lost
        self._numbers = numbers()

    def run(self, program: Program) -> Execution:
        assert program == READ
        output = self.counter.to_bytes(4, "little").rstrip(b"\0")
        return read_answer(program, Answer(0, (self.counter,), (1,), outputs=(output,)), 4)

    def run_all(self, programs: Sequence[Program]) -> list[Execution]:
        return [self._run(program) for program in programs]

    def _run(self, program: Program) -> Execution:
        number = next(self._numbers)
        [step, *_] = program.steps
        turns = int(step.count) if isinstance(step, Repeat) else len(program.steps)  # type: ignore[arg-type]
        first = self.counter + 1
        if number != self._lost:
            self.counter += turns * (2 if number == self._twice else 1)
        last = first + turns - 1
        if isinstance(step, Repeat):
            return read_answer(program, Answer(0, (last,), (1,), runs=((0, turns, None),)), 4)
        return read_answer(program, Answer(0, tuple(range(first, last + 1)), (1,) * turns), 4)


def test_a_device_that_counts_right_is_right() -> None:
    tally = count(CountingSession(), CALLS)  # type: ignore[arg-type]
    assert tally.right
    assert (tally.answered, tally.counter) == (CALLS, CALLS)


@pytest.mark.parametrize("number", [0, 17, 20, 21, 40])
def test_a_program_that_ran_twice_is_noticed(number: int) -> None:
    tally = count(CountingSession(twice=number), CALLS)  # type: ignore[arg-type]
    assert not tally.right
    assert tally.wrong


@pytest.mark.parametrize("number", [0, 17, 20, 21, 40])
def test_a_program_that_never_ran_is_noticed(number: int) -> None:
    tally = count(CountingSession(lost=number), CALLS)  # type: ignore[arg-type]
    assert not tally.right


def test_the_last_program_has_only_the_counter_to_betray_it() -> None:
    tally = count(CountingSession(twice=0), 1)  # type: ignore[arg-type]
    assert not tally.wrong
    assert not tally.right


class DeafSession(CountingSession):
    """The line is gone after a while."""

    def run_all(self, programs: Sequence[Program]) -> list[Execution]:
        if self.counter:
            raise LinkError("the line is gone")
        return super().run_all(programs)


def test_a_line_that_stays_broken_is_wrong_and_has_its_tally() -> None:
    tally = count(DeafSession(), 10 * CALLS)  # type: ignore[arg-type]
    assert not tally.right
    assert tally.wrong == ["the line is gone"]
    assert 0 < tally.answered < 10 * CALLS


class Wire:
    """A link that keeps what is written; also what opens it."""

    url = "tcp://wire:1"
    rate = None

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = 0

    def open(self, timeout: float) -> "Wire":
        return self

    def read(self) -> bytes:
        return b""

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed += 1


def test_the_scissors_cut_in_the_middle_of_a_frame_and_as_often_as_told() -> None:
    wire = Wire()
    scissors = Scissors(wire, cuts=2, every=3, twice=0)
    link = scissors.open(1)
    for number in range(12):
        if number in (2, 5):
            with pytest.raises(LinkError, match="on purpose"):
                link.write(b"0123456789")
            assert wire.written[-1] == b"01234"
            link = scissors.open(1)
        else:
            link.write(b"0123456789")
            assert wire.written[-1] == b"0123456789"
    assert (scissors.made, wire.closed) == (2, 2)


def test_some_frames_are_said_twice() -> None:
    wire = Wire()
    scissors = Scissors(wire, cuts=0, every=1, twice=4, seed=1)
    link = scissors.open(1)
    for _ in range(400):
        link.write(b"frame")
    assert len(wire.written) == 400 + scissors.doubled
    assert 50 < scissors.doubled < 150


def test_a_short_run_over_the_real_agent(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")
    assert main(["3000", "--cuts", "4"]) == 0
    tally = capsys.readouterr().out.splitlines()[-1]
    assert tally.startswith("soak: right calls=3000 answered=3000 counter=3000 wrong=0 ")
    assert " cuts=4 " in tally


@pytest.mark.long
@pytest.mark.parametrize(("calls", "link", "cuts"), [("50000", "tcp", "100"), ("10000", "serial", "20")])
def test_a_long_run_over_the_real_agent(calls: str, link: str, cuts: str) -> None:
    pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")
    assert main([calls, "--link", link, "--cuts", cuts]) == 0
