"""From results to what people read: rows, runs and executions as terminal text and JSON."""

from harness.report.comparison import run_comparison_dict, run_comparison_lines
from harness.report.coverage import coverage_dict, coverage_line, coverage_table
from harness.report.deviations import alarming, deviation_lines
from harness.report.executions import execution_dict, execution_lines
from harness.report.fingerprints import (
    comparison_dict,
    comparison_lines,
    fingerprint_dict,
    fingerprint_evidence,
    fingerprint_line,
    fingerprint_table,
)
from harness.report.junit import junit_text
from harness.report.lines import line_lines, recovery_lines
from harness.report.listing import run_table
from harness.report.markdown import markdown_text
from harness.report.picture import write_picture
from harness.report.recorded import diff_lines, known_table
from harness.report.replays import Replay, replays
from harness.report.runs import run_dict
from harness.report.sentences import cautions, summary_sentence
from harness.report.tables import (
    evidence_sentence,
    live_line,
    requirement_line,
    result_table,
    summary_line,
    test_line,
    title,
)
from harness.report.writing import hex_dump, json_text, write_whole

__all__ = [
    "Replay",
    "alarming",
    "cautions",
    "comparison_dict",
    "comparison_lines",
    "coverage_dict",
    "coverage_line",
    "coverage_table",
    "deviation_lines",
    "diff_lines",
    "evidence_sentence",
    "execution_dict",
    "execution_lines",
    "fingerprint_dict",
    "fingerprint_evidence",
    "fingerprint_line",
    "fingerprint_table",
    "hex_dump",
    "json_text",
    "junit_text",
    "known_table",
    "line_lines",
    "live_line",
    "markdown_text",
    "recovery_lines",
    "replays",
    "requirement_line",
    "result_table",
    "run_comparison_dict",
    "run_comparison_lines",
    "run_dict",
    "run_table",
    "summary_line",
    "summary_sentence",
    "test_line",
    "title",
    "write_picture",
    "write_whole",
]
