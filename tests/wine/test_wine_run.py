"""`ceharness run wine`: green with what is recorded of Wine, else red, and nothing stays behind."""

import json
import os
import select
import signal
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.conformance import Row
from harness.results import RESULTS_FILE, read_results

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
RECORDS = ROOT / "expectations" / "wine.toml"
PROVOKED = {"010", "012", "014", "016", "018"}
"""Rows of the error table whose code Wine gives."""
OTHERWISE = {"017", "019a", "019b", "019c", "020"}
"""Those whose condition is made, and that Wine answers in another way."""
OUT_OF_REACH = {"011", "013", "015", "021", "022"}
"""Those that only a provider can provoke."""


def rows_of(folder: Path) -> list[Row]:
    return read_results(folder / RESULTS_FILE).rows


def lab_with(folder: Path, records: str) -> Path:
    (folder / "records.toml").write_text(records, encoding="utf-8")
    lab = folder / "lab.ini"
    lab.write_text("[wine]\nkind = wine\nexpectations = records.toml\n", encoding="utf-8")
    return lab


def test_everything_that_wine_does_otherwise_is_recorded(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    output = tmp_path / "run"
    code = main(["run", "wine", "--lab", str(ROOT / "lab.ini"), "--output", str(output)])
    out = capsys.readouterr().out
    assert code == 0, out
    assert "the record matches no row" not in out
    rows = rows_of(output)
    assert {row.evidence for row in rows} == {"independent"}
    counts = Counter(row.verdict for row in rows)
    assert set(counts) == {"pass", "known", "observed", "not-provocable"}, counts
    needs = [row.reason for row in rows if row.verdict == "not-provocable"]
    assert all(needs)

    table: dict[str, set[str]] = {}
    for row in rows:
        table.setdefault(row.requirement.removeprefix("WSASOCKET-"), set()).add(row.verdict)
    assert len(table) == 58
    # A blocking call (013) is made, but conforms with a success: its code only a provider can give.
    assert {name for name in PROVOKED if "pass" in table[name] and "known" not in table[name]} == PROVOKED
    assert {name for name in OTHERWISE if "known" in table[name]} == OTHERWISE
    for name in OUT_OF_REACH - {"013"}:
        assert table[name] == {"not-provocable"}, name
    assert table["013"] == {"pass", "not-provocable"}
    run = read_results(output / RESULTS_FILE)
    assert (run.start.target_kind, run.evidence, run.line["keyed"]) == ("wine", "independent", True)
    assert run.start.place.startswith("wine-")


def test_a_record_that_is_gone_and_records_of_nothing_are_red(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    head, *entries = RECORDS.read_text(encoding="utf-8").split("[[deviation]]")
    (gone,) = [entry for entry in entries if "WSASOCKET-019a" in entry]
    made_up = (
        '\nrequirement = "{}"\n{}observed = "success"\nreason = "r"\ndate = 2026-01-01\nevidence = "e"\n\n'
    )
    entries.remove(gone)
    entries.append(made_up.format("WSASOCKET-016", ""))
    entries.append(made_up.format("WSASOCKET-008", 'cases = ["No Such Case"]\n'))
    lab = lab_with(tmp_path, "[[deviation]]".join([head, *entries]))
    output = tmp_path / "run"
    assert main(["run", "wine", "--lab", str(lab), "--output", str(output)]) == 1
    red = {(row.requirement, row.verdict) for row in rows_of(output)} & {
        (f"WSASOCKET-{number}", verdict)
        for number in ("008", "016", "019a", "019b", "020")
        for verdict in ("fail", "fixed")
    }
    assert red == {("WSASOCKET-019a", "fail"), ("WSASOCKET-016", "fixed")}
    assert "the record matches no row" in capsys.readouterr().out


LAYOUT = """\
buffer out vector[WSABUF]
store &vector+WSABUF.buf, word, &vector
tested = ws2!WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
"""


def test_doctor_and_a_program_that_depends_on_the_word(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["doctor", "wine", "--lab", str(ROOT / "lab.ini"), "--json", "-"]) == 0
    steps = {step["step"]: step for step in json.loads(capsys.readouterr().out)}
    assert all(step["ok"] for step in steps.values())
    assert "ceagent-win32-x64.exe" in steps["agent executable"]["detail"]
    assert "Windows 6." in steps["device information"]["detail"]
    assert "every frame is keyed" in steps["protocol and key"]["detail"]
    (tmp_path / "layout.ceprog").write_text(LAYOUT, encoding="utf-8")
    program = str(tmp_path / "layout.ceprog")
    assert main(["exec", program, "wine", "--lab", str(ROOT / "lab.ini"), "--json", "-"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["calls"][0]["value"] == (1 << 64) - 1
    assert done["calls"][0]["error_name"] == "WSANOTINITIALISED"
    vector = bytes.fromhex(done["buffers"]["vector"])
    assert len(vector) == 16
    assert vector[:8] == bytes(8)
    assert vector[8:] != bytes(8)


class Command:
    """A command as a process of its own, whose files are in a folder and whose processes bear a mark."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self._mark = f"CEHARNESS_TEST_MARK={uuid.uuid4().hex}"
        name, value = self._mark.split("=")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.cli", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, name: value, "TMPDIR": str(self.temporary), "PYTHONUNBUFFERED": "1"},
        )

    def processes(self, name: str = "") -> list[int]:
        """Those that bear the mark, without the command itself; the names of which contain `name`."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                marked = self._mark.encode() in (folder / "environ").read_bytes()
                if marked and name in (folder / "comm").read_text() and int(folder.name) != self.process.pid:
                    found.append(int(folder.name))
        return found

    def wait_for_row(self) -> None:
        assert self.process.stdout is not None
        assert any("WSASOCKET-" in line for line in self.process.stdout)

    def end(self) -> None:
        with self.process:
            self.process.kill()


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    lab = ["--lab", str(ROOT / "lab.ini"), "--output", str(tmp_path / "run")]
    made = Command(tmp_path, "run", "wine", *lab)
    yield made
    made.end()


def end_of(processes: list[int]) -> None:
    """Waits until they have all ended."""
    for pid in processes:
        with suppress(ProcessLookupError), closing(os.fdopen(os.pidfd_open(pid))) as handle:
            assert select.select([handle], [], [], 60)[0], f"process {pid} is still there"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc: run on Linux")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_nothing_is_left_of_wine_however_the_harness_ends(command: Command, number: signal.Signals) -> None:
    command.wait_for_row()
    running = command.processes()
    assert len(command.processes("wineserver")) == 1
    command.process.send_signal(number)
    command.process.communicate(timeout=120)
    end_of(running)
    assert command.processes() == []
    assert list(command.temporary.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc: run on Linux")
def test_an_agent_that_is_killed_is_a_failed_lab(command: Command, tmp_path: Path) -> None:
    """And what waits for the end of the harness may be killed as well."""
    command.wait_for_row()
    (keeper,) = command.processes("sh")
    os.kill(keeper, signal.SIGKILL)
    for agent in command.processes("ceagent.exe"):
        os.kill(agent, signal.SIGKILL)
    out, err = command.process.communicate(timeout=120)
    assert command.process.returncode == 3, out + err
    assert "the agent on Wine ended" in err
    assert {row.verdict for row in rows_of(tmp_path / "run")} & {"fail", "fixed"} == set()
    assert command.processes() == []
    assert list(command.temporary.iterdir()) == []
