"""From measurements to rates, shares and verdicts on targets."""

import json
import time

import pytest

from benchmarks.framing import framing
from benchmarks.harness_calls import MODES
from benchmarks.measuring import Cell, Measured, measure
from benchmarks.report import as_dict, table, targets
from benchmarks.results import LINKS, PEERS, QUICK, Results, ours, real


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


def results(*, batched: float, windowed: float, reopened: float = 0.2) -> Results:
    """As after a run in which every call takes 7 bytes up and 6 down."""
    found = Results(QUICK, reopened={"tcp": [0.1, 0.2], "serial": [0.1, reopened, 0.15]})
    rates = {ours("batched"): batched, ours("windowed"): windowed}
    for link in LINKS:
        for system in [
            *PEERS,
            *map(ours, MODES),
            *(real(cpu, mode) for cpu in QUICK.agents for mode in MODES),
        ]:
            calls = round(rates.get(system, 100))
            counted = (None, None) if link.rate is None else (7 * calls, 6 * calls)
            found.cell(system, link).measured.append(Measured(calls, 1.0, *counted))
    for cpu in QUICK.cpus:
        found.devices[cpu] = [
            {
                "cpu": cpu,
                "ready": 0.5,
                "start_up": 0.6,
                "calls": {"GetTickCount": 30_000.0},
                "device_memory": 1 << 20,
                "controller_memory": 27 << 20,
                "emulator_memory": 45 << 20,
            }
        ]
    return found


def test_a_good_run_reaches_every_target() -> None:
    assert all(target.reached for target in targets(results(batched=1560, windowed=600)))


@pytest.mark.parametrize(("batched", "windowed", "missed"), [(1499, 600, 2), (1560, 499, 2), (1400, 600, 4)])
def test_a_target_that_was_missed_says_so(batched: float, windowed: float, missed: int) -> None:
    found = [target for target in targets(results(batched=batched, windowed=windowed)) if not target.reached]
    assert len(found) == missed
    assert all(str(target).startswith("NOT REACHED") for target in found)


def test_a_port_that_is_answered_late_even_once_misses_the_target() -> None:
    found = targets(results(batched=1560, windowed=600, reopened=1.23))
    missed = [str(target) for target in found if not target.reached]
    assert missed == [
        "NOT REACHED  answered after the return of a serial port, the slowest of 3: 1.23 s, at most 1.00"
    ]


def test_the_table_and_the_json_hold_everything() -> None:
    run = results(batched=1560, windowed=600)
    text = table(run)
    for system in [*PEERS, *map(ours, MODES)]:
        assert f"\n{system} " in text
    assert "1,560 (1,560-1,560) 95 %" in text
    assert "batched 15.6" in text
    assert "tcp 0.15 (0.10-0.20) s, serial 0.15 (0.10-0.20) s" in text
    json.dumps(as_dict(run))
    assert len(as_dict(run)["cells"]) == 3 * (len(PEERS) + 2 * len(MODES))  # type: ignore[arg-type]
