"""What is recorded of a device: verdicts, and Robot's PASS and FAIL."""

from collections.abc import Callable
from pathlib import Path

import pytest
from scripted_device import Ends, Error, Info, ScriptedDevice
from test_robot_catalog import enumerates

from harness.conformance import Verdict
from harness.errors import BroughtBack
from harness.program.result import OutcomeKind
from harness.results import RESULTS_FILE, read_results

ENTRY = """\
[[deviation]]
requirement = "{requirement}"
observed = "{observed}"
reason = "ticket 4711"
date = 2026-05-01
evidence = "by hand"
"""
ONE = """\
*** Test Cases ***
One
    [Tags]    WSASOCKET-012
    Run Program    tested = WSASocketW(99, SOCK_STREAM, 0, NULL, 0, 0)
    Outcome Should Conform
"""
FAMILIES = """\
*** Test Cases ***
Families
    [Tags]    WSASOCKET-012
    [Template]    Family
    98
    99

*** Keywords ***
Family
    [Arguments]    ${af}
    Run Program    tested = WSASocketW(${af}, 1, 0, NULL, 0, 0)
    Outcome Should Conform
"""
Record = Callable[..., list[str]]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """record(observed, more): a lab whose device has this deviation on record; as variables of Robot."""

    def record(observed: str, more: str = "", requirement: str = "WSASOCKET-012") -> list[str]:
        folder = tmp_path / "expectations"
        folder.mkdir(exist_ok=True)
        (tmp_path / "lab.ini").write_text("[target panel]\nkind = emulated\n", encoding="utf-8")
        text = ENTRY.format(requirement=requirement, observed=observed) + more
        (folder / "panel.toml").write_text(text, encoding="utf-8")
        return [f"LAB:{tmp_path / 'lab.ini'}", "TARGET:panel"]

    return record


@pytest.mark.parametrize(
    ("answer", "observed"),
    [
        (Error(10022), "WSAEINVAL (10022)"),
        (5, "success"),
        (Ends(OutcomeKind.FAULTED, 0xC0000005), "faulted: exception 0xC0000005"),
        (Ends(OutcomeKind.BLOCKED), "blocked past its deadline"),
        (Ends(OutcomeKind.LOST), "the device restarted or fell silent*"),
        (Ends(OutcomeKind.UNRESOLVED, 127), "the export does not exist on the device"),
    ],
)
def test_a_recorded_deviation_passes_whatever_it_is(run_suite, record: Record, answer, observed: str) -> None:
    ran = run_suite(ONE, ScriptedDevice({"WSASocketW": answer}), variable=record(observed))
    assert (ran.code, ran.tests.status) == (0, {"One": "PASS"})
    (row,) = ran.rows
    assert (row.verdict, row.recorded) == (Verdict.KNOWN, "ticket 4711")
    assert row.reason
    assert "verdict:known" in ran.tests.tags["One"]
    assert ran.tests.message["One"] == f"known: {row.observed} (recorded: ticket 4711)"


def test_a_deviation_that_no_longer_happens_fails_until_its_record_goes(run_suite, record: Record) -> None:
    ran = run_suite(ONE, ScriptedDevice({"WSASocketW": Error(10047)}), variable=record("WSAEINVAL (10022)"))
    assert (ran.code, ran.tests.status) == (1, {"One": "FAIL"})
    assert [(row.verdict, row.recorded) for row in ran.rows] == [(Verdict.FIXED, "ticket 4711")]
    message = ran.tests.message["One"]
    assert message.startswith("fixed: WSASOCKET-012, One\n")
    assert (
        "WSAEINVAL (10022), no longer happens, so its record must go: WSASOCKET-012 (panel.toml:1)" in message
    )


def test_another_deviation_than_the_recorded_one_fails(run_suite, record: Record) -> None:
    ran = run_suite(ONE, ScriptedDevice({"WSASocketW": Error(10014)}), variable=record("WSAEINVAL (10022)"))
    assert (ran.code, ran.tests.status) == (1, {"One": "FAIL"})
    (row,) = ran.rows
    assert (row.verdict, row.recorded) == (Verdict.FAIL, "ticket 4711")
    assert "another deviation is recorded, WSAEINVAL (10022)" in row.reason


