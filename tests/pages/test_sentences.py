"""A run in plain words."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import made_run
import pytest

from harness.conformance import Verdict
from harness.report.checked import checked, error_table
from harness.report.latency import latencies
from harness.report.pages.plot import duration
from harness.report.replays import replays
from harness.report.sentences import cautions, evidence_words, further_sentences, summary_sentence
from harness.results import Run
from harness.winsock import FUNCTIONS


def run_of(*verdicts: Verdict, end: Any = None, **about: Any) -> Run:
    """A run with a requirement for each of the verdicts, WSASOCKET-010 and on."""
    run = Run(Path("results.jsonl"), made_run.start(**about), made_run.OPENED, end=end or made_run.end())
    run.rows += [made_run.row(f"WSASOCKET-{number:03}", each) for number, each in enumerate(verdicts, 10)]
    return run


WHO = "panel, Windows CE 5.0.1400 on ARM,"
PASS, FAIL, KNOWN, BROKEN = Verdict.PASS, Verdict.FAIL, Verdict.KNOWN, Verdict.BROKEN


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        ([PASS, PASS], f"{WHO} does what the WSASocket page says in all 2 requirements."),
        ([PASS], f"{WHO} does what the WSASocket page says in the one requirement."),
        (
            [PASS, Verdict.INCONCLUSIVE],
            f"{WHO} does what the WSASocket page says in the one requirement that could be judged.",
        ),
        (
            [FAIL, PASS, BROKEN],
            f"{WHO} deviates from the WSASocket page in 1 of 2 requirements that could be judged: "
            "WSASOCKET-010 (WSANOTINITIALISED).",
        ),
        (
            [KNOWN, PASS],
            f"{WHO} deviates from the WSASocket page in 1 of 2 requirements, just as it is recorded.",
        ),
        (
            [FAIL] * 6,
            f"{WHO} deviates from the WSASocket page in 6 of 6 requirements: WSASOCKET-010 "
            "(WSANOTINITIALISED), WSASOCKET-011 (WSAENETDOWN), WSASOCKET-012 (WSAEAFNOSUPPORT), "
            "WSASOCKET-013 (WSAEINPROGRESS) and 2 more.",
        ),
        ([], "Nothing was judged on panel."),
        ([Verdict.NOT_PROVOCABLE], "Nothing was judged on panel."),
    ],
)
def test_what_came_of_it(verdicts: Sequence[Verdict], sentence: str) -> None:
    assert summary_sentence(run_of(*verdicts)) == sentence


def test_a_lab_that_failed_judges_nothing() -> None:
    run = run_of()
    run.rows.append(made_run.row("WSASOCKET-012", BROKEN, observed="", reason="port\n  gone"))
    assert summary_sentence(run) == "Nothing was judged on panel: the lab failed (port gone)."
    assert cautions(run) == ["The lab failed, which says nothing about the device: port gone."]


def test_where_no_device_answered_nothing_was_measured() -> None:
    run = run_of()
    run.opened = None
    run.rows.append(made_run.row("WSASOCKET-012", BROKEN, observed="", reason="no such port"))
    assert evidence_words(run) == "Nothing was measured."


def test_a_device_that_said_nothing_of_itself_and_one_that_is_no_windows_ce() -> None:
    run = run_of(PASS)
    run.opened = None
    assert summary_sentence(run).startswith("panel does what")
    run.opened = made_run.Opened("", "tcp://a:1", "ceagent", "independent", {"version": "6.1.7601"})
    assert summary_sentence(run).startswith("panel, Windows 6.1.7601, does what")


def test_a_run_that_knows_next_to_nothing() -> None:
    run = Run(Path("results.jsonl"), made_run.start(target="", evidence="", words=[], selection=None))
    run.rows.append(made_run.row("WSASOCKET-012", FAIL, evidence=""))
    assert summary_sentence(run).startswith("the default target deviates from the WSASocket page in 1 of 1")
    assert evidence_words(run) == "Nobody recorded what these results rest on."
    assert [each.command for each in replays(run)] == ["ceharness exec WSASOCKET-012-1.ceprog"]


@pytest.mark.parametrize(
    ("about", "end", "begin"),
    [
        ({"selection": "--include WSASOCKET-012"}, None, "Only a part was run: --include WSASOCKET-012."),
        ({}, made_run.end(stopped=True), "This run was ended by Ctrl-C after 0 tests."),
    ],
)
def test_a_part_of_a_run_says_so(about: dict[str, str], end: Any, begin: str) -> None:
    [caution] = cautions(run_of(PASS, end=end, **about))
    assert caution.startswith(begin)


def test_what_else_there_is_to_know() -> None:
    verdicts = (Verdict.FIXED, BROKEN, Verdict.INCONCLUSIVE, Verdict.NOT_PROVOCABLE)
    run = run_of(*verdicts, expected=["WSASOCKET-001"])
    run.rows[1] = replace(run.rows[1], reason="the test itself is wrong: a typo")
    run.tests.append(made_run.ran("Own Test", status="FAIL"))
    assert further_sentences(run) == [
        "A recorded deviation no longer happens, and its record must go: WSASOCKET-010 (WSANOTINITIALISED).",
        "Not judged: 1 because the test itself is wrong, 1 inconclusive, 1 that this target cannot reach.",
        "Nobody judged what the target can reach: WSASOCKET-001.",
        "Failed, and about no requirement: Own Test.",
    ]
    assert cautions(run) == ["A test is wrong itself, which says nothing about the device: a typo."]


def test_where_the_lab_failed_nothing_is_missing() -> None:
    run = run_of(PASS, BROKEN, expected=["WSASOCKET-001"])
    assert run.summary.missing == ()
    assert further_sentences(run) == ["Not judged: 1 because the lab failed."]


def test_a_test_that_is_wrong_is_no_lab_that_failed() -> None:
    run = run_of()
    run.rows.append(made_run.row("WSASOCKET-012", BROKEN, reason="the test itself is wrong: a typo"))
    assert summary_sentence(run) == "Nothing was judged on panel: the test itself is wrong (a typo)."


@pytest.mark.parametrize(
    ("about", "end"),
    [
        ({"selection": "--include WSASOCKET-012"}, made_run.end()),
        ({}, made_run.end(stopped=True)),
        ({}, None),
    ],
)
def test_a_part_of_a_run_is_not_called_all(about: dict[str, str], end: Any) -> None:
    assert summary_sentence(replace(run_of(PASS, PASS, **about), end=end)) == (
        f"{WHO} does what the WSASocket page says in all 2 requirements that were judged."
    )


def test_every_row_of_the_documented_error_table_has_its_requirement() -> None:
    lines = error_table(checked(run_of()))
    assert [error for error, _ in lines] == list(FUNCTIONS["WSASocket"].errors)
    ids = [each.id for _, each in lines]
    assert len(set(ids)) == len(ids)
    for error, each in lines:
        assert f"{error.header} ({error.value})" in each.documented


@pytest.mark.parametrize(
    ("provoked", "words", "command"),
    [
        ("calls", ["panel", "--key", "a key"], "ceharness exec WSASOCKET-012-1.ceprog panel --key 'a key'"),
        ("exhaustion", [], "ceharness exec WSASOCKET-012-1.ceprog panel"),
        ("provider: red", ["panel"], "ceharness run panel --suites 'my suites' --include WSASOCKET-012"),
        (
            "network-cut: 10.0.0.2:9",
            ["panel"],
            "ceharness run panel --suites 'my suites' --include WSASOCKET-012",
        ),
    ],
)
def test_a_program_is_replayed_alone_where_it_has_all_in_itself(
    provoked: str, words: list[str], command: str
) -> None:
    run = run_of(words=words, selection="--test 'A B' --suites 'my suites'")
    run.rows.append(made_run.row("WSASOCKET-012", FAIL, provoked=provoked))
    assert [each.command for each in replays(run)] == [command]


def test_a_row_that_does_not_say_how_it_was_provoked_is_replayed_as_its_requirement_needs() -> None:
    run = run_of()
    about = {"provoked": "", "verdict": FAIL}
    run.rows += [
        made_run.row("WSASOCKET-011", leg="pass-through", **about),
        made_run.row("WSASOCKET-011", leg="of another version", **about),
        made_run.row("WSASOCKET-012", **about),
        made_run.row("MINE-1", **about),
    ]
    assert [each.alone for each in replays(run)] == [False, False, True, True]


def test_only_what_a_person_has_to_look_at_is_replayed() -> None:
    run = run_of(PASS, KNOWN, FAIL, Verdict.INCONCLUSIVE, BROKEN)
    run.rows.append(
        made_run.row("WSASOCKET-020", BROKEN, reason="the test itself is wrong: a typo", program="")
    )
    found = replays(run)
    assert [(each.row.requirement, each.file) for each in found] == [
        ("WSASOCKET-012", "WSASOCKET-012-1.ceprog"),
        ("WSASOCKET-020", ""),
    ]


def test_a_selection_that_is_no_command_line_is_no_obstacle() -> None:
    run = run_of(FAIL, selection="--suites 'open")
    run.rows[0] = made_run.row("WSASOCKET-012", FAIL, provoked="provider: red")
    assert [each.command for each in replays(run)] == ["ceharness run panel --include WSASOCKET-012"]


def test_times_of_calls() -> None:
    run = run_of()
    run.tests += [
        made_run.ran("One", calls={"ws2!bind": [10, 30]}),
        made_run.ran("Two", calls={"ws2!bind": [20]}),
    ]
    run.tests.append(made_run.ran("Three", calls={"ws2!send": [7], "ws2!recv": []}))
    bind, send = latencies(run)
    assert (bind.call, bind.count, bind.least, bind.median, bind.worst) == ("ws2!bind", 3, 10, 20, 30)
    assert (bind.lower, bind.upper) == (15, 25)
    assert (send.least, send.median, send.slow, send.worst) == (7, 7, 7, 7)


@pytest.mark.parametrize(
    ("microseconds", "words"),
    [
        (0, "0 µs"),
        (0.5, "0.5 µs"),
        (850, "850 µs"),
        (1234, "1.23 ms"),
        (3_000_000, "3 s"),
        (125_000_000, "125 s"),
    ],
)
def test_durations(microseconds: float, words: str) -> None:
    assert duration(microseconds) == words
