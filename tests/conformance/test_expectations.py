"""Recorded deviations: read from a file, every mistake in it named, rows compared with them."""

import textwrap
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from harness.conformance import Conditions, Deviation, Expectations, Row, Verdict, read_expectations
from harness.errors import ConfigError

GOOD = """\
# Recorded deviations of panel.

[[deviation]]
requirement = "WSASOCKET-012"
cases = ["AF_IPX", "AF_UNIX"]
observed = "WSAEINVAL (10022)"
reason = \"\"\"
  The vendor's own stack
  looks at the type first.
\"\"\"
date = 2026-05-01
evidence = "results/2026-05-01_10-00-00-panel, ticket 4711"

[[deviation]]
requirement = "WSASOCKET-020"
leg = "straddling"
observed = "faulted: exception 0x*"
reason = "copies before it checks"
date = 2026-05-02
evidence = "by hand"
when = { version = "5.0", cpu = "ARM*", image = "*Panel*" }
"""
ROW = Row("WSASOCKET-012", "AF_IPX", Verdict.FAIL, "d", "WSAEINVAL (10022)", "other row", "p", "device")
IPX = Deviation("WSASOCKET-012", "WSAEINVAL (10022)", "vendor", date(2026, 5, 1), "e", cases=("AF_IPX",))


def write(folder: Path, text: str = GOOD) -> Path:
    path = folder / "panel.toml"
    path.write_text(text, encoding="utf-8")
    return path


def mistake(folder: Path, old: str, new: str) -> str:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        read_expectations(write(folder, GOOD.replace(old, new)))
    return str(caught.value)


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "expectations.md").read_text(encoding="utf-8")
    start = page.index("    # expectations/panel.toml")
    text = textwrap.dedent(page[start : page.index("\nNobody has to")])
    line = 'when = { version = "5.0", cpu = "ARM", image = "*rev B*" }'
    assert f"`{line}`" in page
    (found,) = read_expectations(write(tmp_path, text + line)).deviations
    assert (found.cases, found.when.cpu) == (("AF_IPX", "Family 99"), "ARM")
    with pytest.raises(ConfigError) as caught:
        read_expectations(write(tmp_path, text.replace('reason = "the', 'reason = "" # "the')))
    told = str(caught.value).removeprefix(f"{tmp_path}/")
    assert f"ceharness: error: expectations/{told}" in page


def test_a_file(tmp_path: Path) -> None:
    first, second = read_expectations(write(tmp_path)).deviations
    assert first == Deviation(
        requirement="WSASOCKET-012",
        observed="WSAEINVAL (10022)",
        reason="The vendor's own stack looks at the type first.",
        date=date(2026, 5, 1),
        evidence="results/2026-05-01_10-00-00-panel, ticket 4711",
        cases=("AF_IPX", "AF_UNIX"),
    )
    assert (first.place, second.place) == ("panel.toml:3", "panel.toml:14")
    assert (second.leg, second.when) == ("straddling", Conditions((5, 0), "ARM*", "*Panel*"))


@pytest.mark.parametrize("text", ["", "# nothing known\n", "\ufeff" + GOOD])
def test_files_without_entries_and_of_windows_notepad(tmp_path: Path, text: str) -> None:
    assert len(read_expectations(write(tmp_path, text)).deviations) == text.count("[[deviation]]")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('reason = "copies before it checks"\n', "", "14 [deviation 2, WSASOCKET-020] reason: is missing"),
        ('"copies before it checks"', '""', ":18 [deviation 2, WSASOCKET-020] reason: is empty"),
        ('"copies before it checks"', '"  "', "reason: is empty (expected why the device deviates"),
        ('"copies before it checks"', "7", "reason: is 7"),
        ("date = 2026-05-02\n", "", "[deviation 2, WSASOCKET-020] date: is missing"),
        ("2026-05-02", '"2026-05-02"', ":19 [deviation 2, WSASOCKET-020] date: is '2026-05-02'"),
        ("2026-05-02", "2026-05-02T10:00:00", "without quotes"),
        ('evidence = "by hand"\n', "", "evidence: is missing"),
        ('"by hand"', '""', ":20 [deviation 2, WSASOCKET-020] evidence: is ''"),
        ('observed = "faulted: exception 0x*"\n', "", "observed: is missing"),
        ('"faulted: exception 0x*"', "5", "observed: is 5"),
        ('requirement = "WSASOCKET-020"\n', "", ":14 [deviation 2] requirement: is missing"),
        (
            "WSASOCKET-020",
            "WSASOCKT-020",
            ":15 [deviation 2] requirement: there is no requirement WSASOCKT-020; did you mean WSASOCKET-020",
        ),
        (
            "straddling",
            "stradling",
            "leg: WSASOCKET-020 has no leg 'stradling' (expected one of unreadable, ",
        ),
        ('"AF_IPX", "AF_UNIX"', "", "cases: is empty"),
        ('["AF_IPX", "AF_UNIX"]', '"AF_IPX"', ":5 [deviation 1, WSASOCKET-012] cases: is 'AF_IPX'"),
        ("observed = ", "obserfed = ", "observed: is missing"),
        ("leg = ", "leag = ", "leag: is not a known key; did you mean leg?"),
        ('"5.0"', '"five"', ":21 [deviation 2, WSASOCKET-020] when: has the version 'five'"),
        ('"5.0"', "5.0", "version: is 5.0"),
        ("cpu =", "cup =", "cup: is not a known key; did you mean cpu?"),
        ('{ version = "5.0", cpu = "ARM*", image = "*Panel*" }', "{}", "when: is empty"),
        ('{ version = "5.0", cpu = "ARM*", image = "*Panel*" }', '"ARM"', "when: is 'ARM'"),
        ("[[deviation]]", "[[deviations]]", "deviations: is not a known key; did you mean deviation?"),
        ("# Recorded", "title = 1 #", "title: is not a known key"),
        ("cases = [", "cases = ", "5: is not TOML"),
    ],
)
def test_a_mistake_is_named_with_file_entry_and_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    told = mistake(tmp_path, old, new)
    assert told.startswith(str(tmp_path / "panel.toml"))
    assert says in told
    assert "\n" not in told


