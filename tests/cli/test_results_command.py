"""`ceharness results`: the runs there are, and runs from elsewhere."""

import json
from pathlib import Path

import pytest
import robot
from fake_agent import FakeAgent
from robot.api import ExecutionResult
from test_run import SUITE, WRONG

from harness.cli.main import main
from harness.conformance import Row, Verdict
from harness.results import (
    RESULTS_FILE,
    End,
    Opened,
    Recovery,
    ResultsWriter,
    Start,
    entries,
    read_results,
    results_files,
)

TIME = "2026-05-{:02}T10:00:00.000+00:00"


@pytest.fixture
def here(tmp_path: Path, lab: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lab's folder, which we are in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, day: int, *records: object, target: str = "panel", **known: object) -> Path:
    start = Start(f"202605{day:02}T100000-ab", target, "tcp", "h:1", "device", "1", TIME.format(day), **known)
    with ResultsWriter(folder / str(day) / RESULTS_FILE, start) as writer:
        for record in records:
            writer.write(record)
    return writer.path


def row(number: str = "012", verdict: Verdict = Verdict.PASS, reason: str = "") -> Row:
    return Row(f"WSASOCKET-{number}", "", verdict, "d", "o", reason)


@pytest.fixture
def results(here: Path) -> Path:
    """Four runs: of panel a green one, a red one that the lab spoilt, one that was cut off; one of rack."""
    about = {"version": "5.0.1400", "cpu": "ARM", "oem": "Some maker"}
    opened = Opened(TIME.format(1), "tcp://h:1", "ceagent 1", "device", about)
    end = End(TIME.format(30))
    folder = here / "results"
    write(
        folder, 1, opened, row(), row("014"), end, selection="", expected=("WSASOCKET-012", "WSASOCKET-099")
    )
    broken = row("016", Verdict.BROKEN, "no agent\nanswered")
    step = Recovery(TIME.format(2), "power cycle", "silence", "the agent answers", 3)
    write(folder, 2, opened, row(verdict=Verdict.FAIL), row("014"), broken, step, End(TIME.format(30), True))
    write(folder, 3, target="rack")
    write(folder, 4, opened, row(), end)
    return folder


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["results", "list", *words]) == 0
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_the_newest_run_stands_first(capsys: pytest.CaptureFixture[str], results: Path) -> None:
    head, *lines = shown(capsys)
    assert head.split() == ["#", "run", "started", "target", "system", "evidence", "requirements", "lab"]
    assert [line.split()[:2] for line in lines] == [
        [str(number), f"202605{number:02}T100000-ab"] for number in (4, 3, 2, 1)
    ]
    newest, rack, spoilt, oldest = lines
    assert "panel" in newest
    assert "Windows CE 5.0.1400, ARM, Some maker" in newest
    assert newest.split()[-3:] == ["1", "pass", "-"]
    assert "nothing was judged" in rack
    assert "the run was cut off before its end" in rack
    assert "1 fail, 1 broken, 1 pass" in spoilt
    assert "ended by Ctrl-C; no agent answered; " in spoilt
    assert "1 missing, 2 pass" in oldest


def test_a_target_and_a_limit(capsys: pytest.CaptureFixture[str], results: Path) -> None:
    assert [line.split()[0] for line in shown(capsys, "--target", "panel")[1:]] == ["4", "2", "1"]
    lines = shown(capsys, "--limit", "1")
    assert [line.split()[0] for line in lines] == ["#", "4", "3"]
    assert lines[-1] == "3 older ones: --limit 0 shows all"
    for day in range(5, 31):
        write(results, day)
    write(results, 31)
    assert len(shown(capsys)) == 1 + 30 + 1
    assert len(shown(capsys, "--limit", "0")) == 1 + 31


