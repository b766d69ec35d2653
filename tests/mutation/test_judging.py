"""What two runs mean: caught, survived, misattributed; green and red. No device runs."""

import pytest

from harness.conformance import Row, Verdict
from mutation.judging import Expected, Finding, by_leg, judge

BEFORE = {
    "WSASOCKET-012": Verdict.PASS,
    "WSASOCKET-020 unreadable": Verdict.PASS,
    "WSASOCKET-020 straddling": Verdict.PASS,
    "WSASOCKET-050": Verdict.NOT_PROVOCABLE,
}


def after(**changes: Verdict | None) -> dict[str, Verdict]:
    """BEFORE, with other verdicts (None: no row) for legs named like `f012` or `f020_straddling`."""
    found: dict[str, Verdict] = dict(BEFORE)
    for name, verdict in changes.items():
        leg = f"WSASOCKET-{name[1:]}".replace("_", " ")
        if verdict is None:
            del found[leg]
        else:
            found[leg] = verdict
    return found


def expected(*must: str, may: tuple[str, ...] = (), **becomes: Verdict) -> Expected:
    return Expected(frozenset(must), frozenset(may), becomes)


ONE, LEG, ALL = "WSASOCKET-012", "WSASOCKET-020 straddling", "WSASOCKET-020"
FAIL, LATER = Verdict.FAIL, Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("wanted", "found", "finding"),
    [
        (expected(ONE), after(f012=FAIL), Finding.CAUGHT),
        (expected(LEG), after(f020_straddling=FAIL), Finding.CAUGHT),
        (expected(ALL), after(f020_straddling=FAIL), Finding.CAUGHT),
        (expected(ALL), after(f020_straddling=FAIL, f020_unreadable=LATER), Finding.CAUGHT),
        (expected(ONE, may=(ALL,)), after(f012=FAIL, f020_unreadable=FAIL), Finding.CAUGHT),
        (expected(ONE, may=(ALL,)), after(f012=FAIL, f020_unreadable=LATER), Finding.CAUGHT),
        # Nothing red, whatever else has changed.
        (expected(ONE), after(), Finding.SURVIVED),
        (expected(ONE), after(f012=LATER), Finding.SURVIVED),
        (expected(ONE), after(f012=Verdict.BROKEN), Finding.SURVIVED),
        # Red, but not as it should be.
        (expected(ONE), after(f020_straddling=FAIL), Finding.MISATTRIBUTED),
        (expected(ONE, may=(ALL,)), after(f020_straddling=FAIL), Finding.MISATTRIBUTED),
        (expected(LEG), after(f020_unreadable=FAIL), Finding.MISATTRIBUTED),
        (expected(LEG), after(f020_straddling=FAIL, f020_unreadable=FAIL), Finding.MISATTRIBUTED),
        (expected(ONE, LEG), after(f012=FAIL), Finding.MISATTRIBUTED),
        (expected(ONE), after(f012=FAIL, f020_straddling=LATER), Finding.MISATTRIBUTED),
        (expected(ONE), after(f012=FAIL, f050=Verdict.PASS), Finding.MISATTRIBUTED),
        # A broken lab and a lost row are never what a quirk may do.
        (expected(ONE, may=("*",)), after(f012=FAIL, f020_straddling=Verdict.BROKEN), Finding.MISATTRIBUTED),
        (expected(ONE, may=("*",)), after(f012=FAIL, f020_straddling=None), Finding.MISATTRIBUTED),
        # Devices that conform.
        (expected(), after(), Finding.GREEN),
        (expected(), after(f012=FAIL), Finding.RED),
        (expected(), after(f012=LATER), Finding.RED),
        (expected(may=(ONE,)), after(f012=LATER), Finding.GREEN),
        (expected(may=(ONE,)), after(f012=FAIL), Finding.RED),
        (expected(), after(f012=None), Finding.RED),
    ],
)
def test_findings(wanted: Expected, found: dict[str, Verdict], finding: Finding) -> None:
    assert judge(wanted, BEFORE, found).finding is finding


def test_a_leg_that_becomes_something_else_has_to() -> None:
    wanted = Expected(frozenset({ONE}), becomes={LEG: LATER})
    assert judge(wanted, BEFORE, after(f012=FAIL, f020_straddling=LATER)).finding is Finding.CAUGHT
    assert judge(wanted, BEFORE, after(f012=FAIL)).finding is Finding.MISATTRIBUTED


def test_what_is_wrong_is_told() -> None:
    found = judge(expected(ONE), BEFORE, after(f020_straddling=FAIL, f050=None))
    assert found.red == (LEG,)
    assert found.missing == (ONE,)
    assert found.unexpected == (f"{LEG}: pass -> fail", "WSASOCKET-050: not-provocable -> no row")


def test_a_leg_is_as_good_as_its_worst_row() -> None:
    rows = [
        Row("WSASOCKET-020", str(n), verdict, "", "", leg="a")
        for n, verdict in enumerate([Verdict.PASS, FAIL])
    ]
    assert by_leg([*rows, Row("WSASOCKET-012", "", Verdict.PASS, "", "")]) == {
        "WSASOCKET-020 a": FAIL,
        ONE: Verdict.PASS,
    }


def test_only_two_findings_are_good() -> None:
    assert [finding for finding in Finding if finding.good] == [Finding.CAUGHT, Finding.GREEN]
