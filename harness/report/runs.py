"""A run for other programs."""

from dataclasses import asdict
from typing import Any

from harness.results import Run


def run_dict(run: Run) -> dict[str, Any]:
    """One object: what was run on what, and the rows. The keys are those of the records in a results file
    (docs/results.md); `ended` is None of a run that was cut off."""
    opened, summary = run.opened, run.summary
    return {
        **asdict(run.start),
        "evidence": run.evidence,
        "agent": opened.agent if opened else None,
        "device": dict(run.identity) if opened else None,
        "ended": run.end.ended if run.end else None,
        "stopped": bool(run.end and run.end.stopped),
        "line": run.line,
        "recovery": [asdict(step) for step in run.recovery],
        "missing": list(summary.missing),
        "unmatched": list(summary.unmatched),
        "rows": [row.to_dict() for row in run.rows],
    }
