"""The library as a stranger meets it: libdoc, a suite written from it, and the suites that come with it."""

import re
import signal
import sys
from pathlib import Path
from subprocess import PIPE, Popen, run

import pytest
from robot import api
from robot.libdocpkg import LibraryDocumentation
from scripted_device import Error, ScriptedDevice

from harness.conformance import Verdict
from harness.robot.actions import UnusableTargetError
from harness.robot.target import Choice, LazyDevice
from harness.winsock import REQUIREMENTS

ROOT = Path(__file__).parents[2]
SUITES = ROOT / "suites" / "wsasocket"


def test_libdoc_builds_without_a_word(tmp_path: Path) -> None:
    output = tmp_path / "CEHarness.html"
    command = [sys.executable, "-m", "robot.libdoc", "harness.robot.CEHarness", str(output)]
    done = run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == str(output)


def test_every_keyword_is_documented_and_typed() -> None:
    library = LibraryDocumentation("harness.robot.CEHarness")
    assert library.scope == "GLOBAL"
    names = {keyword.name for keyword in library.keywords}
    assert {
        "Run Program",
        "Call Function",
        "Should Succeed",
        "Should Fail With",
        "Outcome Should Conform",
    } <= names
    # What Robot calls around tests is no keyword.
    assert not names & {"Start Test", "End Test", "Close", "Lab Failed", "Test Is Wrong"}
    for keyword in library.keywords:
        assert keyword.short_doc.endswith("."), keyword.name
        assert keyword.tags, keyword.name
        untyped = [argument.name for argument in keyword.args if argument.name and not argument.type]
        assert not untyped, f"{keyword.name}: {untyped}"


def test_keywords_named_in_the_documentation_exist() -> None:
    library = LibraryDocumentation("harness.robot.CEHarness")
    names = {keyword.name for keyword in library.keywords}
    for text in (library.doc, *(keyword.doc for keyword in library.keywords)):
        for name in re.findall(r"(?<!`)`([A-Z][A-Za-z ]+)`(?!`)", text):
            assert name in names


STRANGER = """*** Settings ***
Documentation     Written from the library's documentation alone.
Library           harness.robot.CEHarness

*** Test Cases ***
A Closed Socket Is Gone
    Run Program
    ...    call WSAStartup(0x0202, scratch wsadata[512])
    ...    s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
    ...    closed = closesocket(s)
    ...    again = closesocket(s)
    ...    call WSACleanup()
    Should Succeed    closed
    Should Fail With    WSAENOTSOCK    again

A Family Nobody Has
    [Tags]    WSASOCKET-012
    Call Function    WSAStartup    0x0202    scratch wsadata[512]
    Call Function    WSASocketW    99    SOCK_STREAM    0    NULL    0    0
    Outcome Should Conform    value
"""


def test_a_suite_written_from_the_documentation_on_a_double(run_suite) -> None:
    closed: list[int] = []

    def close(s: int) -> Error | None:
        closed.append(s)
        return Error(10038) if len(closed) > 1 else None

    device = ScriptedDevice(
        {"closesocket": close, "WSASocketW": lambda af, *_: Error(10047) if af == 99 else 0x44}
    )
    ran = run_suite(STRANGER, device)
    assert ran.code == 0, ran.tests.message
    assert [row.requirement for row in ran.rows] == ["WSASOCKET-012"]


def test_the_example_of_the_documentation_is_the_stranger_s_first_test() -> None:
    doc = LibraryDocumentation("harness.robot.CEHarness").doc
    example = [line.partition("|")[2].rstrip() for line in doc.splitlines() if line.strip().startswith("|")]
    steps = [
        line.strip()
        for line in STRANGER.split("A Closed Socket Is Gone")[1].split("A Family")[0].splitlines()
    ]
    written = {line.strip() for line in example}
    assert not [step for step in steps if step and step not in written]


@pytest.mark.parametrize("variable", ["TARGET:nowhere", "CPU:z80", "LINK:usb"])
def test_the_variables_choose_the_device(run_suite, variable: str) -> None:
    text = "*** Test Cases ***\nOne\n    [Tags]    WSASOCKET-012\n    Call Function    WSACleanup\n"
    text += "Two\n    No Operation\n"
    ran = run_suite(text, ScriptedDevice(), variable=[variable])
    assert ran.tests.status == {"One": "FAIL", "Two": "FAIL"}  # no test can be run on it
    assert variable.partition(":")[2] in ran.tests.message["One"]
    assert [row.verdict for row in ran.rows] == [Verdict.BROKEN]


def test_the_arguments_choose_the_device() -> None:
    config = LazyDevice(Choice(target="emulated", cpu="mips", link="serial")).config
    assert (config.settings["cpu"], config.settings["link"]) == ("mips", "serial")
    with pytest.raises(UnusableTargetError, match="nowhere"):
        LazyDevice(Choice(target="nowhere")).config  # noqa: B018


