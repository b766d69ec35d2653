"""Blocks of triples, and maps of their outcomes."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from triples import OUTCOMES, areas

from harness.fingerprint import EVERYTHING, NOT_MEASURED, Block, OutcomeMap


def triples(*blocks: Block) -> list[tuple[int, int, int]]:
    return [each for block in blocks for each in product(block.types, block.families, block.protocols)]


def test_everything_is_a_million_triples() -> None:
    assert len(EVERYTHING) == 1_048_576


@given(areas(types=1), st.data())
def test_what_is_taken_and_what_is_behind_it_are_the_block(block: Block, data: st.DataObject) -> None:
    most = data.draw(st.integers(1, 2 * len(block)))
    head, rest = block.take(most)
    assert 1 <= len(head) <= most
    assert triples(head, *rest) == triples(block)
    known = data.draw(st.integers(0, len(block)))
    assert triples(*block.behind(known)) == triples(block)[known:]


@given(areas())
def test_places_follow_the_order(block: Block) -> None:
    assert [block.place(*each) for each in triples(block)] == list(range(len(block)))
    assert triples(*block.layers()) == triples(block)


@pytest.mark.parametrize("wrong", [range(3, 3), range(0, 4, 2), range(-1, 2)])
def test_no_block(wrong: range) -> None:
    with pytest.raises(ValueError, match="no range of a block"):
        Block(wrong, range(1), range(1))


@given(areas(), st.data())
def test_a_map_knows_what_was_put_and_what_is_missing(area: Block, data: st.DataObject) -> None:
    outcomes = OutcomeMap(area)
    expected = dict.fromkeys(triples(area), NOT_MEASURED)
    for _ in range(data.draw(st.integers(0, 4))):
        layer = data.draw(st.sampled_from(list(area.layers())))
        _, rest = layer.take(data.draw(st.integers(1, len(layer))))
        block = data.draw(st.sampled_from([layer, *rest]))
        values = data.draw(st.lists(OUTCOMES, max_size=len(block)))
        assert outcomes.put(block, [(1, each) for each in values]) == len(values)
        expected.update(zip(triples(block), values, strict=False))
    assert {each: outcomes.outcome(*each) for each in expected} == expected
    assert triples(*outcomes.missing()) == [e for e, value in expected.items() if value == NOT_MEASURED]
    assert outcomes.measured == len(area) - len(triples(*outcomes.missing()))
    assert dict(outcomes.counts()) == {v: list(expected.values()).count(v) for v in expected.values()}
    runs = list(outcomes.runs())
    assert [value for count, value in runs for _ in range(count)] == list(expected.values())
    assert all(one[1] != other[1] for one, other in pairwise(runs))
    assert list(OutcomeMap.of_runs(area, runs).runs()) == runs


@pytest.mark.parametrize("runs", [[(5, "success")], [(3, "lost")], [(0, "lost"), (4, "success")], []])
def test_runs_have_to_be_as_many_as_the_triples(runs: list[tuple[int, str]]) -> None:
    with pytest.raises(ValueError, match="triples"):
        OutcomeMap.of_runs(Block(range(1), range(2), range(2)), runs)
