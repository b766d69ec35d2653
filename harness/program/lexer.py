"""Program text to tokens, each with its place."""

import re
from dataclasses import dataclass
from typing import NoReturn

from harness.errors import ProgramError


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of program text. `kind`: name, export, number, time, string, mark, newline, end.

    A name may be that of a structure's member, "WSABUF.buf".
    `line` and `column` count from 1.
    """

    kind: str
    text: str
    line: int
    column: int

    def __str__(self) -> str:
        return {"newline": "the end of the line", "end": "the end of the text"}.get(
            self.kind, f"'{self.text}'"
        )


_TOKENS = re.compile(
    r"""
    (?P<space>[ \t\r\f]+|\#[^\n]*)
  | (?P<newline>\n)
  | (?P<string>[xw]?"(?:[^"\\\n]|\\.)*")
  | (?P<export>[A-Za-z0-9_.\\-]+![A-Za-z_?@$][A-Za-z0-9_?@$]*)
  | (?P<time>[0-9]+(?:\.[0-9]+)?(?:ms|s)\b)
  | (?P<number>0[xX][0-9A-Fa-f]+\b|[0-9]+\b)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)
  | (?P<mark>[=()\[\]{},&+\-|:])
    """,
    re.VERBOSE,
)


def fail(program: str, token: Token, message: str, suggestion: str | None = None) -> NoReturn:
    """Raise `ProgramError` at the place of `token`."""
    raise ProgramError(message, name=program, line=token.line, column=token.column, suggestion=suggestion)


def tokenize(text: str, program: str) -> list[Token]:
    """All tokens of `text`, ended by one of kind "end". Lines go on inside parentheses.

    Raises `ProgramError` for characters that start no token; `program` is the name it reports.
    """
    tokens: list[Token] = []
    line, start, at, depth = 1, 0, 0, 0
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            _no_token(text, at, program, line, at - start + 1)
        kind = match.lastgroup or ""
        token = Token(kind, match.group(), line, at - start + 1)
        at = match.end()
        depth += {"(": 1, ")": -1}.get(token.text, 0) if kind == "mark" else 0
        if kind == "newline":
            line, start = line + 1, at
            if depth > 0:
                continue
        if kind != "space":
            tokens.append(token)
    column = at - start + 1
    if depth > 0:
        # A call that does not end: where its text ends, not behind the blank lines that follow.
        line, column = tokens[-1].line, tokens[-1].column + len(tokens[-1].text)
    tokens.append(Token("newline", "", line, column))
    tokens.append(Token("end", "", line, column))
    return tokens


def _no_token(text: str, at: int, program: str, line: int, column: int) -> NoReturn:
    piece = re.match(r'[xw]?"|[0-9]\w*|.', text[at:], re.DOTALL)
    found = piece.group() if piece else text[at]
    token = Token("", found, line, column)
    if found.endswith('"'):
        fail(program, token, "this string does not end in its line")
    if found[0].isdigit():
        fail(program, token, f"'{found}' is not a number: expected 10, 0x0A, or a time such as 100ms")
    fail(program, token, f"{found!r} has no meaning here")


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", '"': '"', "\\": "\\"}


def string_bytes(token: Token, program: str) -> bytes:
    """The bytes of a string token: x"" hexadecimal, w"" UTF-16LE, "" 8-bit; texts end with a zero."""
    prefix, _, body = token.text.partition('"')
    body = body[:-1]
    if prefix == "x":
        try:
            return bytes.fromhex(body)
        except ValueError:
            fail(program, token, f'{token.text} is not hexadecimal: expected pairs of digits, x"0200 1388"')
    text = re.sub(
        r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|.)", lambda match: _escape(match, token, program), body
    )
    if prefix == "w":
        return text.encode("utf-16-le", "surrogatepass") + b"\0\0"
    try:
        return text.encode("latin-1") + b"\0"
    except UnicodeEncodeError:
        fail(program, token, 'an 8-bit string holds characters up to \\xFF: expected w"..." for others')


def _escape(match: "re.Match[str]", token: Token, program: str) -> str:
    found = match.group(1)
    if len(found) > 1:
        return chr(int(found[1:], 16))
    if found not in _ESCAPES:
        fail(program, token, f'\\{found} is no escape: expected \\n \\r \\t \\0 \\" \\\\ \\xNN or \\uNNNN')
    return _ESCAPES[found]
