"""Requirements judged: verdicts, rows, results on disk, what a run amounts to."""

from harness.conformance.judge import judge, judge_fact, not_provocable, set_aside
from harness.conformance.row import Row
from harness.conformance.store import RUN_FILE, RowWriter, RunRecord, read_rows, read_run
from harness.conformance.summary import CONFORMING, DEVIATIONS, LAB_BROKEN, Summary, summarize
from harness.conformance.verdict import SEVERITY, Verdict, worst

__all__ = [
    "CONFORMING",
    "DEVIATIONS",
    "LAB_BROKEN",
    "RUN_FILE",
    "SEVERITY",
    "Row",
    "RowWriter",
    "RunRecord",
    "Summary",
    "Verdict",
    "judge",
    "judge_fact",
    "not_provocable",
    "read_rows",
    "read_run",
    "set_aside",
    "summarize",
    "worst",
]
