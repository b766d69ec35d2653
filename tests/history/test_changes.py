"""What changed and since when, from runs that come in every order and say more or less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.history import History, Kind, changes
from tests.history.made_entries import REQUIREMENT, entry, history, judged, numbers, the_change


def test_a_regression() -> None:
    found = history("pppFFF")
    change = the_change(found)
    assert change.kind is Kind.REGRESSION
    assert numbers(found, change) == (4, 3, 6)
    assert (change.target, change.requirement, change.bad_runs) == ("panel", REQUIREMENT, 3)
    assert (change.since, change.until) == (change.first_bad, change.last_good)
    assert change.now == judged("F")
    assert change.before == judged("p")


@pytest.mark.parametrize("letters", ["", "p", "pppp", "kkkk", "oooo", "n", "iLn-", "pLLpiip", "p-p"])
def test_nothing_changed(letters: str) -> None:
    assert changes(history(letters)) == []


@pytest.mark.parametrize("silent", ["i", "n", "L", "-"])
def test_what_says_nothing_neither_begins_nor_ends_a_regression(silent: str) -> None:
    found = history(f"p{silent}F{silent}F{silent}")
    change = the_change(found)
    assert change.kind is Kind.REGRESSION
    assert numbers(found, change) == (3, 1, 5)
    assert change.bad_runs == 2


def test_a_lab_week_in_the_middle_of_a_regression_leaves_it_one() -> None:
    found = history("pp FF LLLLLLL FF")
    assert numbers(found, the_change(found)) == (3, 2, 13)


def test_a_regression_that_begins_in_a_lab_week_begins_with_the_first_run_that_judged() -> None:
    found = history("pp LLL FF")
    assert numbers(found, the_change(found)) == (6, 2, 7)


def test_never_seen_good() -> None:
    found = history("iFF")
    change = the_change(found)
    assert change.kind is Kind.NEW_FAILURE
    assert numbers(found, change) == (2, None, 3)
    assert (change.until, change.before) == (None, None)


def test_one_run_alone() -> None:
    assert the_change(history("F")).kind is Kind.NEW_FAILURE
    assert the_change(history("F")).alongside == ()


def test_a_failure_that_comes_with_newer_suites_says_so() -> None:
    found = history("-- | FF", sources={"suites": "sha256:cc", "data": "sha256:bb"})
    change = the_change(found)
    assert change.kind is Kind.NEW_FAILURE
    assert change.alongside == ("suites changed",)


def test_mended() -> None:
    found = history("ppFFpp")
    change = the_change(found)
    assert change.kind is Kind.FIXED
    assert numbers(found, change) == (3, 2, 6)
    assert change.until is not None
    assert (found.number(change.since), found.number(change.until)) == (5, 4)
    assert (change.before, change.now, change.bad_runs) == (judged("F"), judged("p"), 2)


def test_recorded_is_not_mended() -> None:
    change = the_change(history("ppFFkk"))
    assert change.kind is Kind.RECORDED
    assert change.now == judged("k")


def test_a_recorded_deviation_that_no_longer_happens() -> None:
    found = history("kkXX")
    change = the_change(found)
    assert change.kind is Kind.OUTDATED_RECORD
    assert numbers(found, change) == (3, 2, 4)
    assert change.now == judged("X")


def test_the_record_goes_and_it_is_mended() -> None:
    found = history("kkXXpp")
    change = the_change(found)
    assert change.kind is Kind.FIXED
    assert found.number(change.since) == 5


def test_the_regression_after_an_outdated_record_begins_where_it_fails() -> None:
    found = history("kkXXFF")
    change = the_change(found)
    assert change.kind is Kind.REGRESSION
    assert numbers(found, change) == (5, 4, 6)


def test_a_recorded_deviation_that_fails_otherwise_is_a_regression() -> None:
    assert the_change(history("kkFF")).kind is Kind.REGRESSION


def test_lost_in_whole_runs() -> None:
    found = history("ppMM")
    change = the_change(found)
    assert change.kind is Kind.REGRESSION
    assert numbers(found, change) == (3, 2, 4)
    assert change.now is None
    assert change.before == judged("p")


def test_lost_where_the_lab_failed_is_no_change() -> None:
    lost = entry(2, "M", lab=("no answer",))
    assert changes(History([entry(0), entry(1), lost])) == []


def test_a_lost_leg_is_as_bad_as_a_lost_requirement() -> None:
    lost = entry(1, "p", missing=(f"{REQUIREMENT} straddling",))
    change = the_change(History([entry(0), lost]))
    assert change.kind is Kind.REGRESSION
    assert change.now is None


def test_a_requirement_that_is_not_judged_any_more_is_still_bad() -> None:
    found = history("ppFFn--")
    assert numbers(found, the_change(found)) == (3, 2, 4)


# --- another outcome ------------------------------------------------------------------------


def test_another_code_while_it_stays_bad() -> None:
    other = judged("F", observed="WSAENETDOWN (10050)")
    runs = [entry(0), entry(1, "F"), entry(2, "F"), entry(3, requirements={REQUIREMENT: other})]
    different, regression = changes(History(runs))
    assert (different.kind, regression.kind) == (Kind.DIFFERENT, Kind.REGRESSION)
    assert (different.since, different.until) == (runs[3], runs[2])
    assert (different.before, different.now) == (judged("F"), other)
    assert (regression.first_bad, regression.now) == (runs[1], other)


def test_another_code_where_the_page_leaves_it_open() -> None:
    other = judged("o", observed="success")
    change = the_change(History([entry(0, "o"), entry(1, requirements={REQUIREMENT: other})]))
    assert (change.kind, change.bad_runs) == (Kind.DIFFERENT, 0)


def test_a_deviation_that_was_recorded_before_anybody_saw_it_fail() -> None:
    assert the_change(history("ppkk")).kind is Kind.DIFFERENT


def test_another_leg_that_fails_is_another_outcome() -> None:
    other = judged("F", leg="straddling")
    runs = [entry(0, "F"), entry(1, requirements={REQUIREMENT: other})]
    assert [change.kind for change in changes(History(runs))] == [Kind.DIFFERENT, Kind.NEW_FAILURE]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1021 of 1024 bytes arrived", "1019 of 1024 bytes arrived"),
        ("WSAEINVAL (10022), in 3 runs", "WSAEINVAL (10022), in 4 runs"),
        ("WSAEINVAL (10022); 1 more check held", "WSAEINVAL (10022)"),
    ],
)
def test_other_counts_are_no_other_outcome(one: str, other: str) -> None:
    rows = [judged("F", observed=text) for text in (one, other)]
    runs = [entry(number, requirements={REQUIREMENT: row}) for number, row in enumerate(rows)]
    assert [change.kind for change in changes(History(runs))] == [Kind.NEW_FAILURE]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("WSAEINVAL (10022)", "WSAEFAULT (10014)"),
        ("error 31", "error 32"),
        ("the process exited with code 3", "the process exited with code 4"),
        ("faulted: exception 0xC0000005", "faulted: exception 0xC0000094"),
    ],
)
def test_other_codes_are_another_outcome(one: str, other: str) -> None:
    rows = [judged("F", observed=text) for text in (one, other)]
    runs = [entry(number, requirements={REQUIREMENT: row}) for number, row in enumerate(rows)]
    assert [change.kind for change in changes(History(runs))] == [Kind.DIFFERENT, Kind.NEW_FAILURE]


# --- runs of a part -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [{"selection": "--test 'Family AF_UNIX'"}, {"selection": None}, {"stopped": True}, {"ended": None}],
)
def test_a_part_of_the_cases_is_never_good(part: dict[str, object]) -> None:
    one_case = {REQUIREMENT: judged("p", cases=1, deciding=1)}
    runs = [entry(0), entry(1, "F"), entry(2, requirements=one_case, **part), entry(3, "F")]
    found = History(runs)
    assert numbers(found, the_change(found)) == (2, 1, 4)
    assert the_change(found).bad_runs == 2


def test_a_part_of_the_cases_can_be_bad() -> None:
    one_case = {REQUIREMENT: judged("F", cases=1, deciding=1)}
    found = History([entry(0), entry(1, requirements=one_case, selection="--include X")])
    assert the_change(found).kind is Kind.REGRESSION


def test_all_cases_of_one_requirement_are_enough_to_be_good() -> None:
    found = History([entry(0), entry(1, "F"), entry(2, selection=f"--include {REQUIREMENT}")])
    assert the_change(found).kind is Kind.FIXED


def test_fewer_cases_in_a_whole_run_are_how_the_suites_are_now() -> None:
    fewer = {REQUIREMENT: judged("p", cases=2, deciding=2)}
    runs = [
        entry(0),
        entry(1, "F"),
        entry(2, requirements=fewer),
        entry(3, requirements=fewer, selection="x"),
    ]
    found = History(runs)
    assert the_change(found).kind is Kind.FIXED
    assert found.device("panel").judging(REQUIREMENT) == runs


def test_where_no_run_was_whole_the_fullest_is_the_measure() -> None:
    one_case = {REQUIREMENT: judged("p", cases=1, deciding=1)}
    runs = [entry(0, selection=None), entry(1, requirements=one_case, selection=None)]
    assert History(runs).device("panel").judging(REQUIREMENT) == runs[:1]


def test_another_case_in_a_part_is_no_other_outcome() -> None:
    other = {REQUIREMENT: judged("F", observed="WSAENETDOWN (10050)", case="AF_UNIX", cases=1, deciding=1)}
    runs = [entry(0), entry(1, "F"), entry(2, requirements=other, selection="--test x"), entry(3, "F")]
    assert [change.kind for change in changes(History(runs))] == [Kind.REGRESSION]


# --- images, what changed alongside ---------------------------------------------------------


def test_first_bad_and_last_good_go_across_images() -> None:
    found = history("pp | FF", image="sha256:9876dcba0000")
    change = the_change(found)
    assert numbers(found, change) == (3, 2, 4)
    assert change.alongside == ("image 11111111 -> 9876dcba",)


def test_everything_that_changed_alongside_is_told() -> None:
    found = history(
        "pp | F",
        identity={"version": "6.0.3122", "cpu": "ARM", "oem": "Panel 2"},
        agent="ceagent 1.1.0",
        harness="1.1.0",
        place="/dev/ttyUSB0",
        evidence="device image",
        sources={"suites": "sha256:a2", "data": "sha256:b2", "expectations": "sha256:cc"},
    )
    assert the_change(found).alongside == (
        "system Windows CE 5.0.1400 -> Windows CE 6.0.3122",
        "OEM string Panel -> Panel 2",
        "agent ceagent 1.0.0 -> ceagent 1.1.0",
        "harness 1.0.0 -> 1.1.0",
        "place 192.0.2.1:5555 -> /dev/ttyUSB0",
        "evidence device -> device image",
        "suites changed",
        "data changed",
        "recorded deviations none -> there",
    )


def test_what_an_imported_run_does_not_tell_is_not_a_change() -> None:
    found = history("pp | F", identity={}, agent="", image="", sources={}, selection=None, harness="")
    assert the_change(found).alongside == ()


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"suites": "a"}, {"data": "b"}, ()),
        ({}, {"suites": "a", "expectations": "e"}, ()),
        ({"suites": "a", "expectations": "e"}, {"suites": "a"}, ("recorded deviations there -> none",)),
        (
            {"suites": "a", "expectations": "e"},
            {"suites": "a", "expectations": "f"},
            ("recorded deviations changed",),
        ),
    ],
)
def test_files_of_which_only_one_run_tells_are_no_change_unless_a_device_may_lack_them(
    before: dict[str, str], after: dict[str, str], told: tuple[str, ...]
) -> None:
    runs = [entry(0, sources=before), entry(1, "F", sources=after)]
    assert the_change(History(runs)).alongside == told


def test_what_changed_in_the_silent_runs_between_is_told_too() -> None:
    runs = [entry(0), entry(1, "L", image="sha256:9876dcba"), entry(2, "F", image="sha256:9876dcba")]
    assert the_change(History(runs)).alongside == ("image 11111111 -> 9876dcba",)


# --- order, devices -------------------------------------------------------------------------


def test_runs_may_come_in_any_order() -> None:
    runs = [entry(number, letter) for number, letter in enumerate("ppFF")]
    found = History([runs[2], runs[0], runs[3], runs[1]])
    assert found.entries == tuple(runs)
    assert numbers(found, the_change(found)) == (3, 2, 4)


def test_devices_are_apart_and_the_newest_change_is_first() -> None:
    one = [entry(number, letter, "panel") for number, letter in enumerate("pFFF")]
    other = [entry(number, letter, "kiosk") for number, letter in enumerate("pppF")]
    assert [change.target for change in changes(History([*one, *other]))] == ["kiosk", "panel"]


@given(st.text("pkoFXM", max_size=30), st.data())
def test_runs_that_say_nothing_change_nothing(letters: str, data: st.DataObject) -> None:
    mixed = "".join(
        letter + data.draw(st.text("inL-", max_size=2), label=f"after {place}")
        for place, letter in enumerate(letters)
    )
    told = [
        [
            (change.kind, change.bad_runs, change.turns, change.runs, change.now, change.before)
            for change in changes(history(text))
        ]
        for text in (letters, mixed)
    ]
    assert told[0] == told[1]


@given(st.text("pkoFXMinL-", max_size=40))
def test_what_is_bad_now_is_told_exactly_once(letters: str) -> None:
    found = history(letters)
    kinds = [change.kind for change in changes(found)]
    bad_now = [kind for kind in kinds if kind in (Kind.REGRESSION, Kind.NEW_FAILURE, Kind.OUTDATED_RECORD)]
    judging = [letter for letter in letters if letter in "pkoFXM"]
    if Kind.FLAKY in kinds:
        assert kinds == [Kind.FLAKY]
    elif judging and judging[-1] in "FXM":
        assert len(bad_now) == 1
    else:
        assert not bad_now
