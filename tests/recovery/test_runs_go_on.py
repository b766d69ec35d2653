"""A device is lost in the middle of a run, and the run goes on."""

import json
import sys
import time
from pathlib import Path

import pytest
from switched_lab import Lab, RunLab

from harness.cli.main import main

LOST = """\
{name}
    [Tags]    WSASOCKET-012
    Get Device Information
    Press    later    0.3    {what}
    Run Program
    ...    deadline 2s
    ...    call coredll!Sleep(1500)
    ...    call WSAStartup(0x0202, scratch wsadata[512])
    ...    tested = WSASocketW(AF_IPX, SOCK_STREAM, 0, NULL, 0, 0)
    Outcome Should Conform
"""
GOOD = """\
Goes On
    [Tags]    WSASOCKET-016
    Run Program
    ...    call WSAStartup(0x0202, scratch wsadata[512])
    ...    tested = WSASocketW(AF_INET, SOCK_STREAM, 200, NULL, 0, 0)
    Outcome Should Conform
"""
ANSWERS = "the agent answers"


@pytest.mark.parametrize(
    ("lab", "what"),
    [("serial", "hang"), pytest.param("tcp", "hang", marks=pytest.mark.long), ("tcp", "crash")],
    indirect=["lab"],
)
def test_a_lost_device_is_switched_off_and_on(what: str, lab: Lab, run_lab: RunLab) -> None:
    """Losing it is the device's deviation, switching it is not."""
    lab.write(f"power-cycle = {lab.command('cycle')}", "boot = 60s")
    ran = run_lab(LOST.format(name="Lost", what=what) + GOOD)
    assert lab.done() == ["on", what, "cycle"]
    lost = ran.rows["WSASOCKET-012"]
    assert lost["verdict"] == "fail"
    assert lost["observed"].startswith("the device restarted or fell silent")
    assert ran.rows["WSASOCKET-016"]["verdict"] == "pass"
    assert ran.code == 1
    (step,) = ran.recovery
    assert (step.step, step.result) == ("power cycle", ANSWERS)
    assert step.reason
    assert step.seconds > 0
    assert "recovery  " in ran.out
    assert "warning: panel: power cycle: the agent answers" in ran.err
    assert "socket 1: off, on" in (ran.folder / "harness.log").read_text()
    assert "Recovery" in (ran.folder / "log.html").read_text()


@pytest.mark.long
def test_a_port_that_goes_with_the_device_leaves_the_test_open(lab: Lab, run_lab: RunLab) -> None:
    """A port that is gone says nothing about the device: the test is inconclusive, and the run goes on."""
    lab.write(f"power-off = {lab.command('off')}", f"power-on = {lab.command('on')}", "power-pause = 10ms")
    ran = run_lab(LOST.format(name="Lost", what="crash") + GOOD)
    assert lab.done() == ["on", "crash", "off", "on"]
    lost = ran.rows["WSASOCKET-012"]
    assert lost["verdict"] == "inconclusive"
    assert "brought back since by: power cycle" in lost["reason"]
    assert ran.rows["WSASOCKET-016"]["verdict"] == "pass"
    assert [step.step for step in ran.recovery] == ["new session", "power cycle"]
    assert ran.code == 0


@pytest.mark.long
def test_power_may_be_switched_by_the_port_itself(lab: Lab, run_lab: RunLab, tmp_path: Path) -> None:
    """The port is free for the command, and no other `ceharness` than the command's may use the device."""
    script = tmp_path / "by_wire.sh"
    opens = f"import serial; serial.Serial('{lab.folder}/COM1', exclusive=True).close()"
    says = f"from harness.cli.main import main; main(['power', 'panel', 'on', '--lab', '{lab.file}'])"
    script.write_text(
        f'set -e\n{sys.executable} -c "{opens}"\n{sys.executable} -c "{says}"\n{lab.command("cycle")}\n'
    )
    lab.write(f"power-cycle = sh {script}", "power-on = echo on")
    ran = run_lab(LOST.format(name="Lost", what="hang") + GOOD)
    assert [row["verdict"] for row in ran.rows.values()] == ["fail", "pass"]
    (step,) = ran.recovery
    assert (step.step, step.result) == ("power cycle", ANSWERS)
    assert "panel: power on, " in (ran.folder / "harness.log").read_text()


