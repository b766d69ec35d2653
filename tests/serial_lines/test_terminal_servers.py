"""Lines behind a terminal server: ser2net speaks RFC 2217, and says what was asked of it."""

import sys
import termios
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.deadline import Deadline
from harness.errors import LinkError
from harness.links import dialer, open_link
from harness.session import Session, Timing
from harness.targets import TargetConfig, reach
from harness.wire.messages import Answer, Refusal, Run
from tests.serial_lines.ser2net import Ser2net
from tests.serial_lines.terminal import TerminalEnd
from tests.session.answers import all_zero
from tests.session.fake_agent import FakeAgent
from tests.session.programs import SMALL
from tests.session.test_real_links import Background

Start = Callable[..., Ser2net]
SPEEDS = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)


def url(server: Ser2net, **settings: str) -> str:
    """What a section of lab.ini with these settings leads to."""
    with reach(TargetConfig("x", "serial", {"port": server.url, "baud": "115200", **settings})) as reached:
        return reached.url


def test_a_session_and_the_speed_of_the_port(server: Start, terminal: TerminalEnd) -> None:
    running = server()
    with FakeAgent() as agent:
        agent.adopt(terminal)
        session = Session.open(dialer(url(running, baud="57600")), deadline=Deadline(60))
        assert terminal.flags[1] == termios.B57600
        assert all(one.outcome.returned for one in session.run_all([SMALL] * 20))
        assert agent.executed == list(range(20))
        assert session.health.resends == 0
        session.close()
    assert "term" in running.trace


@pytest.mark.parametrize("speed", SPEEDS)
def test_every_speed(server: Start, terminal: TerminalEnd, speed: int) -> None:
    link = open_link(url(server(), baud=str(speed)), timeout=30)
    assert terminal.flags[1] == getattr(termios, f"B{speed}")
    assert link.rate == speed / 10
    every = bytes(range(256))
    link.write(every)
    received = b""
    while len(received) < 256:
        received += terminal.recv(4096)
    assert received == every
    terminal.sendall(every)
    received = b""
    while len(received) < 256:
        received += link.read()
    assert received == every
    link.close()


def test_the_lines_while_the_port_is_open(server: Start) -> None:
    """The server's log says what it did with them."""
    running = server()
    link = open_link(url(running, dtr="off", rts="off"), timeout=30)
    assert running.lines[-1] == "dtr=0 rts=0"
    link.close()
    link = open_link(url(running, dtr="on", rts="off"), timeout=30)
    assert running.lines[-1] == "dtr=1 rts=0"
    link.close()


def test_hardware_flow_control(server: Start, terminal: TerminalEnd) -> None:
    running = server()
    for flow, wanted in (("rtscts", True), ("none", False)):
        link = open_link(url(running, flow=flow), timeout=30)
        assert bool(terminal.flags[0] & termios.CRTSCTS) == wanted
        link.close()


def test_power_and_reset_by_wire(server: Start, tmp_path: Path) -> None:
    running = server()
    lab = tmp_path / "lab.ini"
    lab.write_text(f"[relay]\nkind = serial\nport = {running.url}\n", encoding="utf-8")
    assert main(["signals", "relay", "--lab", str(lab), "rts=off", "dtr=on", "50ms", "rts=on"]) == 0
    assert "dtr=1 rts=1" in running.lines[running.lines.index("dtr=1 rts=0") :]
    before = len(running.lines)
    assert main(["signals", running.url, "10ms", "dtr=off", "10ms", "dtr=on"]) == 0
    changes = running.lines[before:]
    assert all(line.endswith("rts=0") for line in changes), "what is not named stays low"
    assert [key for key, _ in groupby(changes)][-4:-1] == ["dtr=1 rts=0", "dtr=0 rts=0", "dtr=1 rts=0"]
    assert changes[-1] == "dtr=0 rts=0", "ser2net lowers both when its client has gone"


def test_a_power_cycle_of_the_lab_by_wire(server: Start, tmp_path: Path) -> None:
    """As docs/serial.md says: a relay at RTS of another port, and `power-cycle` of the device's section."""
    running = server()
    lab = tmp_path / "lab.ini"
    command = f"{sys.executable} -m harness.cli signals {running.url} rts=off 50ms rts=on"
    lab.write_text(
        f"[panel]\nkind = serial\nport = /dev/ttyNONE7\npower-cycle = {command}\n", encoding="utf-8"
    )
    assert main(["power", "panel", "cycle", "--lab", str(lab)]) == 0
    rts = [line.partition("rts=")[2] for line in running.lines]
    assert "1" in rts[rts.index("0") :]


def test_the_server_is_killed_in_mid_run_and_comes_back(server: Start, terminal: TerminalEnd) -> None:
    running = server()
    with FakeAgent() as agent:
        agent.adopt(terminal)
        session = Session.open(dialer(url(running)), deadline=Deadline(60))
        assert session.run(SMALL).outcome.returned
        running.kill()
        under_way = Background(session)
        running.start()
        under_way.wait()
        assert agent.executed == [0, 1, 2, 3]
        assert len(agent.sessions) == 1
        assert session.health.reconnects >= 1
        session.close()


def test_a_raw_port_of_a_server(server: Start, terminal: TerminalEnd) -> None:
    running = server(raw=True)
    with FakeAgent() as agent:
        agent.adopt(terminal)
        session = Session.open(dialer(url(running)), deadline=Deadline(60))
        assert session.run(SMALL).outcome.returned
        session.close()


def test_a_port_that_another_client_has(server: Start, capfd: pytest.CaptureFixture[str]) -> None:
    running = server()
    link = open_link(url(running), timeout=30)
    with pytest.raises(LinkError, match="the terminal server hung up: another client may have the port"):
        open_link(url(running), timeout=30)
    link.close()
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("raw", [False, True], ids=["rfc2217", "socket"])
def test_a_server_that_stays_away_is_no_fault_of_the_device(
    server: Start, terminal: TerminalEnd, raw: bool
) -> None:
    running = server(raw=raw)

    def fifth(run: Run) -> Answer | Refusal | None:
        if len(agent.executed) == 5:
            running.kill()
        return all_zero(run)

    with FakeAgent(script=fifth) as agent:
        agent.adopt(terminal)
        session = Session.open(dialer(url(running)), deadline=Deadline(60), timing=Timing(reopen=0.5))
        with pytest.raises(LinkError, match=r"could not be opened again.*whether it ran is in doubt"):
            session.run_all([SMALL] * 20)
        session.close()
