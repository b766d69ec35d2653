"""Runs on disk: one append-only file a run, from which everything else can be made again."""

from harness.results.entry import Entry, Judged, entry_of
from harness.results.file import (
    CONSOLE_FILE,
    RESULTS_FILE,
    ResultsWriter,
    Run,
    newest_run,
    now,
    read_results,
    results_files,
    rows_of,
)
from harness.results.records import ALL, FORMAT, End, Opened, Ran, Record, Recovery, Start
from harness.results.sources import Sources, sources

__all__ = [
    "ALL",
    "CONSOLE_FILE",
    "FORMAT",
    "RESULTS_FILE",
    "End",
    "Entry",
    "Judged",
    "Opened",
    "Ran",
    "Record",
    "Recovery",
    "ResultsWriter",
    "Run",
    "Sources",
    "Start",
    "entry_of",
    "newest_run",
    "now",
    "read_results",
    "results_files",
    "rows_of",
    "sources",
]
