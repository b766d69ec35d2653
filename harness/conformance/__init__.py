"""Requirements judged: verdicts, rows, results on disk, what a run amounts to."""

from harness.conformance.expectation_file import read_expectations
from harness.conformance.expectations import Conditions, Deviation, Expectations
from harness.conformance.judge import judge, judge_fact, not_provocable, set_aside
from harness.conformance.row import Row
from harness.conformance.store import (
    CONSOLE_FILE,
    ROWS_FILE,
    RUN_FILE,
    RowWriter,
    RunRecord,
    newest_run,
    read_rows,
    read_run,
)
from harness.conformance.summary import CONFORMING, DEVIATIONS, LAB_BROKEN, Summary, summarize
from harness.conformance.tags import read_tags
from harness.conformance.verdict import SEVERITY, Verdict, worst

__all__ = [
    "CONFORMING",
    "CONSOLE_FILE",
    "DEVIATIONS",
    "LAB_BROKEN",
    "ROWS_FILE",
    "RUN_FILE",
    "SEVERITY",
    "Conditions",
    "Deviation",
    "Expectations",
    "Row",
    "RowWriter",
    "RunRecord",
    "Summary",
    "Verdict",
    "judge",
    "judge_fact",
    "newest_run",
    "not_provocable",
    "read_expectations",
    "read_rows",
    "read_run",
    "read_tags",
    "set_aside",
    "summarize",
    "worst",
]
