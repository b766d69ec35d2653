"""What the text form of call programs looks names up in: Winsock and the COREDLL calls tests use."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from harness.winsock.constants import CONSTANTS
from harness.winsock.functions import FUNCTIONS
from harness.winsock.model import FAILS, Export
from harness.winsock.reader import FOLDER, Lazy, read


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
    """Constants and functions by name. ws2 wins over coredll where both have a name."""

    def constant(self, name: str) -> int | None:
        """AF_INET to 2, None if unknown."""
        return CONSTANTS.get(name)

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
            names |= {*FUNCTIONS, *CONSTANTS}
        return names


@cache
def symbols() -> WinsockSymbols:
    """The one table of names."""
    return WinsockSymbols()
