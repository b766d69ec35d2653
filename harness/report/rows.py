"""Counting rows: what a set of results amounts to.

A row is the mapping that `harness.conformance` writes, one JSON object per line in rows.jsonl, with the
keys requirement, case, verdict, documented, observed, reason, program, evidence.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import UsageError

RowDict = Mapping[str, Any]

# The first one in this order decides what a requirement with several cases came to.
SEVERITY = ("broken", "fail", "fixed", "inconclusive", "not-provocable", "known", "observed", "pass")
DEVIATIONS = frozenset({"fail", "fixed"})


@dataclass(frozen=True, slots=True)
class Tally:
    """Requirements by verdict; missing: requirements that should have been judged and were not."""

    verdicts: Mapping[str, int]
    requirements: Mapping[str, str]
    missing: tuple[str, ...] = ()
    evidence: frozenset[str] = field(default_factory=frozenset)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a rows.jsonl; an incomplete last line (a run that was cut off) is left out.

    Raises UsageError for a file that holds anything else.
    """
    rows: list[dict[str, Any]] = []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        if not line.endswith("\n"):
            break
        try:
            row = json.loads(line)
        except ValueError:
            raise UsageError(f"{path}:{number}: not a JSON line") from None
        rows.append(row)
    return rows


def worst(verdicts: Iterable[str]) -> str:
    """The verdict that decides."""
    return min(verdicts, key=SEVERITY.index)


def tally(rows: Iterable[RowDict], expected: Iterable[str] = ()) -> Tally:
    """One verdict for each requirement. expected: identifiers that must have a row."""
    by_requirement: dict[str, list[str]] = {}
    evidence: set[str] = set()
    for row in rows:
        by_requirement.setdefault(row["requirement"], []).append(row["verdict"])
        evidence.add(str(row.get("evidence", "")))
    decided = {name: worst(verdicts) for name, verdicts in sorted(by_requirement.items())}
    counts = Counter(decided.values())
    return Tally(
        {verdict: counts[verdict] for verdict in SEVERITY if counts[verdict]},
        decided,
        tuple(sorted(set(expected) - set(decided))),
        frozenset(evidence - {""}),
    )


def exit_code(result: Tally) -> int:
    """0 conforming, 1 deviations or requirements nobody judged, 3 the lab failed."""
    if "broken" in result.verdicts:
        return 3
    if result.missing or DEVIATIONS & result.verdicts.keys():
        return 1
    return 0