def test_a_leg_of_a_requirement_without_legs(tmp_path: Path) -> None:
    told = mistake(tmp_path, '"WSASOCKET-012"', '"WSASOCKET-012"\nleg = "left"')
    assert "leg: WSASOCKET-012 has no leg 'left' (expected no leg" in told


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("2026-05-01\n", "1\n").replace('"by hand"', "2") + "more = 1\n[other]\n"
    with pytest.raises(ConfigError, match="deviation 1, WSASOCKET-012] date") as caught:
        read_expectations(write(tmp_path, text))
    told = "\n".join(caught.value.__notes__)
    assert "deviation 2, WSASOCKET-020] evidence" in told
    assert "other: is not a known key" in told


@pytest.mark.parametrize(
    ("cases", "observed", "good"),
    [
        ('"AF_UNIX"', "WSAEINVAL (10022)", False),
        ('"Family 99"', "WSAEINVAL (10022)", True),
        ('"AF_UNIX"', "success", True),
    ],
)
def test_a_deviation_is_recorded_once(tmp_path: Path, cases: str, observed: str, good: bool) -> None:
    twin = GOOD[GOOD.index("[[") : GOOD.index("[[", 60)]
    twin = twin.replace('"AF_IPX", "AF_UNIX"', cases).replace("WSAEINVAL (10022)", observed)
    path = write(tmp_path, GOOD + "\n" + twin)
    if good:
        assert len(read_expectations(path).deviations) == 3
    else:
        with pytest.raises(ConfigError, match=r"panel\.toml:23 .*records what panel\.toml:3 records"):
            read_expectations(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml: cannot be read"):
        read_expectations(tmp_path / "gone.toml")
    (tmp_path / "latin.toml").write_bytes(b"# ok\n# gr\xfcn\n")
    with pytest.raises(ConfigError, match=r"latin\.toml:2: not UTF-8"):
        read_expectations(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("verdict", "observed", "expected"),
    [
        (Verdict.FAIL, "WSAEINVAL (10022)", Verdict.KNOWN),
        (Verdict.FAIL, "WSAEFAULT (10014)", Verdict.FAIL),
        (Verdict.FAIL, "blocked past its deadline", Verdict.FAIL),
        (Verdict.PASS, "WSAEAFNOSUPPORT (10047)", Verdict.FIXED),
        # What happened may be the recorded outcome: the page, or our reading of it, has changed.
        (Verdict.OBSERVED, "WSAEINVAL (10022)", Verdict.FIXED),
        (Verdict.INCONCLUSIVE, "WSAEINVAL (10022)", Verdict.INCONCLUSIVE),
        (Verdict.NOT_PROVOCABLE, "", Verdict.NOT_PROVOCABLE),
        (Verdict.BROKEN, "", Verdict.BROKEN),
    ],
)
def test_what_a_record_makes_of_a_verdict(verdict: Verdict, observed: str, expected: Verdict) -> None:
    row = replace(ROW, verdict=verdict, observed=observed)
    compared = Expectations((IPX,)).compare(row)
    assert compared.verdict is expected
    if verdict is expected and verdict is not Verdict.FAIL:
        assert compared == row
    else:
        assert compared.recorded == "vendor"
    assert Expectations().compare(row) == row


@pytest.mark.parametrize(
    "outcome",
    [
        "success",
        "blocked past its deadline",
        "faulted: exception 0xC0000005",
        "the device restarted or fell silent (not one byte in 34.2 s)",
        "failed without setting an error code",
    ],
)
def test_a_record_covers_any_outcome(outcome: str) -> None:
    recorded = replace(IPX, observed=outcome.replace("34.2", "*"))
    row = Expectations((recorded,)).compare(replace(ROW, observed=outcome))
    assert (row.verdict, row.reason) == (Verdict.KNOWN, "other row")


def test_reasons_say_what_was_recorded_and_where() -> None:
    recorded = replace(IPX, place="panel.toml:3")
    other = Expectations((recorded,)).compare(replace(ROW, observed="success"))
    assert other.reason == (
        "other row. another deviation is recorded, WSAEINVAL (10022): WSASOCKET-012 (panel.toml:3)"
    )
    gone = Expectations((recorded,)).compare(replace(ROW, verdict=Verdict.PASS, reason=""))
    assert gone.reason == (
        "the recorded deviation, WSAEINVAL (10022), no longer happens, so its record must go: "
        "WSASOCKET-012 (panel.toml:3)"
    )


def test_a_record_is_about_what_it_names_and_all_of_what_it_does_not() -> None:
    row = replace(ROW, requirement="WSASOCKET-020", leg="unreadable", case="a")
    deviation = replace(IPX, requirement="WSASOCKET-020", cases=())
    for change, covers in (
        ({}, True),
        ({"leg": "unreadable"}, True),
        ({"leg": "straddling"}, False),
        ({"cases": ("b", "a")}, True),
        ({"cases": ("b",)}, False),
        ({"requirement": "WSASOCKET-012"}, False),
    ):
        compared = Expectations((replace(deviation, **change),)).compare(row)  # type: ignore[arg-type]
        assert (compared.verdict is Verdict.KNOWN) == covers, change


def test_a_device_that_does_one_thing_or_the_other() -> None:
    both = Expectations((IPX, replace(IPX, observed="success", reason="sometimes")))
    assert both.compare(ROW).recorded == "vendor"
    assert both.compare(replace(ROW, observed="success")).recorded == "sometimes"
    neither = both.compare(replace(ROW, observed="WSAEFAULT (10014)"))
    assert (neither.verdict, neither.recorded) == (Verdict.FAIL, "vendor; sometimes")
    assert "WSAEINVAL (10022) or success" in neither.reason


@pytest.mark.parametrize(
    ("pattern", "observed", "same"),
    [
        ("WSAEINVAL (10022)", "WSAEINVAL (10022)", True),
        ("WSAEINVAL (10022)", "WSAEINVAL (10022), in 7 runs", False),
        ("WSAEINVAL (10022)*", "WSAEINVAL (10022), in 7 runs", True),
        ("*, in * runs", "WSAEINVAL (10022), in 7 runs", True),
        ("WSAEINVAL (1002.)", "WSAEINVAL (10022)", False),
        ("[ab]", "a", False),
        ("one two", "one\n  two", True),
        ("*", "", True),
        ("", "x", False),
        ("", "", True),
    ],
)
def test_a_star_stands_for_anything(pattern: str, observed: str, same: bool) -> None:
    row = Expectations((replace(IPX, observed=pattern),)).compare(replace(ROW, observed=observed))
    assert (row.verdict is Verdict.KNOWN) == same


DEVICE = {
    "version": "5.0.1400",
    "cpu": "ARM",
    "processor": "ARM920",
    "platform": "Jupiter",
    "oem": "Acme Panel",
}


@pytest.mark.parametrize(
    ("when", "device", "holds"),
    [
        (Conditions(), DEVICE, True),
        (Conditions(), {}, True),
        (Conditions((5,)), DEVICE, True),
        (Conditions((5, 0, 1400)), DEVICE, True),
        (Conditions((5, 0, 140)), DEVICE, False),
        (Conditions((6, 0)), DEVICE, False),
        (Conditions((5, 0)), {"cpu": "ARM"}, False),
        (Conditions(cpu="arm"), DEVICE, True),
        (Conditions(cpu="ARM9*"), DEVICE, True),
        (Conditions(cpu="x86"), DEVICE, False),
        (Conditions(cpu="ARM"), {}, False),
        (Conditions(image="acme*"), DEVICE, True),
        (Conditions(image="jupiter"), DEVICE, True),
        (Conditions(image="Panel"), DEVICE, False),
        (Conditions((5, 0), "ARM", "Other"), DEVICE, False),
    ],
)
def test_conditions(when: Conditions, device: dict[str, str], holds: bool) -> None:
    expectations = Expectations((replace(IPX, when=when),))
    assert bool(expectations.on(device).deviations) == holds
    assert expectations.conditional == (when != Conditions())


def test_records_that_no_row_is_about() -> None:
    here = replace(IPX, cases=("AF_IPX", "AF_IPXX"), place="panel.toml:3")
    gone = replace(IPX, requirement="WSASOCKET-014", cases=(), place="panel.toml:9")
    fine = replace(IPX, cases=())
    assert list(Expectations((here, gone, fine)).unmatched([ROW])) == [
        "WSASOCKET-012 (panel.toml:3): 'AF_IPXX'",
        "WSASOCKET-014 (panel.toml:9)",
    ]
    unreached = replace(ROW, verdict=Verdict.NOT_PROVOCABLE)
    assert not list(Expectations((fine,)).unmatched([unreached]))
