"""From findings to rows, and to Robot's PASS, FAIL and SKIP."""

from pathlib import Path

import pytest
from scripted_device import Ends, Error, Info, ScriptedDevice

from harness.conformance import Row, Verdict
from harness.errors import LinkError
from harness.program.result import OutcomeKind
from harness.results import RESULTS_FILE, Record, ResultsWriter, read_results

CREATE = "Run Program    tested = WSASocketW(99, SOCK_STREAM, 0, NULL, 0, 0)"


def one_test(tags: str, *steps: str) -> str:
    body = "\n".join(f"    {step}" for step in (f"[Tags]    {tags}", *steps))
    return f"*** Test Cases ***\nOne\n{body}\n"


@pytest.mark.parametrize(
    ("tags", "answer", "status", "verdict"),
    [
        ("WSASOCKET-012", Error(10047), "PASS", Verdict.PASS),
        ("WSASOCKET-012", Error(10022), "FAIL", Verdict.FAIL),
        ("WSASOCKET-012", 5, "FAIL", Verdict.FAIL),
        ("WSASOCKET-012", Ends(OutcomeKind.FAULTED, 0xC0000005), "FAIL", Verdict.FAIL),
        ("WSASOCKET-012", Ends(OutcomeKind.BLOCKED), "FAIL", Verdict.FAIL),
        ("WSASOCKET-012", Ends(OutcomeKind.LOST), "FAIL", Verdict.FAIL),
        ("WSASOCKET-012", Ends(OutcomeKind.NOT_RUN), "SKIP", Verdict.INCONCLUSIVE),
        ("WSASOCKET-012", Ends(OutcomeKind.OVERFLOW), "FAIL", Verdict.BROKEN),
        ("WSASOCKET-017", Error(10022), "PASS", Verdict.PASS),
        ("WSASOCKET-053", Error(10013), "PASS", Verdict.OBSERVED),
        ("WSASOCKET-014    leg:exhaustion", 5, "SKIP", Verdict.INCONCLUSIVE),
        ("WSASOCKET-020    leg:straddling", 5, "PASS", Verdict.PASS),
        ("WSASOCKET-020    leg:unreadable", 5, "FAIL", Verdict.FAIL),
    ],
)
def test_verdict_and_status(run_suite, tags, answer, status, verdict) -> None:
    ran = run_suite(one_test(tags, CREATE, "Outcome Should Conform"), ScriptedDevice({"WSASocketW": answer}))
    assert ran.tests.status["One"] == status, ran.tests.message
    (row,) = ran.rows
    assert row.verdict is verdict
    assert row.requirement == tags.split()[0]
    assert row.leg == tags.partition("leg:")[2]
    assert row.evidence == "model"
    assert "tested = ws2!WSASocketW(99" in row.program
    assert f"verdict:{verdict.value}" in ran.tests.tags["One"]


@pytest.mark.parametrize(
    ("tags", "answer", "verdict"),
    [
        ("WSASOCKET-036    leg:undefined", 5, Verdict.OBSERVED),
        ("WSASOCKET-053", Error(10013), Verdict.OBSERVED),
        ("WSASOCKET-003", 5, Verdict.INCONCLUSIVE),
    ],
)
def test_a_check_that_held_does_not_hide_what_came_of_the_call(run_suite, tags, answer, verdict) -> None:
    steps = (CREATE.replace("0)", "0)    call WSACleanup()"), "Should Succeed", "Outcome Should Conform")
    (row,) = run_suite(one_test(tags, *steps), ScriptedDevice({"WSASocketW": answer})).rows
    assert row.verdict is verdict


def test_a_failure_tells_everything(run_suite) -> None:
    ran = run_suite(
        one_test("WSASOCKET-012", CREATE, "Outcome Should Conform"),
        ScriptedDevice({"WSASocketW": Error(10022)}),
    )
    message = ran.tests.message["One"]
    for part in (
        "WSASOCKET-012 WSAEAFNOSUPPORT",
        "documented: WSAEAFNOSUPPORT (10047)",
        "observed:   WSAEINVAL (10022)",
        "ceharness exec",
        "    tested = ws2!WSASocketW(99, SOCK_STREAM, 0, NULL, 0, 0)",
    ):
        assert part in message


