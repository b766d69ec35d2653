"""Times in which the lab failed are told apart from what devices did."""

from harness.history import History, episodes
from tests.history.made_entries import entry, history

DAMAGED = "{} of 457 frames came damaged ({} %): look at cable, speed and flow control"


def test_good_runs_are_no_episode() -> None:
    assert episodes(history("pFFXk--iM")) == []


def test_consecutive_runs_of_one_device_are_one_episode() -> None:
    found = history("pp LLL pp L")
    newest, week = episodes(found)
    assert [found.number(run) for run in week.entries] == [3, 4, 5]
    assert (week.target, week.first, week.last) == ("panel", week.entries[0], week.entries[-1])
    assert week.reasons == ("the lab failed (in 3 of 3 runs)",)
    assert newest.reasons == ("the lab failed",)


def test_runs_of_another_device_between_them_do_not_part_it() -> None:
    runs = [entry(0, "L"), entry(1, target="kiosk"), entry(2, "L")]
    assert [len(each.entries) for each in episodes(History(runs))] == [2]


def test_trouble_of_the_line_is_one_though_everything_passed() -> None:
    (episode,) = episodes(History([entry(0, trouble=(DAMAGED.format(55, 12),))]))
    assert episode.reasons == (DAMAGED.format(55, 12),)


def test_reasons_that_differ_in_numbers_are_one_and_the_most_frequent_is_first() -> None:
    runs = [
        entry(0, trouble=("the link broke", DAMAGED.format(55, 12))),
        entry(1, trouble=(DAMAGED.format(71, 15.5),)),
        entry(2, trouble=(DAMAGED.format(9, 2),)),
    ]
    (episode,) = episodes(History(runs))
    assert episode.reasons == (
        f"{DAMAGED.format(55, 12)} (in 3 of 3 runs)",
        "the link broke (in 1 of 3 runs)",
    )


def test_of_two_that_are_one_in_the_same_run_the_first_is_told() -> None:
    (episode,) = episodes(History([entry(0, lab=("no answer for 30 s", "no answer for 31 s"))]))
    assert episode.reasons == ("no answer for 30 s",)


def test_cut_off_is_the_labs_but_ctrl_c_is_nobodys() -> None:
    (episode,) = episodes(History([entry(0, ended=None)]))
    assert episode.reasons == ("the run was cut off before its end",)
    assert episodes(History([entry(0, stopped=True)])) == []
