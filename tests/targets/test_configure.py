"""Choosing settings of a target from the command line."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.targets import KINDS, TargetConfig, configure, kind_of, reach

EMULATED = TargetConfig("e", "emulated", {"cpu": "arm", "link": "tcp"})
PANEL = TargetConfig("panel", "tcp", {"host": "h", "port": "5555"})
KEY = bytes(range(32))


@pytest.fixture
def key_of_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CEHARNESS_KEY", KEY.hex())


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key file, and no key in the environment."""
    monkeypatch.delenv("CEHARNESS_KEY", raising=False)
    path = tmp_path / "panel.key"
    path.touch(0o600)
    path.write_text("ab" * 32, encoding="ascii")
    return path


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
        (TargetConfig("p", "tcp-listen", {"listen": "0.0.0.0:5555"}), "tcp-listen://0.0.0.0:5555"),
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
def test_where_a_device_is_reached(config: TargetConfig, url: str, key_of_environment: None) -> None:
    with reach(config) as found:
        assert found.url == url
        assert found.fault(0) is None
        # The variable is for lines that need a key; one in a serial agent's place would refuse that agent.
        assert found.key == (None if config.kind == "serial" else KEY)
        assert KEY.hex() not in repr(found)
        assert repr(KEY) not in repr(found)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("tcp", {"host": "h", "port": "5555"}),
        ("tcp-listen", {"listen": "0.0.0.0:5555"}),
        ("serial", {"port": "COM5", "baud": "115200"}),
    ],
)
def test_a_key_file(key_file: Path, kind: str, settings: dict[str, str]) -> None:
    config = configure(TargetConfig("x", kind, settings), key=str(key_file))
    with reach(config) as found:
        assert found.key == b"\xab" * 32
    assert kind_of(config).protection(config.settings) == f"key from {key_file}"
    key_file.write_text("no key", encoding="ascii")
    with pytest.raises(UsageError, match="not a key"), reach(config):
        pass
    with pytest.raises(UsageError, match="not a key"):
        kind_of(config).check(config.settings)


@pytest.mark.parametrize("config", [PANEL, TargetConfig("p", "tcp-listen", {"listen": "0.0.0.0:5555"})])
def test_tcp_without_a_key(config: TargetConfig, key_file: Path) -> None:
    for attempt in (kind_of(config).check, kind_of(config).protection):
        with pytest.raises(
            UsageError, match=r"a TCP link needs a key: make one with `ceharness agent key FILE`"
        ):
            attempt(config.settings)
    with pytest.raises(UsageError, match="a TCP link needs a key"), reach(config):
        pass


def test_who_can_use_a_line(key_of_environment: None) -> None:
    serial = TargetConfig("s", "serial", {"port": "COM5", "baud": "9600"})
    said = {
        config.name: kind_of(config).protection(config.settings)
        for config in (PANEL, serial, EMULATED, configure(EMULATED, link="serial"))
    }
    assert said["panel"] == "key from CEHARNESS_KEY"
    assert said["s"] == "no key: whoever reaches this serial line can run anything on the device"
    assert kind_of(EMULATED).protection(EMULATED.settings) == "a new key for every start"
    assert said["e"] == "no key: the line does not leave this computer"


def test_an_emulated_device_has_no_key_to_choose() -> None:
    with pytest.raises(UsageError, match="target e is of kind emulated, which has no 'key' to choose"):
        configure(EMULATED, key="x.key")


def test_faults_are_replaced_and_can_be_left_out() -> None:
    faulty = configure(PANEL, faults="flip=1e-3, seed=7")
    assert faulty.faults == "flip=1e-3 seed=7"
    assert configure(faulty).faults == "flip=1e-3 seed=7"
    assert configure(faulty, faults="none").faults == ""
    with pytest.raises(UsageError, match="did you mean flip"):
        configure(PANEL, faults="flipp=1e-3")


def test_only_a_model_calls_itself_one() -> None:
    assert {name: kind.evidence for name, kind in KINDS.items()} == {
        "emulated": "model",
        "tcp": "device",
        "tcp-listen": "device",
        "serial": "device",
        "ssh": "device",
        "wine": "independent",
        "qemu": "device image",
    }
    assert kind_of(PANEL).name == "tcp"


def test_what_an_emulated_device_needs_is_known_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'ceharness\[emulator\]'"):
        KINDS["emulated"].check({"cpu": "x86"})


@pytest.mark.parametrize(
    ("settings", "query"),
    [
        ({"flow": "rtscts"}, "baud=9600&rtscts=1"),
        ({"flow": "none", "dtr": "off", "rts": "on"}, "baud=9600&dtr=0&rts=1"),
    ],
)
def test_settings_of_a_serial_line(settings: dict[str, str], query: str) -> None:
    for port, start in (
        ("COM5", "serial://COM5?"),
        ("hwgrep://A.?", "hwgrep://A.?&"),
        ("spy://COM5?file=x", "spy://COM5?file=x&"),
    ):
        config = TargetConfig("s", "serial", {"port": port, "baud": "9600", **settings})
        with reach(config) as found:
            assert found.url == start + query
        with reach(configure(config, baud="57600")) as found:
            assert "baud=57600" in found.url


def test_flow_control_drives_rts_itself() -> None:
    config = TargetConfig("s", "serial", {"port": "COM5", "baud": "9600", "flow": "rtscts", "rts": "on"})
    with pytest.raises(UsageError, match="leave out `rts`"), reach(config):
        pass
