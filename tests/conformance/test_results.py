"""Rows on disk, and what a run amounts to."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.conformance import (
    CONFORMING,
    DEVIATIONS,
    LAB_BROKEN,
    RUN_FILE,
    SEVERITY,
    Row,
    RowWriter,
    RunRecord,
    Verdict,
    newest_run,
    read_rows,
    read_run,
    summarize,
    worst,
)
from harness.errors import UsageError
from harness.winsock import REQUIREMENTS, Requirement

KEYS = ["requirement", "case", "verdict", "documented", "observed", "reason", "program", "evidence", "leg"]
KEYS += ["recorded", "provoked"]


def row(requirement: str = "012", verdict: Verdict = Verdict.PASS, leg: str = "", case: str = "") -> Row:
    return Row(f"WSASOCKET-{requirement}", case, verdict, "söme (1)", "some (2)", "\n", "p", "model", leg)


def test_the_words_of_results_are_fixed() -> None:
    words = "pass fail known fixed observed inconclusive not-provocable broken"
    assert [verdict.value for verdict in Verdict] == words.split()
    assert list(row().to_dict()) == KEYS
    assert row().to_dict()["verdict"] == "pass"


def test_a_row_comes_back_from_its_dictionary() -> None:
    for verdict in Verdict:
        assert Row.from_dict(json.loads(json.dumps(row("019a", verdict, "l", "c").to_dict()))) == row(
            "019a", verdict, "l", "c"
        )


def test_every_verdict_has_its_place() -> None:
    assert sorted(SEVERITY) == sorted(Verdict)
    assert worst([Verdict.PASS, Verdict.FAIL, Verdict.BROKEN]) is Verdict.FAIL
    assert worst([Verdict.PASS, Verdict.OBSERVED]) is Verdict.PASS
    assert worst([Verdict.INCONCLUSIVE, Verdict.PASS]) is Verdict.INCONCLUSIVE
    assert worst([Verdict.NOT_PROVOCABLE, Verdict.PASS]) is Verdict.PASS
    with pytest.raises(ValueError, match="empty"):
        worst([])


def test_rows_are_on_disk_as_soon_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "run" / "rows.jsonl"
    with RowWriter(path) as writer:
        writer.write(row())
        assert read_rows(path) == [row()]
        writer.write(row("014", Verdict.FAIL))
        assert len(read_rows(path)) == 2
    with RowWriter(path) as writer:
        writer.write(row("015"))
    assert [each.requirement[-3:] for each in read_rows(path)] == ["012", "014", "015"]
    assert "söme" in path.read_text(encoding="utf-8")


RUN = RunRecord(
    target="panel",
    kind="tcp",
    place="tcp://h:1",
    evidence="device",
    harness="1",
    agent="ceagent 1",
    started="2026-05-01T10:00:00+00:00",
    ended=None,
    line={"bytes_sent": 7, "trouble": ["söme"]},
)


def test_what_a_run_ran_on_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert read_run(folder) is None
    RUN.write(folder)
    assert read_run(folder) == RUN
    ended = replace(RUN, ended="2026-05-01T10:05:00+00:00", line={}, device={"cpu": "ARM"}, expectations="p")
    ended.write(folder)
    assert read_run(folder) == ended
    assert [path.name for path in folder.iterdir()] == [RUN_FILE]


def test_a_record_of_an_older_version_says_nothing_of_the_device(tmp_path: Path) -> None:
    RUN.write(tmp_path)
    path = tmp_path / RUN_FILE
    old = json.loads(path.read_text(encoding="utf-8"))
    del old["device"], old["expectations"]
    path.write_text(json.dumps(old), encoding="utf-8")
    assert read_run(tmp_path) == RUN


def test_the_newest_run_of_a_target(tmp_path: Path) -> None:
    def run(name: str, started: str, target: str = "panel", rows: bool = True) -> None:
        replace(RUN, target=target, started=started).write(tmp_path / name)
        if rows:
            (tmp_path / name / "rows.jsonl").touch()

    assert newest_run(tmp_path / "nowhere", "panel") is None
    run("z-old", "2026-05-01T10:00:00+00:00")
    run("a-new", "2026-05-02T10:00:00+00:00")
    run("b-other", "2026-05-03T10:00:00+00:00", target="rack")
    run("c-empty", "2026-05-04T10:00:00+00:00", rows=False)
    (tmp_path / "d-broken").mkdir()
    (tmp_path / "d-broken" / RUN_FILE).write_text("nonsense")
    assert newest_run(tmp_path, "panel") == tmp_path / "a-new"
    assert newest_run(tmp_path, "nobody") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"target": "x"}', "nonsense", "\xff"])
def test_a_record_that_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / RUN_FILE
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=RUN_FILE):
        read_run(tmp_path)


def test_a_half_line_of_a_run_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with RowWriter(path) as writer:
        writer.write(row())
        writer.write(row("014"))
    path.write_bytes(path.read_bytes()[:-5])
    assert read_rows(path) == [row()]
    with RowWriter(path) as writer:
        writer.write(row("015"))
    assert read_rows(path) == [row(), row("015")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no json", ""),
        ("[]", "not a row"),
        ('{"requirement": "X-001"}', "a row without verdict"),
        (json.dumps({**row().to_dict(), "verdict": "perhaps"}), "perhaps"),
    ],
)
def test_a_file_of_something_else_is_named_with_the_line(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row().to_dict()) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"rows\.jsonl:2: ") as caught:
        read_rows(path)
    assert said in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_rows(tmp_path / "rows.jsonl")


def wanted(*numbers: str) -> list[Requirement]:
    return [REQUIREMENTS[f"WSASOCKET-{number}"] for number in numbers]


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([Verdict.PASS], CONFORMING),
        ([Verdict.PASS, Verdict.KNOWN, Verdict.OBSERVED], CONFORMING),
        ([Verdict.INCONCLUSIVE], CONFORMING),
        ([Verdict.NOT_PROVOCABLE], CONFORMING),
        ([Verdict.PASS, Verdict.FAIL], DEVIATIONS),
        ([Verdict.FIXED], DEVIATIONS),
        ([Verdict.BROKEN], LAB_BROKEN),
        ([Verdict.FAIL, Verdict.BROKEN], LAB_BROKEN),
    ],
)
def test_exit_code(verdicts: list[Verdict], code: int) -> None:
    summary = summarize([row("012", verdict) for verdict in verdicts], wanted("012"))
    assert summary.exit_code == code


def test_a_requirement_is_as_good_as_its_worst_case() -> None:
    rows = [row("012"), row("012", Verdict.FAIL), row("012", Verdict.BROKEN), row("014")]
    summary = summarize(rows)
    assert summary.verdicts == {"WSASOCKET-012": Verdict.FAIL, "WSASOCKET-014": Verdict.PASS}
    assert summary.counts == {Verdict.FAIL: 1, Verdict.PASS: 1}
    assert summary.lab_broken


def test_losing_a_requirement_is_red() -> None:
    summary = summarize([row("012")], wanted("012", "016"))
    assert summary.missing == ("WSASOCKET-016",)
    assert summary.exit_code == DEVIATIONS


def test_no_rows_at_all_is_red() -> None:
    assert summarize([], wanted("012")).exit_code == DEVIATIONS


def test_a_record_that_matches_nothing_is_red() -> None:
    summary = summarize([row("012", Verdict.KNOWN)], wanted("012"), (), ["WSASOCKET-014"])
    assert summary.unmatched == ("WSASOCKET-014",)
    assert summary.exit_code == DEVIATIONS


def test_losing_one_leg_is_red() -> None:
    requirements = wanted("020")
    assert summarize([row("020", leg="unreadable")], requirements).missing == ("WSASOCKET-020 straddling",)
    assert not summarize([row("020"), row("020", leg="straddling")], requirements).missing


def test_what_the_target_cannot_reach_may_be_missing() -> None:
    assert not summarize([row("014", leg="exhaustion")], wanted("014", "021")).missing
    summary = summarize([row("014", leg="exhaustion")], wanted("014", "021"), ["provider"])
    assert summary.missing == ("WSASOCKET-014 pass-through", "WSASOCKET-021")


def test_a_suite_of_a_stranger_may_judge_requirements_of_its_own() -> None:
    assert summarize([Row("ACME-001", "", Verdict.PASS, "a", "a")], []).exit_code == CONFORMING
