"""An emulated device on a cable in software: the port vanishes and returns, a debug console talks between."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.deadline import Deadline
from harness.links import dialer
from harness.program.model import Call, Export, Program
from harness.results import RESULTS_FILE, read_results
from harness.session import Session
from harness.targets import TargetConfig, reach
from harness.targets.loopback import free_port
from tests.serial_lines.relay import Relay
from tests.serial_lines.ser2net import Ser2net, program
from tests.serial_lines.terminal import TerminalEnd
from tests.session.fake_agent import FakeAgent
from tests.session.test_reopening import numbered

BOOT = b"Windows CE Kernel for ARM (Thumb Enabled) Built on Jun 24 2004\r\nDebug Serial Init\r\n"
WORDS = (b"OEMIoControl: unknown code\r\n", b"+XEnd ", b"PC Card removed\r\n")


class Chatter:
    """What a debug console writes: between frames, and sometimes into one."""

    def __init__(self, seed: int, within: float) -> None:
        self._random = random.Random(seed)
        self._within = within
        self.written = BOOT

    def __call__(self, data: bytes) -> bytes:
        word = self._random.choice(WORDS)
        if len(data) > 2 and self._random.random() < self._within:
            self.written += word
            place = self._random.randrange(1, len(data) - 1)
            return data[:place] + word + data[place:]
        if data.endswith(b"\0") and self._random.random() < 0.2:
            self.written += word
            return data + word + b"\0"
        return data


@pytest.fixture
def stable(tmp_path: Path) -> Path:
    folder = tmp_path / "by-id"
    folder.mkdir()
    return folder / "usb-FTDI_FT232R_A10KZP45-if00-port0"


@pytest.fixture
def emulated() -> Iterator[str]:
    """The path of COM1 of an emulated device."""
    pytest.importorskip("unicorn")
    with reach(TargetConfig("e", "emulated", {"cpu": "x86", "link": "serial"})) as reached:
        yield reached.url.removeprefix("serial://")


def lab_of(path: Path, port: Path | str) -> Path:
    lab = path / "lab.ini"
    lab.write_text(f"[panel]\nkind = serial\nport = {port}\nconnect = 60s\n", encoding="utf-8")
    return lab


def run(lab: Path, output: Path, *words: str) -> int:
    return main(["run", "panel", "--lab", str(lab), "--output", str(output), *words])


def test_console_text_of_a_run_is_kept(tmp_path: Path, stable: Path, emulated: str) -> None:
    chatter = Chatter(1, within=0.0)
    relay = Relay(emulated, stable, to_host=chatter)
    output = tmp_path / "results"
    relay.say(BOOT)
    assert run(lab_of(tmp_path, stable), output, "--include", "WSASOCKET-012") == 0
    relay.close()
    assert len(chatter.written) > len(BOOT)
    _same_words(output, chatter)


def _same_words(output: Path, chatter: Chatter) -> None:
    lines = (output / "console.log").read_text(encoding="utf-8").splitlines()
    kept = "\n".join(line[25:] for line in lines)
    for word in WORDS:
        text = word.strip().decode()
        assert kept.count(text) == chatter.written.decode().count(text)
    line = read_results(output / RESULTS_FILE).line
    assert line["bad_frames"] == 0


@pytest.mark.long
def test_a_whole_run_with_a_debug_console_on_the_line(tmp_path: Path, stable: Path, emulated: str) -> None:
    """Even where it writes into frames: they are sent again, and nothing runs twice."""
    chatter = Chatter(7, within=0.03)
    relay = Relay(emulated, stable, to_host=chatter)
    output = tmp_path / "results"
    relay.say(BOOT)
    assert run(lab_of(tmp_path, stable), output) == 0
    relay.close()
    kept = (output / "console.log").read_text(encoding="utf-8")
    line = read_results(output / RESULTS_FILE).line
    assert line["resends"] > 0
    assert kept.count("OEMIoControl: unknown code") > 10


@pytest.mark.long
def test_a_whole_run_while_the_port_is_pulled_again_and_again(
    tmp_path: Path, stable: Path, emulated: str
) -> None:
    relay = Relay(emulated, stable)
    passed = pulled = 0

    def pull(data: bytes) -> bytes:
        nonlocal passed, pulled
        passed += len(data)
        if passed > 4000 * (pulled + 1):
            pulled += 1
            relay.unplug()
            relay.plug()
        return data

    relay.to_host = pull
    output = tmp_path / "results"
    assert run(lab_of(tmp_path, stable), output) == 0
    relay.close()
    line = read_results(output / RESULTS_FILE).line
    assert line["reconnects"] >= pulled >= 3
    assert line["restarts"] == 0


def test_a_run_through_a_terminal_server(
    tmp_path: Path, emulated: str, request: pytest.FixtureRequest
) -> None:
    program()
    library = request.getfixturevalue("modem_lines")
    with Ser2net(emulated, free_port(), library, tmp_path) as server:
        lab = lab_of(tmp_path, server.url)
        assert run(lab, tmp_path / "results", "--include", "WSASOCKET-012") == 0


def test_a_hung_device_is_brought_back_by_the_line_of_its_own_port(
    tmp_path: Path, stable: Path, emulated: str, request: pytest.FixtureRequest
) -> None:
    """A relay at RTS: asserted takes the power away. The device hangs until that has happened."""
    program()
    relay = Relay(emulated, stable)
    with Ser2net(str(stable), free_port(), request.getfixturevalue("modem_lines"), tmp_path) as server:

        def hung(data: bytes) -> bytes:
            rts = "".join(line[-1] for line in server.lines)
            return data if "10" in rts else b""

        relay.to_host = hung
        lab = lab_of(tmp_path, server.url)
        command = f"{sys.executable} -m harness.cli signals panel --lab {lab} rts=on 50ms rts=off"
        text = lab.read_text(encoding="utf-8").replace("connect = 60s", "connect = 2s")
        lab.write_text(f"{text}dtr = off\nrts = off\nboot = 60s\npower-cycle = {command}\n", encoding="utf-8")
        output = tmp_path / "results"
        assert run(lab, output, "--include", "WSASOCKET-012") == 0
    relay.close()
    assert [step.step for step in read_results(output / RESULTS_FILE).recovery] == ["power cycle"]


def test_a_port_that_is_pulled_and_returns_under_its_stable_name(stable: Path) -> None:
    """Again and again in mid-run; the device behind it notices nothing."""
    programs = [Program((Call(Export("a!b"), (n % 200,), "v"),)) for n in range(300)]
    end = TerminalEnd()
    with FakeAgent(script=numbered) as agent:
        agent.adopt(end)
        relay = Relay(end.path, stable)
        pulled = 0

        def pull(data: bytes) -> bytes:
            nonlocal pulled
            if len(agent.executed) > 60 * (pulled + 1):
                pulled += 1
                relay.unplug()
                relay.plug()
            return data

        session = Session.open(dialer(str(stable)), deadline=Deadline(60))
        relay.to_host = pull
        values = [one.value("v") for one in session.run_all(programs)]
        assert values == [n % 200 for n in range(300)]
        assert agent.executed == list(range(300))
        assert len(agent.sessions) == 1
        assert session.health.reconnects >= pulled >= 3
        session.close()
        relay.close()
