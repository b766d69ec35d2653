"""A device tells in what condition it is."""

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from harness.deadline import Deadline
from harness.device import Device
from harness.device.condition import device_time, stays_awake
from harness.errors import LabError
from harness.lab import load_lab
from harness.provider.catalog import ours, try_out
from harness.provider.refusals import UnavailableError
from harness.session import Session
from harness.targets import connect
from harness.wire.messages import Answer, Outcome, OutcomeCode, Run
from tests.session.answers import count_calls
from tests.session.fake_agent import FakeAgent


class Clocks:
    """A script for the agent: what the tick counter shows, call by call, and the date."""

    def __init__(self, ticks: Sequence[int], date: Sequence[int] = (2006, 1, 0, 1, 12, 0, 30, 500)) -> None:
        self._ticks, self._date = ticks, date

    def __call__(self, run: Run) -> Answer:
        count = count_calls(run.steps)
        assert count == 4
        before, after = self._ticks
        values, times = (before, 0, after, 0), (5,) * count
        return Answer(run.seq, values, times, outputs=(struct.pack("<8H", *self._date),))


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


@contextmanager
def device_of(script: Clocks) -> Iterator[Device]:
    with FakeAgent(script=script) as agent:
        session = Session.open(agent, deadline=Deadline(30))
        with Device("bench", session, "model", 4) as device:
            yield device


def test_a_device_that_has_lost_its_date(now: datetime) -> None:
    with device_of(Clocks((1000, 1203))) as device:
        time = device_time(device.run)
        assert (time.asked, time.slept, time.stands_still) == (200, 203, False)
        assert time.now == datetime(2006, 1, 1, 12, 0, 30, 500_000, UTC)
        off = time.off(now)
        assert off is not None
        assert off < -timedelta(days=7000).total_seconds()


def test_a_tick_counter_that_wraps_or_stands_still() -> None:
    with device_of(Clocks((0xFFFFFFF0, 0xC0))) as device:
        assert device_time(device.run).slept == 0xD0
    with device_of(Clocks((7, 7))) as device:
        assert device_time(device.run).stands_still


def test_no_date_at_all(now: datetime) -> None:
    with device_of(Clocks((0, 200), (0,) * 8)) as device:
        time = device_time(device.run)
        assert (time.now, time.off(now)) == (None, None)


def test_a_device_that_does_not_say() -> None:
    def script(run: Run) -> Answer:
        return Answer(run.seq, outcome=Outcome(OutcomeCode.UNRESOLVED, 0, 127), outputs=(b"",))

    with FakeAgent(script=script) as agent:
        session = Session.open(agent, deadline=Deadline(30))
        with (
            Device("bench", session, "model", 4) as device,
            pytest.raises(LabError, match="export not found"),
        ):
            device_time(device.run)


def test_an_emulated_device() -> None:
    pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")
    config = load_lab(None).targets["emulated"]
    with connect(config) as device:
        time = device_time(device.run)
        assert 200 <= time.slept < 2000
        assert time.now is not None
        assert stays_awake(device.welcome)
        try_out(device.run)
        assert not ours(device.run)
    with connect(replace(config, settings={**config.settings, "variants": "untrusted"})) as device:
        with pytest.raises(UnavailableError, match="no program is trusted"):
            try_out(device.run)
        assert not ours(device.run)
