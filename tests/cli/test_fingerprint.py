"""`ceharness fingerprint` against a scripted device: its file, what it continues and what it refuses."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.device import DeviceInfo, LineReport
from harness.errors import NoAnswer
from harness.fingerprint import body_of, read_fingerprint
from harness.session.health import LineHealth
from tests.fingerprint.scripted_sweep import Answer, ScriptedSweep, Triple

ROWS = ["--type", "1-2", "--af", "0-40"]
TRIPLES = 2 * 41 * 256


def usual(triple: Triple) -> str:
    if triple[1] not in (2, 23):
        return "error 10047"
    return "success" if triple[2] in (0, 6) else "error 10043"


PANEL = DeviceInfo("panel", "ceagent 1", 1, 4, (), major=6, minor=0, build=3122, cpu="ARM")


@dataclass
class CliDevice(ScriptedSweep):
    """With what the command asks of a device besides."""

    name: str = "panel"
    evidence: str = "device"
    about: DeviceInfo = PANEL
    recovery: tuple[()] = ()
    line: LineReport = field(default_factory=lambda: LineReport("tcp://panel", "key", "", LineHealth()))

    def info(self) -> DeviceInfo:
        return self.about


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., CliDevice]:
    """Puts a scripted device in place of the lab's."""
    monkeypatch.chdir(tmp_path)

    def put(answer: Answer = usual, **more: Any) -> CliDevice:
        device = CliDevice(answer, **more)
        device.welcome.build = "ceagent 1"  # type: ignore[attr-defined]

        @contextmanager
        def connect(config: Any, *, recover: int) -> Iterator[CliDevice]:
            yield device

        monkeypatch.setattr("harness.cli.sweeping.connect", connect)
        return device

    return put


def stop(error: BaseException, programs: int = 17) -> Callable[[ScriptedSweep], None]:
    def after(device: ScriptedSweep) -> None:
        if len(device.programs) > programs:
            raise error

    return after


def test_a_sweep(connected: Callable[..., CliDevice], capsys: pytest.CaptureFixture[str]) -> None:
    connected()
    assert main(["fingerprint", *ROWS, "--output", "a.fingerprint", "--json", "a.json"]) == 0
    out, err = capsys.readouterr()
    assert "panel: Windows CE 6.00.3122, ARM," in out
    assert "WSAEAFNOSUPPORT (10047)" in out
    assert "Measured on the device itself." in out
    assert err == ""
    said = json.loads(Path("a.json").read_text(encoding="utf-8"))
    assert (said["triples"], said["measured"], said["stopped"], said["file"]) == (
        TRIPLES,
        TRIPLES,
        None,
        "a.fingerprint",
    )
    assert said["outcomes"][0] == {
        "outcome": "error 10047",
        "meaning": "WSAEAFNOSUPPORT (10047)",
        "count": 19968,
    }
    found = read_fingerprint(Path("a.fingerprint"))
    assert found.ended is not None
    assert found.outcomes.outcome(1, 23, 6) == "success"
    assert found.device["system"] == "Windows CE 6.00.3122"


def test_without_output_it_goes_to_the_results(connected: Callable[..., CliDevice], tmp_path: Path) -> None:
    connected()
    assert (
        main(["fingerprint", "emulated", "--type", "1", "--af", "AF_INET", "--protocol", "IPPROTO_TCP"]) == 0
    )
    [path] = (tmp_path / "results").glob("*-emulated.fingerprint")
    assert list(read_fingerprint(path).outcomes.runs()) == [(1, "success")]


def test_two_sweeps_differ_in_their_times_only(connected: Callable[..., CliDevice]) -> None:
    for name in ("a", "b"):
        connected()
        assert main(["fingerprint", *ROWS, "--output", name]) == 0
    headers = [json.loads(Path(name).read_bytes().split(b"\n", 2)[1]) for name in ("a", "b")]
    for header in headers:
        del header["started"], header["ended"]
    assert headers[0] == headers[1]
    assert Path("a").read_bytes().split(b"\n", 2)[2] == Path("b").read_bytes().split(b"\n", 2)[2]


def test_ctrl_c_keeps_what_was_measured_and_the_same_file_goes_on(
    connected: Callable[..., CliDevice], capsys: pytest.CaptureFixture[str]
) -> None:
    connected(after=stop(KeyboardInterrupt()))
    assert main(["fingerprint", "emulated", *ROWS, "--output", "a.fingerprint", "--json", "a.json"]) == 130
    assert (
        "ended by Ctrl-C; what was measured is kept; to go on: ceharness fingerprint emulated --type 1-2 "
        in (capsys.readouterr().out)
    )
    half = read_fingerprint(Path("a.fingerprint"))
    assert half.ended is None
    assert 0 < half.outcomes.measured < TRIPLES
    said = json.loads(Path("a.json").read_text(encoding="utf-8"))
    assert (said["measured"], said["ended"]) == (half.outcomes.measured, None)

    device = connected()
    assert main(["fingerprint", "emulated", *ROWS, "--output", "a.fingerprint"]) == 0
    assert (
        f"goes on with an unfinished sweep: {half.outcomes.measured:,} of {TRIPLES:,}"
        in capsys.readouterr().out
    )
    assert sum(device.asked.values()) == TRIPLES - half.outcomes.measured
    connected()
    assert main(["fingerprint", *ROWS, "--output", "whole"]) == 0
    assert body_of(read_fingerprint(Path("a.fingerprint")).outcomes) == body_of(
        read_fingerprint(Path("whole")).outcomes
    )


