"""Bench hosts and serial ports for the tests of links over SSH."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.links.bench import Bench, Way, sshd


@pytest.fixture
def start_bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Starts bench hosts: their names, and lines for their sshd_config."""
    sshd()
    started: list[Bench] = []

    def start(name: str = "bench", *settings: str) -> Bench:
        bench = Bench(tmp_path, name, *settings)
        started.append(bench)
        bench.start()
        return bench

    yield start
    for bench in started:
        bench.kill()


@pytest.fixture
def bench(start_bench: Callable[..., Bench], way: Way) -> Bench:
    """One that knows us, and that we know."""
    bench = start_bench()
    bench.admit(way.key)
    way.add(bench)
    return bench


@pytest.fixture
def way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Way:
    """Without the agent of whoever runs the tests."""
    sshd()
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return Way(tmp_path)


@pytest.fixture
def port() -> Iterator[tuple[int, str]]:
    """A serial port of the bench host: its other end, and its name."""
    import pty

    other, slave = pty.openpty()
    name = os.ttyname(slave)
    yield other, name
    for end in (other, slave):
        with contextlib.suppress(OSError):
            os.close(end)
