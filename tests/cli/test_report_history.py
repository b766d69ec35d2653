"""`ceharness report --history`: what it says, where it writes, and what it refuses."""

import json
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.fingerprint import Block, Fingerprint, OutcomeMap, write_fingerprint
from tests.history.planted import BEGIN, FLAKY, GATEWAY, PANEL, REGRESSION, Made, good_rows


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lab file and no results yet, and we are in it."""
    (tmp_path / "lab.ini").write_text("[target panel]\nkind = tcp\nhost = 192.0.2.1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def record(lab: Path, minute: int, *failed: str) -> Path:
    """A run of the panel in which these requirements fail; its results file."""
    made = Made(PANEL, BEGIN.replace(minute=minute))
    made.rows = list(good_rows(PANEL))
    for requirement in failed:
        made.fail(requirement, "WSAEINVAL (10022)")
    return made.write(lab / "results")


def test_it_says_what_is_red_and_where_the_pages_are(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(lab, 1)
    record(lab, 2, REGRESSION)
    record(lab, 3, REGRESSION, FLAKY)
    assert main(["report", "--history", "--output", "public"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"panel: {FLAKY} fails since run 3 (2026-09-07); 1 more is red",
        "3 runs of 1 device, 2026-09-07: 2 requirements red now, 0 flaky, no trouble of the lab.",
        f"panel: {REGRESSION} fails since run 2 (2026-09-07)",
        "report: public/index.html",
    ]
    assert (lab / "public" / "index.html").is_file()


def test_without_output_the_folder_is_that_of_the_results(
    lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And does not become a run itself."""
    record(lab, 1)
    for _ in range(2):
        assert main(["report", "--history"]) == 0
        out = capsys.readouterr().out
        assert "report: results/history/index.html" in out
        assert "1 run of 1 device" in out
    assert (lab / "results" / "history" / "index.html").is_file()


def test_json_is_what_the_folder_holds_for_programs(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(lab, 1, REGRESSION)
    assert main(["report", "--history", "--output", "public", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == json.loads((lab / "public" / "history.json").read_text(encoding="utf-8"))
    assert "fails since it was first judged" in err


def test_a_run_that_changed_something_has_the_page_of_one_run(lab: Path) -> None:
    record(lab, 1)
    bad = record(lab, 2, REGRESSION)
    assert main(["report", "--history", "--output", "public"]) == 0
    run = json.loads(bad.read_text(encoding="utf-8").splitlines()[0])["run"]
    page = (lab / "public" / "runs" / f"{run}.html").read_text(encoding="utf-8")
    assert f'id="deviation-{REGRESSION}"' in page
    assert 'href="../index.html"' in page


def test_the_newest_run_of_a_device_has_the_picture_of_its_fingerprint(lab: Path) -> None:
    older, newest = record(lab, 1), record(lab, 2, REGRESSION)
    time = "2026-09-07T02:00:00.000+00:00"
    area = Block(range(1, 4), range(2, 4), range(10))
    outcomes = OutcomeMap.of_runs(area, [(len(area), "error 10043")])
    made = Fingerprint("panel", "device", {"cpu": "ARM"}, "1.0.0", "ceagent 1.0.0", time, time, outcomes)
    write_fingerprint(made, lab / "results" / "panel.fingerprint")
    assert main(["report", "--history", "--output", "public"]) == 0
    pictures = {}
    for results in (older, newest):
        run = json.loads(results.read_text(encoding="utf-8").splitlines()[0])["run"]
        page = (lab / "public" / "runs" / f"{run}.html").read_text(encoding="utf-8")
        pictures[results] = "data:image/png" in page
        assert "There is no fingerprint" not in page
    assert pictures == {older: False, newest: True}


def test_a_damaged_results_file_is_passed_over_with_a_warning(
    lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(lab, 1)
    record(lab, 2).write_text("{}\n", encoding="utf-8")
    assert main(["report", "--history", "--output", "public"]) == 0
    out, err = capsys.readouterr()
    assert "1 run of 1 device" in out
    assert "passed over: " in err


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["panel"], "panel is about one run, --history about all of them"),
        (["--junit", "a.xml"], "--junit is about one run"),
        (["--markdown", "a.md"], "--markdown is about one run"),
        (["--output", "-"], "--output -: --history writes a folder, name one"),
        (["--output", "lab.ini"], "--output lab.ini: is a file"),
        (["--output", "."], "--output .: holds lab.ini"),
        (["--output", "results"], "--output results: holds 20"),
        (["--json", "nowhere/a.json"], "there is no such folder"),
    ],
)
def test_wrong_use_is_one_line_and_writes_nothing(
    lab: Path, capsys: pytest.CaptureFixture[str], words: list[str], error: str
) -> None:
    record(lab, 1)
    before = sorted(path for path in lab.rglob("*") if path.name != "index.sqlite")
    assert main(["report", "--history", *words]) == 2
    err = capsys.readouterr().err
    assert error in err
    assert err.count("\n") == 1
    assert sorted(path for path in lab.rglob("*") if path.name != "index.sqlite") == before


def test_no_runs_say_how_to_get_some(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--history"]) == 2
    assert (
        "no run in results: use ceharness run first, or ceharness results import" in capsys.readouterr().err
    )
    assert not (lab / "results").exists()


def test_a_lab_in_trouble_is_no_device_that_fails(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(lab, 1)
    made = Made(GATEWAY, BEGIN.replace(minute=2))
    made.rows = list(good_rows(GATEWAY))
    made.ended = False
    made.write(lab / "results")
    assert main(["report", "--history"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Nothing is red on any of 2 devices\n")
    assert "1 run in trouble of the lab" in out
