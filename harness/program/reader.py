"""The smaller half of reading program text: tokens, names, buffers and operands."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import NoReturn

from harness.errors import ProgramError
from harness.program.check import Order, check_name
from harness.program.lexer import Token, fail, string_bytes, tokenize
from harness.program.model import NULL, Buffer, Constant, Load, Operand, Pointer, Ref
from harness.program.symbols import Symbols

KINDS = ("out", "scratch", "in", "inout")
"""How a buffer begins: its role for the call."""


class Reader:
    """Tokens one after the other; names are resolved as they come, so every error has its place."""

    def __init__(self, text: str, symbols: Symbols, name: str) -> None:
        self._name = name
        self._symbols = symbols
        self._tokens = tokenize(text, name)
        self._at = 0
        self._buffers: dict[str, Buffer] = {}
        self._sizes: dict[str, int] = {}
        self._order = Order(self._sizes)
        self._known: set[str] = set()
        self._roles: dict[str, tuple[str, int]] = {}

    # --- tokens ---------------------------------------------------------------------------

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _fail(self, message: str, token: Token | None = None, suggestion: str | None = None) -> NoReturn:
        fail(self._name, token or self._token, message, suggestion)

    def _expected(self, what: str) -> NoReturn:
        self._fail(f"expected {what}, found {self._token}")

    def _is(self, text: str) -> bool:
        return self._token.text == text and self._token.kind in ("mark", "name")

    def _take(self, text: str) -> bool:
        if self._is(text):
            self._at += 1
            return True
        return False

    def _need(self, text: str, what: str | None = None) -> None:
        if not self._take(text):
            self._expected(what or f"'{text}'")

    def _next(self, kind: str, what: str) -> Token:
        token = self._token
        if token.kind != kind:
            self._expected(what)
        self._at += 1
        return token

    def _checked(self, token: Token, check: Callable[[], None]) -> None:
        try:
            check()
        except ProgramError as error:
            if error.line is not None:
                raise
            self._fail(str(error), token)

    def _time(self, what: str) -> int:
        text = self._next("time", what).text
        return round(float(text[:-2]) if text.endswith("ms") else float(text[:-1]) * 1000)

    def _claim(self, token: Token, role: str, *, again: bool) -> None:
        """`token` becomes the name of something; `again`: the same role may take it twice."""
        self._checked(
            token, lambda: check_name(token.text, role if role in ("buffer", "thread") else "value")
        )
        if self._symbols.constant(token.text) is not None:
            self._fail(f"'{token.text}' is a constant and cannot be the name of a {role}", token)
        known = self._roles.get(token.text)
        if known is not None and not (again and known[0] == role):
            self._fail(f"'{token.text}' is already the name of a {known[0]}, in line {known[1]}", token)
        self._roles[token.text] = (role, token.line)

    # --- buffers --------------------------------------------------------------------------

    def _buffer_line(self) -> None:
        keep = None
        if self._take("keep"):
            keep = int(self._next("number", "a keep number").text, 0)
        self._declaration(keep)

    def _declaration(self, keep: int | None = None) -> Buffer:
        kind = "scratch"
        if self._token.kind == "name" and self._token.text in KINDS:
            kind = self._token.text
            self._at += 1
        elif keep is None:
            self._expected("out, scratch, in, inout or keep")
        token = self._next("name", "the name of a buffer")
        self._claim(token, "buffer", again=False)
        size: int | None = None
        if self._take("["):
            start = self._token
            size = self._number("a size in bytes")
            if size < 0:
                self._fail(f"a buffer of {size} bytes", start)
            self._need("]")
        init = b""
        if kind in ("in", "inout"):
            self._need("=", f"'= bytes' after '{kind} {token.text}'")
            string = self._next("string", 'bytes: x"0200", "text" or w"text"')
            init = string_bytes(string, self._name)
            size = len(init) if size is None else size
            if len(init) > size:
                self._fail(f"{len(init)} bytes do not fit a buffer of {size}", string)
        elif self._is("="):
            self._fail(f"'{kind}' has no first bytes: expected in or inout", token)
        if size is None:
            self._expected(f"'[size]' after '{kind} {token.text}'")
        buffer = Buffer(token.text, int(size), init, kind in ("out", "inout"), keep)
        self._buffers[buffer.name] = buffer
        self._sizes[buffer.name] = buffer.size
        return buffer

    def _declared(self) -> str:
        token = self._next("name", "the name of a buffer")
        if token.text not in self._sizes:
            near = get_close_matches(token.text, self._sizes, n=1)
            self._fail(f"no buffer '{token.text}' is declared before", token, near[0] if near else None)
        return token.text

    # --- operands -------------------------------------------------------------------------

    def _operand(self) -> Operand:
        token = self._token
        operand = self._bare_operand()
        self._checked(token, lambda: self._order.operand(operand, self._known))
        return operand

    def _address(self) -> tuple[str, Operand]:
        """&buffer, &buffer+8 or &buffer+name."""
        self._need("&", "the address of a buffer: &name or &name+offset")
        buffer = self._declared()
        return buffer, self._operand() if self._take("+") else 0

    def _bare_operand(self) -> Operand:
        if self._take("&"):
            buffer = self._declared()
            if self._is("+") and self._is_constant(self._tokens[self._at + 1]):
                self._at += 1
                return Pointer(buffer, self._number("an offset"))
            return Pointer(buffer)
        token = self._token
        if token.kind == "name" and token.text in self._sizes:
            return self._load()
        if token.kind == "name" and token.text in self._known:
            self._at += 1
            return Ref(token.text)
        return self._number("a number, a name or an address")

    def _load(self) -> Load:
        token = self._token
        self._at += 1
        offset = self._number("an offset") if self._take("+") else 0
        if not self._take(":"):
            name = token.text
            forms = f"&{name} for its address, {name}+{offset}:4 for a number in it"
            self._fail(f"'{name}' is a buffer: expected {forms}", token)
        return Load(token.text, offset, self._width())

    def _width(self) -> int:
        if self._take("word"):
            return self._symbols.word
        return int(self._next("number", "a width: 1, 2, 4, 8 or word").text, 0)

    def _is_constant(self, token: Token) -> bool:
        if token.kind == "number":
            return True
        if token.kind != "name" or token.text in self._known or token.text in self._sizes:
            return False
        found = self._symbols.constant(token.text)
        return found is not None or self._symbols.layout(token.text) is not None

    def _number(self, what: str) -> int:
        """A number, named constant or layout, or several joined by |."""
        if self._take("-"):
            return -int(self._next("number", "a number").text, 0)
        value, text = self._constant(what)
        joined = [text]
        while self._take("|"):
            more, text = self._constant("a number or a constant")
            value |= more
            joined.append(text)
        return value if joined[0].isdecimal() and len(joined) == 1 else Constant(value, " | ".join(joined))

    def _constant(self, what: str) -> tuple[int, str]:
        token = self._token
        if token.kind == "number":
            self._at += 1
            return int(token.text, 0 if token.text[:2] in ("0x", "0X") else 10), token.text
        if token.kind != "name":
            self._expected(what)
        self._at += 1
        if token.text == NULL.text:
            return 0, NULL.text
        value = self._symbols.constant(token.text)
        if value is not None:
            return value, token.text
        place = self._symbols.layout(token.text)
        if place is None:
            self._unknown_name(token)
        # A plain number from here on: the program shows what it is on this device.
        return place, str(place)

    def _unknown_name(self, token: Token) -> NoReturn:
        if token.text in self._sizes:
            self._fail(f"'{token.text}' is a buffer: expected a number or a constant", token)
        if thread := self._order.threads.setting(token.text):
            self._fail(f"'{token.text}' gets its value in thread '{thread}': join that before", token)
        if token.text in self._known:
            self._fail(f"'{token.text}' is a value: only numbers and constants can be joined by |", token)
        for one, after in zip(self._tokens[self._at :], self._tokens[self._at + 1 :], strict=False):
            if one.text == token.text and one.kind == "name" and after.text == "=":
                self._fail(f"'{token.text}' has no value yet: it gets one in line {one.line}", token)
        near = get_close_matches(token.text, {*self._known, *self._sizes}, n=1, cutoff=0.8)
        suggestion = near[0] if near else self._symbols.suggest(token.text)
        self._fail(f"'{token.text}' is neither a value, a buffer nor a known constant", token, suggestion)
