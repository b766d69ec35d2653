"""Choosing settings of a target from the command line."""

import pytest

from harness.errors import UsageError
from harness.targets import KINDS, TargetConfig, configure, kind_of, reach

EMULATED = TargetConfig("e", "emulated", {"cpu": "arm", "link": "tcp"})
PANEL = TargetConfig("panel", "tcp", {"host": "h", "port": "5555"})


def test_overrides_replace_and_none_does_not() -> None:
    assert configure(EMULATED, cpu="MIPS", link=None).settings == {"cpu": "mips", "link": "tcp"}
    assert configure(EMULATED) is EMULATED


def test_a_choice_the_kind_does_not_have() -> None:
    with pytest.raises(UsageError, match="target panel is of kind tcp, which has no 'cpu'"):
        configure(PANEL, cpu="arm")


def test_a_value_it_does_not_take() -> None:
    with pytest.raises(UsageError, match="cpu 'z80': expected one of arm, armv7, x86, mips"):
        configure(EMULATED, cpu="z80")


@pytest.mark.parametrize(
    ("config", "url"),
    [
        (PANEL, "tcp://h:5555"),
        (TargetConfig("p", "tcp", {"host": "fe80::1", "port": "1"}), "tcp://[fe80::1]:1"),
        (TargetConfig("s", "serial", {"port": "COM5", "baud": "9600"}), "serial://COM5?baud=9600"),
        (
            TargetConfig("s", "serial", {"port": "/dev/ttyUSB0", "baud": "115200"}),
            "serial:///dev/ttyUSB0?baud=115200",
        ),
        (TargetConfig("s", "serial", {"port": "socket://h:1", "baud": "115200"}), "socket://h:1"),
        (TargetConfig("s", "serial", {"port": "rfc2217://h:1", "baud": "9600"}), "rfc2217://h:1?baud=9600"),
        (
            TargetConfig("s", "serial", {"port": "rfc2217://h:1?ign_set_control", "baud": "9600"}),
            "rfc2217://h:1?ign_set_control&baud=9600",
        ),
        (
            TargetConfig("s", "serial", {"port": "serial://COM5?baud=57600", "baud": "115200"}),
            "serial://COM5?baud=57600",
        ),
    ],
)
def test_where_a_device_is_reached(config: TargetConfig, url: str) -> None:
    with reach(config) as found:
        assert found.url == url
        assert found.fault() is None


def test_only_a_model_calls_itself_one() -> None:
    assert {name: kind.evidence for name, kind in KINDS.items()} == {
        "emulated": "model",
        "tcp": "device",
        "serial": "device",
    }
    assert kind_of(PANEL).name == "tcp"


def test_what_an_emulated_device_needs_is_known_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'ceharness\[emulator\]'"):
        KINDS["emulated"].check({"cpu": "x86"})
    assert KINDS["tcp"].check({}) == ""
