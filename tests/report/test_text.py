"""Rows and bytes as terminal text."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from harness.conformance import Row, Verdict, lab_broke, summarize, was_run
from harness.report import (
    alarming,
    deviation_lines,
    diff_lines,
    evidence_sentence,
    hex_dump,
    known_table,
    live_line,
    requirement_line,
    result_table,
    summary_line,
    title,
)

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


def test_a_deviation_shows_both_sides() -> None:
    assert live_line(FAIL).plain == (
        f"WSASOCKET-012   fail            {TITLE} · AF_IPX: WSAEINVAL (10022), "
        "documented: WSAEAFNOSUPPORT (10047)"
    )


def test_a_reason_is_told_where_nothing_was_observed() -> None:
    broken = replace(FAIL, verdict=Verdict.BROKEN, observed="", reason="connection\nrefused")
    assert live_line(broken).plain.endswith("AF_IPX (connection refused)")
    assert "not a documented code" not in live_line(FAIL).plain


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


def test_the_table_says_in_which_ways_a_requirement_was_provoked() -> None:
    ways = ("calls", "provider: failing fail=10050", "provider: other", "")
    rows = [replace(PASS, provoked=way) for way in ways]
    out = io.StringIO()
    Console(file=out, width=200).print(result_table([*rows, replace(PASS, requirement="R-1")], width=200))
    lines = out.getvalue().splitlines()
    assert "provoked by" in lines[0]
    assert lines[1].split()[-2:] == ["-", "pass"]
    assert lines[2].split()[-3:] == ["calls,", "provider", "pass"]


def test_the_table_has_one_line_for_each_requirement() -> None:
    out = io.StringIO()
    rows = [replace(PASS, requirement=f"R-{number}", observed="x y " * 99) for number in range(4)]
    rows += [replace(FAIL, requirement="R-9", verdict=Verdict.BROKEN, observed="", reason="bad luck " * 40)]
    Console(file=out, width=80).print(result_table(rows, width=80))
    assert len(out.getvalue().splitlines()) == 6


def test_the_line_of_a_requirement_counts_its_cases() -> None:
    assert requirement_line([PASS, PASS]).plain == f"WSASOCKET-012   pass            {TITLE}  2 cases"
    other = replace(PASS, verdict=Verdict.NOT_PROVOCABLE)
    assert requirement_line([PASS, other]).plain.endswith("1 of 2 cases")
    assert requirement_line([PASS]).plain.endswith("  1 case")


def test_titles_are_left_out_of_a_narrow_table() -> None:
    texts = []
    for width in (100, 160):
        out = io.StringIO()
        Console(file=out, width=width).print(result_table([PASS], width=width))
        texts.append(out.getvalue())
    assert "title" not in texts[0]
    assert "title" in texts[1]
    assert all(text.count("WSAEAFNOSUPPORT (10047)") == 2 for text in texts)


def test_a_deviation_is_told_in_full() -> None:
    row = replace(FAIL, program="fresh\ncall ws2!f()\n")
    assert [line.plain for line in deviation_lines(row, "ceharness exec p.ceprog")] == [
        f"WSASOCKET-012 fail  {TITLE} · AF_IPX",
        "  documented  WSAEAFNOSUPPORT (10047)",
        "  observed    WSAEINVAL (10022)",
        "  reason      not a documented code",
        "  program",
        "    fresh",
        "    call ws2!f()",
        "  replay      ceharness exec p.ceprog",
    ]
    bare = replace(FAIL, case="", reason="")
    assert len(list(deviation_lines(bare, ""))) == 3


def test_a_deviation_tells_how_it_was_provoked() -> None:
    told = [line.plain for line in deviation_lines(replace(FAIL, provoked="network-cut: 10.0.0.2:9"), "")]
    assert told[-1] == "  provoked    network-cut: 10.0.0.2:9"


def test_what_needs_attention() -> None:
    broken = replace(FAIL, verdict=Verdict.BROKEN, reason="connection refused")
    given_up = replace(broken, reason="not run: Test execution stopped due to a fatal error.")
    assert [alarming(row) for row in (PASS, FAIL, broken, given_up)] == [False, True, True, True]
    assert [was_run(row) for row in (PASS, FAIL, broken, given_up)] == [True, True, True, False]
    wrong = replace(broken, reason="the test itself is wrong: no constant AF_INTE")
    assert [lab_broke(row) for row in (PASS, FAIL, broken, wrong)] == [False, False, True, False]


def test_long_reasons_are_wrapped_and_programs_are_not() -> None:
    row = replace(FAIL, reason="word " * 40, program="call " + "x" * 200)
    lines = [line.plain for line in deviation_lines(row, "", width=60)]
    assert max(len(line) for line in lines[:-1]) <= 60
    assert lines[-1] == "    call " + "x" * 200


KNOWN = replace(FAIL, verdict=Verdict.KNOWN, recorded="ticket 1")


def test_a_red_row_tells_what_is_recorded() -> None:
    fixed = replace(PASS, verdict=Verdict.FIXED, reason="no longer happens", recorded="ticket 1")
    told = [line.plain for line in deviation_lines(fixed, "")]
    assert told[0].startswith("WSASOCKET-012 fixed  ")
    assert told[-2:] == ["  reason      no longer happens", "  recorded    ticket 1"]


def test_known_deviations_are_one_line_for_each_outcome_and_reason() -> None:
    rows = [
        KNOWN,
        replace(KNOWN, case="AF_UNIX"),
        replace(KNOWN, case="AF_X", observed="success"),
        replace(KNOWN, case="AF_Y", recorded="[b]ticket 2[/b]"),
        FAIL,
        PASS,
    ]
    table = known_table(rows)
    assert table is not None
    out = io.StringIO()
    Console(file=out, width=160).print(table)
    lines = [" ".join(line.split()) for line in out.getvalue().splitlines()]
    assert lines == [
        "known deviation cases observed recorded reason",
        "WSASOCKET-012 2, first AF_IPX WSAEINVAL (10022) ticket 1",
        "WSASOCKET-012 AF_X success ticket 1",
        "WSASOCKET-012 AF_Y WSAEINVAL (10022) [b]ticket 2[/b]",
    ]
    assert known_table([FAIL, PASS]) is None


def test_a_diff() -> None:
    lines = list(diff_lines("a\nb\n", "a\nc\n", "f.toml"))
    assert [line.plain for line in lines] == ["--- f.toml", "+++ f.toml", "@@ -1,2 +1,2 @@", " a", "-b", "+c"]
    assert [str(line.style) for line in lines] == ["bold", "bold", "cyan", "", "red", "green"]
    assert not list(diff_lines("a\n", "a\n", "f.toml"))


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
