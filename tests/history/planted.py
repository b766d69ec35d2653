"""A history of runs that is made up, written to results files as real runs write them.

Three devices, nightly runs over ten weeks. What is planted, a reader has to find again: a regression that
begins with run 120, a flaky requirement, a week of a bad cable, a new image that changes nothing, a recorded
deviation, and two runs by hand that look at a part of what went bad.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

from harness.conformance import Row, Verdict, expected_legs, not_provocable
from harness.device import LineReport
from harness.results import RESULTS_FILE, End, Opened, Ran, Record, Recovery, ResultsWriter, Start
from harness.session.health import LineHealth
from harness.winsock import REQUIREMENTS, Leg, Requirement, documented_result, error_name, named
from harness.winsock.constants import CONSTANT_GROUPS, ERROR_GROUP

NIGHTS = 66
BEGIN = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
HARNESS, NEWER_HARNESS = "0.9.0", "1.0.0"
NEW_HARNESS_NIGHT = 30
REGRESSION, FLAKY, RECORDED = "WSASOCKET-012", "WSASOCKET-046", "WSASOCKET-018"


@dataclass(frozen=True, slots=True)
class Planted:
    """The truth, by numbers of runs, 1 is the oldest.

    `regression`: a requirement of `regressed` that is bad from run `first_bad` on, good up to `last_good`.
    `part_runs`: runs by hand that judged one case of it, which is good. `flaky`: a requirement of `wavering`.
    `cable_runs`: runs of `cabled` in the bad week, `cut_off` some of them. `renewed`: got a new image with
    run `new_image`. `recorded`: the deviation of `deviating` that is recorded.
    """

    regressed: str = "panel"
    regression: str = REGRESSION
    last_good: int = 117
    first_bad: int = 120
    part_runs: tuple[int, ...] = (139, 161)
    wavering: str = "terminal"
    flaky: str = FLAKY
    cabled: str = "gateway"
    cable_runs: tuple[int, ...] = ()
    cut_off: tuple[int, ...] = ()
    renewed: str = "gateway"
    new_image: int = 0
    deviating: str = "gateway"
    recorded: str = RECORDED
    total: int = 0


@dataclass(frozen=True, slots=True)
class Machine:
    """One device of the made-up lab."""

    name: str
    kind: str
    place: str
    version: str
    cpu: str
    oem: str
    minutes: int
    provides: frozenset[str] = frozenset()

    @property
    def identity(self) -> dict[str, str]:
        return {"cpu": self.cpu, "platform": "HPC", "oem": self.oem, "version": self.version}


TERMINAL = Machine("terminal", "serial", "/dev/ttyUSB0", "5.2.1235", "ARM", "Acme Terminal 7", 0)
GATEWAY = Machine("gateway", "serial", "/dev/ttyUSB1", "6.0.3122", "x86", "Acme Gateway", 40)
PANEL = Machine("panel", "tcp", "192.0.2.17:5555", "5.0.1400", "ARM", "Acme Panel 2", 80)
MACHINES = (TERMINAL, GATEWAY, PANEL)

CABLE_NIGHTS = range(46, 53)
CUT_OFF_NIGHTS = (47, 50)
NEW_IMAGE_NIGHT = 20
REGRESSION_NIGHT = 39
PART_NIGHTS = (45, 52)
"""In the morning after these somebody tried one address family by hand."""

PROGRAM = """call ws2!WSAStartup(0x0202, scratch wsadata[512])
tested = ws2!WSASocketW({family}, SOCK_STREAM, 0, NULL, 0, 0)
when ok {{
    closed = ws2!closesocket(tested)
}}
call ws2!WSACleanup()
"""
FAMILIES = ("AF_UNIX", "AF_IPX", "AF_APPLETALK")
"""Cases of the regression; the first stays good."""


def fake_digest(*words: object) -> str:
    return f"sha256:{sha256(repr(words).encode()).hexdigest()}"


def plant(folder: Path) -> Planted:
    """Writes the results of 200 runs below `folder`, one folder a run. The same files each time."""
    random = Random(20261128)
    number = 0
    cable: list[int] = []
    cut_off: list[int] = []
    new_image = 0
    for night in range(NIGHTS):
        for machine in MACHINES:
            number += 1
            made = Made(machine, BEGIN + timedelta(days=night, minutes=machine.minutes))
            made.sources(night >= NEW_HARNESS_NIGHT)
            made.image = fake_digest(machine.name, "image", 1)
            made.rows = list(good_rows(machine))
            if machine is TERMINAL and random.random() < 0.3:
                made.fail(FLAKY, "1023 of 1024 bytes arrived")
            if machine is GATEWAY:
                made.record(RECORDED, error_name(10022), "the stack is that of the desktop")
                if night >= NEW_IMAGE_NIGHT:
                    made.image = fake_digest(machine.name, "image", 2)
                    new_image = new_image or number
                if night in CABLE_NIGHTS:
                    cable.append(number)
                    made.bad_cable(random)
                    if night in CUT_OFF_NIGHTS:
                        cut_off.append(number)
                        made.ended = False
            if machine is PANEL and night >= REGRESSION_NIGHT:
                made.image = fake_digest(machine.name, "image", 2)
                for family in FAMILIES[1:]:
                    made.fail(REGRESSION, named(10022), case=family)
            made.write(folder)
        if night in PART_NIGHTS:
            number += 1
            made = Made(PANEL, BEGIN + timedelta(days=night, hours=9))
            made.sources(True)
            made.selection = f"--test 'Family {FAMILIES[0]}'"
            made.image = fake_digest(PANEL.name, "image", 2)
            made.rows = [row for row in good_rows(PANEL) if row.case == FAMILIES[0]]
            made.write(folder)
    return Planted(cable_runs=tuple(cable), cut_off=tuple(cut_off), new_image=new_image, total=number)


def plant_many(folder: Path, runs: int = 1000, requirements: int = 60) -> None:
    """Many runs of four devices, all of the same requirements (made up, where there are not so many), with
    a few deviations that come and go."""
    random = Random(runs)
    names = [*REQUIREMENTS, *(f"WSASOCKET-{number}" for number in range(901, 1000))][:requirements]
    machines = (*MACHINES, Machine("kiosk", "ssh", "bench/dev/ttyS0", "4.20.1088", "MIPS", "Acme Kiosk", 120))
    bad = {machine.name: {random.choice(names)} for machine in machines}
    for number in range(runs):
        machine = machines[number % len(machines)]
        made = Made(machine, BEGIN + timedelta(hours=4 * number))
        made.sources(number > runs // 2)
        made.image = fake_digest(machine.name, "image", number // (runs // 3 or 1))
        made.rows = [
            Row(name, case, Verdict.PASS, named(10047), named(10047), program=PROGRAM.format(family=case),
                evidence="device", provoked="calls", outcome="returned")
            for name in names
            for case in FAMILIES
        ]  # fmt: skip
        if random.random() < 0.05:
            bad[machine.name] ^= {random.choice(names)}
        for name in bad[machine.name]:
            made.fail(name, named(10022))
        made.write(folder)


@dataclass(slots=True)
class Made:
    """One run that is made up. `ended`: it has a last line."""

    machine: Machine
    begun: datetime
    rows: list[Row] = field(default_factory=list)
    image: str = ""
    selection: str | None = ""
    ended: bool = True
    stopped: bool = False
    harness: str = HARNESS
    used: dict[str, Mapping[str, str | bool]] = field(default_factory=dict)
    line: LineHealth = field(default_factory=lambda: LineHealth(frames_sent=412, frames_received=412))
    recovery: list[Recovery] = field(default_factory=list)
    expected: Sequence[str] | None = None

    def sources(self, newer: bool) -> None:
        """What it was run with: the older harness and suites, or the newer ones."""
        self.harness = NEWER_HARNESS if newer else HARNESS
        for name in ("suites", "data"):
            commit = sha256(self.harness.encode()).hexdigest()[:40]
            self.used[name] = {
                "path": name, "digest": fake_digest(name, newer), "commit": commit, "changed": False
            }  # fmt: skip
        if self.machine is GATEWAY:
            self.used["expectations"] = {
                "path": f"expectations/{self.machine.name}.toml", "digest": fake_digest("expectations"),
                "commit": "", "changed": False,
            }  # fmt: skip

    def change(self, requirement: str, case: str | None, **values: object) -> None:
        """Other values for rows of that requirement (and case), those that were judged."""
        for place, row in enumerate(self.rows):
            if row.requirement == requirement and case in (None, row.case) and row.program:
                self.rows[place] = Row(**{**row.to_dict(), "verdict": row.verdict, **values})  # type: ignore[arg-type]

    def fail(self, requirement: str, observed: str, *, case: str | None = None) -> None:
        self.change(requirement, case, verdict=Verdict.FAIL, observed=observed, reason="contradicts the page")

    def record(self, requirement: str, observed: str, reason: str) -> None:
        """A deviation that is recorded."""
        self.change(requirement, None, verdict=Verdict.KNOWN, observed=observed, recorded=reason)

    def bad_cable(self, random: Random) -> None:
        """The line loses frames, and after a while all of them."""
        lost = random.randrange(len(self.rows) // 3, len(self.rows))
        reason = "the device does not answer: no frame for 30 s, in 3 sessions"
        for place, row in enumerate(self.rows):
            if place < lost:
                continue
            words = reason if place == lost else f"not run: {reason}"
            self.rows[place] = Row(
                row.requirement, row.case, Verdict.BROKEN, row.documented, "", words, leg=row.leg
            )
        for place in random.sample(range(lost), 2):
            row = self.rows[place]
            self.rows[place] = Row(
                row.requirement, row.case, Verdict.INCONCLUSIVE, row.documented, "",
                "the line broke while the program ran", row.program, row.evidence, row.leg,
            )  # fmt: skip
        self.line = LineHealth(
            frames_sent=700, frames_received=402, bad_frames=random.randrange(30, 90), noise_bytes=4096,
            resends=random.randrange(80, 200), reconnects=random.randrange(1, 4), reconnecting=12.5,
        )  # fmt: skip
        self.recovery.append(Recovery(self._at(300), "new session", reason, "no answer", 30.0))

    def write(self, folder: Path) -> Path:
        """The results file."""
        moment = f"{self.begun:%Y-%m-%d_%H-%M-%S}-{self.machine.name}"
        path = folder / moment / RESULTS_FILE
        with ResultsWriter(path, self._start()) as writer:
            for record in self._records():
                writer.write(record)
        return path

    def _start(self) -> Start:
        machine = self.machine
        expected = self.expected
        if expected is None:
            whole = REQUIREMENTS.values() if self.selection == "" else ()
            expected = expected_legs(whole, machine.provides)
        run = f"{self.begun:%Y%m%dT%H%M%S}-{sha256(machine.name.encode()).hexdigest()[:8]}"
        return Start(
            run=run, target=machine.name, target_kind=machine.kind, place=machine.place, evidence="device",
            harness=self.harness, started=self._at(0), image=self.image, selection=self.selection,
            expected=expected, host="bench", sources=self.used,
        )  # fmt: skip

    def _records(self) -> Iterator[Record | Row]:
        machine = self.machine
        yield Opened(
            self._at(1), machine.place, f"ceagent {self.harness} ce-armv4i", "device", machine.identity
        )
        by_requirement: dict[str, list[Row]] = {}
        for row in self.rows:
            by_requirement.setdefault(row.requirement, []).append(row)
        for count, (requirement, rows) in enumerate(by_requirement.items()):
            yield from rows
            red = any(row.verdict.alarming for row in rows)
            known = REQUIREMENTS.get(requirement)
            yield Ran(
                known.title if known else requirement, "Conformance.Wsasocket", self._at(2 + count), 0.6,
                "FAIL" if red else "PASS", "", [requirement],
                {"ws2!WSASocketW": [131, 127]}, self._line() if count % 20 == 0 else None,
            )  # fmt: skip
        yield from self.recovery
        if self.ended:
            yield End(self._at(420), self.stopped, (), self._line())

    def _line(self) -> dict[str, object]:
        url = f"{self.machine.kind}://{self.machine.place}"
        return LineReport(url, "no key: anybody on this line could use the device", "", self.line).as_dict()

    def _at(self, seconds: float) -> str:
        return (self.begun + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def good_rows(machine: Machine) -> Iterator[Row]:
    """What a device tells that does everything as the page says."""
    for requirement in REQUIREMENTS.values():
        for leg in requirement.legs:
            if not leg.missing(machine.provides):
                yield from _leg_rows(requirement, leg)
        yield from not_provocable(requirement, machine.provides, "device")


def _leg_rows(requirement: Requirement, leg: Leg) -> Iterator[Row]:
    seen = leg.expectation.conforming or tuple(leg.expectation.observed)
    verdict = Verdict.PASS if leg.expectation.conforming or leg.expectation.statement else Verdict.OBSERVED
    word = seen[0] if seen else ""
    code = CONSTANT_GROUPS[ERROR_GROUP].get(word)
    observed = named(code) if code is not None else word or "as documented"
    cases = FAMILIES if requirement.id == REGRESSION else ("",) if leg.id else ("one", "two")
    for case in cases:
        family = case if case in FAMILIES else "AF_INET"
        yield Row(
            requirement.id, case, verdict, documented_result(leg), observed, "",
            PROGRAM.format(family=family), "device", leg.id, "", leg.provoked, "returned",
        )  # fmt: skip
