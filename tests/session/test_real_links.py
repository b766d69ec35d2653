"""Sessions over real ports that vanish and come back: a pseudo terminal, a TCP port, a device that dials."""

import contextlib
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.deadline import Deadline
from harness.links import dialer
from harness.links.tcp import ListenDialer
from harness.program.model import Call, Export, Program
from harness.program.result import Execution
from harness.session import Session, Timing
from tests.session.fake_agent import FakeAgent
from tests.session.programs import SMALL
from tests.session.test_reopening import KEY, numbered

MANY = [Program((Call(Export("a!b"), (n % 200,), "v"),)) for n in range(400)]
REOPENED = 10.0
"""Seconds from the return to the last answer. It takes less than 1, but machines are loaded."""


class Background:
    """A session's programs in another thread, and when they were done."""

    def __init__(self, session: Session) -> None:
        self.executions: list[Execution] = []
        self.failure: BaseException | None = None
        self.done = 0.0
        self._session = session
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.executions = self._session.run_all([SMALL] * 3)
        except BaseException as error:
            self.failure = error
        self.done = time.monotonic()

    def wait(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()
        if self.failure is not None:
            raise self.failure
        assert all(one.outcome.returned for one in self.executions)


def vanishes_and_comes_back(
    session: Session, agent: FakeAgent, vanish: Callable[[], None], come_back: Callable[[], None]
) -> float:
    """Seconds from the return to the end of the programs that were under way. Each ran once."""
    assert session.run(SMALL).outcome.returned
    vanish()
    under_way = Background(session)
    # The first attempts fail.
    threading.Event().wait(0.7)
    assert under_way.done == 0.0
    back = time.monotonic()
    come_back()
    under_way.wait()
    assert agent.executed == [0, 1, 2, 3]
    assert len(agent.sessions) == 1
    assert session.health.reconnects == 1
    assert session.health.restarts == 0
    return under_way.done - back


class TcpPort:
    """A port of this computer on which an agent listens, or not."""

    def __init__(self, agent: FakeAgent) -> None:
        self._agent = agent
        self.port = 0
        self.open()

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._agent.adopt(listener.accept()[0])

    def close(self) -> None:
        """Wakes the thread that accepts, too."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._agent.hang_up()


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "keyed"])
def test_a_tcp_port_that_closes_and_opens_again(key: bytes | None) -> None:
    with FakeAgent(key=key) as agent:
        port = TcpPort(agent)
        session = Session.open(dialer(f"tcp://127.0.0.1:{port.port}"), key=key, deadline=Deadline(60))
        assert vanishes_and_comes_back(session, agent, port.close, port.open) < REOPENED
        session.close()
        port.close()


class Pty:
    """The device's end of a pseudo terminal; its other end is a port with a name of our choice."""

    def __init__(self, path: Path) -> None:
        import pty
        import tty

        self._end, self._port = pty.openpty()
        tty.setraw(self._port)
        self._path = path
        self._gone = threading.Event()
        self._lock = threading.Lock()
        path.symlink_to(os.ttyname(self._port))

    def recv(self, size: int, /) -> bytes:
        while True:
            with self._lock:
                if self._gone.is_set():
                    return b""
                if select.select([self._end], [], [], 0)[0]:
                    return os.read(self._end, size)
            self._gone.wait(0.005)

    def sendall(self, data: bytes, /) -> None:
        while data:
            data = data[os.write(self._end, data) :]

    def shutdown(self, how: int, /) -> None:
        self.vanish()

    def close(self) -> None:
        self.vanish()

    def vanish(self) -> None:
        """As when the adapter is pulled: no such port, and whoever has it open learns it."""
        with self._lock:
            if not self._gone.is_set():
                self._path.unlink()
            self._gone.set()
            if self._port >= 0:
                os.close(self._port)
                os.close(self._end)
            self._port = self._end = -1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals of this kind")
def test_a_serial_port_that_vanishes_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "ttyUSB0"
    with FakeAgent() as agent:
        terminal = Pty(path)
        agent.adopt(terminal)
        session = Session.open(dialer(str(path)), deadline=Deadline(60))
        ends = [terminal]

        def come_back() -> None:
            ends.append(Pty(path))
            agent.adopt(ends[-1])

        assert vanishes_and_comes_back(session, agent, terminal.vanish, come_back) < REOPENED
        session.close()
        ends[-1].vanish()


def test_a_device_that_dials_again() -> None:
    opener = dialer("tcp-listen://127.0.0.1:0")
    assert isinstance(opener, ListenDialer)
    port = opener.bind()
    with FakeAgent(key=KEY) as agent:

        def dial() -> None:
            agent.adopt(socket.create_connection(("127.0.0.1", port)))

        dial()
        session = Session.open(opener, key=KEY, deadline=Deadline(60))
        assert vanishes_and_comes_back(session, agent, agent.hang_up, dial) < REOPENED
        session.close()


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "keyed"])
def test_a_line_with_every_fault(key: bytes | None) -> None:
    """As bad as the worst cable, with plugs pulled: each program runs once, each answer is the right one."""
    faults = "flip=1e-3&drop=1e-4&dup=1e-4&stall=1e-5&cut=2e-4&seed=7"
    timing = Timing(hello=0.05, retry=0.01)
    with FakeAgent(script=numbered, key=key) as agent:
        port = TcpPort(agent)
        url = f"fault+tcp://127.0.0.1:{port.port}?{faults}"
        session = Session.open(dialer(url), key=key, deadline=Deadline(60), timing=timing)
        values = [one.value("v") for one in session.run_all(MANY)]
        assert values == [n % 200 for n in range(400)]
        assert agent.executed == list(range(400))
        assert session.health.bad_frames > 0
        assert session.health.resends > 0
        assert session.health.reconnects > 0
        assert len(agent.sessions) == 1
        session.close()
        port.close()
