"""From results to what people read: rows, runs and executions as terminal text and JSON."""

from harness.report.executions import execution_dict, execution_lines
from harness.report.tables import evidence_sentence, live_line, result_table, summary_line, title
from harness.report.writing import hex_dump, json_text

__all__ = [
    "evidence_sentence",
    "execution_dict",
    "execution_lines",
    "hex_dump",
    "json_text",
    "live_line",
    "result_table",
    "summary_line",
    "title",
]
