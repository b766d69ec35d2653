"""The desktop agent on a serial port, which Wine makes of a pseudo terminal."""

import os
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from controller import KEY
from running import OnWine, key_file, on_wine

from harness.agents import build_agents
from harness.deadline import Deadline
from harness.program.text import parse
from harness.session import Session
from harness.winsock import symbols

pytest.importorskip("termios", reason="the other end is a pseudo terminal, which needs a POSIX host")
pytestmark = pytest.mark.long


class Cable:
    """A pseudo terminal: this end is a link, `terminal` is the other one."""

    url, rate = "a cable", None

    def __init__(self) -> None:
        import tty

        self._end, self._terminal = os.openpty()
        tty.setraw(self._terminal)
        self.terminal = os.ttyname(self._terminal)
        self._wake, self._closing = os.pipe()
        self._reading = threading.Lock()
        self._closed = False

    def read(self) -> bytes:
        with self._reading:
            if not self._closed and self._end in select.select([self._end, self._wake], [], [])[0]:
                return os.read(self._end, 4096)
        return b""

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._end, data) :]

    def close(self) -> None:
        """Pulled out: whoever has the terminal open is hung up."""
        if self._closed:
            return
        self._closed = True
        os.write(self._closing, b"!")
        with self._reading:
            for descriptor in (self._end, self._terminal, self._wake, self._closing):
                os.close(descriptor)


class Plugging:
    """Every link is a new cable to the agent's port. The first one is plugged in from the beginning."""

    url = "a new cable"

    def __init__(self, wine: OnWine) -> None:
        self._wine = wine
        self.cable = self._new()
        self._first = True

    def _new(self) -> Cable:
        cable = Cable()
        self._wine.plug("com1", cable.terminal)
        return cable

    def open(self, timeout: float) -> Cable:
        if not self._first:
            self.cable = self._new()
        self._first = False
        return self.cable

    def close(self) -> None:
        """Nothing stays open."""


@pytest.fixture
def wine(tmp_path: Path) -> Iterator[OnWine]:
    build_agents()
    with on_wine(tmp_path) as made:
        yield made


@contextmanager
def served(wine: OnWine, words: str, key: bytes | None) -> Iterator[tuple[Session, Plugging]]:
    """A session with an agent that finds its first cable plugged in."""
    if key:
        key_file(wine.folder)
    plugging = Plugging(wine)
    wine.start(*words.split())
    made = Session.open(plugging, key=key, deadline=Deadline(60))
    try:
        yield made, plugging
    finally:
        made.close()


@pytest.mark.parametrize("key", [KEY, None], ids=["with a key", "without"])
def test_programs_over_the_line(wine: OnWine, key: bytes | None) -> None:
    with served(wine, "link=COM1: baud=57600", key) as (line, _):
        for length in (1, 100, 4000):  # long frames both ways
            data = bytes(range(256)) * (length // 256) + bytes(length % 256)
            program = parse(f'buffer inout data[{length}] = x"{data.hex()}"', symbols())
            assert line.run(program, deadline=Deadline(60)).buffers["data"] == data
        short = parse("ticks = coredll!GetTickCount() fails never", symbols())
        for execution in line.run_all([short] * 200, deadline=Deadline(60)):
            assert execution.outcome.returned


def test_cable_that_is_pulled_out_and_put_back(wine: OnWine) -> None:
    text = "buffer keep 1 out counter[4]\nbefore = counter:4\nafter = before + 1\nstore &counter, 4, after"
    program = parse(text, symbols())
    with served(wine, "link=COM1:", None) as (line, plugging):
        for turn in range(1, 4):
            execution = line.run(program, deadline=Deadline(60))
            assert execution.outcome.returned, execution.outcome
            assert execution.buffers["counter"] == bytes([turn, 0, 0, 0])
            plugging.cable.close()
        assert line.health.reconnects == 2
