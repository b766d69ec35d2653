"""Structure layouts of 32-bit Windows CE."""

from collections.abc import Mapping
from pathlib import Path

from harness.winsock.model import Field, Structure
from harness.winsock.reader import FOLDER, Lazy, Table, read


def load_structures(path: Path = FOLDER / "structures.toml") -> dict[str, Structure]:
    """Name to structure. Raises `ConfigError`: members that overlap, are out of order or too long."""
    document = read(path)
    return {name: _structure(name, document.table(name)) for name in document}


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
    structure = Structure(name, size, tuple(fields), table.text("note", ""))
    table.done()
    return structure


STRUCTURES: Mapping[str, Structure] = Lazy(load_structures)
"""Name ("WSAPROTOCOL_INFOW") to layout."""
