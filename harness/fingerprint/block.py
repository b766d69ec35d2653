"""Triples of WSASocket in bulk: a block is all combinations of some types, families and protocols."""

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Block:
    """`types` x `families` x `protocols`, ranges without gaps (step 1), none of them empty.

    Its triples have an order: by type, then by family, then by protocol. A row is the protocols of one
    type and one family.
    """

    types: range
    families: range
    protocols: range

    def __post_init__(self) -> None:
        for each in (self.types, self.families, self.protocols):
            if each.step != 1 or not each or each.start < 0:
                raise ValueError(f"{each!r} is no range of a block")

    def __len__(self) -> int:
        return len(self.types) * len(self.families) * len(self.protocols)

    def place(self, type_: int, family: int, protocol: int) -> int:
        """Where a triple of it stands, from 0."""
        row = self.types.index(type_) * len(self.families) + self.families.index(family)
        return row * len(self.protocols) + self.protocols.index(protocol)

    def layers(self) -> Iterator["Block"]:
        """One block for each type, in order."""
        for each in self.types:
            yield replace(self, types=range(each, each + 1))

    def behind(self, count: int) -> "list[Block]":
        """All but the first `count` triples, in order. Only for a block of one type."""
        self._need_one_type()
        rows, columns = divmod(count, len(self.protocols))
        rest: list[Block] = []
        if columns:
            first = self.families[rows]
            rest.append(Block(self.types, range(first, first + 1), self.protocols[columns:]))
            rows += 1
        if rows < len(self.families):
            rest.append(replace(self, families=self.families[rows:]))
        return rest

    def take(self, most: int) -> "tuple[Block, list[Block]]":
        """A block of its first triples, at most `most` (at least 1), and what is behind it.

        Whole rows, or a part of the first one. Only for a block of one type.
        """
        self._need_one_type()
        rows = min(most // len(self.protocols), len(self.families))
        if rows:
            head = replace(self, families=self.families[:rows])
        else:
            head = Block(self.types, self.families[:1], self.protocols[:most])
        return head, self.behind(len(head))

    def _need_one_type(self) -> None:
        if len(self.types) != 1:
            raise ValueError(f"{self} has more than one type")


EVERYTHING = Block(types=range(16), families=range(256), protocols=range(256))
"""What a sweep measures if it is not told otherwise: 1,048,576 triples."""
