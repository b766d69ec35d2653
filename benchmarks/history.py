"""The report over many runs: `python -m benchmarks.history`.

Plants 1,000 runs of 60 requirements, reads them without and with the index, finds what changed, and writes
the pages with `ceharness report --history`, as people do, without an index and with it. Exit code 1 when the
pages took longer than they may, or could not be written.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from harness.history import History, changes, episodes
from harness.results import entries, results_files
from harness.results.index import INDEX_FILE
from tests.history.planted import plant_many

RUNS, REQUIREMENTS = 1000, 60
MOST_S = 20.0
"""Seconds for the pages, from nothing but results files."""
Found = TypeVar("Found")


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    made.add_argument("--runs", type=int, default=RUNS, metavar="N", help="default: %(default)s")
    made.add_argument(
        "--requirements", type=int, default=REQUIREMENTS, metavar="N", help="default: %(default)s"
    )
    made.add_argument("--keep", type=Path, metavar="DIR", help="a new folder for the runs and the pages")
    options = made.parse_args(arguments)
    if options.keep is not None:
        options.keep.mkdir(parents=True)
        return _measure(options.keep, options.runs, options.requirements)
    with tempfile.TemporaryDirectory(prefix="ceharness-history-") as folder:
        return _measure(Path(folder), options.runs, options.requirements)


def _measure(folder: Path, runs: int, requirements: int) -> int:
    results, lab, pages = folder / "results", folder / "lab.ini", folder / "pages"
    lab.write_text(f"[defaults]\nresults = {results}\n", encoding="utf-8")
    _timed("planted", lambda: plant_many(results, runs, requirements))
    files = results_files(results)
    size = sum(file.stat().st_size for file in files)
    print(f"{len(files):,} runs of {requirements} requirements, {size / 1e6:.0f} MB")
    _timed("read without an index", lambda: entries(results))
    found, _ = _timed("read with the index", lambda: entries(results))
    history = History(found)
    told, _ = _timed("what changed, and what was the lab's", lambda: (changes(history), episodes(history)))
    print(f"{len(told[0])} changes, {len(told[1])} times of trouble")
    (results / INDEX_FILE).unlink()
    command = ["report", "--history", "--output", str(pages), "--lab", str(lab)]
    code, seconds = _timed("pages without an index", lambda: _ceharness(command))
    if code == 0:
        code, _ = _timed("pages with the index", lambda: _ceharness(command))
        print(
            f"{sum(file.stat().st_size for file in pages.rglob('*') if file.is_file()) / 1e6:.1f} MB of pages"
        )
    good = code == 0 and seconds < MOST_S
    print(f"{'reached' if good else 'MISSED':<13}pages in {seconds:.1f} s, less than {MOST_S:.0f}")
    return int(not good)


def _ceharness(words: Sequence[str]) -> int:
    """A process of its own, with all that it has to import; its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", *words], stdout=subprocess.DEVNULL, check=False
    ).returncode


def _timed(what: str, work: Callable[[], Found]) -> tuple[Found, float]:
    begun, used = time.monotonic(), _cpu()
    found = work()
    seconds = time.monotonic() - begun
    print(f"{seconds:6.1f} s, {_cpu() - used:6.1f} s of CPU  {what}", flush=True)
    return found, seconds


def _cpu() -> float:
    """Seconds that this process, and those that it started and that have ended, computed."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