def test_a_call_before_it_that_failed_makes_the_test_inconclusive(run_suite) -> None:
    steps = [
        "Run Program    call WSAStartup(0x0202, scratch w[512])    tested = WSASocketW(99, 1, 0, NULL, 0, 0)"
    ]
    ran = run_suite(
        one_test("WSASOCKET-012", *steps, "Outcome Should Conform"),
        ScriptedDevice({"WSAStartup": Error(10091), "WSASocketW": Error(10093)}),
    )
    assert ran.tests.status["One"] == "SKIP"
    assert ran.rows[0].verdict is Verdict.INCONCLUSIVE
    assert "WSAStartup: WSASYSNOTREADY (10091)" in ran.rows[0].reason


def test_a_call_before_it_that_was_judged_itself_is_no_setup(run_suite) -> None:
    program = "Run Program    posted1 = recv(1, scratch d[4], 4, 0)    posted2 = recv(1, &d, 4, 0)"
    steps = [program, "Outcome Should Conform    posted1", "Outcome Should Conform    posted2"]
    ran = run_suite(one_test("WSASOCKET-037", *steps), ScriptedDevice({"recv": Error(997)}))
    assert ran.tests.status["One"] == "PASS"


def test_facts_that_hold_are_counted_with_the_judged_call(run_suite) -> None:
    steps = [CREATE, "Outcome Should Conform", "Value Should Be    INVALID_SOCKET", "Should Fail"]
    ran = run_suite(one_test("WSASOCKET-003", *steps), ScriptedDevice({"WSASocketW": Error(10047)}))
    (row,) = ran.rows
    assert row.verdict is Verdict.PASS
    assert row.observed == "WSAEAFNOSUPPORT (10047); 2 more checks held"


def test_a_fact_that_does_not_hold_is_a_deviation_although_the_call_conforms(run_suite) -> None:
    steps = [CREATE, "Outcome Should Conform", "Value Should Be    7"]
    ran = run_suite(one_test("WSASOCKET-002", *steps), ScriptedDevice({"WSASocketW": 8}))
    (row,) = ran.rows
    assert (row.verdict, row.documented, row.observed) == (
        Verdict.FAIL,
        "tested = WSASocketW is 7",
        "8 (0x8)",
    )


def test_another_librarys_failure_is_a_deviation_once_the_device_was_asked(run_suite) -> None:
    steps = [CREATE, "Outcome Should Conform", "Should Be Equal    one    two"]
    ran = run_suite(one_test("WSASOCKET-002", *steps), ScriptedDevice())
    assert [row.verdict for row in ran.rows] == [Verdict.FAIL]
    assert "one != two" in ran.rows[0].observed


@pytest.mark.parametrize(
    "step", ["No Such Keyword", "Run Program    s = WSASocketW(", "Should Be Equal    one    two"]
)
def test_a_test_that_is_wrong_itself_says_nothing_about_the_device(run_suite, step) -> None:
    ran = run_suite(one_test("WSASOCKET-002", step), ScriptedDevice())
    assert ran.tests.status["One"] == "FAIL"
    assert [row.verdict for row in ran.rows] == [Verdict.BROKEN]
    assert "the test itself is wrong" in ran.rows[0].reason


def test_a_requirement_with_legs_wants_one(run_suite) -> None:
    ran = run_suite(one_test("WSASOCKET-020", CREATE, "Outcome Should Conform"), ScriptedDevice())
    assert "tag the test leg:ID (one of unreadable, straddling)" in ran.tests.message["One"]
    assert [(row.verdict, row.leg) for row in ran.rows] == [(Verdict.BROKEN, "unreadable")]


def test_a_lab_that_fails_in_a_test_with_a_wrong_leg(run_suite) -> None:
    device = ScriptedDevice(failing=LinkError("COM5 is gone"))
    ran = run_suite(one_test("WSASOCKET-020    leg:nowhere", CREATE), device)
    assert [row.verdict for row in ran.rows] == [Verdict.BROKEN]
    assert ran.rows[0].reason == "COM5 is gone"


def test_two_requirements_of_one_test_get_a_row_each(run_suite) -> None:
    ran = run_suite(
        one_test("WSASOCKET-012    WSASOCKET-003", CREATE, "Outcome Should Conform"),
        ScriptedDevice({"WSASocketW": Error(10041)}),
    )
    assert {row.requirement: row.verdict for row in ran.rows} == {
        "WSASOCKET-012": Verdict.FAIL,
        "WSASOCKET-003": Verdict.PASS,
    }
    assert ran.tests.status["One"] == "FAIL"


