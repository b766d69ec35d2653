"""The WSASocket suites on the emulated device: no false alarm; a wrong answer turns the right tests red."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import robot

from harness.cli.main import main
from harness.conformance import Row, Verdict, expected_legs, judge, read_expectations, summarize
from harness.lab import load_lab
from harness.program.text import parse
from harness.results import RESULTS_FILE, read_results
from harness.targets import connect
from harness.winsock import REQUIREMENTS, symbols

pytest.importorskip("unicorn", reason="the emulated device needs: pip install 'ceharness[emulator]'")

ROOT = Path(__file__).parents[2]
QUICK = ("COUNT:50", "LARGE_WRITES:8", "SMALL_WRITES:20")


def run_suites(folder: Path, *variables: str, include: Sequence[str] = ()) -> list[Row]:
    robot.run(
        str(ROOT / "suites"),
        outputdir=str(folder),
        output="NONE",
        log="NONE",
        report="NONE",
        console="none",
        variable=[*QUICK, *variables],
        include=list(include),
    )
    return read_results(folder / RESULTS_FILE).rows


def red(rows: list[Row]) -> set[str]:
    return {row.requirement for row in rows if row.verdict.red}


@pytest.mark.parametrize(
    "cpu", ["arm", *(pytest.param(cpu, marks=pytest.mark.long) for cpu in ("armv7", "x86", "mips"))]
)
def test_no_false_alarm(cpu: str, tmp_path: Path) -> None:
    rows = run_suites(tmp_path, f"CPU:{cpu}")
    summary = summarize(rows, expected_legs(REQUIREMENTS.values(), load_lab().target("emulated").provides))
    assert summary.exit_code == 0, [
        row for row in rows if row.verdict not in (Verdict.PASS, Verdict.OBSERVED)
    ]
    assert set(summary.verdicts) == set(REQUIREMENTS)
    assert not [row for row in rows if row.verdict is Verdict.INCONCLUSIVE]
    assert all(row.evidence == "model" for row in rows if row.program)
    ways = {row.provoked.partition(":")[0] for row in rows if row.verdict is Verdict.PASS}
    assert ways == {"calls", "exhaustion", "memory-pressure", "network-cut", "network-down", "provider"}
    assert "network-cut: 10.0.0.2:9" in {row.provoked for row in rows}


def target(lab: Path, **settings: str) -> tuple[str, str]:
    """Variables that choose an emulated device with these settings, as lab.ini has them."""
    lines = ["[panel]", "kind = emulated", *(f"{name} = {value}" for name, value in settings.items())]
    lab.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return f"LAB:{lab}", "TARGET:panel"


# Not 054, which the page of the emulated device's version (5.0) does not say.
MULTIPOINT = {f"WSASOCKET-0{number}" for number in (39, 40, 41, 42, 43, 44)}


@pytest.mark.parametrize(
    ("quirk", "expected"),
    [
        ("answer:FAMILY=10022", {"WSASOCKET-012"}),
        *(
            pytest.param(quirk, expected, marks=pytest.mark.long)
            for quirk, expected in (
                # One call is the case of two rows of the page.
                ("answer:PROTOCOL_OF_OTHER_TYPE=10043", {"WSASOCKET-017", "WSASOCKET-019c"}),
                ("byte-doubled-at-the-end-of-a-stream", {"WSASOCKET-045", "WSASOCKET-049"}),
                ("memory-of-a-process-is-not-given-back", {"WSASOCKET-015"}),
                ("a-cut-path-is-a-reset", {"WSASOCKET-050"}),
            )
        ),
    ],
)
def test_a_quirk_turns_its_requirement_red_and_no_other(
    quirk: str, expected: set[str], tmp_path: Path
) -> None:
    """A few; `python -m mutation` has them all."""
    rows = run_suites(tmp_path, *target(tmp_path / "lab.ini", quirk=quirk))
    assert red(rows) == expected
    failed = [row for row in rows if row.verdict.red]
    assert all(row.documented and row.observed and row.program for row in failed)


@pytest.mark.long
def test_a_recorded_deviation_is_known_until_the_device_is_repaired(tmp_path: Path) -> None:
    """On all multipoint flags of every catalog entry; recorded by `expect update`, but for the reasons."""
    lab, file = tmp_path / "lab.ini", tmp_path / "expectations" / "panel.toml"
    where = target(lab, quirk="answer:MULTIPOINT=10060")
    about = sorted(MULTIPOINT)
    assert red(run_suites(tmp_path / "results" / "1", *where, include=about)) == MULTIPOINT

    assert main(["expect", "update", "panel", "--lab", str(lab)]) == 1
    text = file.read_text(encoding="utf-8")
    assert text.count('reason = ""') == text.count("[[deviation]]") >= len(MULTIPOINT)
    file.write_text(text.replace('reason = ""', 'reason = "it is broken so"'), encoding="utf-8")
    rows = run_suites(tmp_path / "results" / "2", *where, include=about)
    assert not red(rows)
    assert {row.requirement for row in rows if row.verdict is Verdict.KNOWN} == MULTIPOINT
    assert not list(read_expectations(file).unmatched(rows))

    target(lab)
    repaired = run_suites(tmp_path / "repaired", *where, include=about)
    assert {row.requirement for row in repaired if row.verdict is Verdict.FIXED} == MULTIPOINT
    file.unlink()
    assert not red(run_suites(tmp_path / "clean", *where, include=about))


OTHER_CATALOG = """
[[protocol]]
name = "UDP with the multipoint bit"
id = 7
family = "AF_INET"
type = "SOCK_DGRAM"
protocol = "IPPROTO_UDP"
service_flags = ["XP1_CONNECTIONLESS", "XP1_MESSAGE_ORIENTED", "XP1_SUPPORT_MULTIPOINT"]
provider_flags = []
provider = "5b4d1f62-0c0e-4a57-9a35-77535044504d"
min_address = 16
max_address = 16
message_size = 65467