def test_what_was_not_reached_stays_inconclusive(run_suite, record: Record) -> None:
    device = ScriptedDevice({"WSASocketW": Ends(OutcomeKind.NOT_RUN)})
    ran = run_suite(ONE, device, variable=record("WSAEINVAL (10022)"))
    assert ran.tests.status == {"One": "SKIP"}
    assert [row.verdict for row in ran.rows] == [Verdict.INCONCLUSIVE]


@pytest.mark.parametrize(
    ("cases", "status", "verdicts"),
    [
        ('["Families: 98"]', "PASS", [Verdict.KNOWN, Verdict.PASS]),
        ('["Families: 99"]', "FAIL", [Verdict.FAIL, Verdict.FIXED]),
        ('["Families: 98", "Families: 99"]', "FAIL", [Verdict.KNOWN, Verdict.FIXED]),
    ],
)
def test_each_case_of_a_test_has_its_own_record(
    run_suite, record: Record, cases: str, status: str, verdicts: list[Verdict]
) -> None:
    device = ScriptedDevice({"WSASocketW": lambda af, *_: Error(10022 if af == 98 else 10047)})
    ran = run_suite(FAMILIES, device, variable=record("WSAEINVAL (10022)", f"cases = {cases}\n"))
    assert ran.tests.status == {"Families": status}
    assert [row.verdict for row in ran.rows] == verdicts


def test_a_deviation_without_a_record_beside_a_recorded_one_fails(run_suite, record: Record) -> None:
    device = ScriptedDevice({"WSASocketW": Error(10022)})
    ran = run_suite(FAMILIES, device, variable=record("WSAEINVAL (10022)", 'cases = ["Families: 98"]\n'))
    assert ran.tests.status == {"Families": "FAIL"}
    assert [row.verdict for row in ran.rows] == [Verdict.KNOWN, Verdict.FAIL]


def test_a_failure_of_another_library_in_another_line_is_not_hidden(run_suite, record: Record) -> None:
    foreign = "    Run Keyword If    '${af}' == '99'    Fail    of its own\n    Outcome"
    device = ScriptedDevice({"WSASocketW": Error(10022)})
    text = FAMILIES.replace("    Outcome", foreign)
    ran = run_suite(text, device, variable=record("WSAEINVAL (10022)"))
    assert ran.tests.status == {"Families": "FAIL"}
    assert [(row.verdict, row.observed) for row in ran.rows] == [
        (Verdict.KNOWN, "WSAEINVAL (10022)"),
        (Verdict.FAIL, "of its own"),
    ]


def test_a_failure_of_another_library_for_another_catalog_entry_is_not_hidden(
    run_suite, record: Record
) -> None:
    text = ONE.replace("    Run", "    For Every Catalog Entry    Entry\n\n*** Keywords ***\nEntry\n    Run")
    text = text.replace("Outcome", "Run Keyword If    $again    Fail    of its own\n    Outcome")
    text = text.replace("    Outcome", "    VAR    ${again}    ${True}    scope=TEST\n    Outcome")
    text = text.replace("    For", "    VAR    ${again}    ${False}    scope=TEST\n    For")
    device = ScriptedDevice({"WSAEnumProtocolsW": enumerates, "WSASocketW": Error(10022)})
    ran = run_suite(text, device, variable=record("WSAEINVAL (10022)"))
    assert ran.tests.status == {"One": "FAIL"}
    assert [(row.case, row.verdict) for row in ran.rows] == [
        ("One: TCP", Verdict.KNOWN),
        *((f"One: {name}", Verdict.FAIL) for name in ("UDP", "RAW", "TCP6")),
    ]
    assert {row.observed for row in ran.rows[1:]} == {"of its own"}


@pytest.mark.parametrize(
    ("after", "observed"),
    [("Fail    of its own", "of its own"), ("Value Should Be    7", "4294967295 (0xFFFFFFFF)")],
)
def test_a_failure_after_a_recorded_deviation_is_not_hidden(
    run_suite, record: Record, after: str, observed: str
) -> None:
    text = ONE.replace("[Tags]", "[Tags]    robot:continue-on-failure") + f"    {after}\n"
    device = ScriptedDevice({"WSASocketW": Error(10022)})
    ran = run_suite(text, device, variable=record("WSAEINVAL (10022)"))
    assert ran.tests.status == {"One": "FAIL"}
    assert [(row.verdict, row.observed) for row in ran.rows] == [(Verdict.FAIL, observed)]


