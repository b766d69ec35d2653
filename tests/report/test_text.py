"""Rows and bytes as terminal text."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from harness.conformance import Row, Verdict, summarize
from harness.report import evidence_sentence, hex_dump, live_line, result_table, summary_line, title

FAIL = Row(
    requirement="WSASOCKET-012",
    case="AF_IPX",
    verdict=Verdict.FAIL,
    documented="WSAEAFNOSUPPORT (10047)",
    observed="WSAEINVAL (10022)",
    reason="not a documented code",
    evidence="model",
)
PASS = replace(FAIL, case="AF_UNIX", verdict=Verdict.PASS, observed="WSAEAFNOSUPPORT (10047)", reason="")
TITLE = title("WSASOCKET-012")


def test_a_deviation_shows_both_sides_and_the_reason() -> None:
    assert live_line(FAIL).plain == (
        f"WSASOCKET-012  fail            {TITLE} · AF_IPX: WSAEINVAL (10022), "
        "documented: WSAEAFNOSUPPORT (10047) (not a documented code)"
    )


def test_agreement_is_said_once() -> None:
    assert live_line(replace(PASS, requirement="OTHER-1")).plain.count("WSAEAFNOSUPPORT") == 1


def test_the_table_names_each_requirement_once() -> None:
    out = io.StringIO()
    rows = [FAIL, PASS, replace(PASS, requirement="WSASOCKET-002", case="")]
    Console(file=out, width=160).print(result_table(rows))
    text = out.getvalue()
    assert text.count("WSASOCKET-012") == 1
    assert text.index("WSASOCKET-002") < text.index("WSASOCKET-012")
    assert "1 of 2" in text


def test_every_red_row_is_in_the_table_and_no_other() -> None:
    out = io.StringIO()
    rows = [FAIL, PASS, replace(FAIL, case="AF_BTH")]
    Console(file=out, width=160).print(result_table(rows, short=True))
    assert "AF_IPX" in out.getvalue()
    assert "AF_BTH" in out.getvalue()
    assert "AF_UNIX" not in out.getvalue()


def test_short_is_one_line_for_each_requirement() -> None:
    out = io.StringIO()
    rows = [replace(PASS, requirement=f"R-{number}", observed="x" * 300) for number in range(5)]
    Console(file=out, width=80).print(result_table(rows, short=True))
    assert len(out.getvalue().splitlines()) == 6


def test_markup_in_data_is_only_text() -> None:
    out = io.StringIO()
    Console(file=out, width=160).print(result_table([replace(FAIL, observed="[red]x[/red]")]))
    assert "[red]x[/red]" in out.getvalue()


def test_summary_and_evidence() -> None:
    rows = [FAIL, replace(PASS, requirement="WSASOCKET-002")]
    assert summary_line(summarize(rows)).plain == "2 requirements: 1 fail, 1 pass"
    assert evidence_sentence(rows) == "An emulated result proves the harness, not a device."
    assert summary_line(summarize([])).plain == "0 requirements: nothing was judged"


def test_hex_dump_layout() -> None:
    assert hex_dump(b"Winsock 2.2\x00\xff") == (
        "0000  57 69 6e 73 6f 63 6b 20 32 2e 32 00 ff           Winsock 2.2.."
    )


@given(st.binary(max_size=200), st.integers(0, 60))
def test_hex_dump_says_every_byte(data: bytes, zeros: int) -> None:
    data += bytes(zeros)
    rebuilt = b""
    for line in hex_dump(data).splitlines():
        if line == "*":
            repeated = rebuilt[-16:]
            continue
        offset = int(line[:4], 16)
        while len(rebuilt) < offset:
            rebuilt += repeated
        rebuilt += bytes.fromhex(line[6:53])
    assert rebuilt == data


@pytest.mark.parametrize("size", [0, 16, 32, 48, 400])
def test_equal_lines_are_shortened(size: int) -> None:
    assert len(hex_dump(bytes(size)).splitlines()) == {0: 0, 16: 1, 32: 2}.get(size, 3)
