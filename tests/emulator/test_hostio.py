"""Host file objects, timers and wake-ups: one selector."""

import socket
import threading
from collections.abc import Iterator

import pytest

from harness.emulator.clock import Clock
from harness.emulator.hostio import Io


@pytest.fixture
def io() -> Iterator[Io]:
    made = Io()
    yield made
    made.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def test_a_watch_fires_once(io: Io, pair: tuple[socket.socket, socket.socket]) -> None:
    fired: list[str] = []
    io.watch(pair[0], lambda: fired.append("read"))
    io.poll(block=False)
    assert fired == []
    pair[1].send(b"x")
    io.poll(block=True)
    io.poll(block=False)
    assert fired == ["read"]


def test_reading_and_writing_are_watched_apart(io: Io, pair: tuple[socket.socket, socket.socket]) -> None:
    fired: list[str] = []
    reading = io.watch(pair[0], lambda: fired.append("read"))
    io.watch(pair[0], lambda: fired.append("write"), writing=True)
    io.poll(block=True)
    assert fired == ["write"]
    assert reading.active
    pair[1].send(b"x")
    io.poll(block=True)
    assert fired == ["write", "read"]


def test_forgetting_cancels_every_watch(io: Io, pair: tuple[socket.socket, socket.socket]) -> None:
    fired: list[str] = []
    for number in range(2):
        io.watch(
            pair[0],
            lambda: fired.append("ready"),
            cancelled=lambda number=number: fired.append(f"cancelled {number}"),
        )
    io.forget(pair[0])
    pair[1].send(b"x")
    io.poll(block=False)
    assert fired == ["cancelled 0", "cancelled 1"]


def test_a_callback_may_cancel_another_watch(io: Io, pair: tuple[socket.socket, socket.socket]) -> None:
    fired: list[str] = []
    first = io.watch(pair[0], lambda: (fired.append("first"), second.cancel()))
    second = io.watch(pair[0], lambda: (fired.append("second"), first.cancel()))
    pair[1].send(b"x")
    io.poll(block=True)
    assert fired == ["first"]


def test_timers_fire_in_order_and_can_be_cancelled(io: Io) -> None:
    fired: list[int] = []
    io.after(0.02, lambda: fired.append(2))
    io.after(0.01, lambda: fired.append(1))
    io.after(0.015, lambda: fired.append(9)).cancel()
    while len(fired) < 2:
        io.poll(block=True)
    assert fired == [1, 2]


def test_idle_time_is_skipped_up_to_the_timer_that_asks_for_it() -> None:
    clock, fired = Clock(), list[str]()
    io = Io(clock)
    io.after(7000, lambda: fired.append("later"))
    io.after(3600, lambda: fired.append("asks"), skip_idle=True)
    io.after(1800, lambda: fired.append("on the way"))
    while "asks" not in fired:
        io.poll(block=True)
    assert fired == ["on the way", "asks"]
    assert 3600 <= clock.seconds() < 3700
    assert not io.skipping
    io.close()


def test_no_time_is_skipped_for_a_timer_that_was_cancelled(io: Io) -> None:
    io.after(3600, lambda: None, skip_idle=True).cancel()
    assert not io.skipping


def test_what_comes_from_the_host_comes_before_skipped_time(
    io: Io, pair: tuple[socket.socket, socket.socket]
) -> None:
    fired: list[str] = []
    io.after(3600, lambda: fired.append("time"), skip_idle=True)
    io.watch(pair[0], lambda: fired.append("host"))
    pair[1].send(b"x")
    io.poll(block=True)
    assert fired == ["host"]


def test_cancelled_timers_do_not_pile_up(io: Io) -> None:
    kept = io.after(3600, lambda: None)
    for _ in range(20_000):
        io.after(3600, lambda: None).cancel()
    assert len(io._timers) <= 1001
    assert kept.active


def test_another_thread_ends_a_blocking_poll(io: Io) -> None:
    threading.Timer(0.01, io.wake).start()
    io.poll(block=True)  # would never return
