"""What every target kind looks like, and what a configured target is.

A kind is one file that ends in `KIND = Kind(...)`. Its whole job is `reach`: make
the device reachable, say where, and undo everything afterwards. What is
above the link (session, device) is the same for all kinds.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a target section, "port" in `port = 5555`.

    `check` gets the text and returns it in normal form, or raises ValueError; `expected`
    completes the sentence "expected ..." in the error message.
    """

    name: str
    expected: str
    check: Callable[[str], str]
    default: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient to be. `connect`: seconds until the agent's first answer has to be here.
    `slowness`: every time limit of a program is multiplied by it (at least 1)."""

    connect: float = 10.0
    slowness: float = 1.0


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a device can connect to over its network: IPv4 address and TCP port. What it sends is taken."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the lab: words, run without a shell in `folder`, for `seconds` at most. `place`: where it
    is written, "lab.ini:12 [panel] power-cycle"; `target`: the name of the target, which it is told."""

    words: tuple[str, ...]
    place: str
    target: str
    folder: Path
    seconds: float


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """One configured target.

    settings: the keys of its kind, checked and with defaults filled in, as text.
    provides: what this target can do beyond plain calls (words of `Requirement.needs`).
    faults: what is done to its line on purpose, as `parse_faults` returns it; "" for nothing.
    window: programs on the way at once, at most; None for as many as its agent takes.
    pacing: how fast may be sent, as `keys.pacing` returns it; "" for as fast as the line goes.
    expectations: the file of the device's recorded deviations, None without one.
    commands: commands of the lab by key ("power-cycle", "restart", "network-cut" ...). power_pause: seconds
    between off and on. boot: seconds from power to the agent's first answer, None if nobody said. peer: what
    "network-cut" is about.
    locks: the folder of the device locks, None for the usual one; wait: seconds to wait for a device that
    somebody else uses.
    source: where it was written ("lab.ini:12"), or None for a built-in or ad-hoc target.
    """

    name: str
    kind: str
    settings: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    provides: frozenset[str] = frozenset()
    timing: Timing = Timing()
    faults: str = ""
    window: int | None = None
    pacing: str = ""
    expectations: Path | None = None
    commands: Mapping[str, Command] = field(default_factory=dict)
    power_pause: float = 5.0
    boot: float | None = None
    peer: Peer | None = None
    locks: Path | None = None
    wait: float = 0.0
    source: str | None = None


class Network(Protocol):
    """What the lab can do to a device's network while the agent stays reachable.

    Both ends of a context count: when it is left, however, the network is as it was. Raises LabError, also
    where that could not be done.
    """

    @property
    def peer(self) -> Peer:
        """The peer that `cut` is about."""

    def cut(self) -> AbstractContextManager[None]:
        """The path to the peer loses everything, in both directions, and nobody is told (network-cut)."""

    def down(self) -> AbstractContextManager[None]:
        """The network subsystem has failed (network-down)."""


def _no_fault(seconds: float) -> str | None:
    return None


def _never() -> int:
    return 0


def _nothing_to_show(folder: Path, name: str) -> list[Path]:
    return []


@dataclass(frozen=True, slots=True)
class Reached:
    """A device that can be reached. `url`: see `harness.links.dialer`; `key`: 32 bytes, None without one.

    `fault`: why the lab, not the device, is to blame for silence, and nothing will come back on this line;
    None as long as it is not. Its argument: seconds it may take to find out. `network`: what the lab can do
    to the device's network, None where it can do nothing.

    `cycle`: takes the device's power away and gives it back, whatever state it is in; the agent is to answer
    some time after. Raises LabError. None where the lab cannot do that. `fresh`: the device is then as if
    nobody had ever used it, and that takes a second, not minutes. `starts`: how often the lab has done that,
    or has reset the device: what is lost over it is not the device's fault. `show`: makes files in a folder
    that show the state of the device, their names beginning as it is told; where they are.
    """

    url: str
    key: bytes | None = field(default=None, repr=False)
    fault: Callable[[float], str | None] = _no_fault
    network: Network | None = None
    cycle: Callable[[], object] | None = None
    fresh: bool = False
    starts: Callable[[], int] = _never
    show: Callable[[Path, str], list[Path]] = _nothing_to_show


def _nothing(settings: Mapping[str, str]) -> str:
    return ""


Way = Callable[[TargetConfig], str]
Reach = Callable[[TargetConfig], AbstractContextManager[Reached]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of target.

    evidence: what a result of such a target rests on ("model", "device"); where that depends on its settings,
        `evidence_of` says it.
    reach: makes the device reachable; leaving the context ends whatever was started. Raises LabError.
    place: settings in one short phrase, for tables.
    protection: who can use the line, in words: "key from panel.key". Raises UsageError for a key that is
        missing or no key.
    starts: the harness starts the device itself, of what `check` finds on this computer.
    link: URL of the link to a device that is there before us (`harness.links.dialer`), by which it is locked.
    shares_memory: its free memory is that of this computer, which others use too.
    image: digest of what the device runs, "sha256:...", "" if nobody knows. Raises UsageError.
    way: goes as far as the host between this computer and the device's link, where there is one; in words
        what is there. Raises LinkError, UsageError.
    check: what can be known to be missing on this computer before anything is started; in words what is
        there, "" if nothing is needed. Raises UsageError.
    """

    name: str
    summary: str
    evidence: str
    keys: tuple[Key, ...]
    reach: Reach
    place: Callable[[Mapping[str, str]], str]
    protection: Callable[[Mapping[str, str]], str]
    check: Callable[[Mapping[str, str]], str] = _nothing
    provides: frozenset[str] = frozenset()
    timing: Timing = Timing()
    starts: bool = False
    link: Callable[[Mapping[str, str]], str] | None = None
    shares_memory: bool = False
    way: Way | None = None
    evidence_of: Callable[[Mapping[str, str]], str] | None = None
    image: Callable[[Mapping[str, str]], str] = _nothing
