"""Fingerprints in a folder of results: what changed from one to the next of the same target."""

from dataclasses import dataclass
from pathlib import Path

from harness.fingerprint import Comparison, Fingerprint


@dataclass(frozen=True, slots=True)
class FingerprintChange:
    """The newest two fingerprints of one target, and what differs between them (`comparison.changes` may be
    empty). Paths are those of their files."""

    target: str
    before: Fingerprint
    after: Fingerprint
    path_before: Path
    path_after: Path
    comparison: Comparison


def fingerprint_changes(folder: Path) -> list[FingerprintChange]:
    """One for each target that has two fingerprints in the folder, the newest first."""
    return []