def test_each_line_of_a_data_driven_test_is_a_case(run_suite) -> None:
    text = """*** Test Cases ***
Families
    [Tags]    WSASOCKET-012
    [Template]    Family
    98    one
    99    two

*** Keywords ***
Family
    [Arguments]    ${af}    ${name}
    Run Program    tested = WSASocketW(${af}, 1, 0, NULL, 0, 0)
    Outcome Should Conform
"""
    device = ScriptedDevice({"WSASocketW": lambda af, *_: Error(10022 if af == 98 else 10047)})
    ran = run_suite(text, device)
    assert [(row.case, row.verdict) for row in ran.rows] == [
        ("Families: 98, one", Verdict.FAIL),
        ("Families: 99, two", Verdict.PASS),
    ]
    assert ran.tests.status["Families"] == "FAIL"


def test_a_line_that_is_wrong_itself_does_not_hide_the_others(run_suite) -> None:
    text = """*** Test Cases ***
Families
    [Tags]    WSASOCKET-012
    [Template]    Family
    AF_NONSENSE
    99

*** Keywords ***
Family
    [Arguments]    ${af}
    Run Program    tested = WSASocketW(${af}, 1, 0, NULL, 0, 0)
    Outcome Should Conform
"""
    ran = run_suite(text, ScriptedDevice({"WSASocketW": Error(10047)}))
    assert [(row.case, row.verdict) for row in ran.rows] == [
        ("Families: AF_NONSENSE", Verdict.BROKEN),
        ("Families: 99", Verdict.PASS),
    ]


def test_a_statement_that_an_older_page_lacks_is_only_recorded_there(run_suite) -> None:
    text = one_test("WSASOCKET-054    leg:flags", CREATE, "Outcome Should Conform")
    old, new = (ScriptedDevice({"WSASocketW": 5}, about=Info(major)) for major in (5, 6))
    assert [row.verdict for row in run_suite(text, old).rows] == [Verdict.OBSERVED]
    assert [row.verdict for row in run_suite(text, new).rows] == [Verdict.FAIL]


def test_a_function_that_need_not_exist(run_suite) -> None:
    steps = ["Run Program    tested = WSAJoinLeaf(1, NULL, 0, NULL, NULL, NULL, NULL, 4)"]
    steps.append("Outcome Should Conform    need_not_exist=True")
    ran = run_suite(
        one_test("WSASOCKET-054    leg:join-leaf", *steps),
        ScriptedDevice({"WSAJoinLeaf": Ends(OutcomeKind.UNRESOLVED, 127)}),
    )
    assert ran.tests.status["One"] == "PASS"
    assert "does not have the function" in ran.rows[0].observed


def test_what_cannot_be_provoked_says_what_it_needs(run_suite) -> None:
    device = ScriptedDevice()
    ran = run_suite(one_test("WSASOCKET-018", "Report What Cannot Be Provoked"), device)
    assert ran.tests.status["One"] == "SKIP"
    assert ran.rows[0].verdict is Verdict.NOT_PROVOCABLE
    assert "the Bluetooth component" in ran.rows[0].reason
    assert ran.rows[0].provoked == ""
    assert device.programs == []


def test_what_can_be_provoked_but_has_no_test_is_inconclusive(run_suite) -> None:
    ran = run_suite(one_test("WSASOCKET-012", "Report What Cannot Be Provoked"), ScriptedDevice())
    assert [row.verdict for row in ran.rows] == [Verdict.INCONCLUSIVE]


def test_needs_success_of(run_suite) -> None:
    steps = [CREATE, "Needs Success Of    tested    reason=sockets are needed here"]
    ran = run_suite(one_test("WSASOCKET-002", *steps), ScriptedDevice({"WSASocketW": Error(10055)}))
    assert ran.tests.status["One"] == "SKIP"
    assert (ran.rows[0].verdict, ran.rows[0].reason) == (Verdict.INCONCLUSIVE, "sockets are needed here")


@pytest.mark.parametrize(("time", "status"), [("2us", "PASS"), ("3us", "PASS"), ("100ms", "SKIP")])
def test_needs_time_of_at_least(run_suite, time: str, status: str) -> None:
    steps = [
        CREATE,
        "Outcome Should Conform",
        f"Needs Time Of At Least    tested    {time}    reason=it has to wait",
    ]
    ran = run_suite(one_test("WSASOCKET-012", *steps), ScriptedDevice({"WSASocketW": Error(10047)}))
    assert ran.tests.status["One"] == status
    if status == "SKIP":
        assert [row.verdict for row in ran.rows] == [Verdict.INCONCLUSIVE]
        assert ran.rows[0].reason == "it has to wait"
        assert "microseconds" in ran.rows[0].observed