def test_all_of_it_for_other_programs(capsys: pytest.CaptureFixture[str], results: Path) -> None:
    assert main(["results", "list", "--json", "-"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert "panel" in err
    assert [each["number"] for each in told] == [4, 3, 2, 1]
    oldest = told[-1]
    assert oldest["missing"] == ["WSASOCKET-099"]
    assert oldest["requirements"]["WSASOCKET-012"]["verdict"] == "pass"
    assert Path(oldest["file"]) == Path("results/1/results.jsonl")
    assert main(["results", "list", "--limit", "2", "--target", "panel", "--json", "-"]) == 0
    assert [each["number"] for each in json.loads(capsys.readouterr().out)] == [4, 2]


def test_no_runs(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    assert shown(capsys) == ["no runs in results: use ceharness run first, or ceharness results import"]
    assert main(["results", "list", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_from_a_run_to_a_copy_of_it_in_another_lab(
    capsys: pytest.CaptureFixture[str], here: Path, agent: FakeAgent
) -> None:
    agent.answers = WRONG
    (here / "small.robot").write_text(SUITE, encoding="utf-8")
    assert main(["run", "--suites", "small.robot"]) == 1
    (source,) = results_files(here / "results")
    (here / "theirs").mkdir()
    words = ["results", "import", str(source.parent), "--results", "theirs"]
    capsys.readouterr()
    assert main(words) == 0
    first, last = capsys.readouterr().out.splitlines()
    run = read_results(source).start.run
    (copy,) = results_files(here / "theirs")
    assert first == f"imported  {run} of fake: {copy.relative_to(here)}"
    assert last == "1 imported, 0 there already"
    assert copy.read_bytes() == source.read_bytes()
    assert main([*words, "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert err.splitlines()[-1] == "0 imported, 1 there already"
    (told,) = json.loads(out)
    assert (told["run"], told["target"], told["imported"]) == (run, "fake", False)


def test_robots_own_output_is_robots_own(here: Path, agent: FakeAgent) -> None:
    """rebot reads it, and what it makes of it is the same run for an import."""
    agent.answers = WRONG
    (here / "small.robot").write_text(SUITE, encoding="utf-8")
    assert main(["run", "--suites", "small.robot", "--output", "out"]) == 1
    again = here / "again" / "output.xml"
    code = robot.rebot("out/output.xml", outputdir=str(again.parent), output=str(again), stdout=None)
    assert code == 1
    assert all((again.parent / name).is_file() for name in ("log.html", "report.html"))
    tests = {test.name: test.status for test in ExecutionResult(str(again)).suite.all_tests}
    assert sorted(tests.values()) == ["FAIL", "PASS"]

    assert main(["results", "import", "again"]) == 0
    (entry,) = entries(here / "results")
    real = read_results(here / "out" / RESULTS_FILE)
    assert (entry.run, entry.target, entry.evidence) == (real.start.run, "fake", "device")
    judged = {name: (each.verdict, each.observed) for name, each in entry.requirements.items()}
    assert judged == {each.requirement: (each.verdict, each.observed) for each in real.rows}
    programs = {each.requirement: each.program for each in read_results(entry.path).rows}
    assert programs == {each.requirement: each.program for each in real.rows}
    assert main(["results", "import", "out"]) == 0
    assert len(entries(here / "results")) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["list", "--target", "panle"], "no run of panle in results; did you mean panel?"),
        (["list", "--limit", "few"], "--limit"),
        (["list", "--results", "gone"], "--results gone: there is no such folder"),
        (["import"], "FILE_OR_FOLDER"),
        (["import", "gone.jsonl"], "gone.jsonl: no such file or folder"),
        (["import", "lab.ini"], "lab.ini:1: no line of a results file: "),
        (["import", "results", "--results", "gone"], "--results gone: there is no such folder"),
        ([], "COMMAND"),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], results: Path, words: list[str], says: str) -> None:
    assert main(["results", *words]) == 2
    err = capsys.readouterr().err
    assert err.startswith("ceharness: error: ")
    assert says in err
    assert err.count("\n") == 1
    assert len(results_files(results)) == 4
