"""The picture: everything in its place, in its own colour."""

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from triples import OUTCOMES

from harness.errors import UsageError
from harness.fingerprint import NOT_MEASURED, Block, Fingerprint, OutcomeMap
from harness.report import picture

AREA = Block(range(16), range(256), range(256))


def of(outcomes: OutcomeMap) -> Fingerprint:
    device = {"system": "Windows CE 6.00.3122", "cpu": "ARM", "oem": "Panel 7"}
    return Fingerprint(
        "panel", "device", device, "0.1", "ceagent", "2024-05-01T10:00:00+00:00", None, outcomes
    )


def typical() -> OutcomeMap:
    outcomes = OutcomeMap(AREA)
    for layer in AREA.layers():
        outcomes.put(layer, [(65536, "error 10047")])
    outcomes.put(
        Block(range(1, 2), range(2, 3), range(256)),
        [(6, "error 10043"), (1, "success"), (249, "error 10043")],
    )
    return outcomes  # fmt: skip


def test_what_looks_alike_shares_a_band() -> None:
    families, protocols = picture.bands(typical())
    assert [band.numbers for band in families] == [range(2), range(2, 3), range(3, 256)]
    assert [band.numbers for band in protocols] == [range(6), range(6, 7), range(7, 256)]
    assert all(one.start + one.size == other.start for one, other in pairwise(families))


@given(st.sets(OUTCOMES | st.just(NOT_MEASURED), max_size=15))
def test_fifteen_outcomes_have_fifteen_colours(outcomes: set[str]) -> None:
    palette = picture.colours(list(outcomes))
    usual = [each for each in palette if each in picture.FIXED]
    assert len({palette[each] for each in usual}) == len(usual)
    others = [each for each in palette if each not in picture.FIXED][: len(picture.OTHERS)]
    assert len({palette[each] for each in (*usual, *others)}) == len(usual) + len(others)


def test_a_typical_picture(tmp_path: Path) -> None:
    picture.write_picture(of(typical()), tmp_path / "a.png")
    picture.write_picture(of(typical()), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert image.format == "PNG"
        assert image.width < 1600
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 16)}
    assert {(0x00, 0x72, 0xB2), (0xDD, 0xDD, 0xDD), (0xF0, 0xE4, 0x42)} <= colours


def test_a_wild_one_is_no_larger_than_a_screen_can_show(tmp_path: Path) -> None:
    random = Random(1)
    runs = [(1, f"error {random.randrange(10035, 10055)}") for _ in range(4 * 65536)]
    outcomes = OutcomeMap.of_runs(Block(range(4), range(256), range(256)), runs)
    made = picture.picture(of(outcomes))
    assert made.width < 2500
    assert made.height < 2500


@pytest.mark.parametrize(
    "area", [Block(range(3, 4), range(2, 3), range(6, 7)), Block(range(2), range(9), range(2))]
)
def test_a_small_area(area: Block) -> None:
    outcomes = OutcomeMap(area)
    made = picture.picture(of(outcomes))
    assert made.width >= 800


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        picture.write_picture(of(typical()), tmp_path / "none" / "a.png")
