"""The suite of the service provider: equal verdicts on every CPU, and what it says where there is none."""

from pathlib import Path

import pytest
import robot

from harness.conformance import Row, Verdict, read_rows

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")

SUITE = Path(__file__).parents[2] / "suites" / "wsasocket" / "060__provider.robot"
OBSERVED = {("WSASOCKET-022", "one-missing")}


def run_suite(folder: Path, *variables: str) -> list[Row]:
    robot.run(
        str(SUITE), outputdir=str(folder), output="NONE", log="NONE", report="NONE", console="none",
        variable=list(variables),
    )  # fmt: skip
    return read_rows(folder / "rows.jsonl")


def on(folder: Path, variants: str) -> list[Row]:
    folder.mkdir(exist_ok=True)
    (folder / "lab.ini").write_text(f"[other]\nkind = emulated\nvariants = {variants}\n")
    return run_suite(folder, f"LAB:{folder / 'lab.ini'}", "TARGET:other")


@pytest.mark.parametrize("cpu", ["arm", "armv7", "x86", "mips"])
def test_every_cpu(cpu: str, tmp_path: Path) -> None:
    rows = run_suite(tmp_path, f"CPU:{cpu}")
    assert len({(row.requirement, row.leg) for row in rows}) == 24
    for row in rows:
        expected = Verdict.OBSERVED if (row.requirement, row.leg) in OBSERVED else Verdict.PASS
        assert row.verdict is expected, row


def test_other_tables(tmp_path: Path) -> None:
    rows = on(tmp_path, "upcalls-15 spi-shuffled")
    assert {row.verdict for row in rows} == {Verdict.PASS, Verdict.OBSERVED}


def test_a_device_that_trusts_nobody(tmp_path: Path) -> None:
    rows = on(tmp_path, "untrusted")
    assert {row.verdict for row in rows} == {Verdict.NOT_PROVOCABLE}
    assert all("WSANO_RECOVERY (11003)" in row.reason for row in rows)
    assert len({(row.requirement, row.leg) for row in rows}) == 24


def test_a_target_that_does_not_provide_it(tmp_path: Path) -> None:
    (tmp_path / "lab.ini").write_text("[other]\nkind = emulated\nprovides =\n")
    rows = run_suite(tmp_path, f"LAB:{tmp_path / 'lab.ini'}", "TARGET:other")
    assert {row.verdict for row in rows} == {Verdict.NOT_PROVOCABLE}
    assert all("(provider)" in row.reason for row in rows)
