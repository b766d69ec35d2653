"""A fingerprint on disk. docs/fingerprint.md describes the format, for readers that are not this one."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.device import DeviceInfo
from harness.errors import UsageError
from harness.fingerprint.block import Block
from harness.fingerprint.map import OutcomeMap
from harness.fingerprint.measuring import CALL
from harness.fingerprint.outcome import is_outcome

FORMAT = 1
SUFFIX = ".fingerprint"
_MAGIC = b"ceharness fingerprint"
_LARGEST = 1 << 28
"""Bytes of a body that is unpacked; every triple by itself takes less."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Outcomes, and what they were measured on. Times are ISO 8601 in UTC; `ended` is None while triples of
    the area are not measured yet.

    `device`: see `identity`; `evidence`: what the outcomes prove ("device", "model"); `harness`, `agent`:
    versions, of the harness that wrote it last.
    """

    target: str
    evidence: str
    device: Mapping[str, object]
    harness: str
    agent: str
    started: str
    ended: str | None
    outcomes: OutcomeMap

    @property
    def system(self) -> str:
        """The device in a few words: "Windows CE 6.00.3122, ARM"."""
        return ", ".join(str(part) for part in (self.device.get("system"), self.device.get("cpu")) if part)

    def of_same_device(self, other: "Fingerprint") -> bool:
        """May the two be parts of one? Harness and agent may be newer, and the target have another name."""
        return (self.device, self.evidence) == (other.device, other.evidence)


def identity(info: DeviceInfo) -> dict[str, object]:
    """What tells one kind of device from another, and is the same each time it is asked."""
    kind = "Windows CE" if info.platform_id in (3, None) else "Windows"
    system = None if info.version is None else f"{kind} {info.major}.{info.minor:02}.{info.build}"
    return {
        "system": system,
        "service_pack": info.service_pack,
        "cpu": info.cpu,
        "processor": info.processor,
        "platform": info.platform,
        "oem": info.oem,
        "word": info.word,
        "ws2_functions": None if info.ws2 is None else len(info.ws2),
    }


# --- writing ------------------------------------------------------------------------------------


def body_of(outcomes: OutcomeMap) -> bytes:
    """The outcomes as text, run by run. Equal outcomes give equal bytes."""
    return "".join(f"{count} {outcome}\n" for count, outcome in outcomes.runs()).encode("ascii")


def to_bytes(fingerprint: Fingerprint) -> bytes:
    """The whole file."""
    body, area = body_of(fingerprint.outcomes), fingerprint.outcomes.area
    header = {
        "target": fingerprint.target,
        "evidence": fingerprint.evidence,
        "device": dict(fingerprint.device),
        "harness": fingerprint.harness,
        "agent": fingerprint.agent,
        "started": fingerprint.started,
        "ended": fingerprint.ended,
        "call": CALL,
        "type": _ends(area.types),
        "af": _ends(area.families),
        "protocol": _ends(area.protocols),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    lines = (_MAGIC + b" %d" % FORMAT, json.dumps(header).encode("ascii"), zlib.compress(body, 9))
    return b"\n".join(lines)


def write_fingerprint(fingerprint: Fingerprint, path: Path) -> None:
    """Puts the file there, whole or not at all. Raises OSError."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(to_bytes(fingerprint))
    new.replace(path)


def _ends(numbers: range) -> list[int]:
    return [numbers[0], numbers[-1]]


# --- reading ------------------------------------------------------------------------------------


def newest_fingerprint(folders: Iterable[Path], target: str) -> tuple[Path, Fingerprint] | None:
    """The last one of that target in these folders, and its file. What cannot be read is passed over."""
    found = []
    for path in {each.resolve(): each for folder in folders for each in folder.glob(f"*{SUFFIX}")}.values():
        with suppress(UsageError):
            fingerprint = read_fingerprint(path)
            if fingerprint.target == target:
                found.append((fingerprint.started, str(path), path, fingerprint))
    return max(found)[2:] if found else None


def read_fingerprint(path: Path) -> Fingerprint:
    """The fingerprint in a file. Raises UsageError: not readable, damaged, of a format that is not known."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        return from_bytes(data)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error


def from_bytes(data: bytes) -> Fingerprint:
    """The fingerprint in the bytes of a file. Raises ValueError, which says what is wrong with them."""
    magic, _, rest = data.partition(b"\n")
    name, _, version = magic.rpartition(b" ")
    if name != _MAGIC or not version.isdigit():
        raise ValueError("not a fingerprint")
    if int(version) != FORMAT:
        raise ValueError(f"format {int(version)}, this harness reads format {FORMAT}")
    line, _, packed = rest.partition(b"\n")
    try:
        header = json.loads(line)
        if header["call"] != CALL:
            raise ValueError(f"it is about another call, {header['call']}")
        area = Block(*(_range(header[name]) for name in ("type", "af", "protocol")))
        body = _unpacked(packed)
        if hashlib.sha256(body).hexdigest() != header["sha256"]:
            raise ValueError("the outcomes are not those that were written")
        return Fingerprint(
            target=str(header["target"]),
            evidence=str(header["evidence"]),
            device=dict(header["device"]),
            harness=str(header["harness"]),
            agent=str(header["agent"]),
            started=str(header["started"]),
            ended=None if header["ended"] is None else str(header["ended"]),
            outcomes=OutcomeMap.of_runs(area, map(_run, body.decode("ascii").splitlines())),
        )
    except (KeyError, TypeError, zlib.error) as error:
        raise ValueError(f"damaged: {error!r}") from error
    except ValueError as error:
        raise ValueError(f"damaged: {error}") from error


def _range(ends: list[int]) -> range:
    first, last = ends
    return range(first, last + 1)


def _unpacked(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    body = inflater.decompress(packed, _LARGEST)
    if not inflater.eof or inflater.unused_data:
        raise ValueError("the outcomes end too early or too late")
    return body


def _run(line: str) -> tuple[int, str]:
    count, _, outcome = line.partition(" ")
    if not is_outcome(outcome):
        raise ValueError(f"{line!r} is no outcome")
    return int(count), outcome
