"""Who may connect: keys on the command line's side. A key itself never shows."""

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_agent import KEY, FakeAgent

from harness.cli.main import main
from harness.targets.keyfile import read_key
from harness.wire.messages import Answer

CALL = ["call", "--no-startup", "socket", "2"]
GOOD = [Answer(0, (5,), (1,))]
posix = pytest.mark.skipif(
    sys.platform == "win32", reason="files have no permission bits: run on Linux or macOS"
)


@pytest.fixture
def open_agent() -> Iterator[FakeAgent]:
    """One without a key."""
    fake = FakeAgent(key=None)
    yield fake
    fake.close()


def error(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> str:
    assert main(arguments) == code
    out, err = capsys.readouterr()
    assert err.startswith("ceharness: error: ")
    assert KEY.hex() not in out + err
    return err.splitlines()[0]


def other_key(folder: Path) -> Path:
    path = folder / "other.key"
    assert main(["agent", "key", str(path)]) == 0
    return path


def test_a_new_key_and_what_to_do_with_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "panel.key"
    assert main(["agent", "key", str(path)]) == 0
    out, err = capsys.readouterr()
    digits = path.read_text(encoding="ascii").strip()
    assert len(digits) == 64
    assert digits not in out + err
    for hint in (f"{path}: a new key", "ceagent.key, beside ceagent.exe", "link=tcp:5555", f"key = {path}"):
        assert hint in out
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_is_replaced_by_force_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = other_key(tmp_path)
    before = read_key(path).value
    capsys.readouterr()
    assert "panel" not in error(capsys, "agent", "key", str(path), code=2)
    assert read_key(path).value == before
    assert main(["agent", "key", str(path), "--force"]) == 0
    assert read_key(path).value != before


def test_a_key_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "no" / "panel.key"
    assert f"{path}: No such file or directory" in error(capsys, "agent", "key", str(path), code=2)


def test_without_a_key(capsys: pytest.CaptureFixture[str], agent: FakeAgent) -> None:
    said = error(capsys, *CALL, "--target", agent.url, code=2)
    for hint in ("ceharness agent key FILE", "ceagent.key", "key = FILE", "--key FILE", "CEHARNESS_KEY"):
        assert hint in said
    assert agent.runs == []


def test_a_key_from_the_command_lines_file(
    capsys: pytest.CaptureFixture[str], agent: FakeAgent, key_file: Path
) -> None:
    agent.answers = GOOD
    assert main([*CALL, "--target", agent.url, "--key", str(key_file), "--verbose"]) == 0
    out = capsys.readouterr().out
    assert f"key from {key_file}" in out
    assert KEY.hex() not in out


def test_a_key_from_the_environment(
    capsys: pytest.CaptureFixture[str], agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.answers = GOOD
    monkeypatch.setenv("CEHARNESS_KEY", KEY.hex())
    assert main([*CALL, "--target", agent.url, "--json", "-"]) == 0
    line = json.loads(capsys.readouterr().out)["line"]
    assert (line["keyed"], line["protection"]) == (True, "key from CEHARNESS_KEY")


def test_a_wrong_key_runs_nothing(
    capsys: pytest.CaptureFixture[str], agent: FakeAgent, lab: Path, tmp_path: Path
) -> None:
    key = other_key(tmp_path)
    capsys.readouterr()
    assert "the key is wrong" in error(capsys, *CALL, "--lab", str(lab), "--key", str(key), code=3)
    assert agent.runs == []


def test_an_agent_without_a_key_is_not_believed(
    capsys: pytest.CaptureFixture[str], open_agent: FakeAgent, key_file: Path
) -> None:
    said = error(capsys, *CALL, "--target", open_agent.url, "--key", str(key_file), code=3)
    assert "the agent has none" in said
    assert open_agent.runs == []


@pytest.mark.parametrize("command", [["run"], CALL, ["exec", "-"]])
def test_a_key_file_that_is_none(
    capsys: pytest.CaptureFixture[str], lab: Path, key_file: Path, agent: FakeAgent, command: list[str]
) -> None:
    key_file.write_text("hunter2", encoding="ascii")
    if command[0] == "exec":
        program = lab.with_name("p.ceprog")
        program.write_text("call coredll!GetTickCount()\n", encoding="utf-8")
        command = ["exec", str(program)]
    said = error(capsys, *command, "--lab", str(lab), code=2)
    assert f"key {key_file}: not a key; expected 64 hexadecimal digits" in said
    assert "hunter2" not in said
    assert agent.runs == []


@posix
def test_a_key_file_that_others_can_read(
    capsys: pytest.CaptureFixture[str], lab: Path, key_file: Path
) -> None:
    key_file.chmod(0o644)
    assert f"chmod 600 {key_file}" in error(capsys, *CALL, "--lab", str(lab), code=2)


def test_a_key_on_the_command_line_is_not_repeated(capsys: pytest.CaptureFixture[str], lab: Path) -> None:
    said = error(capsys, *CALL, "--lab", str(lab), "--key", KEY.hex(), code=2)
    assert "expected the name of a file" in said


def test_targets_say_how_they_are_protected(
    capsys: pytest.CaptureFixture[str], lab: Path, key_file: Path
) -> None:
    with lab.open("a", encoding="utf-8") as file:
        file.write(
            "[lost]\nkind = tcp-listen\nlisten = 5555\nkey = lost.key\n[wire]\nkind = serial\nport = COM5\n"
            "faults = flip=1e-3\n"
        )
    assert main(["targets", "--lab", str(lab), "--json", "-"]) == 0
    out, err = capsys.readouterr()
    listed = {each["name"]: each for each in json.loads(out)}
    assert listed["fake"]["protection"] == f"key from {key_file}"
    assert listed["lost"]["protection"].startswith("unusable: key ")
    assert listed["lost"]["protection"].endswith("No such file or directory")
    assert listed["wire"]["protection"].startswith("no key: whoever reaches this serial line")
    assert listed["wire"]["faults"] == "flip=1e-3"
    assert listed["emulated"]["protection"] == "a new key for every start"
    assert KEY.hex() not in out + err


def test_nothing_that_is_written_holds_the_key(
    capsys: pytest.CaptureFixture[str], lab: Path, agent: FakeAgent, tmp_path: Path
) -> None:
    suite = tmp_path / "small.robot"
    suite.write_text(
        "*** Settings ***\nLibrary    harness.robot.CEHarness\n*** Test Cases ***\nOne\n"
        "    Call Function    socket    2    1    0\n",
        encoding="utf-8",
    )
    agent.answers = GOOD
    arguments = ["run", "--lab", str(lab), "--suites", str(suite), "--output", str(tmp_path / "out")]
    assert main([*arguments, "--json", "-"]) == 0
    captured = capsys.readouterr()
    written = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(written) > 3
    for text in (*written, captured.out.encode(), captured.err.encode()):
        assert KEY.hex().encode() not in text
        assert repr(KEY).encode() not in text
