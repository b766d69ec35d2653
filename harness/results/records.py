"""The records of a results file, one JSON object a line; docs/results.md describes them for other programs.

`results.schema.json` beside this file is the JSON Schema of a line. A reader passes over keys and kinds of
records that it does not know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Self

from harness.targets.recovery import RecoveryStep

FORMAT = 1
"""Goes up when a reader of the old format would misunderstand the new one."""


ALL = "all"
"""What the Robot variable SELECTION says where all of the harness's own tests are to run."""


class Record:
    """Base of all records but rows, which are `harness.conformance.Row`. `kind`: the value of "record"."""

    kind: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """The line, with "record" in front."""
        return {"record": self.kind, **asdict(self)}  # type: ignore[call-overload]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The record that `to_dict` came from; unknown keys are passed over. Raises ValueError."""
        names = [each.name for each in fields(cls) if each.name in values]  # type: ignore[arg-type]
        found = {name: values[name] for name in names}
        lists = {name: tuple(each) for name, each in found.items() if isinstance(each, list)}
        try:
            return cls(**found | lists)
        except TypeError as error:
            raise ValueError(f"a {cls.kind} record that lacks something: {error}") from None


@dataclass(frozen=True, slots=True)
class Start(Record):
    """The first line: what is run on what. Times are ISO 8601 in UTC.

    run: identifies the run wherever its file goes. place: where the target's settings lead. evidence: what
    its rows rest on, as far as the target says. image: "sha256:..." of what the device runs, "" if nobody
    knows. harness: version. selection: how the tests were chosen, "" for all of the harness's own, None if
    nobody knows (plain `robot`). words: what chooses the device on a command line ("panel", "--key",
    "new.key"), empty if nobody knows. expected: what was to be judged, "WSASOCKET-012", or "WSASOCKET-020
    straddling" for one leg of several; empty unless the selection is "". host: name of this computer.
    sources: what suites, data and recorded deviations were made of, each as `Sources.to_dict`, by the names
    "suites", "data", "expectations".
    """

    kind = "run"
    run: str
    target: str
    target_kind: str
    place: str
    evidence: str
    harness: str
    started: str
    image: str = ""
    selection: str | None = None
    words: Sequence[str] = ()
    expected: Sequence[str] = ()
    host: str = ""
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Opened(Record):
    """A device answered. identity: `DeviceInfo.identity` (version, cpu, processor, platform, oem), empty as
    long as it has not told: another such record follows then. evidence: what rows from here on rest on."""

    kind = "device"
    time: str
    url: str
    agent: str
    evidence: str
    identity: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ran(Record):
    """A test came to its end; its rows stand in front of it.

    status: PASS, FAIL or SKIP, as Robot says it. requirements: those it is tagged with. calls: microseconds
    of its calls, in order, by export ("ws2!WSASocketW"); calls in loops are left out. line:
    `harness.device.LineReport` as a dictionary, of the run so far; None if no device is open.
    """

    kind = "test"
    name: str
    suite: str
    started: str
    seconds: float
    status: str
    message: str = ""
    requirements: Sequence[str] = ()
    calls: Mapping[str, Sequence[int]] = field(default_factory=dict)
    line: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Recovery(RecoveryStep, Record):
    """Something was tried to bring the device back."""

    kind = "recovery"


@dataclass(frozen=True, slots=True)
class End(Record):
    """The last line; a run without it was cut off. stopped: by Ctrl-C. unmatched: recorded deviations that no
    row of a whole run is about, in words. line: see `Ran`."""

    kind = "end"
    ended: str
    stopped: bool = False
    unmatched: Sequence[str] = ()
    line: Mapping[str, Any] | None = None


KINDS: Mapping[str, type[Record]] = {each.kind: each for each in (Start, Opened, Ran, Recovery, End)}
ROW = "row"
