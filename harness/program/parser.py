"""The larger half of reading program text: lines, blocks, steps and calls."""

from contextlib import ExitStack
from difflib import get_close_matches
from functools import partial
from typing import NoReturn

from harness.errors import ProgramError
from harness.program.check import given
from harness.program.lexer import Token
from harness.program.model import (
    DEFAULT_DEADLINE_MS,
    Assign,
    Call,
    Digest,
    Export,
    Fails,
    Fill,
    Join,
    Operand,
    Pointer,
    Program,
    Repeat,
    Sleep,
    Step,
    Store,
    Thread,
    WhenOk,
)
from harness.program.reader import KINDS, Reader
from harness.program.symbols import Symbols

_STEPS = "a step: call, name =, repeat, when ok, thread, join, store, fill, digest, sleep"
_WORDS = (
    *("call", "repeat", "when", "thread", "join", "store", "fill", "digest", "sleep"),
    *("buffer", "fresh", "deadline"),
)
_RULES = {rule.rule: rule for rule in Fails}
_RULE = "a failure rule: " + ", ".join(_RULES)


class Parser(Reader):
    """Recursive descent over the lines of a program."""

    def __init__(self, text: str, symbols: Symbols, name: str) -> None:
        super().__init__(text, symbols, name)
        self._rules: dict[str, Export] = {}
        self._counting: list[str | None] = []
        self._fresh = False
        self._deadline_ms = DEFAULT_DEADLINE_MS

    # --- lines ----------------------------------------------------------------------------

    def program(self) -> Program:
        steps = self._steps(top=True)
        try:
            return Program(steps, tuple(self._buffers.values()), self._fresh, self._deadline_ms)
        except ProgramError as error:
            raise ProgramError(str(error), name=self._name) from error

    def _steps(self, *, top: bool = False) -> tuple[Step, ...]:
        steps: list[Step] = []
        while True:
            while self._token.kind == "newline":
                self._at += 1
            if self._token.kind == "end" or self._is("}"):
                if top != (self._token.kind == "end"):
                    self._expected(_STEPS if top else "'}' that ends the block")
                return tuple(steps)
            if self._header(begun=not top or bool(steps)):
                pass
            elif self._take("buffer"):
                self._buffer_line()
            else:
                start = self._token
                step = self._step()
                if not isinstance(step, Repeat | WhenOk | Thread | Join):
                    self._checked(start, partial(self._order.step, step, self._known))
                self._known |= given(step)
                steps.append(step)
            if self._token.kind != "newline" and not self._is("}"):
                self._expected("the end of the line")

    def _header(self, *, begun: bool) -> bool:
        token = self._token
        if not (self._is("fresh") or self._is("deadline")):
            return False
        if begun:
            self._fail(f"'{token.text}' has to come before the first step")
        self._at += 1
        if token.text == "fresh":
            self._fresh = True
        else:
            self._deadline_ms = self._time("a time such as 20s or 500ms")
        return True

    def _step(self) -> Step:
        token = self._token
        if token.kind == "export":
            self._expected(f"'call {token.text}' or 'name = {token.text}'")
        word = self._next("name", _STEPS)
        match word.text:
            case "call":
                return self._call(None)
            case "repeat":
                return self._repeat()
            case "when":
                self._need("ok", "'ok' after 'when'")
                with self._order.threads.block():
                    return WhenOk(self._block())
            case "thread":
                return self._thread(word)
            case "join":
                return self._join(word)
            case "store":
                return self._store()
            case "fill":
                buffer, offset = self._address()
                self._need(",")
                length = self._operand()
                self._need(",")
                return Fill(buffer, offset, length, self._operand())
            case "digest":
                return self._digest(None)
            case "sleep":
                return self._sleep()
        if not self._take("="):
            self._no_step(word)
        return self._named(word)

    def _no_step(self, word: Token) -> NoReturn:
        if self._is("("):
            self._fail(f"expected 'call {word.text}(' or 'name = {word.text}('", word)
        near = get_close_matches(word.text, _WORDS, n=1)
        self._fail(f"expected {_STEPS}; found '{word.text}'", word, near[0] if near else None)

    def _named(self, name: Token) -> Step:
        is_call = self._token.kind == "export" or (
            self._token.kind == "name" and self._tokens[self._at + 1].text == "("
        )
        if is_call or self._is("digest"):
            self._claim(name, "value of a call", again=False)
            if is_call:
                return self._call(name.text)
            self._at += 1
            # A digest may continue itself from turn to turn.
            self._known.add(name.text)
            return self._digest(name.text)
        self._claim(name, "variable", again=True)
        a = self._operand()
        if self._take("+"):
            return Assign(name.text, a, "+", self._operand())
        if self._take("-"):
            return Assign(name.text, a, "-", self._operand())
        return Assign(name.text, a)

    # --- steps ----------------------------------------------------------------------------

    def _block(self) -> tuple[Step, ...]:
        self._need("{", "'{' that begins a block")
        steps = self._steps()
        self._need("}")
        return steps

    def _repeat(self) -> Repeat:
        start = self._token
        count = self._operand()
        self._checked(start, lambda: self._order.plain(count, "a count", self._known))
        counter: str | None = None
        if self._take("as"):
            token = self._next("name", "the name of a counter")
            self._claim(token, "counter", again=True)
            counter = token.text
            if counter in self._counting:
                self._fail(f"'{counter}' counts this loop and the loop around it", token)
            self._checked(token, partial(self._order.threads.give, {counter}))
            self._known.add(counter)
        # What a step of the block sets, steps before it see in the next turn.
        self._known |= self._set_in_block()
        until: Operand | str | None = None
        if self._take("until"):
            until = "failure" if self._take("failure") else self._operand()
        self._counting.append(counter)
        with self._order.threads.loop():
            steps = self._block()
        self._counting.pop()
        return Repeat(count, steps, counter, until)  # type: ignore[arg-type]

    def _thread(self, word: Token) -> Thread:
        name = self._next("name", "the name of a thread")
        self._claim(name, "thread", again=False)
        sets, known = self._set_in_block(), self._known
        thread = self._order.threads.thread(name.text, sets)
        with ExitStack() as stack:
            self._checked(word, lambda: stack.enter_context(thread))
            self._known = set(known)
            steps = self._block()
        self._known = known - sets
        return Thread(name.text, steps)

    def _join(self, word: Token) -> Join:
        name = self._next("name", "the name of a thread")
        threads = self._order.threads
        if name.text not in threads.names:
            near = get_close_matches(name.text, threads.names, n=1)
            self._fail(f"no thread '{name.text}' begins before its join", name, near[0] if near else None)
        self._checked(word, lambda: self._known.update(threads.join(name.text)))
        return Join(name.text)

    def _set_in_block(self) -> set[str]:
        found: set[str] = set()
        depth = 0
        for at in range(self._at, len(self._tokens)):
            before, name, token = self._tokens[at - 2 : at + 1]
            if token.kind == "mark" and token.text in "{}":
                depth += 1 if token.text == "{" else -1
                if depth == 0:
                    break
            elif name.kind == "name" and token.text == "=" and before.text not in KINDS:
                found.add(name.text)
            elif token.kind == "name" and name.text == "as":
                found.add(token.text)
        return found

    def _store(self) -> Store:
        buffer, offset = self._address()
        self._need(",")
        width = self._width()
        self._need(",")
        return Store(buffer, offset, width, self._operand())

    def _digest(self, result: str | None) -> Digest:
        buffer, offset = self._address()
        self._need(",")
        length = self._operand()
        start = self._operand() if self._take(",") else 0
        return Digest(buffer, offset, length, start, result)

    def _sleep(self) -> Sleep:
        if self._token.kind == "number":
            self._fail(f"expected a time such as {self._token.text}ms, found '{self._token.text}'")
        return Sleep(self._time("a time") if self._token.kind == "time" else self._operand())

    # --- calls ----------------------------------------------------------------------------

    def _call(self, result: str | None) -> Call:
        token = self._token
        if token.kind not in ("export", "name"):
            self._expected("the name of a function, such as ws2!WSASocketW")
        self._at += 1
        self._need("(", f"'(' after {token.text}")
        args: list[Operand] = []
        if not self._is(")"):
            args.append(self._argument())
            while self._take(","):
                args.append(self._argument())
        end = self._token
        self._need(")", "',' or ')'")
        try:
            export = self._export(token)
        except ProgramError as error:
            if error.line is not None:
                raise
            self._fail(str(error), token)
        names = self._symbols.parameters(export.name)
        if names is not None and len(names) != len(args):
            takes = f"{len(names)} argument{'s' * (len(names) != 1)}"
            listed = f" ({', '.join(names)})" if names else ""
            self._fail(f"{export.function} takes {takes}{listed}, here are {len(args)}", end)
        return Call(export, tuple(args), result)

    def _export(self, token: Token) -> Export:
        found = self._symbols.function(token.text)
        if self._take("fails"):
            if token.kind != "export" and found is None:
                self._unknown_function(token)
            export = self._rule(found.name if found else token.text)
            self._rules[export.name] = export
            return export
        name = found.name if found else token.text
        if name in self._rules:
            return self._rules[name]
        if found is None:
            self._unknown_function(token)
        return Export(found.name, Fails(found.fails), found.reader, found.setter, known=True)

    def _rule(self, name: str) -> Export:
        start = self._token
        text = self._next("name", _RULE).text
        if self._is("-"):
            self._at += 1
            text += "-" + self._next("name", _RULE).text
        if text not in _RULES:
            near = get_close_matches(text, _RULES, n=1)
            self._fail(
                f"'{text}' is no failure rule: expected {', '.join(_RULES)}", start, near[0] if near else None
            )
        if not self._take("reads"):
            return Export(name, _RULES[text])
        reader = self._next("export", "the function that reads the error: module!Function").text
        setter = self._next("export", "the function that sets the error: module!Function").text
        return Export(name, _RULES[text], reader, setter)

    def _unknown_function(self, token: Token) -> NoReturn:
        near = self._symbols.suggest(token.text)
        if token.kind == "export":
            self._fail(
                f"{token.text} is not a function the harness knows: expected its failure rule behind "
                f"the call, such as 'fails zero'",
                token,
                near,
            )
        self._fail(f"{token.text} is not a function the harness knows", token, near)

    def _argument(self) -> Operand:
        if self._token.kind == "name" and self._token.text in KINDS:
            return Pointer(self._declaration().name)
        operand = self._operand()
        if isinstance(operand, Pointer) and self._is("+"):
            self._fail("the offset of an address in an argument has to be a number")
        return operand
