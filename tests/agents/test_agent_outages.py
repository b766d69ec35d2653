"""Ports and networks of the device that fail and come back: the session goes on, nothing runs twice."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from controller import KEY
from running import PORT, Emulated, emulated, key_file

from harness.agents import build_agents
from harness.deadline import Deadline
from harness.links import dialer
from harness.program.result import Execution
from harness.program.text import parse
from harness.session import Session
from harness.targets.loopback import free_port
from harness.winsock import symbols

OUTSIDE = "10.0.2.2:7000"
BUSY = """
deadline 20s
buffer keep 1 counter[4]
n = coredll!InterlockedIncrement(&counter) fails never
call coredll!OutputDebugStringW(in said = w"busy") fails never
sleep 300ms
"""
COUNT = """
buffer keep 1 counter[4]
n = coredll!InterlockedIncrement(&counter) fails never
"""
CPUS = ["arm", "mips", *(pytest.param(cpu, marks=pytest.mark.long) for cpu in ("armv7", "x86"))]


def run(session: Session, text: str) -> Execution:
    execution = session.run(parse(text, symbols()), deadline=Deadline(60))
    assert execution.outcome.returned, execution.outcome
    return execution


def survives(session: Session, device: Emulated, outage: Callable[[], None]) -> None:
    """An outage while a program runs, and one while nothing does."""
    boot = session.welcome.boot
    for turn in range(2):
        answers: queue.SimpleQueue[Execution] = queue.SimpleQueue()
        thread = threading.Thread(target=lambda to=answers: to.put(run(session, BUSY)), daemon=True)
        thread.start()
        device.said("busy")
        outage()
        assert answers.get(timeout=60).value("n") == 3 * turn + 1
        thread.join()
        assert run(session, COUNT).value("n") == 3 * turn + 2
        outage()
        assert run(session, COUNT).value("n") == 3 * turn + 3
    assert session.welcome.boot == boot
    assert session.health.reconnects >= 4


@contextmanager
def opened(url: str, key: bytes | None) -> Iterator[Session]:
    session = Session.open(dialer(url), key=key, deadline=Deadline(60))
    try:
        yield session
    finally:
        session.close()


@pytest.mark.parametrize("cpu", CPUS)
def test_serial_port_that_is_taken_out_and_put_back(cpu: str, tmp_path: Path) -> None:
    cable = tmp_path / "cable"  # where this host finds the port, whatever terminal it is

    def lead_to(terminal: object) -> None:
        new = tmp_path / "new"
        new.symlink_to(str(terminal))
        new.replace(cable)

    build_agents()
    with emulated(cpu, "link=COM1:") as device:
        serial = device.event("ready")["serial"]
        assert isinstance(serial, dict)
        lead_to(serial["COM1:"])

        def outage() -> None:
            device.tell("remove COM1:")
            device.said("the serial port is gone")
            cable.unlink()
            device.tell("insert COM1:")
            lead_to(device.event("serial", port="COM1:")["path"])

        with opened(str(cable), None) as session:
            survives(session, device, outage)


@pytest.mark.parametrize("cpu", CPUS)
def test_network_that_fails_and_comes_back_under_an_agent_that_listens(cpu: str, tmp_path: Path) -> None:
    build_agents()
    copies = [(key_file(tmp_path), "\\ceagent.key")]
    with emulated(cpu, f"link=tcp:{PORT}", copies=copies) as device:
        port = device.event("listen")["host_port"]

        def outage() -> None:
            device.tell("network down")
            device.said("cannot listen")
            device.tell("census")
            assert device.event("census")["sockets"] == 0
            device.tell("network up")
            assert device.event("listen")["host_port"] == port

        with opened(f"tcp://127.0.0.1:{port}", KEY) as session:
            survives(session, device, outage)


@pytest.mark.parametrize("cpu", ["x86", pytest.param("mips", marks=pytest.mark.long)])
def test_network_that_fails_and_comes_back_under_an_agent_that_dials(cpu: str, tmp_path: Path) -> None:
    build_agents()
    port = free_port()
    copies = [(key_file(tmp_path), "\\ceagent.key")]
    with emulated(cpu, f"link=tcp:{OUTSIDE}", copies=copies, dials=[f"{OUTSIDE}={port}"]) as device:

        def outage() -> None:
            device.tell("network down")
            device.tell("network up")
            device.event("dial")

        with opened(f"tcp-listen://127.0.0.1:{port}", KEY) as session:
            survives(session, device, outage)


def test_connections_that_are_gone_before_they_are_accepted_hold_up_nobody(tmp_path: Path) -> None:
    build_agents()
    copies = [(key_file(tmp_path), "\\ceagent.key")]
    with emulated("arm", f"link=tcp:{PORT}", copies=copies, odd=True) as device:
        port = device.event("listen")["host_port"]
        with opened(f"tcp://127.0.0.1:{port}", KEY) as session:
            device.tell("abort")
            device.event("aborting")
            began = time.monotonic()
            for number in range(1, 5):
                socket.create_connection(("127.0.0.1", int(str(port)))).close()
                device.event("aborted")
                assert run(session, COUNT).value("n") == number
            assert time.monotonic() - began < 3


def test_serial_port_that_can_be_opened_and_not_read_is_tried_every_second() -> None:
    build_agents()
    with emulated("arm", "link=COM1:", odd=True) as device:
        device.event("ready")
        device.tell("spoil COM1:")
        began = time.monotonic()
        for _ in range(4):
            device.said("the serial port is gone")
        assert time.monotonic() - began > 2