[[protocol]]
name = "TCP"
id = 40000
family = "AF_INET"
type = "SOCK_STREAM"
protocol = "IPPROTO_TCP"
service_flags = ["XP1_GUARANTEED_DELIVERY", "XP1_GUARANTEED_ORDER", "XP1_GRACEFUL_CLOSE"]
provider_flags = ["PFL_MATCHES_PROTOCOL_ZERO"]
provider = "5b4d1f62-0c0e-4a57-9a35-77535044504d"
min_address = 16
max_address = 16
message_size = 0

[[protocol]]
name = "A family of its own"
id = 41000
family = 32
type = "SOCK_STREAM"
protocol = 3
service_flags = ["XP1_GUARANTEED_DELIVERY", "XP1_GUARANTEED_ORDER", "XP1_GRACEFUL_CLOSE"]
provider_flags = []
provider = "5b4d1f62-0c0e-4a57-9a35-77535044504d"
min_address = 30
max_address = 30
message_size = 0
"""


@pytest.mark.long
def test_no_false_alarm_on_a_device_with_another_catalog(tmp_path: Path) -> None:
    default = (ROOT / "harness" / "emulator" / "data" / "catalog.toml").read_text()
    (tmp_path / "catalog.toml").write_text(OTHER_CATALOG + default[default.index("[limits]") :])
    (tmp_path / "lab.ini").write_text("[other]\nkind = emulated\ncatalog = catalog.toml\n")
    rows = run_suites(tmp_path, f"LAB:{tmp_path / 'lab.ini'}", "TARGET:other")
    assert not [
        row for row in rows if row.verdict.red or row.verdict in (Verdict.BROKEN, Verdict.INCONCLUSIVE)
    ]
    judged = {(row.requirement, row.leg) for row in rows if row.verdict is not Verdict.NOT_PROVOCABLE}
    # What the default device's catalog does not let us see.
    assert {("WSASOCKET-006", "zero"), ("WSASOCKET-040", "built-in-bit")} <= judged


@pytest.mark.long
def test_what_failed_can_be_replayed(tmp_path: Path) -> None:
    lab = tmp_path / "lab.ini"
    where = target(lab, quirk="answer:STRUCTURE_UNREADABLE=10022")
    failed = [row for row in run_suites(tmp_path, *where) if row.verdict.red]
    assert failed
    with connect(load_lab(lab).target("panel")) as device:
        for row in failed:
            execution = device.run(parse(row.program, symbols()))
            again = judge(
                REQUIREMENTS[row.requirement], execution, call=execution.named("tested"), leg=row.leg
            )
            assert again.observed == row.observed
            assert again.verdict is Verdict.FAIL
