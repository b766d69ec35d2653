"""Requirements judged: verdicts, rows, results on disk, what a run amounts to."""

from harness.conformance.broken import NOT_RUN, TEST_IS_WRONG, lab_broke, was_run
from harness.conformance.expectation_file import read_expectations
from harness.conformance.expectations import Conditions, Deviation, Expectations
from harness.conformance.judge import judge, judge_fact, not_provocable, set_aside
from harness.conformance.row import Row
from harness.conformance.summary import (
    CONFORMING,
    DEVIATIONS,
    LAB_BROKEN,
    Summary,
    expected_legs,
    summarize,
)
from harness.conformance.tags import read_tags
from harness.conformance.verdict import SEVERITY, Unjudged, Verdict, worst

__all__ = [
    "CONFORMING",
    "DEVIATIONS",
    "LAB_BROKEN",
    "NOT_RUN",
    "SEVERITY",
    "TEST_IS_WRONG",
    "Conditions",
    "Deviation",
    "Expectations",
    "Row",
    "Summary",
    "Unjudged",
    "Verdict",
    "expected_legs",
    "judge",
    "judge_fact",
    "lab_broke",
    "not_provocable",
    "read_expectations",
    "read_tags",
    "set_aside",
    "summarize",
    "was_run",
    "worst",
]
