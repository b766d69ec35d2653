"""The outcomes of a block of triples, as they become known."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from harness.fingerprint.block import Block
from harness.fingerprint.outcome import NOT_MEASURED

Run = tuple[int, str]
"""So many triples in a row, and the outcome of each."""


class OutcomeMap:
    """One outcome (see `harness.fingerprint.outcome`) for every triple of `area`, at first NOT_MEASURED."""

    def __init__(self, area: Block) -> None:
        self.area = area
        self._words = [NOT_MEASURED]
        self._numbers = {NOT_MEASURED: 0}
        self._cells = array("H", [0]) * len(area)

    @classmethod
    def of_runs(cls, area: Block, runs: Iterable[Run]) -> "OutcomeMap":
        """From what `runs` gave. Raises ValueError when they are not as many triples as the area has."""
        made = cls(area)
        cells = made._expanded(runs, len(area))
        if len(cells) != len(area):
            raise ValueError(f"{len(cells)} triples, expected {len(area)}")
        made._cells = cells
        return made

    def put(self, block: Block, runs: Iterable[Run]) -> int:
        """The outcomes of the first triples of `block`, which has one type; how many there were.

        Raises ValueError when the block has fewer.
        """
        cells = self._expanded(runs, len(block))
        width = len(block.protocols)
        for row, start in enumerate(range(0, len(cells), width)):
            piece = cells[start : start + width]
            to = self.area.place(block.types[0], block.families[row], block.protocols[0])
            self._cells[to : to + len(piece)] = piece
        return len(cells)

    def _expanded(self, runs: Iterable[Run], most: int) -> "array[int]":
        cells = array("H")
        for count, outcome in runs:
            if count < 1 or len(cells) + count > most:
                raise ValueError(f"{count} triples in a row after {len(cells)}, of {most}")
            cells += array("H", [self._number(outcome)]) * count
        return cells

    def _number(self, outcome: str) -> int:
        number = self._numbers.get(outcome)
        if number is None:
            number = self._numbers[outcome] = len(self._words)
            self._words.append(outcome)
        return number

    # --- asking ---------------------------------------------------------------------------

    def outcome(self, type_: int, family: int, protocol: int) -> str:
        """Of one triple of the area. Raises ValueError for another."""
        return self._words[self._cells[self.area.place(type_, family, protocol)]]

    def row(self, type_: int, family: int) -> tuple[str, ...]:
        """The outcomes of the area's protocols, in order."""
        start = self.area.place(type_, family, self.area.protocols[0])
        return tuple(self._words[cell] for cell in self._cells[start : start + len(self.area.protocols)])

    def runs(self) -> Iterator[Run]:
        """All outcomes in the order of the triples. No two runs in a row have the same outcome."""
        for number, cells in groupby(self._cells):
            yield sum(1 for _ in cells), self._words[number]

    def counts(self) -> Counter[str]:
        """How many triples came to what."""
        counts = Counter(self._cells)
        return Counter({self._words[number]: count for number, count in counts.items()})

    @property
    def measured(self) -> int:
        """Triples with an outcome."""
        return len(self.area) - self._cells.count(0)

    def missing(self) -> list[Block]:
        """What is not measured, in order, as blocks of one type."""
        found: list[Block] = []
        for layer in self.area.layers():
            start = self.area.place(layer.types[0], layer.families[0], layer.protocols[0])
            cells = self._cells[start : start + len(layer)]
            if cells.count(0) == len(cells):
                found.append(layer)
            elif cells.count(0):
                found += self._missing(layer, cells)
        return found

    @staticmethod
    def _missing(layer: Block, cells: "array[int]") -> list[Block]:
        found: list[Block] = []
        width, whole = len(layer.protocols), 0
        for row, start in enumerate(range(0, len(cells), width)):
            piece = cells[start : start + width]
            if piece.count(0) == width:
                whole += 1
                continue
            if whole:
                found.append(Block(layer.types, layer.families[row - whole : row], layer.protocols))
                whole = 0
            at = 0
            for number, group in groupby(piece):
                count = sum(1 for _ in group)
                if number == 0:
                    protocols = layer.protocols[at : at + count]
                    found.append(Block(layer.types, layer.families[row : row + 1], protocols))
                at += count
        if whole:
            found.append(Block(layer.types, layer.families[-whole:], layer.protocols))
        return found
