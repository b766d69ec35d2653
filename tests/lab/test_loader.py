"""lab.ini: what it gives, and that every mistake is answered with its place."""

from pathlib import Path

import pytest

from harness.errors import ConfigError, UsageError
from harness.lab import find_lab, load_lab

GOOD = """\
; my lab
[defaults]
target = panel
results = out
connect = 20s

[target panel]
kind = tcp            ; the one on the wall
description = wall panel, CE 5.0
host = 192.168.1.20
slowness = 2.5

[rack7]
kind = serial
port = rfc2217://rack7.example.com:2217
baud = 57600
connect = 500 ms
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "lab.ini"
    path.write_text(text, encoding="utf-8")
    return path


def mistake(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_lab(write(folder, text))
    return caught.value


def test_targets_defaults_and_timing(tmp_path: Path) -> None:
    lab = load_lab(write(tmp_path, GOOD))
    panel, rack = lab.target(), lab.target("rack7")
    assert (panel.name, panel.kind, panel.description) == ("panel", "tcp", "wall panel, CE 5.0")
    assert panel.settings == {"host": "192.168.1.20", "port": "5555"}
    assert (panel.timing.connect, panel.timing.slowness) == (20.0, 2.5)
    assert rack.settings == {"port": "rfc2217://rack7.example.com:2217", "baud": "57600"}
    assert (rack.timing.connect, rack.timing.slowness) == (0.5, 1.0)
    assert lab.defaults.results == tmp_path / "out"
    assert panel.source == f"{tmp_path / 'lab.ini'}:7"


def test_how_much_is_sent_and_how_fast(tmp_path: Path) -> None:
    text = "[a]\nkind = tcp\nhost = h\nwindow = 1\npacing = 16 / 2ms\n[b]\nkind = emulated\n"
    lab = load_lab(write(tmp_path, text))
    assert (lab.target("a").window, lab.target("a").pacing) == (1, "16/2ms")
    assert (lab.target("b").window, lab.target("b").pacing) == (None, "")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("window = 0", "a whole number from 1 to 120"),
        ("window = 121", "a whole number from 1 to 120"),
        ("pacing = 16", "COUNT/PAUSE, such as 16/2ms"),
        ("pacing = 0/2ms", "COUNT/PAUSE"),
        ("pacing = 16/2h", "COUNT/PAUSE"),
        ("pacing = 16/0ms", "COUNT/PAUSE"),
        ("flow = xonxoff", "frames are binary, which rules XON/XOFF out"),
        ("flow = on", "none or rtscts"),
        ("dtr = high", "on or off"),
        ("rts = 1", "on or off"),
        ("pacign = 1/1ms", "did you mean pacing"),
    ],
)
def test_mistakes_about_a_serial_line(tmp_path: Path, line: str, says: str) -> None:
    error = mistake(tmp_path, f"[t]\nkind = serial\nport = COM5\n{line}\n")
    assert error.line == 4
    assert says in str(error)
    assert "\n" not in str(error)


def test_emulated_is_always_there_and_can_be_changed(tmp_path: Path) -> None:
    assert load_lab(write(tmp_path, "")).target().settings["cpu"] == "arm"
    changed = load_lab(write(tmp_path, "[emulated]\nkind = emulated\ncpu = MIPS\nlink = serial\n"))
    assert changed.target("emulated").settings == {"cpu": "mips", "link": "serial"}


def test_the_lab_ini_of_the_project_is_good() -> None:
    lab = load_lab(Path(__file__).parents[2] / "lab.ini")
    assert lab.target().kind == "emulated"


def test_its_commented_examples_are_good_too(tmp_path: Path) -> None:
    lines = (Path(__file__).parents[2] / "lab.ini").read_text(encoding="utf-8").splitlines()
    start = lines.index("; [target panel]")
    examples = [line.removeprefix("; ") for line in lines[start:] if line.startswith(("; [", "; "))]
    text = "\n".join(line for line in examples if line.startswith("[") or " = " in line)
    assert set(load_lab(write(tmp_path, text)).targets) == {
        "panel",
        "scanner",
        "terminal",
        "rack7",
        "bench3",
        "bench4",
        "emulated",
    }


def test_a_file_of_windows_notepad(tmp_path: Path) -> None:
    path = tmp_path / "lab.ini"
    path.write_bytes(b"\xef\xbb\xbf[t]\r\nkind = tcp\r\nhost = ce7\r\n")
    assert load_lab(path).target("t").settings["host"] == "ce7"


def test_the_nearest_lab_ini_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    path = write(tmp_path / "a", "[t]\nkind = tcp\nhost = h\n")
    assert find_lab(inner) == path
    monkeypatch.chdir(inner)
    assert "t" in load_lab().targets


def test_without_any_file_there_is_the_emulated_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.lab.loader.find_lab", lambda: None)
    lab = load_lab()
    assert list(lab.targets) == ["emulated"]
    assert lab.path is None


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("kind = tcp\n", 1, "before the first section"),
        ("[t]\nkind = tcp\nhost\n", 3, "cannot read 'host'"),
        ("[t\nkind = tcp\n", 1, "as a section"),
        ("[t]\nkind = tcp\nhost = a\n\n[t]\nkind = tcp\nhost = b\n", 5, "already there"),
        ("[t]\nkind = tcp\nhost = a\nHost = b\n", 4, "already there"),
        ("[t]\nkind = tcp\nhost = a\n[target t]\nkind = tcp\nhost = a\n", 4, "already there"),
        ("[t]\nhost = a\n", 1, "'kind' is missing"),
        ("[t]\nkind = tpc\nhost = a\n", 2, "did you mean tcp"),
        ("[t]\nkind = bochs\n", 2, "emulated, tcp, tcp-listen, serial"),
        ("[t]\nkind = tcp\n", 1, "'host' is missing"),
        ("[t]\n; a comment\nkind = tcp\n\nhost = a\nprot = 1\n", 6, "did you mean port"),
        ("[t]\nkind = tcp\nhost = a\nbaud = 9600\n", 4, "unknown key"),
        ("[t]\nkind = tcp\nhost = a\nport = 70000\n", 4, "1 to 65535"),
        ("[t]\nkind = tcp\nhost = http://a\n", 3, "a host name or an address"),
        ("[t]\nkind = serial\nport = COM5\nbaud = fast\n", 4, "a speed from 300"),
        ("[t]\nkind = serial\nport = COM5\nconnect = soon\n", 4, "a duration"),
        ("[t]\nkind = serial\nport = COM5\nconnect = 0\n", 4, "a duration"),
        ("[t]\nkind = serial\nport = COM5\nslowness = 0.5\n", 4, "1 to 1000"),
        ("[t]\nkind = serial\nport = COM5\nslowness = nan\n", 4, "1 to 1000"),
        ("[t]\nkind = serial\nport = COM5\nprovides = miracles\n", 4, "words out of"),
        ("[t]\nkind = serial\nport = COM5\nfaults = flip\n", 4, "a probability from 0 to 1"),
        ("[t]\nkind = serial\nport = COM5\nfaults = flip=2\n", 4, "a probability from 0 to 1"),
        ("[t]\nkind = tcp\nhost = a\nfaults = flp=1e-3\n", 4, "did you mean flip?"),
        ("[t]\nkind = tcp\nhost = a\nfaults = flip=1e-3 seed=x\n", 4, "a whole number"),
        ("[t]\nkind = tcp\nhost = a\nkey =\n", 4, "a file with a key"),
        ("[t]\nkind = emulated\nkey = a.key\n", 3, "unknown key"),
        ("[t]\nkind = tcp-listen\n", 1, "'listen' is missing (expected [ADDRESS:]PORT of this computer"),
        ("[t]\nkind = tcp-listen\nlisten = here\n", 3, "[ADDRESS:]PORT of this computer"),
        ("[t]\nkind = tcp-listen\nlisten = 0\n", 3, "[ADDRESS:]PORT of this computer"),
        ("[t]\nkind = tcp-listen\nlisten = 10.0.0.1:70000\n", 3, "[ADDRESS:]PORT of this computer"),
        ("[t]\nkind = tcp-listen\nlisten = fe80::1:5555\n", 3, "[ADDRESS:]PORT of this computer"),
        ("[t]\nkind = emulated\ncpu = z80\n", 3, "one of arm, armv7, x86, mips"),
        ("[t]\nkind = emulated\nlink =\n", 3, "tcp, serial or tcp-listen"),
        ("[defaults]\ntarget = emulatd\n", 2, "did you mean emulated"),
        ("[defaults]\ntragte = emulated\n", 2, "did you mean target"),
        ("[DEFAULT]\ntarget = emulated\n", 1, "[defaults]"),
        ("[target a b]\nkind = tcp\n", 1, "[target NAME]"),
    ],
)
def test_a_mistake_names_its_place(tmp_path: Path, text: str, line: int, says: str) -> None:
    error = mistake(tmp_path, text)
    assert error.line == line
    assert f"{tmp_path / 'lab.ini'}:{line}" in str(error)
    assert says in str(error)


def test_an_unknown_key_names_section_key_and_what_there_is(tmp_path: Path) -> None:
    error = mistake(tmp_path, "[target x]\nkind = tcp\nhots = a\n")
    assert (error.section, error.key) == ("target x", "hots")
    assert "did you mean host?" in str(error)
    assert "for kind tcp one of kind, description" in str(error)


def test_a_value_that_looks_like_a_key_keeps_the_line_numbers_right(tmp_path: Path) -> None:
    text = "[t]\nkind = tcp\ndescription = one\n   port = not a key but text\nhost = a\nport = 0\n"
    assert mistake(tmp_path, text).line == 6


def test_key_files_are_beside_the_lab_file(tmp_path: Path) -> None:
    text = "[t]\nkind = tcp\nhost = a\nkey = keys/t.key\n[s]\nkind = serial\nport = COM5\nkey = /etc/s.key\n"
    lab = load_lab(write(tmp_path, text))
    assert lab.target("t").settings["key"] == str(tmp_path / "keys" / "t.key")
    assert lab.target("s").settings["key"] == str(Path("/etc/s.key"))


@pytest.mark.parametrize(
    ("listen", "normal"),
    [
        ("5555", "0.0.0.0:5555"),
        ("192.168.1.2:05555", "192.168.1.2:5555"),
        ("[::]:1", "[::]:1"),
        ("lab-pc:65535", "lab-pc:65535"),
    ],
)
def test_a_device_that_dials(tmp_path: Path, listen: str, normal: str) -> None:
    lab = load_lab(write(tmp_path, f"[t]\nkind = tcp-listen\nlisten = {listen}\nkey = t.key\n"))
    assert lab.target("t").settings["listen"] == normal
    assert lab.target("t").timing.connect == 30.0


def test_a_faulty_line(tmp_path: Path) -> None:
    lab = load_lab(write(tmp_path, GOOD.replace("slowness = 2.5", "faults = flip=1e-3, seed=7")))
    assert lab.target("panel").faults == "flip=1e-3 seed=7"
    assert lab.target("rack7").faults == ""


def test_not_text(tmp_path: Path) -> None:
    path = tmp_path / "lab.ini"
    path.write_bytes(b"[t]\nkind = tcp\nhost = \xff\xfe\n")
    with pytest.raises(ConfigError, match=r":3: not UTF-8"):
        load_lab(path)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_lab(tmp_path / "nothing.ini")


def test_an_unknown_target_gets_a_suggestion(tmp_path: Path) -> None:
    lab = load_lab(write(tmp_path, GOOD))
    with pytest.raises(UsageError, match="did you mean panel"):
        lab.target("pannel")
    with pytest.raises(UsageError, match="there are: emulated, panel, rack7"):
        lab.target("xyz")


@pytest.mark.parametrize(
    ("url", "kind", "settings"),
    [
        ("tcp://10.0.0.7:6000", "tcp", {"host": "10.0.0.7", "port": "6000"}),
        ("tcp://ce7", "tcp", {"host": "ce7", "port": "5555"}),
        ("tcp://[fe80::1]:7", "tcp", {"host": "fe80::1", "port": "7"}),
        ("tcp-listen://5555", "tcp-listen", {"listen": "0.0.0.0:5555"}),
        ("tcp-listen://10.0.0.1:5555/", "tcp-listen", {"listen": "10.0.0.1:5555"}),
        ("rfc2217://h:1", "serial", {"port": "rfc2217://h:1", "baud": "115200"}),
        (
            "serial:///dev/ttyS0?baud=9600",
            "serial",
            {"port": "serial:///dev/ttyS0?baud=9600", "baud": "115200"},
        ),
    ],
)
def test_a_url_is_a_target_of_its_own(url: str, kind: str, settings: dict[str, str]) -> None:
    config = load_lab().target(url)
    assert (config.kind, config.settings, config.faults) == (kind, settings, "")


def test_recorded_deviations_are_beside_lab_ini(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + "expectations = rack/seven.toml\n")
    usual = tmp_path / "expectations" / "panel.toml"
    lab = load_lab(path)
    assert lab.target("panel").expectations is None
    assert lab.expectations_of(lab.target("panel")) == usual
    assert lab.target("rack7").expectations == tmp_path / "rack" / "seven.toml"
    assert lab.expectations_of(lab.target("rack7")) == tmp_path / "rack" / "seven.toml"
    usual.parent.mkdir()
    for name in ("panel", "emulated", "rack7"):
        (usual.parent / f"{name}.toml").touch()
    lab = load_lab(path)
    assert lab.target("panel").expectations == usual
    assert lab.target("emulated").expectations == usual.with_name("emulated.toml")
    assert lab.target("rack7").expectations == tmp_path / "rack" / "seven.toml"


def test_recorded_deviations_without_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"lab\.ini:.* expectations: is empty \(expected a file of"):
        load_lab(write(tmp_path, GOOD + "expectations =\n"))
    lab = load_lab(write(tmp_path, GOOD))
    with pytest.raises(UsageError, match=r"nowhere to record deviations of tcp://h:1: .*in .*lab\.ini"):
        lab.expectations_of(lab.target("tcp://h:1"))
    monkeypatch.setattr("harness.lab.loader.find_lab", lambda: None)
    lab = load_lab()
    with pytest.raises(UsageError, match=r"section in a lab\.ini"):
        lab.expectations_of(lab.target())


def test_a_url_of_a_faulty_line() -> None:
    config = load_lab().target("fault+serial:///dev/ttyS0?baud=9600&flip=1e-3&seed=7")
    assert (config.kind, config.faults) == ("serial", "flip=1e-3 seed=7")
    assert config.settings["port"] == "serial:///dev/ttyS0?baud=9600"
    config = load_lab().target("fault+tcp://h:1?cut=1e-6")
    assert (config.settings, config.faults) == ({"host": "h", "port": "1"}, "cut=1e-6")
    for url in ("fault+tcp://h:1?flip=2", "fault+tcp://h:99999?flip=0.1"):
        with pytest.raises(UsageError, match="expected a"):
            load_lab().target(url)


def test_a_bad_url_says_what_is_wrong() -> None:
    with pytest.raises(UsageError, match="expected a TCP port"):
        load_lab().target("tcp://h:99999")
