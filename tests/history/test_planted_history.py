"""What was planted is found again, and nothing else."""

from pathlib import Path

from harness.history import History, Kind, changes, episodes
from harness.results import entries, find_run
from tests.history.planted import Planted, plant_many


def test_everything_that_changed_is_the_regression_and_the_flaky_row(
    planted: History, truth: Planted
) -> None:
    found = {(change.target, change.requirement): change.kind for change in changes(planted)}
    assert found == {
        (truth.regressed, truth.regression): Kind.REGRESSION,
        (truth.wavering, truth.flaky): Kind.FLAKY,
    }


def test_the_regression_is_told_with_its_first_bad_and_last_good_run(
    planted: History, truth: Planted
) -> None:
    (regression,) = [change for change in changes(planted) if change.kind is Kind.REGRESSION]
    assert planted.number(regression.first_bad) == truth.first_bad == 120
    assert regression.last_good is not None
    assert planted.number(regression.last_good) == truth.last_good
    assert planted.number(regression.last) == truth.total == 200
    assert regression.before is not None
    assert regression.before.observed == "WSAEAFNOSUPPORT (10047)"
    assert regression.now is not None
    assert regression.now.observed == "WSAEINVAL (10022)"
    assert (regression.now.deciding, regression.now.cases) == (2, 3)
    first, second = (planted.entries[number - 1].image[7:15] for number in (truth.last_good, truth.first_bad))
    assert regression.alongside == (f"image {first} -> {second}",)


def test_two_runs_by_hand_that_show_one_good_case_do_not_end_it(planted: History, truth: Planted) -> None:
    device = planted.device(truth.regressed)
    for number in truth.part_runs:
        run = planted.entries[number - 1]
        assert (run.target, run.requirements[truth.regression].verdict) == (truth.regressed, "pass")
        assert run not in device.judging(truth.regression)


def test_the_week_of_the_bad_cable_is_one_episode_of_the_lab(planted: History, truth: Planted) -> None:
    (episode,) = episodes(planted)
    assert episode.target == truth.cabled
    assert tuple(map(planted.number, episode.entries)) == truth.cable_runs
    words = " / ".join(episode.reasons)
    assert "look at cable, speed and flow control" in words
    assert f"cut off before its end (in {len(truth.cut_off)} of {len(truth.cable_runs)} runs)" in words
    assert "the device does not answer: no frame for 30 s" in words


def test_runs_of_that_week_say_nothing_bad_of_the_device(planted: History, truth: Planted) -> None:
    device = planted.device(truth.cabled)
    for requirement in device.requirements:
        assert all(device.standing(run, requirement) != "bad" for run in device.entries)


def test_the_new_image_is_seen_and_changes_nothing(planted: History, truth: Planted) -> None:
    before, after = planted.device(truth.renewed).images
    assert planted.number(after.entries[0]) == truth.new_image
    assert before.label != after.label
    assert before.label.startswith("Windows CE 6.0.3122, x86, Acme Gateway, image ")


def test_the_recorded_deviation_is_no_change(planted: History, truth: Planted) -> None:
    device = planted.device(truth.deviating)
    known = [run for run in device.entries if run.requirements[truth.recorded].verdict == "known"]
    assert known
    assert all(run in device.judging(truth.recorded) for run in known)


def test_numbers_are_those_by_which_a_run_is_found(
    planted: History, planted_folder: tuple[Path, Planted]
) -> None:
    folder, truth = planted_folder
    assert find_run(folder, str(truth.first_bad)) == planted.entries[truth.first_bad - 1].path


def test_as_many_runs_and_requirements_are_planted_as_asked_for(tmp_path: Path) -> None:
    plant_many(tmp_path, runs=12, requirements=60)
    found = entries(tmp_path)
    assert len(found) == 12
    assert {len(each.requirements) for each in found} == {60}