LAB = """
[target odd]
kind = emulated
cpu = armv7
quirk = the-group-is-ignored
variants = ce-6
[target listed]
kind = emulated
catalog = catalog.toml
[target panel]
kind = tcp
host = 127.0.0.1
key = panel.key
"""


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        # All that makes the device, for whoever has not this lab.
        (
            {"target": "odd"},
            "emulated --cpu armv7 --link tcp --quirk the-group-is-ignored --variant ce-6",
        ),
        ({"target": "odd", "cpu": "mips", "quirk": "other one", "variants": "ce-6"},
         "emulated --cpu mips --link tcp --quirk other --quirk one --variant ce-6"),
        ({"target": "listed", "cpu": "x86"}, "listed --cpu x86"),
        ({"target": "panel", "key_file": "new.key"}, "panel --key new.key"),
        ({"target": "tcp://127.0.0.1:5555", "key_file": "new.key"}, "tcp://127.0.0.1:5555 --key new.key"),
    ],
)  # fmt: skip
def test_the_words_that_choose_the_device_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, choice: dict[str, str], words: str
) -> None:
    (tmp_path / "lab.ini").write_text(LAB, encoding="utf-8")
    (tmp_path / "panel.key").touch(0o600)
    monkeypatch.chdir(tmp_path)
    assert LazyDevice(Choice(**choice)).words == words.split()
    lab = str(tmp_path / "lab.ini")
    assert LazyDevice(Choice(**choice, lab=lab)).words == words.split(), "the lab that is found anyway"
    monkeypatch.chdir("/")
    elsewhere = [] if words.startswith("emulated") else ["--lab", lab]
    assert LazyDevice(Choice(**choice, lab=lab)).words == [*words.split(), *elsewhere]


BLOCKING = """
import sys, threading
import robot
sys.path.insert(0, sys.argv[1])
from scripted_device import ScriptedDevice
import harness.robot.target

class Blocking(ScriptedDevice):
    def run(self, program):
        print("running", file=sys.__stdout__, flush=True)  # Robot keeps what keywords print
        threading.Event().wait()

device = Blocking()
harness.robot.target.connect = device.connected
code = robot.run(sys.argv[2], outputdir=sys.argv[3], console="none")
print("closed", device.closed, "code", code, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for a single process on Windows")
def test_ctrl_c_ends_the_run_and_closes_the_device(tmp_path: Path) -> None:
    suite = tmp_path / "suite.robot"
    suite.write_text(
        "*** Settings ***\nLibrary    harness.robot.CEHarness\n*** Test Cases ***\n"
        "One\n    [Tags]    WSASOCKET-012\n    Call Function    WSACleanup\n"
    )
    command = [sys.executable, "-c", BLOCKING, str(Path(__file__).parent), str(suite), str(tmp_path)]
    with Popen(command, cwd=ROOT, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline().startswith("closed 1 code")
    # It says nothing about the device, nor about the lab.
    assert not (tmp_path / "results.jsonl").exists()


def test_the_suites_call_only_keywords_that_exist(run_suite) -> None:
    assert run_suite(ROOT / "suites", ScriptedDevice(), dryrun=True).code == 0


def test_suites_say_what_their_results_rest_on(run_suite) -> None:
    text = "*** Test Cases ***\nOne\n    Call Function    WSACleanup\n"
    assert run_suite(text, ScriptedDevice()).tests.metadata["Device"] == "double (evidence: model)"


def all_tests() -> list[tuple[str, set[str]]]:
    suite = api.TestSuite.from_file_system(str(ROOT / "suites"))
    return [(test.full_name, {str(tag) for tag in test.tags}) for test in suite.all_tests]


def test_every_test_of_the_suites_has_one_requirement_that_exists() -> None:
    for name, tags in all_tests():
        assert len([tag for tag in tags if tag in REQUIREMENTS]) == 1, f"{name}: {tags}"
        unknown = {tag for tag in tags if tag not in REQUIREMENTS and not tag.startswith("leg:")}
        assert not unknown, f"{name}: {unknown}"


def test_every_leg_that_a_plain_device_can_reach_has_a_test() -> None:
    tested = {
        (requirement.id, leg.removeprefix("leg:"))
        for _, tags in all_tests()
        for requirement in (REQUIREMENTS[tag] for tag in tags if tag in REQUIREMENTS)
        for leg in ([tag for tag in tags if tag.startswith("leg:")] or ["leg:"])
    }
    wanted = {(one.id, leg.id) for one in REQUIREMENTS.values() for leg in one.reachable(frozenset())}
    assert wanted <= tested


def test_every_requirement_has_a_test() -> None:
    tested = set().union(*(tags for _, tags in all_tests()))
    assert set(REQUIREMENTS) <= tested


def test_no_suite_names_an_expected_code() -> None:
    for file in SUITES.glob("*.robot"):
        steps = [
            line for line in file.read_text().splitlines() if not line.startswith(("Documentation", "..."))
        ]
        named = [line for line in steps if re.search(r"^ .*\bWSAE[A-Z]+\b|\b1[01][0-9]{3}\b", line)]
        assert not [line for line in named if not line.strip().startswith(("[Doc", "${COUNT}"))], file.name


def test_tests_have_no_loops_conditions_or_sleeps() -> None:
    for file in SUITES.glob("*.robot"):
        text = file.read_text()
        assert not re.search(r"^\s+(FOR|WHILE|IF|TRY|Sleep)\b", text, re.MULTILINE), file.name
        assert api.get_model(str(file)).sections
