"""A run as JUnit XML and as Markdown: every row is there, and nothing of a device breaks the form."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import made_run
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.conformance import Row, Verdict
from harness.report import junit_text, markdown_text
from harness.report.pages import conformance_page
from harness.report.writing import printable
from harness.results import Run, read_results


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return read_results(made_run.eventful(tmp_path_factory.mktemp("machines")))


def cases(run: Run) -> dict[tuple[str, str], ET.Element]:
    root = ET.fromstring(junit_text(run))
    return {(each.get("classname", ""), each.get("name", "")): each for each in root.iter("testcase")}


def one_row(**others: str) -> Run:
    run = Run(Path("results.jsonl"), made_run.start(), made_run.OPENED)
    run.rows.append(Row("WSASOCKET-012", "a", Verdict.FAIL, "b", "c", **others))
    run.end = made_run.end()
    return run


def test_each_row_is_a_case(run: Run) -> None:
    found = cases(run)
    assert (
        sum(name.startswith("WSASocket.WSASOCKET-") for name, _ in found) == len(run.rows) + 1
    )  # one missing
    failed = found["WSASocket.WSASOCKET-012", "WSAEAFNOSUPPORT: An Unknown Family"].find("failure")
    assert failed is not None
    assert failed.get("message") == "documented: WSAEAFNOSUPPORT (10047); observed: WSAEFAULT (10014)"
    for part in (
        "reason: contradicts the page",
        made_run.PROGRAM.strip(),
        "replay: ceharness exec WSASOCKET-012",
    ):
        assert part in (failed.text or "")
    assert found["WSASocket.WSASOCKET-018", "WSAESOCKTNOSUPPORT: The First"].find("failure") is not None
    for name, reason in (
        ("050", "inconclusive: the peer never answered"),
        ("021", "not-provocable: needs a provider"),
    ):
        [skipped] = [each.find("skipped") for key, each in found.items() if key[0].endswith(name)]
        assert skipped is not None
        assert skipped.get("message") == reason
    known = found["WSASocket.WSASOCKET-016", "WSAEPROTONOSUPPORT: The Second"]
    assert [child.tag for child in known] == ["system-out"]
    assert "the vendor says" in (known[0].text or "")
    assert list(found["WSASocket.WSASOCKET-001", "Creates a provider-bound socket: The First"]) == []


def test_what_no_row_is_about_is_there_too(run: Run) -> None:
    found = cases(run)
    for key in (
        ("WSASocket.WSASOCKET-056", "WSASOCKET-056 is judged"),
        ("WSASocket.recorded deviations", "WSASOCKET-001 Another Case: WSAEFAULT"),
        ("Conformance.Wsasocket", "Something Else"),
    ):
        assert found[key].find("failure") is not None
    assert not any(name == "the run comes to its end" for _, name in found)


def test_the_counts_are_those_of_the_cases(run: Run) -> None:
    root = ET.fromstring(junit_text(run))
    [suite] = root
    for each in (root, suite):
        assert each.get("tests") == str(len(list(root.iter("testcase"))))
        for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert each.get(attribute) == str(len(list(root.iter(kind)))), kind


def test_the_device_is_in_the_properties(run: Run) -> None:
    properties = {
        each.get("name"): each.get("value") for each in ET.fromstring(junit_text(run)).iter("property")
    }
    expected = {
        "target": "panel",
        "evidence": "device",
        "ce-version": "5.0.1400",
        "cpu": "ARM",
        "oem": "Panel 7",
        "image": made_run.start().image,
        "agent": "ceagent 0.1.0 ce-armv4i",
        "link": "tcp://192.168.1.20:5555",
        "harness": "0.1.0",
        "suites-commit": "89110a18ee3b",
        "suites-changed": "yes",
    }
    assert expected.items() <= properties.items()
    assert "expectations-changed" not in properties  # nobody knows, without git


def test_the_lab_is_an_error_and_a_cut_off_run_is_one(tmp_path: Path) -> None:
    results = made_run.write(
        tmp_path,
        made_run.start(),
        made_run.row("WSASOCKET-012", Verdict.BROKEN, observed="", reason="the port is gone"),
    )
    found = cases(read_results(results))
    [broken] = [each.find("error") for key, each in found.items() if "012" in key[0]]
    assert broken is not None
    assert broken.get("message") == "the port is gone"
    assert found["WSASocket.run", "the run comes to its end"].find("error") is not None


@given(st.text(), st.text())
def test_no_text_of_a_device_breaks_the_xml(observed: str, program: str) -> None:
    run = one_row(reason=observed, program=program)
    text = junit_text(run)
    text.encode("utf-8")
    failure = next(ET.fromstring(text).iter("failure"))
    assert printable(observed).strip() in (failure.text or "") or "\r" in observed


@given(st.text(), st.text())
def test_no_text_of_a_device_breaks_the_page(text: str, other: str) -> None:
    run = one_row(reason=text, program=other, provoked=other)
    run.tests.append(made_run.ran(other, status="FAIL", message=text, calls={text: [1]}))
    run.start = made_run.start(target=text or "x", words=[other], selection=other)
    html = conformance_page(run)
    html.encode("utf-8")
    assert "<script>" not in html.replace("<script>", "", 1)


def test_control_signs_are_shown_as_escapes() -> None:
    failure = next(ET.fromstring(junit_text(one_row(reason="a\x00b\x1bc\ud800d"))).iter("failure"))
    assert "reason: a\\x00b\\x1bc\\ud800d" in (failure.text or "")


def test_the_markdown_is_short_and_says_it_all(run: Run) -> None:
    text = markdown_text(run)
    lines = text.splitlines()
    assert lines[0] == "### WSASocket conformance: panel"
    assert "deviates from the WSASocket page in 2 of 24 requirements" in lines[2]
    assert "| fail | fixed | inconclusive | known | pass | observed | not-provocable |" in lines
    rows = [line for line in lines if line.startswith("| WSASOCKET-")]
    assert len(rows) == 4
    assert "`ceharness exec WSASOCKET-012-1.ceprog panel`" in text
    assert "WSASOCKET-018 WSAESOCKTNOSUPPORT (fixed)" in text
    assert lines[-1] == "_Measured on the device itself._"
    assert len(text) < 4000


def test_markdown_takes_nothing_of_a_device_for_markup() -> None:
    run = one_row()
    run.rows[0] = Row("WSASOCKET-012", "a|b`c*d_e\nf", Verdict.FAIL, "[x](y)", made_run.NASTY, program="p")
    run.start = made_run.start(words=["pan|el`s"])
    [row] = [line for line in markdown_text(run).splitlines() if line.startswith("| WSASOCKET-012")]
    assert r"a\|b\`c\*d\_e f" in row
    assert r"\[x\](y)" in row
    assert "<script>" not in row
    assert "&lt;script&gt;" in row
    assert "``ceharness exec WSASOCKET-012-1.ceprog 'pan\\|el`s'``" in row


def test_only_cells_are_cut() -> None:
    run = one_row()
    run.rows[0] = Row("WSASOCKET-012", "a", Verdict.FAIL, "b", "long " * 1000)
    run.end = made_run.end(unmatched=["another " * 100])
    text = markdown_text(run)
    [row] = [line for line in text.splitlines() if line.startswith("| WSASOCKET-012")]
    assert len(row) < 600
    assert "another " * 99 in text


def test_a_hundred_red_rows_do_not_fill_the_page() -> None:
    run = one_row()
    run.rows *= 100
    text = markdown_text(run)
    assert text.count("\n| WSASOCKET-012") == 25
    assert "... and 75 more." in text


def test_the_json_of_a_report_is_that_of_the_run(run: Run) -> None:
    from harness.report import run_dict

    values = json.loads(json.dumps(run_dict(run)))
    assert values["target"] == "panel"
    assert len(values["rows"]) == len(run.rows)
    assert values["words"] == ["panel"]