def test_ctrl_c_at_once_leaves_no_file(
    connected: Callable[..., CliDevice], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    connected(after=stop(KeyboardInterrupt(), 0))
    assert main(["fingerprint", *ROWS, "--output", "a.fingerprint"]) == 130
    assert "ended by Ctrl-C; nothing was measured yet" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_lab_that_fails_says_how_to_go_on(
    connected: Callable[..., CliDevice], capsys: pytest.CaptureFixture[str]
) -> None:
    connected(after=stop(NoAnswer("the cable is out")))
    assert main(["fingerprint", *ROWS, "--output", "a.fingerprint"]) == 3
    err = capsys.readouterr().err
    assert "ceharness: error: the cable is out" in err
    assert "to go on: ceharness fingerprint --type 1-2 --af 0-40 --output a.fingerprint" in err
    assert read_fingerprint(Path("a.fingerprint")).outcomes.measured > 0


def test_what_an_output_may_not_hold(
    connected: Callable[..., CliDevice], capsys: pytest.CaptureFixture[str]
) -> None:
    connected(after=stop(KeyboardInterrupt()))
    assert main(["fingerprint", *ROWS, "--output", "half"]) == 130
    connected()
    assert main(["fingerprint", "--output", "half"]) == 2
    assert "half holds an unfinished sweep with other --type, --af or --protocol" in capsys.readouterr().err
    connected(about=replace(PANEL, major=5))
    assert main(["fingerprint", *ROWS, "--output", "half"]) == 2
    assert "half holds an unfinished sweep of another device" in capsys.readouterr().err
    connected()
    assert main(["fingerprint", *ROWS, "--output", "half"]) == 0
    assert main(["fingerprint", *ROWS, "--output", "half"]) == 2
    assert "half holds a finished fingerprint" in capsys.readouterr().err
    Path("text").write_text("hello", encoding="utf-8")
    assert main(["fingerprint", "--output", "text"]) == 2
    assert "text: not a fingerprint" in capsys.readouterr().err


def test_a_device_that_cannot_be_measured(
    connected: Callable[..., CliDevice], capsys: pytest.CaptureFixture[str]
) -> None:
    connected(startup=10091)
    assert main(["fingerprint", "--output", "a", "--json", "-"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["stopped"] == "WSAStartup fails with WSASYSNOTREADY (10091)"
    assert "this device cannot be measured: WSAStartup fails with WSASYSNOTREADY (10091)" in err
    assert not Path("a").exists()


def test_comparing(connected: Callable[..., CliDevice], capsys: pytest.CaptureFixture[str]) -> None:
    for name, answer in (
        ("before", usual),
        ("after", lambda each: "success" if each[1] == 2 and each[2] < 100 else usual(each)),
    ):
        connected(answer)
        assert main(["fingerprint", *ROWS, "--output", name]) == 0
    capsys.readouterr()
    assert main(["fingerprint", "compare", "before", "before"]) == 0
    assert "0 of 20,992 triples changed" in capsys.readouterr().out
    assert main(["fingerprint", "compare", "before", "after"]) == 1
    out = capsys.readouterr().out
    assert "196 triples changed from WSAEPROTONOSUPPORT (10043) to success\n" in out
    assert "    type 1-2, af AF_INET (2), protocol 1-5 and 7-99\n" in out
    assert main(["fingerprint", "compare", "before", "after", "--json", "-"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["changed"], said["compared"], said["from"]["target"]) == (196, TRIPLES, "panel")


def test_drawing(connected: Callable[..., CliDevice], capsys: pytest.CaptureFixture[str]) -> None:
    connected()
    assert main(["fingerprint", *ROWS, "--output", "a", "--picture", "a.png"]) == 0
    assert main(["fingerprint", "draw", "a", "b.png"]) == 0
    assert "b.png: panel: Windows CE" in capsys.readouterr().out
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--af", "0-256"], "--af 0-256: expected numbers from 0 to 255"),
        (["--type", "16"], "--type 16: expected numbers from 0 to 15"),
        (["--protocol", "7-3"], "--protocol 7-3"),
        (["--af", "AF_NONE"], "--af AF_NONE"),
        (["emulated", "other"], "one target at a time, not emulated other"),
        (["compare", "a"], "expected: ceharness fingerprint compare FILE FILE"),
        (["draw", "a", "b", "--af", "2"], "--af does not go with draw"),
        (["compare", "a", "b"], "a: cannot be read"),
        (["--output", "none/a"], "--output none/a: there is no such folder"),
    ],
)
def test_wrong_usage(
    connected: Callable[..., CliDevice],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    complaint: str,
) -> None:
    connected()
    assert main(["fingerprint", *arguments]) == 2
    assert complaint in capsys.readouterr().err
