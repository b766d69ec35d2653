"""Two runs side by side."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.conformance import Row, Verdict
from harness.history import Comparison, Turn, compare
from harness.results import End, Opened, Ran, Run, Start

A, B = "WSASOCKET-012", "WSASOCKET-016"
LINE = {"trouble": ["the link broke and was opened again once, which took 1.0 s"]}


def row(requirement: str = A, case: str = "AF_IPX", verdict: Verdict = Verdict.PASS, **values: str) -> Row:
    seen = "WSAEINVAL (10022)" if verdict is Verdict.FAIL else "WSAEAFNOSUPPORT (10047)"
    plain = Row(requirement, case, verdict, "WSAEAFNOSUPPORT (10047)", seen, outcome="returned")
    return replace(plain, **values)  # type: ignore[arg-type]


def run(
    rows: Iterable[Row], *, ended: bool = True, stopped: bool = False, line: Any = None, **start: Any
) -> Run:
    plain = Start(
        run="1", target="panel", target_kind="tcp", place="192.0.2.1", evidence="device", harness="1.0.0",
        started="2026-05-01T02:00:00.000+00:00", selection="",
    )  # fmt: skip
    return Run(
        Path("results.jsonl"),
        replace(plain, **start),
        Opened(plain.started, "tcp://192.0.2.1", "ceagent 1.0.0", "device", {"cpu": "ARM"}),
        list(rows),
        end=End(plain.started, stopped, (), line) if ended else None,
    )


def turns(comparison: Comparison) -> dict[str, str]:
    return {change.requirement: change.turn.value for change in comparison.changes}


def of(before: Row, after: Row) -> dict[str, str]:
    return turns(compare(run([before]), run([after])))


def test_two_equal_runs() -> None:
    comparison = compare(run([row(), row(B)]), run([row(), row(B)]))
    assert (comparison.changes, comparison.around, comparison.requirements) == ((), (), ())
    assert (comparison.compared, comparison.left_out, comparison.fingerprint) == (2, (), None)


@pytest.mark.parametrize(
    ("before", "after", "turn"),
    [
        ("pass", "fail", "worse"),
        ("pass", "fixed", "worse"),
        ("known", "fail", "worse"),
        ("inconclusive", "fail", "worse"),
        ("broken", "fail", "worse"),
        ("fail", "pass", "better"),
        ("fixed", "pass", "better"),
        ("fail", "known", "better"),
        ("pass", "known", "different"),
        ("known", "pass", "different"),
        ("pass", "observed", "different"),
        ("fail", "fixed", "different"),
        ("pass", "inconclusive", "not judged"),
        ("fail", "broken", "not judged"),
        ("inconclusive", "pass", "not judged"),
        ("not-provocable", "broken", "not judged"),
    ],
)
def test_from_one_verdict_to_another(before: str, after: str, turn: str) -> None:
    one, other = (row(verdict=Verdict(verdict)) for verdict in (before, after))
    comparison = compare(run([one]), run([other]))
    assert turns(comparison) == {A: turn}
    assert comparison.requirements == (A,)
    (change,) = comparison.changes
    assert (change.word_before, change.word_after) == (before, after)
    (changed,) = change.rows
    assert (changed.before, changed.after, changed.row) == (one, other, other)


def test_another_code_is_a_difference_though_the_verdict_is_the_same() -> None:
    one, other = row(verdict=Verdict.FAIL), row(verdict=Verdict.FAIL, observed="WSAENETDOWN (10050)")
    comparison = compare(run([one]), run([other]))
    assert turns(comparison) == {A: "different"}
    assert comparison.requirements == ()


def test_another_outcome_too() -> None:
    assert of(row(), row(outcome="blocked")) == {A: "different"}
    # One from an output.xml does not tell it.
    assert of(row(), row(outcome="")) == of(row(outcome=""), row()) == {}
    assert of(row(observed="1021 of 1024 bytes"), row(observed="1019 of 1024 bytes")) == {}
    assert of(row(), row(reason="otherwise said", program="call x!y()")) == {}


def test_more_cases_that_fail_are_worse_though_one_failed_before() -> None:
    failed, good = row(case="1", verdict=Verdict.FAIL), row(case="2")
    worse = row(case="2", verdict=Verdict.FAIL)
    comparison = compare(run([failed, good]), run([failed, worse]))
    assert turns(comparison) == {A: "worse"}
    assert comparison.requirements == ()
    assert turns(compare(run([failed, worse]), run([failed, good]))) == {A: "better"}


def test_one_case_for_another_is_different() -> None:
    rows = [row(case="1", verdict=Verdict.FAIL), row(case="2")]
    other = [row(case="1"), row(case="2", verdict=Verdict.FAIL)]
    assert turns(compare(run(rows), run(other))) == {A: "different"}


def test_new_and_gone() -> None:
    comparison = compare(run([row()]), run([row(B)]))
    assert turns(comparison) == {B: "new", A: "gone"}
    assert [(each.word_before, each.word_after) for each in comparison.changes] == [
        ("not run", "pass"),
        ("pass", "not run"),
    ]


def test_new_and_gone_cases_that_change_no_verdict_are_counted() -> None:
    comparison = compare(run([row(case="1"), row(case="2")]), run([row(case="1"), row(case="3")]))
    assert comparison.changes == ()
    assert (comparison.new_cases, comparison.gone_cases) == (1, 1)


def test_rows_with_the_same_name_are_compared_in_order() -> None:
    comparison = compare(run([row(), row()]), run([row(), row(verdict=Verdict.FAIL)]))
    (change,) = comparison.changes
    assert len(change.rows) == 1


def test_lost_is_worse_but_not_where_the_lab_failed() -> None:
    before = run([row(), row(B)], expected=(A, B))
    after = run([row(B)], expected=(A, B))
    (change,) = compare(before, after).changes
    assert (change.turn, change.word_after, change.after) == (Turn.WORSE, "missing", None)
    broken = run([row(B, verdict=Verdict.BROKEN)], expected=(A, B))
    assert turns(compare(before, broken)) == {B: "not judged", A: "gone"}


def test_worse_ones_come_first() -> None:
    before = run([row(A, verdict=Verdict.FAIL), row(B)])
    after = run([row(A), row(B, verdict=Verdict.FAIL)])
    comparison = compare(before, after)
    assert list(turns(comparison).values()) == ["worse", "better"]
    assert [change.requirement for change in comparison.of(Turn.WORSE)] == [B]


# --- parts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [{"selection": "--include X"}, {"selection": None}, {"stopped": True}, {"ended": False}],
)
def test_of_a_part_only_what_both_have_is_compared(part: dict[str, Any]) -> None:
    whole = [row(case="1"), row(case="2", verdict=Verdict.FAIL), row(B)]
    comparison = compare(run(whole, expected=(A, B)), run([row(case="1")], **part))
    assert comparison.changes == ()
    assert (comparison.compared, comparison.left_out, comparison.left_out_cases) == (1, (B,), 1)
    back = compare(run([row(case="1")], **part), run(whole))
    assert (back.changes, back.left_out, back.left_out_cases) == ((), (B,), 1)


def test_two_runs_of_the_same_selection_are_compared_in_everything() -> None:
    chosen = {"selection": "--include X"}
    assert turns(compare(run([row(), row(B)], **chosen), run([row()], **chosen))) == {B: "gone"}


def test_two_that_have_nothing_in_common() -> None:
    comparison = compare(run([row()], ended=False), run([row(B)]))
    assert (comparison.compared, comparison.changes, comparison.left_out) == (0, (), (A, B))


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from([A, B, "WSASOCKET-020"]),
        st.sampled_from(["1", "2"]),
        st.sampled_from(Verdict),
        leg=st.sampled_from(["", "straddling"]),
    ),
    max_size=8,
)


@given(ROWS, ROWS, st.sampled_from(["", "--include X"]))
def test_a_run_does_not_differ_from_itself_and_back_is_the_other_way_round(
    rows: list[Row], others: list[Row], selection: str
) -> None:
    one, other = run(rows), run(others, selection=selection)
    assert not compare(one, one).changes
    there, back = compare(one, other), compare(other, one)
    assert {each.requirement for each in there.changes} == {each.requirement for each in back.changes}
    assert there.left_out == back.left_out
    opposite = {"better": "worse", "new": "gone", "gone": "new"}
    for name, turn in turns(there).items():
        if turn in opposite:
            assert turns(back)[name] == opposite[turn]


# --- around ---------------------------------------------------------------------------------


def test_what_else_differs_is_told() -> None:
    def used(name: str, **state: object) -> dict[str, dict[str, object]]:
        return {"suites": {"path": "suites", "digest": name, "commit": f"{name}12345678", **state}}

    before = run([row()], image="sha256:1111111122", sources=used("aaaa", changed=False))
    after = run(
        [row()],
        target="kiosk",
        image="sha256:2222222233",
        sources=used("bbbb", changed=True),
        line=LINE,
        selection="--include WSASOCKET-012",
    )
    after.opened = replace(after.opened, identity={"cpu": "MIPS"}) if after.opened else None
    after.tests = [Ran("Plain", "Suite", "", 1.0, "FAIL")]
    assert [str(each) for each in compare(before, after).around] == [
        "target panel -> kiosk",
        "image 11111111 -> 22222222",
        "CPU ARM -> MIPS",
        "suites aaaa1234 -> bbbb1234 with changes",
        "extent everything -> --include WSASOCKET-012",
        "line none -> the link broke and was opened again once, which took 1.0 s",
        "failed beside none -> Plain",
    ]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"ended": False}, "cut off"),
        ({"stopped": True}, "stopped by Ctrl-C"),
        ({"selection": None}, "unknown"),
    ],
)
def test_a_run_that_was_not_whole_is_told(part: dict[str, Any], words: str) -> None:
    (extent,) = compare(run([row()]), run([row()], **part)).around
    assert (extent.what, extent.before, extent.after) == ("extent", "everything", words)


def test_suites_of_which_git_knows_nothing_are_just_changed() -> None:
    before, after = (run([row()], sources={"suites": {"digest": digest}}) for digest in "ab")
    assert [str(each) for each in compare(before, after).around] == ["suites changed"]
