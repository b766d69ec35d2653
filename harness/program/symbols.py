"""What program text looks names up in."""

from typing import Protocol


class FunctionRule(Protocol):
    """A known function: its export, when it failed (0 to 4, as `Fails`), and its error functions."""

    @property
    def name(self) -> str: ...
    @property
    def fails(self) -> int: ...
    @property
    def reader(self) -> str: ...
    @property
    def setter(self) -> str: ...


class Symbols(Protocol):
    """Where names of constants, layouts and functions are looked up, for devices of one word size."""

    @property
    def word(self) -> int:
        """Bytes of a machine word: 4 or 8."""

    def constant(self, name: str) -> int | None:
        """The value of a constant, None if it is unknown."""

    def layout(self, name: str) -> int | None:
        """The size of a structure ("WSABUF") or the offset of a member ("WSABUF.buf") in bytes, None if
        there is no such structure or member on devices of this word size."""

    def function(self, name: str) -> FunctionRule | None:
        """A function by "WSASocketW" or "ws2!WSASocketW", None if it is unknown."""

    def parameters(self, name: str) -> tuple[str, ...] | None:
        """The names of a function's parameters, None if they are unknown."""

    def suggest(self, name: str) -> str | None:
        """A known name much like this unknown one."""
