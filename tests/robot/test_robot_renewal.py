"""A device that can be had fresh for every suite; and files that show the state of one."""

from pathlib import Path

from scripted_device import Error, ScriptedDevice

HEAD = "*** Settings ***\nLibrary    harness.robot.CEHarness\n*** Test Cases ***\n"
CREATE = "    Run Program    tested = WSASocketW(99, SOCK_STREAM, 0, NULL, 0, 0)\n"
JUDGE = "    Outcome Should Conform\n"


def robot_test(name: str, *steps: str) -> str:
    return f"{name}\n    [Tags]    WSASOCKET-012\n{''.join(steps)}"


def suites(folder: Path, **texts: str) -> Path:
    (folder / "suites").mkdir()
    for name, text in texts.items():
        (folder / "suites" / f"{name}.robot").write_text(HEAD + text, encoding="utf-8")
    return folder / "suites"


def test_every_suite_after_the_first_has_a_fresh_device(run_suite, tmp_path) -> None:
    one = robot_test("One", CREATE) + robot_test("Two", CREATE)
    device = ScriptedDevice(fresh=True)
    run_suite(suites(tmp_path, a=one, b=one, c="Nothing\n    Log    no device\n"), device)
    assert len(device.programs) == 4
    assert device.renewed == 1
    assert device.closed == 1


def test_a_device_that_cannot_be_had_fresh_is_kept(run_suite, tmp_path) -> None:
    one = robot_test("One", CREATE)
    device = ScriptedDevice()
    run_suite(suites(tmp_path, a=one, b=one), device)
    assert device.renewed == 0


def test_a_failure_names_the_files_that_show_the_device(run_suite) -> None:
    text = HEAD + robot_test("Wrong / One", CREATE, JUDGE) + robot_test("Two", CREATE)
    device = ScriptedDevice({"WSASocketW": Error(10022)}, pictures=("screen.png", "console1.log"))
    ran = run_suite(text, device)
    said = "device/001-Wrong-One-screen.png, device/001-Wrong-One-console1.log"
    assert said in ran.tests.message["Wrong / One"]
    assert said in ran.rows[0].reason
    assert "device/" not in ran.tests.message["Two"]
    assert len(ran.rows) == 1
