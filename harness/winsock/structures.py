"""Structure layouts: those of Windows CE, whose words have 32 bits, and of 64-bit desktop Windows."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from harness.winsock.model import Field, Structure
from harness.winsock.reader import FOLDER, Lazy, Table, read


def load_structures(path: Path = FOLDER / "structures.toml", *, word: int = 4) -> dict[str, Structure]:
    """Name to structure on devices whose word has 4 or 8 bytes.

    Raises `ConfigError`: members that overlap, are out of order or too long.
    """
    document = read(path)
    found: dict[str, Structure] = {}
    for name in document:
        table = document.table(name)
        structure = _structure(name, table)
        everywhere = not table.flag("only-32-bit", False)
        if "64-bit" in table:
            inner = table.table("64-bit")
            wide = _structure(name, inner)
            inner.done()
            structure = structure if word == 4 else wide
        table.done()
        if everywhere or word == 4:
            found[name] = structure
    return found


def _structure(name: str, table: Table) -> Structure:
    size = table.number("size")
    fields = []
    end = 0
    for item in table.tables("fields"):
        member = Field(item.text("name"), item.text("type"), item.number("offset"), item.number("size"))
        item.done()
        if member.offset < end:
            raise item.wrong("offset", f"is {member.offset}", f"at least {end}, where the member before ends")
        end = member.offset + member.size
        if end > size:
            raise item.wrong(
                "size", f"makes {member.name} end at {end}", f"at most {size}, the structure's size"
            )
        fields.append(member)
    return Structure(name, size, tuple(fields), table.text("note", ""))


STRUCTURES: Mapping[str, Structure] = Lazy(load_structures)
"""Name ("WSAPROTOCOL_INFOW") to layout on Windows CE."""

_OF_WORDS: Mapping[int, Mapping[str, Structure]] = {
    4: STRUCTURES,
    8: Lazy(partial(load_structures, word=8)),
}


def structures(word: int) -> Mapping[str, Structure]:
    """Name to layout where a machine word has `word` bytes, 4 or 8."""
    return _OF_WORDS[word]
