"""What a broken row means: the lab failed in the test, before it, or the test itself is wrong."""

from harness.conformance.row import Row
from harness.conformance.verdict import Verdict

NOT_RUN = "not run: "
TEST_IS_WRONG = "the test itself is wrong: "
"""How the reasons of broken rows begin, but for those of tests in which the lab failed."""


def was_run(row: Row) -> bool:
    """False for a test that the run gave up before it began, because the lab had failed."""
    return not (row.verdict is Verdict.BROKEN and row.reason.startswith(NOT_RUN))


def lab_broke(row: Row) -> bool:
    """Is the row broken because of the lab, not because of the test?"""
    return row.verdict is Verdict.BROKEN and not row.reason.startswith(TEST_IS_WRONG)
