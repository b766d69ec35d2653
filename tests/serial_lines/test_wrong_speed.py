"""Host and device at different speeds, on a cable that makes of every byte what a UART would."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.deadline import Deadline
from harness.errors import NoAnswer
from harness.links import dialer
from harness.session import Session
from harness.targets import TargetConfig, reach
from tests.serial_lines.relay import Relay
from tests.serial_lines.terminal import TerminalEnd
from tests.serial_lines.uart import heard
from tests.session.fake_agent import FakeAgent
from tests.session.test_speed import boot_text

DEVICE = 38400


class Cable:
    """A relay to a device whose UART is set to `DEVICE` baud; the host's is as its program sets it."""

    def __init__(self, device: str, path: Path) -> None:
        self.relay = Relay(device, path)
        self.relay.to_host = lambda data: heard(data, DEVICE, self.relay.speed)
        self.relay.to_device = lambda data: heard(data, self.relay.speed, DEVICE)


@pytest.fixture
def end() -> TerminalEnd:
    return TerminalEnd()


@pytest.fixture
def cable(end: TerminalEnd, tmp_path: Path) -> Iterator[Cable]:
    made = Cable(end.path, tmp_path / "ttyUSB0")
    yield made
    made.relay.close()


def lab(tmp_path: Path, baud: int) -> list[str]:
    path = tmp_path / "lab.ini"
    path.write_text(
        f"[panel]\nkind = serial\nport = {tmp_path}/ttyUSB0\nbaud = {baud}\nconnect = 1500ms\n",
        encoding="utf-8",
    )
    return ["--lab", str(path)]


def doctor(capsys: pytest.CaptureFixture[str], words: list[str]) -> dict[str, str]:
    """The broken step."""
    assert main(["doctor", "panel", *words, "--json", "-"]) == 3
    step: dict[str, str] = json.loads(capsys.readouterr().out)[-1]
    return step


@pytest.mark.parametrize(
    ("baud", "key"), [(9600, None), (115200, bytes(32)), (921600, None)], ids=["slow", "wants a key", "fast"]
)
def test_doctor_finds_the_speed_at_which_the_agent_answers(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    end: TerminalEnd,
    cable: Cable,
    baud: int,
    key: bytes | None,
) -> None:
    with FakeAgent(key=key) as agent:
        agent.adopt(end)
        step = doctor(capsys, lab(tmp_path, baud))
        assert (step["step"], step["cause"]) == ("speed", "wrong speed")
        assert f"an agent answers at {DEVICE} baud: set baud = {DEVICE}" in step["detail"]


@pytest.mark.long
def test_doctor_finds_no_speed_where_there_is_no_agent(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, end: TerminalEnd, cable: Cable
) -> None:
    step = doctor(capsys, lab(tmp_path, 115200))
    assert (step["step"], step["cause"]) == ("bytes seen", "silence")
    assert "an agent answers" not in step["detail"]
    end.close()


def test_the_right_speed_works(tmp_path: Path, end: TerminalEnd, cable: Cable) -> None:
    with FakeAgent() as agent:
        agent.adopt(end)
        url = f"serial://{tmp_path}/ttyUSB0?baud={DEVICE}"
        Session.open(dialer(url), deadline=Deadline(60)).close()


def test_console_text_at_another_speed_names_it(tmp_path: Path, end: TerminalEnd, cable: Cable) -> None:
    """Nobody but a debug console is there, at its own speed."""
    url = f"serial://{tmp_path}/ttyUSB0?baud=115200"
    opener = dialer(url)

    class Talking:
        """The device starts to talk when the port is open."""

        url = opener.url

        def open(self, timeout: float) -> object:
            link = opener.open(timeout)
            end.sendall(boot_text(3)[:600])
            return link

        def close(self) -> None:
            opener.close()

    with pytest.raises(NoAnswer) as caught:
        Session.open(Talking(), deadline=Deadline(1.5))  # type: ignore[arg-type]
    assert f"as if sent at {DEVICE} baud, while this side listens at 115200" in str(caught.value)
    end.close()


@pytest.mark.long
def test_an_emulated_device_at_another_speed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The agent of real devices: doctor names its speed, and with that everything answers."""
    pytest.importorskip("unicorn")
    with reach(TargetConfig("e", "emulated", {"cpu": "x86", "link": "serial"})) as reached:
        cable = Cable(reached.url.removeprefix("serial://"), tmp_path / "ttyUSB0")
        step = doctor(capsys, lab(tmp_path, 115200))
        assert f"set baud = {DEVICE}" in step["detail"]
        assert main(["doctor", "panel", *lab(tmp_path, DEVICE)]) == 0
        cable.relay.close()