def test_a_failed_lab_ends_the_run_and_is_never_the_device(run_suite) -> None:
    text = one_test("WSASOCKET-012", CREATE) + "Two\n    [Tags]    WSASOCKET-016\n    Log    not reached\n"
    failing = LinkError("COM5 is gone")
    failing.add_note("emulated device: coredll!Foo is not implemented")
    device = ScriptedDevice(failing=failing)
    ran = run_suite(text, device)
    assert ran.tests.status == {"One": "FAIL", "Two": "FAIL"}
    assert [(row.requirement, row.verdict) for row in ran.rows] == [
        ("WSASOCKET-012", Verdict.BROKEN),
        ("WSASOCKET-016", Verdict.BROKEN),
    ]
    assert ran.tests.message["One"].startswith("the lab failed, not the device: COM5 is gone")
    assert "COM5 is gone" in ran.rows[0].reason
    assert "coredll!Foo is not implemented" in ran.rows[0].reason
    assert "not run" in ran.rows[1].reason
    assert device.closed == 1


def test_tests_without_a_requirement_leave_no_row(run_suite) -> None:
    ran = run_suite(one_test("smoke", CREATE, "Should Fail"), ScriptedDevice())
    assert ran.tests.status["One"] == "FAIL"
    assert ran.rows == []


def test_a_test_that_checks_nothing_leaves_no_row(run_suite) -> None:
    assert run_suite(one_test("WSASOCKET-012", CREATE), ScriptedDevice()).rows == []


def test_a_dry_run_finds_out_nothing(run_suite) -> None:
    device = ScriptedDevice()
    ran = run_suite(one_test("WSASOCKET-012", CREATE, "No Such Keyword"), device, dryrun=True)
    assert (ran.rows, device.programs, device.closed) == ([], [], 0)


@pytest.mark.parametrize("named", [False, True])
def test_a_results_file_is_that_of_one_run(run_suite, tmp_path: Path, named: bool) -> None:
    """As with Robot's own output, the last one, whether the file is named or not."""
    file = tmp_path / "here" / "mine.jsonl" if named else tmp_path / "out" / RESULTS_FILE
    text = one_test("WSASOCKET-012", CREATE, "Outcome Should Conform")
    runs = []
    for _ in range(2):
        device = ScriptedDevice({"WSASocketW": Error(10047)})
        run_suite(text, device, variable=[f"RESULTS:{file}"] if named else [])
        runs.append(read_results(file))
    assert [[row.verdict for row in run.rows] for run in runs] == [[Verdict.PASS], [Verdict.PASS]]
    assert runs[0].start.run != runs[1].start.run


def test_a_run_leaves_what_it_ran_on_beside_its_rows(run_suite) -> None:
    device = ScriptedDevice()
    device.line.health.reconnects = 3
    ran = run_suite(one_test("x", CREATE), device)
    run = read_results(ran.folder / "out" / RESULTS_FILE)
    assert (run.start.target, run.evidence, run.opened.agent) == ("emulated", "model", "double 1.0")
    assert run.end.ended >= run.start.started
    assert run.line["reconnects"] == 3
    assert "opened again 3 times" in ran.tests.metadata["Line"]


def test_what_it_ran_on_is_on_disk_before_the_first_row(run_suite, tmp_path: Path, monkeypatch) -> None:
    """Whoever kills the run in between leaves no row of which nobody knows where it came from."""
    found, write = [], ResultsWriter.write

    def watched(self: ResultsWriter, record: Record | Row) -> None:
        if isinstance(record, Row):
            found.append(read_results(self.path))
        write(self, record)

    monkeypatch.setattr(ResultsWriter, "write", watched)
    run_suite(one_test("WSASOCKET-012", CREATE, "Outcome Should Conform"), ScriptedDevice())
    ((start, opened),) = [(run.start, run.opened) for run in found]
    assert (start.target, opened.agent) == ("emulated", "double 1.0")


def test_no_device_no_results(run_suite) -> None:
    ran = run_suite("*** Test Cases ***\nA\n    No Operation\n", ScriptedDevice())
    assert not (ran.folder / "out" / RESULTS_FILE).exists()


def test_one_device_for_all_suites_closed_once_at_the_end(run_suite, tmp_path: Path) -> None:
    folder = tmp_path / "suites"
    folder.mkdir()
    text = "*** Settings ***\nLibrary    harness.robot.CEHarness\n" + one_test("x", CREATE)
    for name in ("a", "b"):
        (folder / f"{name}.robot").write_text(text)
    device = ScriptedDevice()
    run_suite(folder, device)
    assert (len(device.programs), device.closed) == (2, 1)
