"""Program text: it round-trips, it reads as documented, and mistakes are answered with their place."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import ProgramError
from harness.program.model import (
    Assign,
    Buffer,
    Call,
    Constant,
    Digest,
    Export,
    Fails,
    Fill,
    Join,
    Load,
    Pointer,
    Program,
    Ref,
    Repeat,
    Sleep,
    Store,
    Thread,
    WhenOk,
)
from harness.program.text import format_program, parse
from harness.winsock import symbols
from tests.program.small_symbols import SYMBOLS, WIDE_SYMBOLS, SmallSymbols
from tests.program.strategies import programs

LINES = st.lists(
    st.sampled_from(
        [
            "thread a {",
            "thread b {",
            "}",
            "join a",
            "join b",
            "x = 1",
            "y = x",
            "when ok {",
            "repeat 2 as x {",
        ]
    ),
    max_size=12,
).map("\n".join)
"""Texts most of which are all but programs."""

DOCS = Path(__file__).parents[2] / "docs" / "programs.md"


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(programs())
def test_what_is_written_is_read_as_the_same_program(program: Program) -> None:
    text = format_program(program)
    again = parse(text, SYMBOLS)
    assert again == program
    assert format_program(again) == text


@given(st.text('abc()[]{}=&+-|:,"#\n \\0x1sm!wcall repeat', max_size=60) | LINES)
def test_any_text_is_a_program_or_a_program_error(text: str) -> None:
    try:
        program = parse(text, SYMBOLS)
    except ProgramError:
        return
    assert parse(format_program(program), SYMBOLS) == program


def test_every_example_of_the_documentation_is_a_program() -> None:
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    whole = [block for block in blocks if "ws2!WSAStartup" in block]
    assert whole
    for block in whole:
        parse(block, symbols())


def test_the_first_example() -> None:
    text = """
    # One TCP socket, made and closed.
    call  ws2!WSAStartup(0x0202, out wsadata[400])
    s =   ws2!WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED)
    when ok {
        call  ws2!closesocket(s)
    }
    """
    program = parse(text, SYMBOLS)
    error = ("ws2!WSAGetLastError", "ws2!WSASetLastError")
    assert program == Program(
        (
            Call(Export("ws2!WSAStartup", Fails.NONZERO, *error), (0x202, Pointer("wsadata"))),
            Call(Export("ws2!WSASocketW", Fails.NULL_WORD, *error), (2, 1, 6, 0, 0, 1), "s"),
            WhenOk((Call(Export("ws2!closesocket", Fails.NONZERO, *error), (Ref("s"),)),)),
        ),
        (Buffer("wsadata", 400, returned=True),),
    )
    assert format_program(program) == (
        "call ws2!WSAStartup(0x0202, out wsadata[400])\n"
        "s = ws2!WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED)\n"
        "when ok {\n    call ws2!closesocket(s)\n}\n"
    )


def test_threads() -> None:
    text = (
        "b = 5\n"
        "thread t {\n    call ws2!closesocket(b)\n    x = 4\n}\n"
        "thread u {\n    repeat 2 {\n        call ws2!WSAStartup(1, out data[4])\n    }\n}\n"
        "join t\n"
        "sleep x\n"
    )
    program = parse(text, SYMBOLS)
    assert [type(step).__name__ for step in program.steps] == ["Assign", "Thread", "Thread", "Join", "Sleep"]
    assert program.steps[3] == Join("t")
    thread = program.steps[1]
    assert isinstance(thread, Thread)
    assert (thread.name, thread.steps[1]) == ("t", Assign("x", 4))
    assert format_program(program) == text


def test_every_operation() -> None:
    text = """
    fresh
    deadline 20s
    buffer keep 3 kept[64]
    buffer keep 4 inout more[8] = x"01"
    buffer out name[400]
    left = 4096
    repeat 256 as af until left {
        repeat 65536 until failure { call WSACleanup() }
        left = left - af
    }
    store &name+4, 4, &kept+8
    fill &name+left, left, 7
    crc = digest &name, 16
    digest &name+crc, 8, crc
    x = name+36:4
    y = x + -1
    sleep 100ms
    sleep x
    """
    program = parse(text, SYMBOLS)
    assert (program.fresh, program.deadline_ms) == (True, 20000)
    assert program.buffers == (
        Buffer("kept", 64, keep=3),
        Buffer("more", 8, b"\x01", True, keep=4),
        Buffer("name", 400, returned=True),
    )
    cleanup = Call(Export("ws2!WSACleanup", Fails.NONZERO, "ws2!WSAGetLastError", "ws2!WSASetLastError"))
    assert program.steps == (
        Assign("left", 4096),
        Repeat(
            256,
            (Repeat(65536, (cleanup,), None, "failure"), Assign("left", Ref("left"), "-", Ref("af"))),
            "af",
            Ref("left"),
        ),
        Store("name", 4, 4, Pointer("kept", 8)),
        Fill("name", Ref("left"), Ref("left"), 7),
        Digest("name", 0, 16, 0, "crc"),
        Digest("name", Ref("crc"), 8, Ref("crc")),
        Assign("x", Load("name", 36, 4)),
        Assign("y", Ref("x"), "+", -1),
        Sleep(100),
        Sleep(Ref("x")),
    )


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('x"0200 1388"', b"\x02\x00\x13\x88"),
        ('"text"', b"text\0"),
        ('w"text"', "text\0".encode("utf-16-le")),
        (r'"a\"b\\c\x41\n"', b'a"b\\cA\n\0'),
        (r'w"\u20ac"', "€\0".encode("utf-16-le")),
        ('x""', b""),
        ('"#no comment"', b"#no comment\0"),
    ],
)
def test_bytes_of_buffers(text: str, data: bytes) -> None:
    [buffer] = parse(f"buffer in name = {text}", SYMBOLS).buffers
    assert (buffer.init, buffer.size) == (data, len(data))


def test_a_constant_keeps_its_text_and_equals_its_value() -> None:
    program = parse("x = WSA_FLAG_OVERLAPPED | 0x40", SYMBOLS)
    [step] = program.steps
    assert isinstance(step, Assign)
    assert isinstance(step.a, Constant)
    assert step.a == 0x41
    assert step.a.text == "WSA_FLAG_OVERLAPPED | 0x40"


def test_a_constant_whose_name_means_something_else_here_is_written_as_number() -> None:
    program = Program((Assign("AF_INET", 1), Assign("x", Constant(2, "AF_INET"))))
    assert format_program(program) == "AF_INET = 1\nx = 2\n"


def test_an_unknown_function_needs_its_rule_once() -> None:
    text = "call a!B(1) fails minus-one reads ws2!WSAGetLastError ws2!WSASetLastError\ncall a!B(2)\n"
    program = parse(text, SYMBOLS)
    assert {call.export.fails for call in program.calls if isinstance(call, Call)} == {Fails.MINUS_ONE}
    assert format_program(program) == text


def test_a_rule_given_for_a_known_function_is_kept() -> None:
    text = "call ws2!WSACleanup() fails never\n"
    assert format_program(parse(text, SYMBOLS)) == text
    assert parse(text, SYMBOLS) != parse("call ws2!WSACleanup()", SYMBOLS)


def test_an_address_in_front_of_an_operator_is_not_read_as_one_with_an_offset() -> None:
    for step in (
        Assign("x", Pointer("b"), "+", 4),
        Assign("x", Pointer("b", 4)),
        Assign("x", Pointer("b", 2), "-", Pointer("b")),
        Assign("x", Load("b", 0, 4), "+", Constant(2, "AF_INET")),
    ):
        program = Program((step,), (Buffer("b", 8),))
        assert parse(format_program(program), SYMBOLS) == program


LAYOUTS = """\
buffer scratch vector[WSABUF]
buffer scratch two[WSABUF]
store &vector+WSABUF.len, 4, 11
store &vector+WSABUF.buf, word, &two
call closesocket(vector+WSABUF.buf:word)
call closesocket(&vector+WSABUF.buf)
x = WSABUF | 0x20
fill &two, WSABUF, WSABUF.buf
"""


@pytest.mark.parametrize(("symbols", "word"), [(SYMBOLS, 4), (WIDE_SYMBOLS, 8)])
def test_layouts_are_the_numbers_of_the_device(symbols: SmallSymbols, word: int) -> None:
    program = parse(LAYOUTS, symbols)
    numbers = LAYOUTS.replace("WSABUF.len", "0").replace("WSABUF.buf", str(word))
    numbers = numbers.replace("WSABUF", str(2 * word)).replace("word", str(word))
    assert program == parse(numbers, symbols)
    assert [buffer.size for buffer in program.buffers] == [2 * word, 2 * word]
    # What is shown holds for this device: no name is left that would mean something else on another one.
    for other in (SYMBOLS, WIDE_SYMBOLS):
        assert parse(format_program(program), other) == program


def test_what_the_program_names_wins_over_a_structure() -> None:
    program = parse("WSABUF = 5\nx = WSABUF\n", SYMBOLS)
    assert program.steps == (Assign("WSABUF", 5), Assign("x", Ref("WSABUF")))
    assert parse("word = 1\nx = word\n", SYMBOLS).steps == (Assign("word", 1), Assign("x", Ref("word")))


def test_a_call_may_span_lines() -> None:
    text = "s = WSASocketW(AF_INET, SOCK_STREAM, # usual\n  IPPROTO_TCP,\n  NULL, 0, 0)\ncall closesocket(s)"
    assert len(parse(text, SYMBOLS).calls) == 2


MISTAKES = [
    ("buffer out a[WSABUFF]", 1, 14, "neither a value, a buffer nor a known constant", "WSABUF"),
    ("buffer out a[8]\nstore &a+WSABUF.bufs, 4, 1", 2, 10, "neither a value", "WSABUF.buf"),
    ("buffer out a[8]\nstore &a, words, 1", 2, 11, "expected a width: 1, 2, 4, 8 or word", None),
    ("a.b = 1", 1, 1, "expected letters, digits and _", None),
    ("call WSASocktW(1)", 1, 6, "not a function the harness knows", "WSASocketW"),
    ("call ws2!WSASocktW(1)", 1, 6, "expected its failure rule", "WSASocketW"),
    ("\n  x = AF_INTE", 2, 7, "neither a value, a buffer nor a known constant", "AF_INET"),
    ("call closesocket()", 1, 18, "takes 1 argument (s), here are 0", None),
    (
        "call WSASocketW(1, 2)",
        1,
        21,
        "takes 6 arguments (af, type, protocol, lpProtocolInfo, g, dwFlags)",
        None,
    ),
    ("call closesocket(s)\ns = 5", 1, 18, "has no value yet: it gets one in line 2", None),
    ("buffer out bytes[4]\nx = byts+0:4", 2, 5, "neither a value", "bytes"),
    ("buffer out bytes[4]\nx = bytes", 2, 5, "expected &bytes for its address, bytes+0:4", None),
    ("buffer out b[4]\nx = b+1:4", 2, 5, "b+1:4 is outside the buffer of 4 bytes", None),
    ("buffer out b[4]\nx = b+0:3", 2, 5, "a number of 3 bytes: expected 1, 2, 4 or 8", None),
    ("buffer out b[4]\ncall WSAStartup(0, &b+5)", 2, 20, "&b+5 is outside the buffer of 4 bytes", None),
    ("buffer out b[4]\nn = 1\ncall WSAStartup(0, &b+n)", 3, 22, "has to be a number", None),
    ("buffer out b[4]\nfill &b, 5, 0", 2, 1, "bytes 0 to 5 are outside buffer 'b' of 4 bytes", None),
    ("call WSAStartup(0, &c)", 1, 21, "no buffer 'c' is declared before", None),
    ("cal WSACleanup()", 1, 1, "expected a step", "call"),
    ("WSACleanup()", 1, 1, "expected 'call WSACleanup('", None),
    ("ws2!WSACleanup()", 1, 1, "expected 'call ws2!WSACleanup'", None),
    ("call WSACleanup() 5", 1, 19, "expected the end of the line, found '5'", None),
    ("call WSACleanup(", 1, 17, "expected a number, a name or an address, found the end of the line", None),
    ("repeat 5 {\nsleep 5ms", 2, 10, "expected '}' that ends the block, found the end of the text", None),
    ("sleep 5ms\n}", 2, 1, "expected a step", None),
    ("when okay { }", 1, 6, "expected 'ok' after 'when', found 'okay'", None),
    ("repeat -1 { }", 1, 8, "-1 cannot be a count", None),
    ("sleep 5", 1, 7, "expected a time such as 5ms", None),
    ("x = 12abc", 1, 5, "'12abc' is not a number", None),
    ('buffer in b = "abc', 1, 15, "does not end in its line", None),
    ('buffer in b = x"123"', 1, 15, "is not hexadecimal", None),
    (r'buffer in b = "\q"', 1, 15, r"\q is no escape", None),
    ('buffer in b = "€"', 1, 15, "an 8-bit string", None),
    ('buffer inout b[1] = x"0102"', 1, 21, "2 bytes do not fit a buffer of 1", None),
    ("buffer in b[4]", 1, 15, "expected '= bytes' after 'in b'", None),
    ('buffer out b[4] = x"01"', 1, 12, "'out' has no first bytes", None),
    ("buffer b[4]", 1, 8, "expected out, scratch, in, inout or keep", None),
    ("buffer out b", 1, 13, "expected '[size]' after 'out b'", None),
    ("AF_INET = 4", 1, 1, "is a constant and cannot be the name", None),
    ("repeat = 4", 1, 8, "expected a number", None),
    ("s = WSACleanup()\ns = WSACleanup()", 2, 1, "already the name of a value of a call, in line 1", None),
    ("s = WSACleanup()\ns = 4", 2, 1, "already the name of a value of a call", None),
    ("buffer out b[4]\nbuffer out b[4]", 2, 12, "already the name of a buffer, in line 1", None),
    ("sleep 5ms\nfresh", 2, 1, "'fresh' has to come before the first step", None),
    ("call WSACleanup() fails nul-word", 1, 25, "expected never, zero, minus-one", "null-word"),
    ("call a!B() fails zero reads ws2!X", 1, 34, "expected the function that sets the error", None),
    (f"call a!{'f' * 62}() fails zero", 1, 6, "expected 63 bytes at most", None),
    ("x = 5 ; y = 6", 1, 7, "';' has no meaning here", None),
    ("x = 1 | y", 1, 9, "neither a value", None),
    ("y = 1\nx = 1 | y", 2, 9, "only numbers and constants can be joined by |", None),
    ("repeat 2 as i { repeat 2 as i { } }", 1, 29, "counts this loop and the loop around it", None),
    ("thread t {\nsleep 1ms", 2, 10, "expected '}' that ends the block", None),
    ("thread {\n}", 1, 8, "expected the name of a thread, found '{'", None),
    ("thread out {\n}", 1, 8, "cannot be the name of a thread: it is a word", None),
    ("thread AF_INET {\n}", 1, 8, "is a constant and cannot be the name of a thread", None),
    ("x = 1\nthread x {\n}", 2, 8, "'x' is already the name of a variable, in line 1", None),
    ("thread t {\n}\njoin t\nthread t {\n}", 4, 8, "'t' is already the name of a thread, in line 1", None),
    ("thread t {\n}\nt = 1", 3, 1, "'t' is already the name of a thread, in line 1", None),
    ("thread t {\n  thread u {\n  }\n}", 2, 3, "'thread u' stands in thread 't'", None),
    ("repeat 2 {\n  when ok {\n    thread u {\n}}}", 3, 5, "'thread u' stands in a repeat", None),
    ("thread t {\n}\nrepeat 2 {\n join t\n}", 4, 2, "'join t' stands in a repeat", None),
    ("thread taker {\n}\njoin tacker", 3, 6, "no thread 'tacker' begins before its join", "taker"),
    ("join t\nthread t {\n}", 1, 6, "no thread 't' begins before its join", None),
    ("thread t {\n}\njoin t\njoin t", 4, 1, "thread 't' is joined twice", None),
    ("thread t {\n}\nwhen ok { join t }", 3, 11, "has to stand in the same block as 'thread t'", None),
    ("join 5", 1, 6, "expected the name of a thread, found '5'", None),
    ("thread t {\nx = 1\n}\ny = x", 4, 5, "'x' gets its value in thread 't': join that before", None),
    ("thread t {\nx = 1\n}\nx = 2", 4, 1, "'x' is set in thread 't' too: join that before", None),
    ("thread t {\nx = 1\n}\nthread u {\nx = 2\n}", 4, 1, "'x' is set in thread 't' too", None),
    ("thread t {\nrepeat 2 as i {}\n}\nrepeat 2 as i {}", 4, 13, "'i' is set in thread 't' too", None),
    ("thred t {\n}", 1, 1, "expected a step", "thread"),
    ("x = 0x1FFFFFFFFFFFFFFFF", 1, 5, "does not fit a machine word", None),
]


@pytest.mark.parametrize(("text", "line", "column", "message", "suggestion"), MISTAKES)
def test_mistakes(text: str, line: int, column: int, message: str, suggestion: str | None) -> None:
    with pytest.raises(ProgramError) as caught:
        parse(text, SYMBOLS, name="my.ce")
    error = caught.value
    assert message in str(error)
    assert (error.line, error.column, error.suggestion) == (line, column, suggestion)
    assert str(error).startswith(f"my.ce:{line}:{column}: ")