@pytest.mark.long
def test_the_agent_is_started_again_before_the_power_is_touched(lab: Lab, run_lab: RunLab) -> None:
    lab.write(f"restart = {lab.command('start-agent')}", f"power-cycle = {lab.command('cycle')}")
    ran = run_lab(LOST.format(name="Lost", what="end-agent") + GOOD)
    assert lab.done() == ["on", "end-agent", "start-agent"]
    assert [row["verdict"] for row in ran.rows.values()] == ["fail", "pass"]
    (step,) = ran.recovery
    assert (step.step, step.result) == ("restart agent", ANSWERS)


@pytest.mark.long
def test_what_fails_is_told_and_the_next_rung_is_tried(lab: Lab, run_lab: RunLab) -> None:
    lab.write(f"restart = {lab.command('no-such-button')}", f"power-cycle = {lab.command('cycle')}")
    ran = run_lab(LOST.format(name="Lost", what="hang") + GOOD)
    assert [row["verdict"] for row in ran.rows.values()] == ["fail", "pass"]
    failed, step = ran.recovery
    assert failed.step == "restart agent"
    assert "[panel] restart: " in failed.result
    assert "exit code 1: AttributeError" in failed.result
    assert step.result == ANSWERS


def test_when_nothing_helps_the_run_ends_and_says_what_was_tried(lab: Lab, run_lab: RunLab) -> None:
    lab.write("restart = sh -c 'exit 7'", f"power-cycle = {lab.command('off')}", "boot = 1s")
    ran = run_lab(LOST.format(name="Lost", what="hang") + GOOD)
    assert ran.code == 3
    assert ran.rows["WSASOCKET-012"]["verdict"] == "fail"
    broken = ran.rows["WSASOCKET-016"]
    assert broken["verdict"] == "broken"
    for words in (
        "\n  restart agent: ",
        "[panel] restart: `sh -c 'exit 7'`: exit code 7",
        "\n  power cycle: ",
    ):
        assert words in broken["reason"]
    assert [step.step for step in ran.recovery] == ["restart agent", "power cycle"]
    assert ANSWERS not in str(ran.recovery)


@pytest.mark.long
def test_without_means_it_ends_as_before(lab: Lab, run_lab: RunLab) -> None:
    ran = run_lab(LOST.format(name="Lost", what="hang") + GOOD)
    assert (ran.code, ran.rows["WSASOCKET-016"]["verdict"]) == (3, "broken")
    assert ran.recovery == []
    assert lab.done() == ["on", "hang"]


def test_a_device_that_was_dead_before_the_run(lab: Lab, run_lab: RunLab) -> None:
    lab.press("hang")
    text = lab.file.read_text().replace("connect = 20s", "connect = 1s")
    lab.file.write_text(f"{text}power-cycle = {lab.command('cycle')}\n")
    ran = run_lab(GOOD)
    assert ran.code == 0
    (step,) = ran.recovery
    assert (step.step, step.result) == ("power cycle", ANSWERS)


@pytest.mark.long
def test_what_follows_in_the_test_is_not_run_on_another_device(lab: Lab, run_lab: RunLab) -> None:
    """What the programs before it did is gone with the power."""
    lab.write(f"power-cycle = {lab.command('cycle')}")
    ran = run_lab(
        """\
Idle
    [Tags]    WSASOCKET-012
    Call Function    WSAStartup    0x0202    scratch wsadata[512]
    Press    hang
    Sleep    2.5s
    Run Program    tested = WSASocketW(AF_IPX, SOCK_STREAM, 0, NULL, 0, 0)
    Outcome Should Conform
"""
        + GOOD
    )
    row = ran.rows["WSASOCKET-012"]
    assert (row["verdict"], row["observed"]) == ("inconclusive", "not run")
    assert "brought back by: power cycle, a new session has begun" in row["reason"]
    assert ran.rows["WSASOCKET-016"]["verdict"] == "pass"


