"""What changed between two maps, and how that is told."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from triples import areas

from harness.errors import UsageError
from harness.fingerprint import NOT_MEASURED, Block, Change, OutcomeMap, Region, compare
from harness.report import comparison_dict, comparison_lines

Triple = tuple[int, int, int]
FEW = st.sampled_from(["success", "error 10047", "error 10043", NOT_MEASURED])
CUBE = Block(range(1, 4), range(2, 24), range(256))


def triples(region: Region | Block) -> list[Triple]:
    if isinstance(region, Block):
        return list(product(region.types, region.families, region.protocols))
    axes = (region.types, region.families, region.protocols)
    return list(product(*([number for part in axis for number in part] for axis in axes)))


def filled(area: Block, values: dict[Triple, str], usual: str = "error 10043") -> OutcomeMap:
    return OutcomeMap.of_runs(area, [(1, values.get(each, usual)) for each in triples(area)])


@given(areas(families=5, protocols=6), areas(families=5, protocols=6), st.data())
def test_every_change_is_told_once(one: Block, other: Block, data: st.DataObject) -> None:
    other = data.draw(st.sampled_from([one, other]))
    maps = []
    for area in (one, other):
        values = data.draw(st.lists(FEW, min_size=len(area), max_size=len(area)))
        maps.append(OutcomeMap.of_runs(area, [(1, value) for value in values]))
    both = [
        (each, maps[0].outcome(*each), maps[1].outcome(*each))
        for each in triples(one)
        if each in set(triples(other))
    ]
    both = [each for each in both if NOT_MEASURED not in each]
    if not both:
        with pytest.raises(UsageError, match="no triple in common"):
            compare(*maps)
        return
    comparison = compare(*maps)
    told = [
        (each, change.before, change.after)
        for change in comparison.changes
        for region in change.regions
        for each in triples(region)
    ]
    assert sorted(told) == sorted(each for each in both if each[1] != each[2])
    assert len(told) == comparison.changed == sum(change.count for change in comparison.changes)
    assert comparison.compared == len(both)
    assert comparison.left_out == maps[0].measured + maps[1].measured - 2 * len(both)
    assert [change.count for change in comparison.changes] == sorted(
        (change.count for change in comparison.changes), reverse=True
    )


def test_changes_are_grouped_and_named() -> None:
    now = {(type_, 2, protocol): "success" for type_ in (3,) for protocol in (*range(6), *range(7, 256))}
    now |= {(type_, family, 17): "error 10041" for type_ in (1, 2) for family in (2, 6, 7, 23)}
    comparison = compare(filled(CUBE, {}), filled(CUBE, now))
    assert comparison.changes == (
        Change(
            "error 10043", "success", (Region((range(3, 4),), (range(2, 3),), (range(6), range(7, 256))),)
        ),
        Change(
            "error 10043",
            "error 10041",
            (Region((range(1, 3),), (range(2, 3), range(6, 8), range(23, 24)), (range(17, 18),)),),
        ),
    )
    assert [line.plain for line in comparison_lines(comparison)] == [
        "255 triples changed from WSAEPROTONOSUPPORT (10043) to success",
        "    type SOCK_RAW (3), af AF_INET (2), protocol 0-5 and 7-255",
        "8 triples changed from WSAEPROTONOSUPPORT (10043) to WSAEPROTOTYPE (10041)",
        "    type 1-2, af AF_INET (2) and 6-7 and AF_INET6 (23), protocol IPPROTO_UDP (17)",
        "263 of 16,896 triples changed, 16,633 are the same",
    ]
    assert comparison_dict(comparison)["changes"][1]["regions"] == [
        {"type": [[1, 2]], "af": [[2, 2], [6, 7], [23, 23]], "protocol": [[17, 17]]}
    ]


def test_protocol_3_is_rfcomm_with_bluetooth_only() -> None:
    area = Block(range(1, 2), range(31, 33), range(3, 4))
    for family, expected in ((31, "af 31, protocol 3"), (32, "af AF_BTH (32), protocol BTHPROTO_RFCOMM (3)")):
        comparison = compare(filled(area, {}), filled(area, {(1, family, 3): "blocked"}))
        assert next(iter(comparison_lines(comparison))).plain.startswith("1 triple changed from WSAEPROTO")
        assert expected in [line.plain for line in comparison_lines(comparison)][1]


def test_a_change_all_over_the_place_is_cut_short_on_the_screen() -> None:
    area = Block(range(1), range(60), range(60))
    scattered = {(0, family, protocol): "no code" for family in range(60) for protocol in range(family, 60)}
    comparison = compare(filled(area, {}), filled(area, scattered))
    lines = [line.plain for line in comparison_lines(comparison)]
    assert lines[0] == "1,830 triples changed from WSAEPROTONOSUPPORT (10043) to failed without a code"
    assert lines[21] == "    and 40 more regions (--json has all)"
    assert len(comparison_dict(comparison)["changes"][0]["regions"]) == 60
