"""Two runs side by side, as people read it."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.conformance import Row, Verdict
from harness.fingerprint import Block, Fingerprint, OutcomeMap
from harness.fingerprint import compare as compare_fingerprints
from harness.history import Comparison, FingerprintChange, compare
from harness.report import run_comparison_dict, run_comparison_lines
from harness.results import End, Opened, Run, Start

NAME = "WSASOCKET-012"
GOOD = Row(NAME, "AF_IPX", Verdict.PASS, "WSAEAFNOSUPPORT (10047)", "WSAEAFNOSUPPORT (10047)", leg="one")
BAD = replace(GOOD, verdict=Verdict.FAIL, observed="WSAEINVAL (10022)", program="call ws2!WSACleanup()\n")
MOMENT = "2026-05-01T12:00:00.000+00:00"
START = Start("20260501T120000-1", "panel", "tcp", "192.0.2.1", "device", "1.0.0", MOMENT, selection="")


def run(*rows: Row, start: Start = START) -> Run:
    opened = Opened(MOMENT, "tcp://192.0.2.1", "ceagent 1.0.0", "device", {"version": "5.0.1400"})
    return Run(Path("results.jsonl"), start, opened, list(rows), end=End(MOMENT))


def lines(comparison: Comparison, replays: dict[Row, str] | None = None) -> list[str]:
    return [line.plain for line in run_comparison_lines(comparison, replays or {})]


def test_the_runs_and_what_is_worse() -> None:
    told = lines(compare(run(GOOD), run(BAD)), {BAD: "ceharness exec x.ceprog panel"})
    assert told[0].startswith("from  panel, 2026-05-01 ")
    assert told[0].endswith(", Windows CE 5.0.1400 (run 20260501T120000-1)")
    assert told[1].startswith("to    panel, ")
    assert told[2:] == [
        "",
        "worse: 1",
        "WSASOCKET-012  pass -> fail  WSAEAFNOSUPPORT",
        "    one · AF_IPX: WSAEAFNOSUPPORT (10047) -> WSAEINVAL (10022)",
        "    replay  ceharness exec x.ceprog panel",
        "",
        "1 requirement compared: 1 worse, 0 as before",
    ]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ([], [BAD], ["new: only in the second run: 1", "WSASOCKET-012  fail  WSAEAFNOSUPPORT"]),
        ([GOOD], [], ["gone: only in the first run: 1", "WSASOCKET-012  pass  WSAEAFNOSUPPORT"]),
        ([BAD], [GOOD], ["better: 1", "WSASOCKET-012  fail -> pass  WSAEAFNOSUPPORT"]),
        (
            [GOOD],
            [replace(GOOD, verdict=Verdict.KNOWN)],
            ["otherwise different: 1", "    one · AF_IPX: pass -> known, WSAEAFNOSUPPORT (10047)"],
        ),
        (
            [GOOD],
            [replace(GOOD, verdict=Verdict.BROKEN, observed="", reason="no\n answer")],
            [
                "judged in one run only, or in none: 1",
                "    one · AF_IPX: WSAEAFNOSUPPORT (10047) -> no answer",
            ],
        ),
        (
            [GOOD],
            [GOOD, replace(GOOD, case="AF_UNIX")],
            ["1 more case that changes no verdict: only in the second run"],
        ),
    ],
)
def test_each_kind_of_change(before: list[Row], after: list[Row], words: list[str]) -> None:
    told = lines(compare(run(*before), run(*after)))
    assert [word for word in words if word not in told] == []


def test_a_requirement_that_was_lost() -> None:
    start = replace(START, expected=(NAME, "WSASOCKET-016"))
    good = replace(GOOD, leg="")
    other = replace(good, requirement="WSASOCKET-016")
    told = lines(compare(run(good, other, start=start), run(other, start=start)))
    assert "WSASOCKET-012  pass -> missing  WSAEAFNOSUPPORT" in told
    assert "    AF_IPX: WSAEAFNOSUPPORT (10047), only in the first run" in told


def test_what_differs_around_stands_in_columns() -> None:
    after = replace(START, image="sha256:bb", sources={"suites": {"digest": "b"}}, harness="1.1.0")
    before = replace(START, image="sha256:aa", sources={"suites": {"digest": "a"}})
    told = lines(compare(run(GOOD, start=before), run(GOOD, start=after)))
    assert told[2:5] == ["  image    aa -> bb", "  harness  1.0.0 -> 1.1.0", "  suites   changed"]


def test_many_cases_are_cut_short_on_the_screen_and_whole_in_json() -> None:
    good = [replace(GOOD, case=f"case {number}") for number in range(20)]
    bad = [replace(row, verdict=Verdict.FAIL, observed="success") for row in good]
    comparison = compare(run(*good), run(*bad))
    told = lines(comparison)
    assert sum("case " in line and "->" in line for line in told) == 12
    assert "    and 8 more cases (--json has all)" in told
    (requirement,) = run_comparison_dict(comparison, {})["requirements"]
    assert [row["case"] for row in requirement["rows"]] == [row.case for row in bad]
    assert requirement["replay"] is None


def test_what_one_run_did_not_look_at_is_named_up_to_a_point() -> None:
    others = [replace(GOOD, requirement=f"WSASOCKET-{number:03}") for number in range(20, 30)]
    part = run(GOOD, start=replace(START, selection="--include WSASOCKET-012"))
    told = lines(compare(run(GOOD, replace(GOOD, case="AF_UNIX"), *others), part))
    assert "1 case of these not compared: only one of the runs has them" in told
    assert told[-1].startswith("not compared, because only one of the runs looked at them: WSASOCKET-020, ")
    assert told[-1].endswith("WSASOCKET-027 and 2 more (--json has all)")


def test_fingerprints_of_the_two() -> None:
    area = Block(range(1, 3), range(2, 4), range(8))
    maps = [OutcomeMap.of_runs(area, [(len(area), outcome)]) for outcome in ("error 10043", "success")]
    prints = [Fingerprint("panel", "device", {}, "1", "1", MOMENT, MOMENT, outcomes) for outcomes in maps]
    paths = Path("a.fingerprint"), Path("b.fingerprint")
    change = FingerprintChange("panel", *prints, *paths, compare_fingerprints(*maps))
    comparison = compare(run(GOOD), run(GOOD), change)
    told = lines(comparison)
    assert "fingerprints, a.fingerprint and b.fingerprint:" in told
    assert "32 triples changed from WSAEPROTONOSUPPORT (10043) to success" in told
    found = run_comparison_dict(comparison, {})["fingerprint"]
    assert (found["before"], found["after"], found["changed"]) == ("a.fingerprint", "b.fingerprint", 32)
