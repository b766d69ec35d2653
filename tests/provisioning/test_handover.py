"""One agent is asked to hand its link over to another, as any controller may ask it."""

import time
from pathlib import Path

import pytest
from deployable import AGENT, PORT, deployable

from harness.agents import CPU_BUILDS, executable
from harness.device.files import run_text
from harness.errors import LabError
from harness.provisioning import Card, deploy, fill_folder
from harness.provisioning.handover import ask_to_hand_over, running_image
from harness.targets import TargetConfig, connect
from harness.targets.emulator_process import start_emulator
from harness.targets.keyfile import write_key

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")


@pytest.mark.parametrize("link", ["tcp", "serial"])
def test_an_heir_that_is_not_there_costs_the_session_nothing(link: str, tmp_path: Path) -> None:
    """The agent goes on with the session it had, and with what its worker held."""
    keep = "buffer keep 1 out memory[4]\nstore &memory, 4, 4711"
    with deployable(tmp_path, link=link) as bench, connect(bench.config) as device:
        boot = device.welcome.boot
        ask_to_hand_over(device.run, boot, "\\nothing.exe", 5)
        assert run_text(device.run, keep + "\ncall coredll!Sleep(1)", "before").outcome.returned
        assert running_image(device.run) == AGENT
        assert device.welcome.boot == boot
        assert device.health.restarts == 0
        ask_to_hand_over(device.run, boot, "\\nothing.exe", 5)
        assert device.run_all([]) == []
        assert running_image(device.run) == AGENT


def test_an_heir_that_nobody_talks_to_is_ended_in_time(tmp_path: Path) -> None:
    """It serves, and no controller comes: the agent before has its session back."""
    with deployable(tmp_path, link="serial") as bench:
        with connect(bench.config) as device:
            boot = device.welcome.boot
            ask_to_hand_over(device.run, boot, AGENT, 1.0)
        while len(bench.agents()) < 2:
            time.sleep(0.05)
        while len(bench.agents()) > 1:
            time.sleep(0.05)
        with connect(bench.config) as device:
            assert device.welcome.boot == boot


def test_an_agent_of_before_hand_over_is_told_to_be_too_old(tmp_path: Path) -> None:
    """As one whose event has another name."""
    content = executable(CPU_BUILDS["x86"]).read_bytes()
    name = "-renew".encode("utf-16-le")
    assert content.count(name) == 1
    old = tmp_path / "old.exe"
    old.write_bytes(content.replace(name, "-nothn".encode("utf-16-le")))
    with deployable(tmp_path, agent=old) as bench:
        before = bench.files()
        with pytest.raises(LabError, match="too old to hand over to another one: end it"):
            deploy(bench.config)
        assert bench.content(AGENT) == old.read_bytes()
        assert bench.files() == before
        assert bench.answers() == AGENT


def test_a_device_starts_from_a_card_and_gets_an_agent_of_its_own(tmp_path: Path) -> None:
    """The shell's part is played here: it copies autorun.exe to \\Windows and says "install"."""
    key, card = tmp_path / "panel.key", tmp_path / "card"
    write_key(key)
    card.mkdir()
    files = Card(link=f"tcp:{PORT}", key=key).files()
    fill_folder(card, files)
    copies = [(card / name, "\\Storage Card\\" + name.replace("/", "\\")) for name in files]
    with start_emulator(
        cpu="mips",
        starts=["\\Windows\\autorun.exe install"],
        copies=[*copies, (card / "4000" / "autorun.exe", "\\Windows\\autorun.exe")],
        variants=["shell"],
        timeout=60,
    ) as process:
        settings = {"host": "127.0.0.1", "port": str(process.tcp[str(PORT)]), "key": str(key)}
        config = TargetConfig("bench", "tcp", settings)
        (process.root / "Flash").mkdir()
        with connect(config) as device:
            assert running_image(device.run) == "\\Windows\\autorun.exe"
        assert deploy(config, path="\\Flash\\ceagent.exe").changed
        flash = process.root / "Flash"
        assert (flash / "ceagent.ini").read_bytes() == files["4000/ceagent.ini"]
        assert (flash / "ceagent.key").read_bytes() == files["4000/ceagent.key"]
        with connect(config) as device:
            assert running_image(device.run) == "\\Flash\\ceagent.exe"
