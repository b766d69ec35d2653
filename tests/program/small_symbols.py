"""A handful of names, enough for tests of program text."""

from dataclasses import dataclass
from difflib import get_close_matches

CONSTANTS = {
    "AF_INET": 2,
    "SOCK_STREAM": 1,
    "IPPROTO_TCP": 6,
    "WSA_FLAG_OVERLAPPED": 1,
    "INVALID_SOCKET": 0xFFFFFFFF,
}


LAYOUTS = {
    4: {"WSABUF": 8, "WSABUF.len": 0, "WSABUF.buf": 4},
    8: {"WSABUF": 16, "WSABUF.len": 0, "WSABUF.buf": 8},
}


@dataclass(frozen=True)
class Function:
    name: str
    fails: int
    parameters: tuple[str, ...]
    reader: str = "ws2!WSAGetLastError"
    setter: str = "ws2!WSASetLastError"


FUNCTIONS = {
    one.name: one
    for one in (
        Function("ws2!WSAStartup", 3, ("wVersionRequested", "lpWSAData")),
        Function("ws2!WSASocketW", 4, ("af", "type", "protocol", "lpProtocolInfo", "g", "dwFlags")),
        Function("ws2!closesocket", 3, ("s",)),
        Function("ws2!WSACleanup", 3, ()),
    )
}


@dataclass(frozen=True)
class SmallSymbols:
    word: int = 4

    def constant(self, name: str) -> int | None:
        return CONSTANTS.get(name)

    def layout(self, name: str) -> int | None:
        return LAYOUTS[self.word].get(name)

    def function(self, name: str) -> Function | None:
        return FUNCTIONS.get(name) or FUNCTIONS.get(f"ws2!{name}")

    def parameters(self, name: str) -> tuple[str, ...] | None:
        found = self.function(name)
        return found.parameters if found else None

    def suggest(self, name: str) -> str | None:
        names = [*CONSTANTS, *LAYOUTS[self.word], *(one.partition("!")[2] for one in FUNCTIONS)]
        near = get_close_matches(name.rpartition("!")[2], names, n=1)
        return near[0] if near else None


SYMBOLS = SmallSymbols()
WIDE_SYMBOLS = SmallSymbols(word=8)
