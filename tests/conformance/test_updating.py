"""An expectations file brought up to a run: what people wrote stays, and nothing is made up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.conformance import Row, Verdict
from harness.conformance.expectation_file import parse_expectations
from harness.conformance.updating import Seen, unfinished_lines, update_expectations
from harness.errors import ConfigError, UsageError

PATH = Path("panel.toml")
FILE = """\
# Recorded deviations of panel.
# Ask Ann.

# Both of these: ticket 1.
[[deviation]]   # the first
requirement = "WSASOCKET-012"
cases = [
    "one",  # since the update
    # the older one
    "two",
]
observed = "X"
# why:
reason = "vendor"   # really
date = 2026-05-01
evidence = "by hand"

# --- pointers ---

# ticket 2
[[deviation]]
requirement = "WSASOCKET-020"
observed = "faulted*"
reason = "copies first"
date = 2026-05-02
evidence = "by hand"
"""


def row(case: str, verdict: Verdict = Verdict.FAIL, observed: str = "X", requirement: str = "012") -> Row:
    leg = "straddling" if requirement == "020" else ""
    return Row(f"WSASOCKET-{requirement}", case, verdict, "Y (1)", observed, "", "p", "device", leg)


STILL = [
    row("one"),
    row("two", Verdict.KNOWN),
    row("three", Verdict.PASS, "Y"),
    row("a", Verdict.KNOWN, "faulted: exception 0xC0000005", "020"),
]


def update(text: str, rows: Sequence[Row], device: dict[str, str] | None = None) -> str:
    return update_expectations(
        text, PATH, Seen(rows, device or {}, date(2026, 6, 1), "results/r/results.jsonl")
    )


def test_a_run_without_news_changes_nothing() -> None:
    assert update(FILE, STILL) == FILE
    assert update("", []) == ""
    assert update("# nothing\n", [STILL[2]]) == "# nothing\n"


def test_what_is_new_goes_in_without_a_reason() -> None:
    new = [
        row("three", observed="Z"),
        row("four", observed="Z"),
        replace(row("b", observed="lost?\nso", requirement="014"), leg="exhaustion"),
    ]
    text = update(FILE, [*STILL[:2], STILL[3], *new])
    assert text.startswith(FILE)
    assert (
        text[len(FILE) :]
        == """
# documented: Y (1)
[[deviation]]
requirement = "WSASOCKET-012"
cases = [
    "three",
    "four",
]
observed = "Z"
reason = ""
date = 2026-06-01
evidence = "device, results/r/results.jsonl"

