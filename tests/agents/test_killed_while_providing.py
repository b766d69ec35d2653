"""The host is killed while a service provider of ours is put on a device, called, or removed: who connects
next finds nothing of it in the device's catalog. So it is after the provider has crashed or hung."""

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from running import KEY, PORT, Emulated, emulated, key_file
from undisturbed_runs import Run

from harness.agents import provider_library
from harness.conformance import Verdict
from harness.deadline import Deadline
from harness.device import Device
from harness.lab import load_lab
from harness.links import dialer
from harness.provider import Asked, catalog
from harness.provider.records import records
from harness.provider.words import FAMILY, PROTOCOL, TYPE
from harness.session import Session
from harness.targets import connect

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(sys.platform != "linux", reason="a process of its own is killed: run on Linux"),
]
SUITE = ("--suite", "*Provider")
ROWS = 32
"""Of a run that nobody disturbs."""


@dataclass
class Panel:
    """An emulated device that lives on, whatever becomes of its hosts; `root`: its files."""

    cpu: str
    root: Path
    url: str
    lab: Path
    emulator: Emulated

    def run(self, folder: Path, selection: tuple[str, ...] = SUITE) -> Run:
        return Run(folder, ("panel", "--lab", str(self.lab)), selection)

    @contextmanager
    def seen_by_nobody(self) -> Iterator[Device]:
        """A session that tidies nothing up."""
        session = Session.open(dialer(self.url), key=KEY, deadline=Deadline(60))
        with Device("raw", session, "model", 4) as device:
            yield device

    def holds(self) -> tuple[int, list[str]]:
        """Entries of ours in the catalog, and files of ours."""
        with self.seen_by_nobody() as device:
            entries = len(catalog.ours(device.run))
        return entries, sorted(path.name for path in self.root.glob("ceprovider*"))

    def connect(self) -> None:
        """As every command does: a host that wants nothing of any provider."""
        config = load_lab(self.lab).target("panel")
        with connect(config):
            pass


@contextmanager
def panel(cpu: str, folder: Path) -> Iterator[Panel]:
    root, key = folder / "root", key_file(folder)
    key.chmod(0o600)
    root.mkdir()
    with emulated(cpu, f"link=tcp:{PORT}", copies=[(key, "\\ceagent.key")], root=root) as device:
        ready = device.event("ready")["tcp"]
        assert isinstance(ready, dict)
        port, lab = ready[str(PORT)], folder / "lab.ini"
        lab.write_text(
            f"[panel]\nkind = tcp\nhost = 127.0.0.1\nport = {port}\nkey = {key}\nprovides = provider\n"
        )
        yield Panel(cpu, root, f"tcp://127.0.0.1:{port}", lab, device)


Moment = Callable[[Panel, Run], bool]


def uploading(panel: Panel, run: Run) -> bool:
    whole = provider_library(panel.cpu).stat().st_size
    return any(0 < path.stat().st_size < whole for path in panel.root.glob("ceprovider.*"))


def looking_for_the_layout(panel: Panel, run: Run) -> bool:
    return (panel.root / "ceprovider.log").exists()


def after(rows: int) -> Moment:
    """So many have been judged: the next provider is being installed, called or removed."""
    return lambda panel, run: run.recorded().count(b"\n") >= rows


MOMENTS = {"upload": uploading, "layout": looking_for_the_layout, "rows": after(3), "more rows": after(20)}


def kill_at(panel: Panel, folder: Path, moment: Moment, chance: random.Random) -> Run:
    return kill(panel, panel.run(folder), moment, chance)


def kill(panel: Panel, run: Run, moment: Moment, chance: random.Random) -> Run:
    patience = time.monotonic() + 120
    while not moment(panel, run):
        assert run.process.poll() is None, run.said
        assert time.monotonic() < patience
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.15))
    run.process.kill()
    run.end()
    return run


@pytest.mark.parametrize("cpu", ["arm", "x86"])
def test_the_host_is_killed(cpu: str, tmp_path: Path, full: bool) -> None:
    left = 0
    with panel(cpu, tmp_path) as device:
        for seed in range(8 if full else 1):
            for name, moment in MOMENTS.items():
                kill_at(device, tmp_path / f"{name} {seed}", moment, random.Random(seed))
                found = device.holds()
                print(name, seed, found)
                left += bool(found[0] or found[1])
                device.connect()
                assert device.holds() == (0, []), name
        assert left, "the host was never killed in the middle"
        last = device.run(tmp_path / "last")
        assert last.end() == 0, last.said
        assert len(last.rows()) == ROWS
        assert {row.verdict for row in last.rows()} == {Verdict.PASS, Verdict.OBSERVED}
        assert device.holds() == (0, [])


PROVIDER_SUITE = f"""*** Settings ***
Library    harness.robot.CEHarness
*** Test Cases ***
Inside
    Install Provider    odd    {{word}}
    Run Program
    ...    fresh
    ...    deadline 300s
    ...    call WSAStartup(0x0202, scratch wsadata[512])
    ...    tested = WSASocketW({FAMILY}, {TYPE}, {PROTOCOL}, NULL, 0, 0)
    Evaluate    time.sleep(300)    modules=time
"""


@pytest.mark.parametrize("cpu", ["arm", "x86"])
@pytest.mark.parametrize(("word", "code"), [("fault=4", 0xC0000005), ("hang=1", None)])
def test_the_host_is_killed_when_the_provider_has_crashed_or_hangs(
    cpu: str, word: str, code: int | None, tmp_path: Path
) -> None:
    suite = tmp_path / "odd.robot"
    suite.write_text(PROVIDER_SUITE.format(word=word))

    def asked(panel: Panel, run: Run) -> bool:
        """WSPSocket has been called: its record is in the log, with the entry that has the word."""
        with suppress(FileNotFoundError):
            log = (panel.root / "ceprovider.log").read_bytes()
            asked = any(isinstance(one, Asked) for one in records(log))
            return asked and word.encode("utf-16-le") in log
        return False

    with panel(cpu, tmp_path) as device:
        run = device.run(tmp_path / "run", ("--suites", str(suite)))
        kill(device, run, asked, random.Random(0))
        if code is not None:
            device.emulator.event("exit", code=code)
        assert device.holds() == (1, ["ceprovider.dll", "ceprovider.log"])
        device.connect()
        assert device.holds() == (0, [])
