"""From conformance rows to what people and programs read: tables, summaries, JSON."""

from harness.report.executions import execution_dict, execution_lines
from harness.report.rows import RowDict, Tally, exit_code, read_rows, tally, worst
from harness.report.tables import evidence_sentence, live_line, result_table, summary_line
from harness.report.writing import hex_dump, json_text

__all__ = [
    "RowDict",
    "Tally",
    "evidence_sentence",
    "execution_dict",
    "execution_lines",
    "exit_code",
    "hex_dump",
    "json_text",
    "live_line",
    "read_rows",
    "result_table",
    "summary_line",
    "tally",
    "worst",
]
