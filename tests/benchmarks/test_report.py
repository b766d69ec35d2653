"""From measurements to rates, shares and verdicts on targets."""

import time

import pytest

from benchmarks.framing import framing
from benchmarks.measuring import Cell, Measured, measure


def test_rates_shares_and_bytes_of_a_cell() -> None:
    cell = Cell("x", "line", 1000.0)
    cell.measured += [Measured(100, 1.0, 900, 300), Measured(110, 1.0, 990, 330), Measured(60, 1.0, 540, 180)]
    assert cell.rate == 100
    assert cell.rates == (60, 110)
    assert cell.share == pytest.approx(0.9)
    assert cell.bytes_per_call == pytest.approx((9.0, 3.0))
    assert cell.as_dict()["line_share"] == pytest.approx(0.9)


def test_the_busier_direction_counts() -> None:
    assert Measured(1, 2.0, 100, 500).share(1000) == pytest.approx(0.25)


def test_what_has_no_line_has_no_share() -> None:
    cell = Cell("x", "tcp", None, [Measured(10, 2.0)])
    assert cell.rate == 5
    assert cell.share is None
    assert cell.bytes_per_call is None


def test_a_measurement_lasts_about_as_long_as_asked_and_counts_only_itself() -> None:
    made: list[int] = []

    def calls(count: int) -> int:
        time.sleep(count / 1000)
        made.append(count)
        return count

    found = measure(calls, 0.3, lambda: {"up": sum(made), "down": 0})
    assert found.calls == made[-1]
    assert found.up == made[-1]
    # However slow this machine is, a call takes no less than its millisecond.
    assert found.calls <= 300
    assert found.seconds >= found.calls / 1000


def test_what_makes_more_calls_than_asked_is_measured_by_what_it_made() -> None:
    def calls(count: int) -> int:
        made = -(-count // 64) * 64
        time.sleep(made / 100_000)
        return made

    assert measure(calls, 0.01).calls % 64 == 0


def test_framing_is_counted_on_real_frames() -> None:
    plain, keyed = framing(keyed=False), framing(keyed=True)
    assert (plain.question, plain.answer) == (10, 10)
    assert (keyed.question, keyed.answer) == (14, 14)
