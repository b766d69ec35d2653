"""Runs on disk: one append-only file a run, from which everything else can be made again."""

from harness.results.entry import Entry, Judged, entry_of, judged
from harness.results.file import (
    CONSOLE_FILE,
    RESULTS_FILE,
    ResultsWriter,
    Run,
    now,
    read_results,
    results_files,
    rows_of,
    run_folder,
)
from harness.results.importing import Imported, import_runs
from harness.results.index import INDEX_FILE, entries, find_run
from harness.results.records import ALL, FORMAT, End, Opened, Ran, Record, Recovery, Start
from harness.results.sources import Sources, sources

__all__ = [
    "ALL",
    "CONSOLE_FILE",
    "FORMAT",
    "INDEX_FILE",
    "RESULTS_FILE",
    "End",
    "Entry",
    "Imported",
    "Judged",
    "Opened",
    "Ran",
    "Record",
    "Recovery",
    "ResultsWriter",
    "Run",
    "Sources",
    "Start",
    "entries",
    "entry_of",
    "find_run",
    "import_runs",
    "judged",
    "now",
    "read_results",
    "results_files",
    "rows_of",
    "run_folder",
    "sources",
]
