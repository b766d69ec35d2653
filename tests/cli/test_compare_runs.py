"""`ceharness compare`: two runs of a device, and what is otherwise in the second."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.conformance import Row, Verdict
from harness.program.text import parse
from harness.results import End, Opened, ResultsWriter, Start
from harness.winsock import symbols

PROGRAM = "call ws2!WSASocketW(AF_INET, SOCK_STREAM, {}, NULL, 0, 0)\n"
GOOD = [
    Row(
        "WSASOCKET-012",
        "An Unknown Family",
        Verdict.PASS,
        "WSAEAFNOSUPPORT (10047)",
        "WSAEAFNOSUPPORT (10047)",
    ),
    Row(
        "WSASOCKET-016",
        "A Number Out Of Range",
        Verdict.PASS,
        "WSAEPROTONOSUPPORT (10043)",
        "WSAEPROTONOSUPPORT (10043)",
        program=PROGRAM.format(200),
    ),
]
WRONG = [GOOD[0], replace(GOOD[1], verdict=Verdict.FAIL, observed="WSAEINVAL (10022)")]


def write(name: str, rows: list[Row], day: int) -> None:
    moment = f"2026-05-{day:02}T02:00:00.000+00:00"
    start = Start(
        f"202605{day:02}T020000-{name}", "fake", "tcp", "192.0.2.1", "device", "1.0.0", moment, selection=""
    )
    opened = Opened(moment, "tcp://192.0.2.1", "ceagent 1.0.0", "device", {"version": "5.0.1400"})
    with ResultsWriter(Path("results") / name / "results.jsonl", start) as writer:
        for record in (opened, *rows, End(moment)):
            writer.write(record)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lab's folder, which we are in, with a good run and one that deviates."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab.ini").write_text(
        "[defaults]\ntarget = fake\n[target fake]\nkind = tcp\nhost = 192.0.2.1\n"
    )
    (tmp_path / "no.jsonl").write_text("nothing of ours\n")
    write("good", GOOD, 1)
    write("wrong", WRONG, 2)
    return tmp_path


def test_worse(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    capsys.readouterr()
    assert main(["compare", "1", "2"]) == 1
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert ["worse:", "1"] in lines
    assert ["WSASOCKET-016", "pass", "->", "fail", "WSAEPROTONOSUPPORT"] in lines
    assert "WSAEPROTONOSUPPORT (10043) -> WSAEINVAL (10022)" in out
    assert "2 requirements compared: 1 worse, 1 as before" in out
    assert "WSASOCKET-012" not in out


def test_the_program_of_what_is_worse_is_written_where_a_run_writes_it(
    capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    write("worse", [replace(WRONG[1], case="first", program=PROGRAM.format(7)), *WRONG], 3)
    write("first", [replace(WRONG[1], case="first"), *GOOD], 1)
    assert main(["compare", "first", "worse"]) == 1
    out = capsys.readouterr().out
    # The first red row of the run is as before, so the program of the second is the one that tells.
    assert "replay  ceharness exec results/worse/deviations/WSASOCKET-016-2.ceprog fake" in out
    program = (here / "results" / "worse" / "deviations" / "WSASOCKET-016-2.ceprog").read_text("utf-8")
    assert program == PROGRAM.format(200)
    assert parse(program, symbols()).steps


def test_nothing_is_written_where_nothing_is_worse(here: Path) -> None:
    assert main(["compare", "wrong", "good"]) == 1
    assert main(["compare", "wrong", "wrong"]) == 0
    assert not [*here.glob("results/*/deviations")]


def test_better(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    assert main(["compare", "wrong", "good"]) == 1
    out = capsys.readouterr().out
    assert "2 requirements compared: 1 better, 1 as before" in out
    assert "replay" not in out.split("2 requirements compared")[0].split("better: 1")[1]


def test_no_difference(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    capsys.readouterr()
    assert main(["compare", "results/good", "results/good/results.jsonl"]) == 0
    assert "2 requirements compared: 2 as before" in capsys.readouterr().out


def test_json_alone_on_standard_output(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    capsys.readouterr()
    assert main(["compare", "good", "wrong", "--json", "-"]) == 1
    out, err = capsys.readouterr()
    assert "worse: 1" in err
    found = json.loads(out)
    assert found["before"]["target"] == found["after"]["target"] == "fake"
    assert found["counts"] == {
        "worse": 1, "better": 0, "different": 0, "not judged": 0, "new": 0, "gone": 0,
    }  # fmt: skip
    (requirement,) = found["requirements"]
    assert (requirement["requirement"], requirement["before"], requirement["after"]) == (
        "WSASOCKET-016",
        "pass",
        "fail",
    )
    assert requirement["replay"].startswith("ceharness exec ")
    (row,) = requirement["rows"]
    assert row["before"]["observed"] == "WSAEPROTONOSUPPORT (10043)"
    assert row["after"]["observed"] == "WSAEINVAL (10022)"


def test_json_in_a_file(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    assert main(["compare", "good", "wrong", "--json", "difference.json"]) == 1
    assert json.loads((here / "difference.json").read_text(encoding="utf-8"))["compared"] == 2


def test_a_cut_off_run_is_compared_as_far_as_it_came(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    file = here / "results" / "wrong" / "results.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    rows = [place for place, line in enumerate(lines) if '"record": "row"' in line]
    file.write_text("".join(lines[: rows[1]]) + lines[rows[1]][:40], encoding="utf-8")
    capsys.readouterr()
    assert main(["compare", "good", "wrong"]) == 0
    out = capsys.readouterr().out
    assert "-> cut off" in out
    assert "1 requirement compared: 1 as before" in out
    assert "only one of the runs looked at them: WSASOCKET-016" in out


def test_a_folder_that_cannot_be_written_costs_only_the_replay(
    capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    folder = here / "results" / "wrong" / "deviations"
    folder.write_text("in the way", encoding="utf-8")
    capsys.readouterr()
    assert main(["compare", "good", "wrong"]) == 1
    out = capsys.readouterr().out
    assert "no programs to replay: results/wrong/deviations" in out
    assert "WSAEPROTONOSUPPORT (10043) -> WSAEINVAL (10022)" in out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["good", "nothing"], "no run nothing in "),
        (["99", "good"], "no run 99 in "),
        (["good"], "the following arguments are required: B"),
        (["good", "no.jsonl"], "no.jsonl:1: "),
        (["good", "wrong", "--json", "nowhere/x.json"], "there is no such folder"),
        (["good", "wrong", "--lab", "none.ini"], "none.ini"),
    ],
)
def test_wrong_use(capsys: pytest.CaptureFixture[str], here: Path, words: list[str], complaint: str) -> None:
    capsys.readouterr()
    assert main(["compare", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ceharness: error: ")
    assert complaint in err
    assert len(err.splitlines()) == 1


def test_another_lab_names_its_results_and_is_named_in_the_replay(
    capsys: pytest.CaptureFixture[str], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    lab = here / "lab.ini"
    text = lab.read_text(encoding="utf-8")
    lab.write_text(text.replace("[defaults]", f"[defaults]\nresults = {here / 'results'}"), encoding="utf-8")
    capsys.readouterr()
    assert main(["compare", "1", "2", "--lab", str(lab)]) == 1
    out = capsys.readouterr().out
    replay = next(line for line in out.splitlines() if "replay" in line)
    assert replay.endswith(f"fake --lab {lab}")
