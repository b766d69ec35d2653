"""Requirements that turn from good to bad and back, and what they are told as."""

from harness.history import History, Kind, changes
from tests.history.made_entries import entry, history, numbers, the_change


def test_three_turns_are_flaky_and_no_regression() -> None:
    found = history("pppFpF")
    change = the_change(found)
    assert change.kind is Kind.FLAKY
    assert (change.turns, change.runs, change.bad_runs) == (3, 6, 2)
    assert found.number(change.since) == 6
    assert numbers(found, change) == (4, 5, 6)


def test_two_turns_are_not() -> None:
    assert the_change(history("pppFpp")).kind is Kind.FIXED


def test_only_the_last_20_runs_that_judged_count() -> None:
    wavering = "pFpF"
    assert the_change(history(wavering + "F" * 16)).kind is Kind.FLAKY
    assert the_change(history(wavering + "F" * 17)).kind is Kind.REGRESSION
    assert the_change(history(wavering + "L" * 30)).kind is Kind.FLAKY


def test_the_regression_after_a_flaky_time_begins_where_it_stays_bad() -> None:
    found = history("pFpF" + "F" * 17)
    change = the_change(found)
    assert numbers(found, change) == (4, 3, 21)


def test_what_was_flaky_and_is_good_now_is_not_told() -> None:
    assert changes(history("pFpFp" + "p" * 20)) == []


def test_what_came_and_went_is_told_unless_three_turns_are_within_20_runs() -> None:
    assert changes(history("pF" + "p" * 17 + "F" + "p" * 25)) == []
    kinds = [change.kind for change in changes(history("pF" + "p" * 18 + "F" + "p" * 25))]
    assert kinds == [Kind.FIXED, Kind.FIXED]


def test_turns_on_different_images_are_not_flaky() -> None:
    runs = [
        entry(number, letter, image=f"sha256:{number}000000000") for number, letter in enumerate("pFpFpF")
    ]
    kinds = [change.kind for change in changes(History(runs))]
    assert kinds == [Kind.REGRESSION, Kind.FIXED, Kind.FIXED]


def test_bad_on_a_new_image_after_a_flaky_one_says_that() -> None:
    found = history("pFpFp | F", image="sha256:9876dcba")
    change = the_change(found)
    assert change.kind is Kind.REGRESSION
    assert change.alongside == ("image 11111111 -> 9876dcba", "it was flaky on the image before")
