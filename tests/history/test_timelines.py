"""Images that take the place of each other, and images that are run in turn."""

from itertools import count

from harness.history import Change, History, Kind, changes
from harness.results import Entry
from tests.history.made_entries import IDENTITY, entry


def runs(text: str, **systems: str) -> History:
    """ "A:p B:F": a run a day, on that image; "pause" is three weeks in which nothing runs. systems: the CPU
    or the version where it is not the usual one."""
    numbers, found = count(), []
    for each in text.split():
        if each == "pause":
            numbers = count(next(numbers) + 21)
            continue
        image, _, letter = each.partition(":")
        system = systems.get(image, "ARM")
        identity = {**IDENTITY, "version" if "." in system else "cpu": system}
        found.append(entry(next(numbers), letter, image=f"sha256:{image * 12}", identity=identity))
    return History(found)


def told(found: History) -> list[tuple[Kind, int, int | None, int]]:
    def number(run: Entry | None) -> int | None:
        return None if run is None else found.number(run)

    def one(change: Change) -> tuple[Kind, int, int | None, int]:
        return change.kind, found.number(change.since), number(change.until), found.number(change.last)

    return list(map(one, changes(found)))


def test_one_image_after_the_other_is_one_history() -> None:
    assert told(runs("A:p A:p B:F B:F C:F C:p")) == [(Kind.FIXED, 6, 5, 6)]
    assert told(runs("A:p A:p B:p C:F C:F")) == [(Kind.REGRESSION, 4, 3, 5)]


def test_processors_in_turn_do_not_hide_each_other() -> None:
    nightly = "A:p X:F M:p " * 3
    assert told(runs(nightly, X="x86", M="MIPS")) == [(Kind.NEW_FAILURE, 2, None, 8)]
    assert told(runs("A:p X:p M:p " + nightly, X="x86", M="MIPS")) == [(Kind.REGRESSION, 5, 2, 11)]


def test_processors_in_turn_keep_their_history_when_all_get_new_images() -> None:
    history = "A:p X:p  A:p X:F  B:p Y:F  B:p Y:F"
    assert told(runs(history, X="x86", Y="x86")) == [(Kind.REGRESSION, 4, 2, 8)]


def test_a_new_image_takes_the_place_of_one_of_its_own_system() -> None:
    assert told(runs("A:p S:F A:p S:F B:F S:F", S="6.0.3122")) == [
        (Kind.REGRESSION, 5, 3, 5),
        (Kind.REGRESSION, 2, 1, 6),
    ]


def test_looking_for_the_build_that_broke_it() -> None:
    assert told(runs("A:p A:p B:F A:p B:F A:p B:F A:p")) == [(Kind.REGRESSION, 3, 2, 7)]


def test_the_image_that_comes_then_takes_the_place_of_both() -> None:
    assert told(runs("A:p B:F A:p B:F C:p")) == [(Kind.FIXED, 5, 4, 5)]
    assert told(runs("A:p B:F A:p B:F C:F")) == [(Kind.REGRESSION, 2, 1, 5)]


def test_what_was_so_before_two_images_parted_is_told_once() -> None:
    assert told(runs("A:p A:F B:F A:F B:F")) == [(Kind.REGRESSION, 2, 1, 5)]


def test_mended_on_the_new_image_and_still_bad_on_the_old_one() -> None:
    assert told(runs("A:p A:F B:p A:F B:p")) == [(Kind.FIXED, 3, 2, 5), (Kind.REGRESSION, 2, 1, 4)]


def test_an_image_that_is_run_no_more_is_forgotten() -> None:
    assert told(runs("A:p B:F B:F A:p")) == [(Kind.REGRESSION, 2, 1, 3)]
    assert told(runs("A:p B:F B:F A:p pause A:p")) == []


def test_a_device_that_rested_is_not_forgotten() -> None:
    assert told(runs("A:p pause A:F pause A:F")) == [(Kind.REGRESSION, 2, 1, 3)]


def test_flaky_is_told_for_each_image_in_use() -> None:
    found = runs("A:p B:p A:F B:p A:p B:p A:F B:p")
    assert told(found) == [(Kind.FLAKY, 7, 5, 7)]
