"""`ceharness report`: which run, where to, and what it says to a mistake."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import made_run
import pytest

from harness.cli.main import main
from harness.conformance import Verdict


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty lab, and we are in it."""
    path = tmp_path / "lab.ini"
    path.write_text("[defaults]\nresults = kept\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def results(lab: Path) -> Path:
    """The only run of the lab."""
    return made_run.eventful(lab.parent / "kept" / "first")


def test_the_newest_run_gets_a_page_beside_its_results(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = made_run.write(
        results.parents[1] / "second",
        made_run.start(run="20270101T000000-00000000", started="2027-01-01T00:00:00.000+00:00"),
        made_run.end(),
    )
    assert main(["report"]) == 0
    out = capsys.readouterr().out
    assert "run 20270101T000000-00000000" in out
    assert f"report: {Path('kept', 'second', 'conformance.html')}" in out
    assert newer.with_name("conformance.html").is_file()
    assert not results.with_name("conformance.html").exists()


@pytest.mark.parametrize("name", ["20261128", "1", "panel", "kept/first", "kept/first/results.jsonl"])
def test_a_run_is_named_in_many_ways(results: Path, name: str) -> None:
    assert main(["report", name, "--output", "page.html"]) == 0
    assert "panel" in Path("page.html").read_text(encoding="utf-8")
    assert not results.with_name("conformance.html").exists()


def test_all_forms_at_once(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--junit", "a.xml", "--markdown", "b.md", "--json", "c.json", "--output", "d.html"]
    assert main(["report", *arguments]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in arguments[1::2])
    assert ET.parse("a.xml").getroot().tag == "testsuites"
    assert Path("b.md").read_text(encoding="utf-8").startswith("### WSASocket conformance: panel")
    assert json.loads(Path("c.json").read_text(encoding="utf-8"))["target"] == "panel"
    assert Path("d.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_forms_for_machines_alone_make_no_page(results: Path) -> None:
    assert main(["report", "--junit", "a.xml"]) == 0
    assert not results.with_name("conformance.html").exists()


@pytest.mark.parametrize(
    ("option", "begin"),
    [("--output", "<!DOCTYPE"), ("--junit", "<?xml"), ("--markdown", "### "), ("--json", "{")],
)
def test_one_form_goes_to_standard_output_alone(
    results: Path, capsys: pytest.CaptureFixture[str], option: str, begin: str
) -> None:
    assert main(["report", "panel", option, "-"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(begin)
    assert "deviates from the WSASocket page" in said.err


def test_json_needs_no_file(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nobody"], "nobody"),
        (["--output", "none/page.html"], "--output none/page.html: there is no such folder"),
        (["--junit", "none/a.xml"], "--junit none/a.xml: there is no such folder"),
        (["--output", "."], "--output .:"),
        (["--junit", "-", "--markdown", "-"], "only one report can go to standard output"),
        (["--output", "-", "--json"], "only one report can go to standard output"),
        (["--lab", "none.ini"], "none.ini"),
    ],
)
def test_wrong_usage(
    results: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert main(["report", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert complaint in said


def test_a_lab_without_runs_says_how_to_get_one(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 2
    assert "use ceharness run first" in capsys.readouterr().err


def test_a_damaged_file_is_named_with_its_line(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = results.read_bytes().split(b"\n")
    lines[4] = b'{"record": "row", "verdict": "good"}'
    results.write_bytes(b"\n".join(lines))
    assert main(["report", str(results)]) == 2
    assert f"{results}:5:" in capsys.readouterr().err


def test_a_run_that_still_goes_on_can_be_reported(results: Path) -> None:
    data = results.read_bytes()
    results.write_bytes(data[: len(data) // 2])  # in the middle of a line
    assert main(["report", "--output", "page.html"]) == 0
    assert "This run was cut off" in Path("page.html").read_text(encoding="utf-8")


def test_a_page_is_there_as_a_whole_or_not_at_all(results: Path) -> None:
    Path("page.html").write_text("the old one", encoding="utf-8")
    Path("page.html.new").mkdir()  # where it is written
    assert main(["report", "--output", "page.html"]) == 2
    assert Path("page.html").read_text(encoding="utf-8") == "the old one"


def test_the_same_run_gives_the_same_page(results: Path) -> None:
    assert main(["report", "--output", "one.html"]) == 0
    assert main(["report", "--output", "other.html"]) == 0
    assert Path("one.html").read_bytes() == Path("other.html").read_bytes()


def test_a_page_refers_to_nothing_outside(results: Path) -> None:
    assert main(["report", "--output", "page.html"]) == 0
    html = Path("page.html").read_text(encoding="utf-8")
    own = html.replace("http://www.w3.org/2000/svg", "").replace(made_run.NASTY, "")
    for outside in ("http://", "https://", "//fonts", "@import", 'src="/', "url("):
        assert outside not in own


def test_a_folder_without_results_is_named(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nothing").mkdir()
    assert main(["report", "nothing"]) == 2
    assert capsys.readouterr().err == "ceharness: error: nothing: no results.jsonl is in this folder\n"


@pytest.mark.parametrize("form", ["output", "junit", "markdown", "json"])
def test_a_report_never_replaces_the_results(
    results: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    before = results.read_bytes()
    assert main(["report", str(results), f"--{form}", str(results)]) == 2
    assert "is the results file itself" in capsys.readouterr().err
    assert results.read_bytes() == before


def test_half_a_pair_of_surrogates_in_the_text_of_a_device_is_no_obstacle(
    lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    half = "half \ud800 pair"
    made_run.write(
        lab.parent / "kept" / "first",
        made_run.start(target=half),
        made_run.row("WSASOCKET-012", Verdict.FAIL, observed=half, program=f"# {half}\n{made_run.PROGRAM}"),
        made_run.end(),
    )
    for form in ("output", "junit", "markdown", "json"):
        assert main(["report", f"--{form}", form]) == 0
    assert json.loads(Path("json").read_text(encoding="utf-8"))["rows"][0]["observed"] == half
    assert main(["report", "--history", "--output", "pages", "--json", "all.json"]) == 0
    for file in ("all.json", "pages/history.json"):
        assert json.loads(Path(file).read_text(encoding="utf-8"))["red"][0]["target"] == half
    assert main(["results", "list", "--json", "-"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out[out.index("[") :])[0]["target"] == half
    assert main(["compare", "1", "1", "--json", "compared.json"]) == 0
