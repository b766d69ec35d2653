"""Rows and verdicts, and what a run amounts to."""

import json

import pytest

from harness.conformance import (
    CONFORMING,
    DEVIATIONS,
    LAB_BROKEN,
    SEVERITY,
    Row,
    Verdict,
    expected_legs,
    summarize,
    worst,
)
from harness.winsock import REQUIREMENTS

KEYS = ["requirement", "case", "verdict", "documented", "observed", "reason", "program", "evidence", "leg"]
KEYS += ["recorded", "provoked", "outcome"]


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


def wanted(*numbers: str, provides: tuple[str, ...] = ()) -> tuple[str, ...]:
    return expected_legs([REQUIREMENTS[f"WSASOCKET-{number}"] for number in numbers], provides)


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
    summary = summarize([row("012", Verdict.KNOWN)], wanted("012"), ["WSASOCKET-014"])
    assert summary.unmatched == ("WSASOCKET-014",)
    assert summary.exit_code == DEVIATIONS


def test_losing_one_leg_is_red() -> None:
    legs = wanted("020")
    assert summarize([row("020", leg="unreadable")], legs).missing == ("WSASOCKET-020 straddling",)
    assert not summarize([row("020"), row("020", leg="straddling")], legs).missing


def test_what_the_target_cannot_reach_may_be_missing() -> None:
    assert not summarize([row("014", leg="exhaustion")], wanted("014", "021")).missing
    summary = summarize([row("014", leg="exhaustion")], wanted("014", "021", provides=("provider",)))
    assert summary.missing == ("WSASOCKET-014 pass-through", "WSASOCKET-021")


def test_a_suite_of_a_stranger_may_judge_requirements_of_its_own() -> None:
    assert summarize([Row("ACME-001", "", Verdict.PASS, "a", "a")], []).exit_code == CONFORMING
