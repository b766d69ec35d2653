"""Two fingerprints side by side: which triples changed, from what to what."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.errors import UsageError
from harness.fingerprint.block import Block
from harness.fingerprint.map import OutcomeMap
from harness.fingerprint.outcome import NOT_MEASURED

Ranges = tuple[range, ...]
"""Ascending, with gaps between them."""


@dataclass(frozen=True, slots=True)
class Region:
    """Every combination of these types, address families and protocols."""

    types: Ranges
    families: Ranges
    protocols: Ranges

    def __len__(self) -> int:
        return sum(map(len, self.types)) * sum(map(len, self.families)) * sum(map(len, self.protocols))


@dataclass(frozen=True, slots=True)
class Change:
    """Triples that came to `before` in the first and to `after` in the second; no two regions overlap."""

    before: str
    after: str
    regions: tuple[Region, ...]

    @property
    def count(self) -> int:
        """How many triples."""
        return sum(map(len, self.regions))


@dataclass(frozen=True, slots=True)
class Comparison:
    """`changes`: the largest first. `compared`: triples that both have measured; `left_out`: those that
    only one of them has measured."""

    changes: tuple[Change, ...]
    compared: int
    left_out: int

    @property
    def changed(self) -> int:
        """Triples with two outcomes."""
        return sum(change.count for change in self.changes)


Rows = dict[tuple[int, int], list[int]]
"""Protocols, ascending, by type and family."""


def compare(first: OutcomeMap, second: OutcomeMap) -> Comparison:
    """What changed from the first to the second, in what both have. Raises UsageError if that is nothing."""
    common = _common(first.area, second.area)
    found: dict[tuple[str, str], Rows] = defaultdict(lambda: defaultdict(list))
    compared = 0
    for type_ in common.types:
        for family in common.families:
            before = _part(first, type_, family, common.protocols)
            after = _part(second, type_, family, common.protocols)
            if before == after:
                compared += len(before) - before.count(NOT_MEASURED)
                continue
            for protocol, pair in zip(common.protocols, zip(before, after, strict=True), strict=True):
                if NOT_MEASURED in pair:
                    continue
                compared += 1
                if pair[0] != pair[1]:
                    found[pair][type_, family].append(protocol)
    if not compared:
        raise UsageError("the two fingerprints have no triple in common")
    changes = [Change(*pair, tuple(_regions(rows))) for pair, rows in found.items()]
    return Comparison(
        changes=tuple(sorted(changes, key=lambda change: (-change.count, change.before, change.after))),
        compared=compared,
        left_out=first.measured + second.measured - 2 * compared,
    )


def _part(outcomes: OutcomeMap, type_: int, family: int, protocols: range) -> tuple[str, ...]:
    skip = protocols[0] - outcomes.area.protocols[0]
    return outcomes.row(type_, family)[skip : skip + len(protocols)]


def _common(first: Block, second: Block) -> Block:
    def both(a: range, b: range) -> range:
        return range(max(a.start, b.start), min(a.stop, b.stop))

    try:
        return Block(
            both(first.types, second.types),
            both(first.families, second.families),
            both(first.protocols, second.protocols),
        )
    except ValueError:
        raise UsageError("the two fingerprints have no triple in common") from None


def ranges(numbers: Iterable[int]) -> Ranges:
    """Ascending numbers as ranges."""
    found: list[range] = []
    for number in numbers:
        if found and found[-1].stop == number:
            found[-1] = range(found[-1].start, number + 1)
        else:
            found.append(range(number, number + 1))
    return tuple(found)


def _regions(rows: Mapping[tuple[int, int], list[int]]) -> Iterator[Region]:
    """Rows with equal protocols are put together, then families with equal types."""
    families: dict[tuple[int, Ranges], list[int]] = defaultdict(list)
    for (type_, family), protocols in rows.items():
        families[type_, ranges(protocols)].append(family)
    types: dict[tuple[Ranges, Ranges], list[int]] = defaultdict(list)
    for (type_, columns), members in families.items():
        types[ranges(members), columns].append(type_)
    for (members_, columns), types_ in types.items():
        yield Region(ranges(types_), members_, columns)