# documented: Y (1)
[[deviation]]
requirement = "WSASOCKET-014"
leg = "exhaustion"
cases = ["b"]
observed = "lost? so"
reason = ""
date = 2026-06-01
evidence = "device, results/r/results.jsonl"
"""
    )
    lines = text.splitlines()
    assert [lines[number - 1] for number in unfinished_lines(text, PATH)] == ['reason = ""', 'reason = ""']
    with pytest.raises(ConfigError, match="reason: is empty"):
        parse_expectations(text, PATH)


def test_what_no_longer_happens_goes_out_and_every_other_comment_stays() -> None:
    text = update(FILE, [row("one", Verdict.PASS, "Y"), row("two", Verdict.FIXED, "Y"), STILL[3]])
    start, end = FILE.index("# Both"), FILE.index("# --- pointers")
    assert text == FILE[:start] + FILE[end:]


def test_the_last_entry_goes() -> None:
    text = update(FILE, [*STILL[:2], row("a", Verdict.PASS, "Y", "020")])
    assert text == FILE[: FILE.index("# ticket 2")]


def test_one_case_less() -> None:
    text = update(FILE, [row("one", Verdict.FIXED, "Y"), *STILL[1:]])
    assert text == FILE.replace('    "one",  # since the update\n', "")


def test_an_entry_for_every_case_becomes_one_for_those_that_are_left() -> None:
    rows = [*STILL, row("b", Verdict.FIXED, "Y", "020"), row("c", Verdict.INCONCLUSIVE, "", "020")]
    text = update(FILE, rows)
    assert text.startswith(FILE)
    assert parse_expectations(text, PATH).deviations[1].cases == ("a", "c")
    assert parse_expectations(text, PATH).deviations[1].leg == "straddling"


def test_comments_between_entries_stay_between_them() -> None:
    start, end = FILE.index("cases ="), FILE.index('observed = "X"')
    text = FILE[:start] + FILE[end:]
    assert update(text, STILL[:2] + STILL[3:]) == text
    fewer = update(text, STILL)
    middle = fewer.index("# --- pointers ---\n\n# ticket 2\n[[deviation]]")
    assert fewer.index("cases = [") < middle
    assert parse_expectations(fewer, PATH).deviations[0].cases == ("one", "two")


def test_another_deviation_replaces_the_recorded_one() -> None:
    text = update(FILE, [row("one", observed="Z"), row("two", observed="Z"), STILL[3]])
    found = parse_expectations(text, PATH, unfinished=True).deviations
    assert [(each.observed, each.cases, each.reason) for each in found] == [
        ("faulted*", (), "copies first"),
        ("Z", ("one", "two"), ""),
    ]


@pytest.mark.parametrize("verdict", [Verdict.INCONCLUSIVE, Verdict.BROKEN, Verdict.NOT_PROVOCABLE])
def test_what_was_not_judged_stays(verdict: Verdict) -> None:
    rows = [row("one", verdict, ""), row("two", verdict, ""), row("a", verdict, "", "020")]
    assert update(FILE, rows) == FILE


def test_what_has_no_row_stays() -> None:
    assert update(FILE, []) == FILE


def test_one_of_two_recorded_outcomes_is_enough() -> None:
    text = FILE + FILE[FILE.index("# ticket 2") :].replace("faulted*", "blocked*")
    assert update(text, STILL) == text


def test_entries_for_other_devices_stay() -> None:
    text = FILE.replace('evidence = "by hand"', 'evidence = "by hand"\nwhen = { cpu = "x86" }')
    fixed = [replace(each, verdict=Verdict.PASS) for each in STILL]
    for device in ({}, {"cpu": "ARM"}):
        assert update(text, fixed, device) == text
    assert "[[deviation]]" not in update(text, fixed, {"cpu": "x86"})


def test_a_lost_program_is_recorded_without_the_seconds_it_took() -> None:
    observed = "the device restarted or fell silent (the device went silent: not one byte in 34.2 s)"
    text = update("", [row("one", observed=observed), row("two", observed=observed.replace("34", "35"))])
    (found,) = parse_expectations(text, PATH, unfinished=True).deviations
    assert (found.observed, found.cases) == ("the device restarted or fell silent*", ("one", "two"))


def test_reasons_that_are_still_missing_are_no_hindrance() -> None:
    text = FILE.replace('"vendor"', '""')
    assert update(text, STILL) == text
    assert unfinished_lines(text, PATH) == [14]


@pytest.mark.parametrize(
    "text", [FILE.replace("date = 2026-05-01", ""), FILE + "[other]\n", FILE.replace('"two",', '"two')]
)
def test_a_file_with_mistakes_is_left_alone(text: str) -> None:
    with pytest.raises(ConfigError):
        update(text, STILL)


def test_a_file_that_cannot_be_cut_into_entries_is_left_alone() -> None:
    text = (
        'deviation = [{ requirement = "WSASOCKET-012", observed = "X", reason = "r", date = 2026-05-01, '
        'evidence = "e" }]\n'
    )
    with pytest.raises(UsageError, match=r"panel\.toml: cannot be rewritten"):
        update(text, [row("one", Verdict.PASS, "Y")])


def test_text_that_looks_like_an_entry_is_no_entry() -> None:
    text = FILE.replace('"copies first"', '"""\ncopies first\n[[deviation]]\n"""')
    with pytest.raises(UsageError, match="cannot be rewritten"):
        update(text, STILL)


def test_text_of_every_kind_comes_back() -> None:
    nasty = 'a "quote" \\ back, \x01, é, ${x}, #, \U0001f600'
    text = update("", [replace(row(nasty, observed=nasty + " * "), documented="a\nb\x00c")])
    (found,) = parse_expectations(text, PATH, unfinished=True).deviations
    assert (found.cases, found.observed) == ((nasty,), nasty + " *")


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(["one", "two", "three", "a", "b"]),
        st.sampled_from(list(Verdict)),
        st.sampled_from(["X", "Z", "faulted: exception 0xC0000005"]),
        st.sampled_from(["012", "020", "014"]),
    ),
    unique_by=lambda each: (each.requirement, each.case),
    max_size=10,
)


@given(first=ROWS, second=ROWS)
def test_after_an_update_the_same_run_has_nothing_red(first: list[Row], second: list[Row]) -> None:
    """And updating again changes nothing, whatever ran before."""
    text = update(update(FILE, first), second)
    assert update(text, second) == text
    assert "# Ask Ann." in text
    expectations = parse_expectations(text, PATH, unfinished=True)
    plain = {Verdict.KNOWN: Verdict.FAIL, Verdict.FIXED: Verdict.PASS}
    for each in second:
        judged = replace(each, verdict=plain.get(each.verdict, each.verdict))
        assert not expectations.compare(judged).verdict.red, (text, each)
