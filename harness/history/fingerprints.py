"""Fingerprints in a folder of results: what changed from one to the next of the same target."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import UsageError
from harness.fingerprint import SUFFIX, Comparison, Fingerprint, compare, read_fingerprint
from harness.results import Run

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FingerprintChange:
    """Two fingerprints, and what differs between them: `comparison.changes` may be empty. target: of the
    second. path_before, path_after: their files."""

    target: str
    before: Fingerprint
    after: Fingerprint
    path_before: Path
    path_after: Path
    comparison: Comparison


def fingerprint_changes(folder: Path) -> list[FingerprintChange]:
    """The newest two of each target that has two in the folder, or in a folder in it; the newest first. Files
    that cannot be read are passed over with a warning in the log."""
    of_target: dict[str, list[tuple[Path, Fingerprint]]] = {}
    for path, fingerprint in _fingerprints(folder):
        of_target.setdefault(fingerprint.target, []).append((path, fingerprint))
    found = [_change(*own[-2:]) for own in of_target.values() if len(own) > 1]
    return sorted(filter(None, found), key=lambda each: each.after.started, reverse=True)


def fingerprints_between(folder: Path, before: Run, after: Run) -> FingerprintChange | None:
    """What differs between the fingerprints of the devices of two runs: those of the same target and system
    that were begun nearest in time to the run. None where one has none, or both the same."""
    known = list(_fingerprints(folder))
    sides = [_nearest(run, known) for run in (before, after)]
    if sides[0] is None or sides[1] is None or sides[0][0] == sides[1][0]:
        return None
    return _change(sides[0], sides[1])


def _fingerprints(folder: Path) -> Iterator[tuple[Path, Fingerprint]]:
    """Oldest first."""
    found = []
    for path in sorted([*folder.glob(f"*{SUFFIX}"), *folder.glob(f"*/*{SUFFIX}")]):
        try:
            found.append((path, read_fingerprint(path)))
        except UsageError as error:
            _log.warning("passed over: %s", error)
    yield from sorted(found, key=lambda pair: pair[1].started)


def _change(before: tuple[Path, Fingerprint], after: tuple[Path, Fingerprint]) -> FingerprintChange | None:
    """None where the two have measured nothing in common."""
    try:
        comparison = compare(before[1].outcomes, after[1].outcomes)
    except UsageError:
        return None
    return FingerprintChange(after[1].target, before[1], after[1], before[0], after[0], comparison)


def _nearest(run: Run, known: list[tuple[Path, Fingerprint]]) -> tuple[Path, Fingerprint] | None:
    fitting = [
        pair
        for pair in known
        if pair[1].target == run.start.target and _same_system(pair[1].device, run.identity)
    ]
    begun = _moment(run.start.started)
    return min(fitting, key=lambda pair: abs(_moment(pair[1].started) - begun), default=None)


def _same_system(device: Mapping[str, object], identity: Mapping[str, str]) -> bool:
    """As far as both tell; the two write versions in different ways."""
    names = ("cpu", "processor", "platform", "oem")
    told = [(device.get(name), identity.get(name)) for name in names]
    return all(not one or not other or one == other for one, other in told)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
