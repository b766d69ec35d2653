"""The lab's own means in lab.ini: commands, times, a peer."""

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.lab import load_lab
from harness.targets import TargetConfig
from harness.targets.base import Peer

HEAD = "[panel]\nkind = serial\nport = /dev/ttyUSB0\n"


def panel(folder: Path, *lines: str) -> TargetConfig:
    path = folder / "lab.ini"
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return load_lab(path).target("panel")


def test_commands_are_words_with_a_place(tmp_path: Path) -> None:
    config = panel(
        tmp_path,
        r"""power-cycle = ./pdu.sh "socket 3" 'a  b' c\ d $HOME * > x#""",
        "restart = agentctl",
        "command-timeout = 5s",
        "power-pause = 100ms",
        "boot = 2min",
    )
    cycle = config.commands["power-cycle"]
    assert cycle.words == ("./pdu.sh", "socket 3", "a  b", "c d", "$HOME", "*", ">", "x#")
    assert cycle.place == f"{tmp_path / 'lab.ini'}:4 [panel] power-cycle"
    assert (cycle.folder, cycle.seconds, cycle.target) == (tmp_path, 5.0, "panel")
    assert config.commands["restart"].words == ("agentctl",)
    assert (config.power_pause, config.boot) == (0.1, 120.0)


def test_without_any(tmp_path: Path) -> None:
    config = panel(tmp_path)
    assert (dict(config.commands), config.boot, config.peer, config.power_pause) == ({}, None, None, 5.0)


def test_network_commands_are_abilities(tmp_path: Path) -> None:
    cut = ("network-cut = a", "network-restore = b", "peer = 192.168.1.2:9")
    down = ("network-down = a", "network-up = b")
    assert panel(tmp_path, *cut).provides == {"network-cut"}
    assert panel(tmp_path, *cut).peer == Peer("192.168.1.2", 9)
    assert panel(tmp_path, *down).provides == {"network-down"}
    assert panel(tmp_path, *cut, *down, "provides = provider").provides == {
        "network-cut",
        "network-down",
        "provider",
    }


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        (("power-cycle = pdu 'cycle",), 4, ("power-cycle: cannot use", "quotes closed; there is no shell")),
        (("power-on =",), 4, ("power-on: cannot use ''", "a command line")),
        (("boot = soon",), 4, ("boot: cannot use 'soon'", "a duration")),
        (("command-timeout = 0",), 4, ("command-timeout: cannot use",)),
        (("powercycle = x",), 4, ("unknown key; did you mean power-cycle?",)),
        (
            ("network-cut = x", "peer = 1.2.3.4:9"),
            4,
            ("key 'network-restore' is missing: network-cut needs it",),
        ),
        (("network-up = x",), 4, ("key 'network-down' is missing: network-up needs it",)),
        (("network-cut = x", "network-restore = y"), 4, ("key 'peer' is missing", "expected ADDRESS:PORT")),
        (("peer = switch:9",), 4, ("peer: cannot use 'switch:9'", "an IPv4 address and a port")),
        (("peer = 1.2.3.4",), 4, ("peer: cannot use",)),
        (
            ("provides = network-cut", "network-down = x", "network-up = y"),
            4,
            ("key 'network-cut' is missing: provides needs it",),
        ),
    ],
)
def test_mistakes(lines: tuple[str, ...], line: int, words: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        panel(tmp_path, *lines)
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / 'lab.ini'}:{line} [panel]")
    for word in words:
        assert word in text
