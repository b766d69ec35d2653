"""Runs in order: devices, images, numbers, systems."""

import pytest

from harness.conformance import Unjudged
from harness.history import History, Standing, system_of, word
from tests.history.made_entries import IDENTITY, REQUIREMENT, entry, history, judged

LABEL = "Windows CE 5.0.1400, ARM, Panel, image 11111111"
OTHER = "sha256:9876dcba0000"


def labels(found: History) -> list[tuple[str, int]]:
    (device,) = found.devices
    return [(image.label, len(image.entries)) for image in device.images]


def test_no_runs_at_all() -> None:
    found = History([])
    assert (found.entries, found.devices) == ((), ())


def test_numbers_count_over_all_devices_from_the_oldest() -> None:
    runs = [entry(0, target="panel"), entry(1, target="kiosk"), entry(2, target="panel")]
    found = History(runs[::-1])
    assert [found.number(run) for run in runs] == [1, 2, 3]
    assert [(device.target, len(device.entries)) for device in found.devices] == [("panel", 2), ("kiosk", 1)]
    with pytest.raises(KeyError):
        found.number(entry(7))
    with pytest.raises(KeyError):
        found.device("nobody")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, LABEL),
        ({"image": ""}, "Windows CE 5.0.1400, ARM, Panel"),
        ({"identity": {"cpu": "ARM"}}, "ARM, image 11111111"),
        ({"identity": {}, "image": ""}, ""),
        (
            {"identity": {"version": "10.0.19043"}, "evidence": "independent", "image": ""},
            "Windows 10.0.19043",
        ),
    ],
)
def test_a_system_in_words(values: dict[str, object], words: str) -> None:
    assert system_of(entry(0, **values)) == words


def test_images_in_order_of_first_appearance() -> None:
    runs = [entry(0), entry(1, image=OTHER), entry(2), entry(3, image=OTHER)]
    assert labels(History(runs)) == [(LABEL, 2), (LABEL.replace("11111111", "9876dcba"), 2)]


def test_another_system_on_the_same_image_is_another_row() -> None:
    runs = [entry(0), entry(1, identity={**IDENTITY, "version": "6.0.3122"})]
    assert [label for label, _ in labels(History(runs))] == [LABEL, LABEL.replace("5.0.1400", "6.0.3122")]


def test_a_run_in_which_the_device_never_answered_belongs_to_the_image_before() -> None:
    dead = {"identity": {}, "letter": "L"}
    assert labels(History([entry(0), entry(1, **dead)])) == [(LABEL, 2)]
    assert labels(History([entry(0, **dead), entry(1)])) == [(LABEL, 2)]
    newer = [entry(0), entry(1, image=OTHER), entry(2, image=OTHER, **dead), entry(3, image="", **dead)]
    assert [count for _, count in labels(History(newer))] == [1, 3]


def test_a_run_that_never_answered_on_an_image_that_nobody_saw_has_a_row_of_its_own() -> None:
    assert labels(History([entry(0), entry(1, "L", image=OTHER, identity={})])) == [
        (LABEL, 1),
        ("image 9876dcba", 1),
    ]


def test_a_run_without_the_image_belongs_where_nothing_speaks_against_it() -> None:
    assert labels(History([entry(0), entry(1, image="")])) == [(LABEL, 2)]
    renewed = entry(1, image="", identity={**IDENTITY, "version": "6.0.3122"})
    assert [count for _, count in labels(History([entry(0), renewed]))] == [1, 1]


def test_a_device_without_an_image_is_one_row() -> None:
    assert labels(History([entry(number, image="") for number in range(3)])) == [
        ("Windows CE 5.0.1400, ARM, Panel", 3)
    ]


@pytest.mark.parametrize(
    ("letter", "standing"),
    [
        *((letter, Standing.GOOD) for letter in "pko"),
        *((letter, Standing.BAD) for letter in "FXM"),
        *((letter, Standing.SILENT) for letter in "inL-"),
    ],
)
def test_what_a_run_says(letter: str, standing: Standing) -> None:
    found = history(letter)
    assert found.devices[0].standing(found.entries[0], REQUIREMENT) is standing
    assert found.devices[0].judging(REQUIREMENT) == [*found.entries][: standing is not Standing.SILENT]


def test_words() -> None:
    assert word(entry(0, "F"), REQUIREMENT) == "fail"
    assert word(entry(0, "M"), REQUIREMENT) == Unjudged.MISSING
    assert word(entry(0, "-"), REQUIREMENT) == Unjudged.NOT_RUN
    lost_leg = (f"{REQUIREMENT} straddling",)
    assert word(entry(0, "p", missing=lost_leg), REQUIREMENT) == Unjudged.MISSING
    assert word(entry(0, "F", missing=lost_leg), REQUIREMENT) == "fail"
    assert word(entry(0, "p", missing=lost_leg, lab=("no answer",)), REQUIREMENT) == "pass"


def test_requirements_of_a_device_are_all_that_any_run_was_about() -> None:
    runs = [entry(0, requirements={"B": judged("p")}), entry(1, "-", missing=("C leg", "A"))]
    assert History(runs).devices[0].requirements == ("A", "B", "C")
