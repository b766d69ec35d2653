"""Rounds of runs, groups of requirements, and the one word of a cell."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.conformance import Verdict
from harness.history import History
from harness.report.letters import LETTERS
from harness.report.pages.pattern import (
    COLUMNS,
    OTHER,
    WORST_FIRST,
    Words,
    groups,
    patterns,
    rounds,
    spoken,
    worst_word,
)
from harness.winsock import REQUIREMENTS
from tests.history.made_entries import entry, judged


def runs(targets: str) -> History:
    """A run for each letter, which names its device."""
    return History([entry(number, target=target) for number, target in enumerate(targets)])


@given(st.text("abcd", max_size=40))
def test_rounds_hold_every_run_once_and_no_device_twice(targets: str) -> None:
    entries = runs(targets).entries
    found = rounds(entries)
    assert [each for one in found for each in one] == list(reversed(entries))
    for one in found:
        assert len({each.target for each in one}) == len(one)
    for newer, older in pairwise(found):
        assert older[0].target in {each.target for each in newer}, "the round could have been longer"


def test_nightly_runs_of_three_devices_share_a_column_beside_a_run_by_hand() -> None:
    found = rounds(runs("abcabccabc").entries)
    assert ["".join(sorted(each.target for each in one)) for one in found] == ["abc", "c", "abc", "abc"]


def test_groups_are_those_of_the_page_in_its_order() -> None:
    assert list(groups(REQUIREMENTS)) == list(dict.fromkeys(each.section for each in REQUIREMENTS.values()))
    assert len(groups(REQUIREMENTS)) == 7


def test_a_requirement_that_the_data_does_not_know_has_a_group_too() -> None:
    assert groups(["WSASOCKET-999", "WSASOCKET-012"]) == {
        "Error table": ["WSASOCKET-012"],
        OTHER: ["WSASOCKET-999"],
    }


def test_every_word_that_has_a_letter_has_a_rank() -> None:
    assert set(WORST_FIRST) == set(LETTERS)


@pytest.mark.parametrize(
    ("words", "worst"),
    [
        (["pass", "fail", "broken"], "fail"),
        (["pass", "missing", "broken"], "missing"),
        (["known", "broken"], "broken"),
        (["pass", "not-provocable", "observed"], "pass"),
        (["not run", "not-provocable"], "not-provocable"),
    ],
)
def test_the_worst_word_stands_for_a_group(words: list[str], worst: str) -> None:
    assert worst_word(words) == worst


def test_an_image_has_a_row_of_its_own_and_newer_ones_stand_above() -> None:
    older = entry(0, "p", "panel")
    newer = entry(1, "F", "panel", image="sha256:2222222233333333")
    history = History([older, newer])
    (pattern,) = patterns(history, history.devices, Words(history))
    assert [row.image.label[-14:] for row in pattern.rows] == ["image 22222222", "image 11111111"]
    assert [[bool(cell) for cell in row.cells] for row in pattern.rows] == [[True, False], [False, True]]
    assert [row.red for row in pattern.rows] == [True, False]


def test_pages_of_so_many_columns_newest_first_without_rows_of_images_that_are_not_in_them() -> None:
    history = History(
        [entry(number, image=f"sha256:{'b' if number > 70 else 'a'}") for number in range(COLUMNS * 2 + 5)]
    )
    pages = list(patterns(history, history.devices, Words(history)))
    assert [len(page.rounds) for page in pages] == [COLUMNS, COLUMNS, 5]
    assert [page.rounds[0][0] for page in pages] == [history.entries[at] for at in (-1, -1 - COLUMNS, 4)]
    # Runs 65 to 124, 5 to 64, 0 to 4; the image changed with run 71.
    assert [[row.image.label[-1] for row in page.rows] for page in pages] == [["b", "a"], ["a"], ["a"]]


def test_a_cell_says_what_is_not_as_the_rest() -> None:
    one = entry(7, "F")
    one = replace(
        one,
        requirements={
            **one.requirements,
            **{name: judged("p") for name in ("WSASOCKET-001", "WSASOCKET-036", "WSASOCKET-045")},
        },
    )
    history = History([one])
    (pattern,) = patterns(history, history.devices, Words(history))
    cell = pattern.rows[0].cells[0]
    assert cell is not None
    assert cell.words == (Verdict.PASS, Verdict.FAIL, Verdict.PASS, Verdict.PASS)
    sections = list(groups(history.devices[0].requirements))
    assert spoken(cell, sections, 120) == (
        "run 120, 2026-03-08: fail in Error table; red: WSASOCKET-012; all else pass"
    )
    good = History([entry(7)])
    (pattern,) = patterns(good, good.devices, Words(good))
    assert pattern.rows[0].cells[0] is not None
    assert spoken(pattern.rows[0].cells[0], sections[:1], 1) == "run 1, 2026-03-08: all pass"


def test_counts_of_a_run_are_worst_first() -> None:
    history = History([entry(0, "M"), entry(1, "-", requirements={"WSASOCKET-001": judged("p")})])
    words = Words(history)
    assert words.counts(history.entries[0]) == [("missing", 1)]
    assert words.counts(history.entries[1]) == [("pass", 1)]
    assert [words.is_red(each) for each in history.entries] == [True, False]