def test_a_teardown_that_fails_is_not_hidden(run_suite, record: Record) -> None:
    device = ScriptedDevice({"WSASocketW": Error(10022)})
    ran = run_suite(ONE + "    [Teardown]    Fail    of its own\n", device, variable=record("WSAEINVAL*"))
    assert ran.tests.status == {"One": "FAIL"}
    assert [row.verdict for row in ran.rows] == [Verdict.FAIL]


@pytest.mark.parametrize(
    ("when", "verdict"),
    [
        ('{ version = "5.0" }', Verdict.KNOWN),
        ('{ version = "5.0", cpu = "double" }', Verdict.KNOWN),
        ('{ version = "6.0" }', Verdict.FAIL),
        ('{ cpu = "ARM" }', Verdict.FAIL),
        ('{ image = "*" }', Verdict.FAIL),
    ],
)
def test_records_for_other_devices_do_not_count(
    run_suite, record: Record, when: str, verdict: Verdict
) -> None:
    device = ScriptedDevice({"WSASocketW": Error(10022)}, about=Info(5))
    ran = run_suite(ONE, device, variable=record("WSAEINVAL (10022)", f"when = {when}\n"))
    assert [row.verdict for row in ran.rows] == [verdict]
    found = read_results(ran.folder / "out" / RESULTS_FILE)
    assert found.identity == {"version": "5.0.0", "cpu": "double"}
    assert found.start.sources["expectations"]["path"] == str(ran.folder / "expectations" / "panel.toml")


def test_records_count_where_the_device_told_late_who_it_is(run_suite, record: Record) -> None:
    """The lab failed while it was asked first, and was brought back."""

    class Late(ScriptedDevice):
        asked = 0

        def info(self) -> Info:
            self.asked += 1
            if self.asked == 1:
                raise BroughtBack("the cable")
            return super().info()

    device = Late({"WSASocketW": Error(10022)})
    two = f"{ONE}Two{ONE.partition('One')[2]}"
    ran = run_suite(two, device, variable=record("WSAEINVAL (10022)", 'when = { version = "6.0" }\n'))
    assert [row.verdict for row in ran.rows] == [Verdict.INCONCLUSIVE, Verdict.KNOWN]
    run = read_results(ran.folder / "out" / RESULTS_FILE)
    assert run.identity == {"version": "6.0.0", "cpu": "double"}
    assert device.asked == 2


def test_a_file_with_mistakes_ends_the_run_before_anything_is_judged(run_suite, record: Record) -> None:
    device = ScriptedDevice({"WSASocketW": Error(10022)})
    ran = run_suite(ONE, device, variable=record("WSAEINVAL (10022)", "colour = 1\n"))
    assert ran.tests.status == {"One": "FAIL"}
    assert [row.verdict for row in ran.rows] == [Verdict.BROKEN]
    assert "panel.toml:7 [deviation 1, WSASOCKET-012] colour: is not a known key" in ran.tests.message["One"]
    assert device.programs == []


def test_two_requirements_of_one_test_have_their_own_records(run_suite, record: Record) -> None:
    text = ONE.replace("WSASOCKET-012", "WSASOCKET-012    WSASOCKET-016")
    device = ScriptedDevice({"WSASocketW": Error(10022)})
    ran = run_suite(text, device, variable=record("WSAEINVAL (10022)"))
    assert {row.requirement: row.verdict for row in ran.rows} == {
        "WSASOCKET-012": Verdict.KNOWN,
        "WSASOCKET-016": Verdict.FAIL,
    }
    assert ran.tests.status == {"One": "FAIL"}
    both = ENTRY.format(requirement="WSASOCKET-016", observed="WSAE*")
    ran = run_suite(text, device, variable=record("WSAEINVAL (10022)", both))
    assert ran.tests.status == {"One": "PASS"}
