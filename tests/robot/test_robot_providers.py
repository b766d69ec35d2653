"""The suite of the service provider: equal verdicts on every CPU, and what it says where there is none."""

from pathlib import Path

import pytest
import robot

from harness.conformance import Row, Verdict
from harness.results import RESULTS_FILE, read_results

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")

SUITE = Path(__file__).parents[2] / "suites" / "wsasocket" / "060__provider.robot"
OBSERVED = {("WSASOCKET-022", "one-missing")}


def run_suite(folder: Path, *variables: str) -> list[Row]:
    robot.run(
        str(SUITE), outputdir=str(folder), output="NONE", log="NONE", report="NONE", console="none",
        variable=list(variables),
    )  # fmt: skip
    return read_results(folder / RESULTS_FILE).rows


def on(folder: Path, settings: str) -> list[Row]:
    folder.mkdir(exist_ok=True)
    (folder / "lab.ini").write_text(f"[other]\nkind = emulated\n{settings}\n")
    return run_suite(folder, f"LAB:{folder / 'lab.ini'}", "TARGET:other")


PASSED_ON = {f"WSASOCKET-{number}" for number in ("011", "013", "014", "015", "019a", "019b")}


@pytest.mark.parametrize(
    ("quirk", "expected"),
    [
        ("provider-errors-are-replaced", PASSED_ON),
        *(
            pytest.param(quirk, {f"WSASOCKET-{number}" for number in numbers}, marks=pytest.mark.long)
            for quirk, numbers in (
                ("answer:provider-10105=10107", ["021"]),
                ("answer:provider-10104=10107", ["022"]),
                ("provider-gets-the-type-of-the-entry", ["029"]),
                ("provider-gets-no-flags", ["055"]),
                ("provider-gets-no-structure", ["019b", "032"]),
                ("bare-layers-are-selected", ["033", "034"]),
                ("the-last-provider-wins", ["026"]),
                ("the-structure-of-a-provider-is-ignored", ["027"]),
            )
        ),
    ],
)
def test_what_goes_wrong_turns_its_requirement_red_and_no_other(
    quirk: str, expected: set[str], tmp_path: Path
) -> None:
    rows = on(tmp_path, f"cpu = x86\nquirk = {quirk}")
    assert not [row for row in rows if row.verdict in (Verdict.BROKEN, Verdict.NOT_PROVOCABLE)]
    assert {row.requirement for row in rows if row.verdict.red} == expected


@pytest.mark.parametrize("cpu", ["arm", "armv7", "x86", "mips"])
def test_every_cpu(cpu: str, tmp_path: Path) -> None:
    rows = run_suite(tmp_path, f"CPU:{cpu}")
    assert len({(row.requirement, row.leg) for row in rows}) == 24
    for row in rows:
        expected = Verdict.OBSERVED if (row.requirement, row.leg) in OBSERVED else Verdict.PASS
        assert row.verdict is expected, row
        assert row.provoked.startswith("provider: "), row
    assert "provider: failing fail=10050" in {row.provoked for row in rows}


def test_other_tables(tmp_path: Path) -> None:
    rows = on(tmp_path, "variants = upcalls-15 spi-shuffled")
    assert {row.verdict for row in rows} == {Verdict.PASS, Verdict.OBSERVED}


def test_a_device_that_trusts_nobody(tmp_path: Path) -> None:
    rows = on(tmp_path, "variants = untrusted")
    assert {row.verdict for row in rows} == {Verdict.NOT_PROVOCABLE}
    assert all("WSANO_RECOVERY (11003)" in row.reason for row in rows)
    assert len({(row.requirement, row.leg) for row in rows}) == 24


def test_a_target_that_does_not_provide_it(tmp_path: Path) -> None:
    (tmp_path / "lab.ini").write_text("[other]\nkind = emulated\nprovides =\n")
    rows = run_suite(tmp_path, f"LAB:{tmp_path / 'lab.ini'}", "TARGET:other")
    assert {row.verdict for row in rows} == {Verdict.NOT_PROVOCABLE}
    assert all("(provider)" in row.reason for row in rows)
