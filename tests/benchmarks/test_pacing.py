"""When bytes arrive on the simulated line, and when software sees them. No clock is read."""

import pytest

from benchmarks.pacing import ByteClock, Receiver, Uart, UsbAdapter

RATE = 11520.0
BYTE = 1 / RATE


def drain(clock: ByteClock, receiver: Receiver, until: float) -> list[tuple[float, int]]:
    """(time, bytes) of everything handed over up to `until`, by somebody who wakes exactly in time."""
    seen: list[tuple[float, int]] = []
    while (wake := receiver.wake(clock)) is not None and wake <= until:
        data = receiver.collect(clock, wake)
        if data:
            seen.append((wake, len(data)))
    return seen


def test_a_byte_has_arrived_one_character_after_it_was_sent() -> None:
    clock = ByteClock(RATE)
    clock.push(b"ab", 5.0)
    assert clock.take(5.0 + 0.99 * BYTE) == b""
    assert clock.take(5.0 + BYTE) == b"a"
    assert clock.take(5.0 + 1.99 * BYTE) == b""
    assert clock.take(5.0 + 2 * BYTE) == b"b"


def test_what_follows_waits_for_what_is_under_way() -> None:
    clock = ByteClock(RATE)
    clock.push(bytes(100), 1.0)
    clock.take(1.0 + 10 * BYTE)
    clock.push(b"z", 1.0 + 10 * BYTE)
    assert clock.arrival(clock.under_way) == pytest.approx(1.0 + 101 * BYTE)


def test_a_line_that_fell_silent_begins_anew() -> None:
    clock = ByteClock(RATE)
    clock.push(b"a", 0.0)
    clock.take(1.0)
    clock.push(b"b", 1.0)
    assert clock.arrival(1) == pytest.approx(1.0 + BYTE)


def test_a_busy_line_does_not_drift_however_late_it_is_looked_at() -> None:
    clock = ByteClock(RATE)
    carried, now = 0, 0.0
    clock.push(bytes(1000), now)
    for turn in range(20_000):
        # Always late, by up to eight bytes, and never the same.
        now = clock.arrival(min(50, clock.under_way)) + (turn * 7919 % 97) / 97 * 8 * BYTE
        carried += len(clock.take(now))
        clock.push(bytes(1000 - clock.under_way), now)
    assert carried == pytest.approx(now * RATE, abs=1)
    assert carried > 1_000_000


def test_bytes_come_through_unchanged_and_in_order() -> None:
    clock, uart = ByteClock(RATE), Uart()
    sent = bytes(range(256)) * 3
    clock.push(sent, 0.0)
    seen = b""
    while (wake := uart.wake(clock)) is not None:
        seen += uart.collect(clock, wake)
    assert seen == sent


def test_a_uart_hands_over_14_bytes_or_the_end() -> None:
    clock, uart = ByteClock(RATE), Uart()
    clock.push(bytes(33), 0.0)
    seen = drain(clock, uart, 1.0)
    assert [count for _, count in seen] == [14, 14, 5]
    assert [time for time, _ in seen] == pytest.approx([14 * BYTE, 28 * BYTE, 33 * BYTE])


def test_a_uart_looked_at_early_keeps_what_it_has() -> None:
    clock, uart = ByteClock(RATE), Uart()
    clock.push(bytes(20), 0.0)
    assert uart.collect(clock, 3 * BYTE) == b""
    assert uart.wake(clock) == pytest.approx(14 * BYTE)
    assert len(uart.collect(clock, 14 * BYTE)) == 14


def test_an_adapter_sends_62_bytes_at_once() -> None:
    clock, adapter = ByteClock(RATE), UsbAdapter()
    adapter.collect(clock, 0.0)
    clock.push(bytes(130), 0.0)
    seen = drain(clock, adapter, 1.0)
    assert [count for _, count in seen] == [62, 62, 6]
    assert seen[0][0] == pytest.approx(62 * BYTE)
    assert seen[1][0] == pytest.approx(124 * BYTE)
    assert seen[2][0] == pytest.approx(124 * BYTE + 0.016)


def test_few_bytes_wait_for_the_timer_which_runs_since_it_last_ran_out() -> None:
    clock, adapter = ByteClock(RATE), UsbAdapter()
    clock.push(bytes(10), 0.1)
    [(first, count)] = drain(clock, adapter, 1.0)
    assert count == 10
    assert first == pytest.approx(0.112)  # 7 * 16 ms
    clock.push(bytes(10), first)
    assert drain(clock, adapter, 1.0) == [(pytest.approx(first + 0.016), 10)]


def test_stop_and_wait_behind_an_adapter_makes_62_turns_a_second() -> None:
    clock, adapter = ByteClock(RATE), UsbAdapter()
    now, turns = 0.0, 0
    while now < 10:
        clock.push(bytes(20), now + 20 * BYTE)
        [(now, _)] = drain(clock, adapter, now + 1)
        turns += 1
    assert turns / now == pytest.approx(62.5, abs=0.5)


def test_an_adapter_looked_at_late_sends_what_it_would_have_sent() -> None:
    clock, adapter = ByteClock(RATE), UsbAdapter()
    clock.push(bytes(100), 0.0)
    # 62 bytes are full after 5.4 ms, and the timer runs out 16 ms later: both have passed.
    assert len(adapter.collect(clock, 0.05)) == 100
    assert adapter.wake(clock) is None
