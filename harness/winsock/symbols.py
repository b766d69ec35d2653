"""What the text form of call programs looks names up in: Winsock and the COREDLL calls tests use."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from harness.winsock.constants import CONSTANTS
from harness.winsock.functions import FUNCTIONS
from harness.winsock.model import FAILS, Export
from harness.winsock.reader import FOLDER, Lazy, read
from harness.winsock.structures import structures

_ALL_ONES = frozenset({"INVALID_SOCKET", "INVALID_HANDLE_VALUE"})
"""Constants that have every bit of a word set, however many it has."""


def load_coredll(path: Path = FOLDER / "coredll.toml") -> dict[str, Export]:
    """Export ("coredll!VirtualAlloc") to how it is called. Raises `ConfigError`."""
    document = read(path)
    exports = {}
    for name in document:
        table = document.table(name)
        exports[f"coredll!{name}"] = Export(
            f"coredll!{name}", table.texts("parameters"), table.choice("fails", FAILS)
        )
        table.done()
    return exports


COREDLL: Mapping[str, Export] = Lazy(load_coredll)
"""Export ("coredll!VirtualAlloc") to how it is called."""


class WinsockSymbols:
    """Constants, layouts and functions by name. ws2 wins over coredll where both have a name.

    `word`: bytes of a machine word, 4 or 8; Windows CE has 4.
    """

    def __init__(self, word: int = 4) -> None:
        self.word = word
        self._structures = structures(word)

    def constant(self, name: str) -> int | None:
        """AF_INET to 2, None if unknown."""
        if name in _ALL_ONES:
            return (1 << 8 * self.word) - 1
        return CONSTANTS.get(name)

    def layout(self, name: str) -> int | None:
        """WSABUF to its size, WSABUF.buf to the offset of the member, in bytes; None if unknown."""
        structure, mark, member = name.partition(".")
        found = self._structures.get(structure)
        if found is None:
            return None
        if not mark:
            return found.size
        return next((field.offset for field in found.fields if field.name == member), None)

    def function(self, name: str) -> Export | None:
        """WSASocket, WSASocketW, ws2!WSASocketW or coredll!Sleep to how it is called, None if unknown."""
        known = FUNCTIONS.find(name)
        if known:
            return known.export
        return COREDLL.get(name) if "!" in name else COREDLL.get(f"coredll!{name}")

    def parameters(self, name: str) -> tuple[str, ...] | None:
        """Names of the parameters, None if the function is unknown."""
        export = self.function(name)
        return export.parameters if export else None

    def suggest(self, name: str) -> str | None:
        """A known name that looks like this one, whatever its case, or None."""
        module, mark, bare = name.rpartition("!")
        spellings = {known.lower(): known for known in self._names(module)}
        near = get_close_matches(bare.lower(), spellings, n=1, cutoff=0.7)
        return f"{module}{mark}{spellings[near[0]]}" if near else None

    def _names(self, module: str) -> set[str]:
        names: set[str] = set()
        if module in ("", "coredll"):
            names |= {name.partition("!")[2] for name in COREDLL}
        if module in ("", "ws2"):
            exports = (function.export for function in FUNCTIONS.values())
            names |= {export.name.partition("!")[2] for export in exports if export}
        if not module:
            names |= {*FUNCTIONS, *CONSTANTS, *self._structures}
            for structure in self._structures.values():
                names |= {f"{structure.name}.{field.name}" for field in structure.fields}
        return names


@cache
def symbols(word: int = 4) -> WinsockSymbols:
    """The table of names for devices whose machine word has so many bytes: 4, as Windows CE has, or 8."""
    return WinsockSymbols(word)