@pytest.mark.long
def test_a_device_that_comes_back_by_itself_is_waited_for(lab: Lab, run_lab: RunLab) -> None:
    lab.write("boot = 60s")
    ran = run_lab(
        "Watchdog\n    Press    later    8    cycle\n" + LOST.format(name="Lost", what="hang") + GOOD
    )
    assert [row["verdict"] for row in ran.rows.values()] == ["fail", "pass"]
    (step,) = ran.recovery
    assert step.step in ("wait", "new session")
    assert step.result == ANSWERS


@pytest.mark.long
def test_a_device_that_is_lost_every_time_is_given_up(
    lab: Lab, run_lab: RunLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.robot.target.RECOVER", 2)
    lab.write(f"power-cycle = sh -c '{lab.command('cycle')} && {lab.command('later', '0.7', 'hang')}'")
    first = LOST.format(name="Lost", what="hang")
    tests = [
        first,
        *(first.replace("Lost", f"Lost {number}").replace("Press", "No Operation  #") for number in "12"),
    ]
    ran = run_lab("".join(tests) + GOOD)
    assert lab.done().count("cycle") == 2
    assert ran.code == 3
    assert "brought back 2 times in a row" in ran.rows["WSASOCKET-016"]["reason"]


@pytest.mark.long
def test_providers_are_put_on_the_device_again(lab: Lab, run_lab: RunLab) -> None:
    lab.write(f"power-cycle = {lab.command('cycle')}", "provides = provider")
    provider = """\
{name}
    Install Provider    red    fail=10050
    ${{structure}}=    Get Structure    red
    Run Program
    ...    call WSAStartup(0x0202, scratch wsadata[512])
    ...    tested = WSASocketW(-1, -1, -1, in info = x"${{structure}}", 0, 0)
    Should Fail With    10050
    Provider Should Have Been Asked    red
"""
    ran = run_lab(
        provider.format(name="Before") + LOST.format(name="Lost", what="hang") + provider.format(name="After")
    )
    assert "2 passed, 0 failed" in ran.out, ran.out
    assert [step.result for step in ran.recovery] == [ANSWERS]


def test_single_commands_leave_the_power_alone(
    lab: Lab, tmp_path: Path, hurry: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever looks at a device by hand does not want it switched off."""
    lab.press("hang")
    text = lab.file.read_text().replace("connect = 20s", "connect = 1s")
    lab.file.write_text(f"{text}power-cycle = {lab.command('cycle')}\n")
    assert main(["call", "coredll!GetTickCount", "--fails", "never", "--lab", str(lab.file)]) == 3
    assert lab.done() == ["on", "hang"]


@pytest.mark.long
def test_a_sweep_goes_on(lab: Lab, tmp_path: Path, hurry: None, capsys: pytest.CaptureFixture[str]) -> None:
    lab.write(f"power-cycle = {lab.command('cycle')}")
    words = ["fingerprint", "--lab", str(lab.file), "--type", "0-5", "--af", "0-60", "--json", "-"]
    began = time.monotonic()
    assert main([*words, "--output", str(tmp_path / "undisturbed.fingerprint")]) == 0
    half = (time.monotonic() - began) / 2
    undisturbed = json.loads(capsys.readouterr().out)
    lab.press("later", f"{half:.2f}", "hang")
    code = main([*words, "--output", str(tmp_path / "disturbed.fingerprint")])
    out, err = capsys.readouterr()
    assert code == 0, err
    disturbed = json.loads(out)
    assert disturbed["outcomes"] == undisturbed["outcomes"]
    assert [step["result"] for step in disturbed["recovery"]] == [ANSWERS]
    assert "recovery  " in err
