"""Runs from elsewhere, taken into a folder of results: all or none, each whole, and none twice."""

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from harness.errors import UsageError
from harness.results.entry import entry_of
from harness.results.file import RESULTS_FILE, ResultsWriter, read_results, results_files, run_folder
from harness.results.index import better, entries
from harness.results.robot_output import read_output

_OUTPUT_FILE = "output.xml"


@dataclass(frozen=True, slots=True)
class Imported:
    """One run. source: where it came from; path: its results file now; new: it was not there before."""

    run: str
    target: str
    source: Path
    path: Path
    new: bool


def import_runs(folder: Path, sources: Sequence[Path], target: str = "") -> list[Imported]:
    """Copies runs into a folder of results, each to a folder of its own; nothing there is changed.

    sources: results files, `output.xml` files of Robot Framework, and folders with such; where there is a
    results file, the output.xml beside it is of the same run and is passed over. target: see `read_output`.
    All are checked before the first is copied: UsageError, with file and line, says that none was.
    """
    # Hidden, so that nobody takes it for results.
    waiting = folder / f".import-{secrets.token_hex(4)}"
    known = {each.run: each for each in entries(folder)}
    found: list[Imported] = []
    try:
        copies = [
            (source, _copy(source, waiting / str(number) / RESULTS_FILE, target))
            for number, source in enumerate(_files(sources))
        ]
        for source, copy in copies:
            entry = entry_of(read_results(copy))
            there = known.get(entry.run)
            # One that was copied before it had come to its end may be completed.
            new = better(entry, there)
            if there is None or new:
                place = run_folder(folder, datetime.fromisoformat(entry.started).astimezone(), entry.target)
                copy.parent.rename(place)
                there = known[entry.run] = replace(entry, path=place / RESULTS_FILE)
            found.append(Imported(entry.run, entry.target, source, there.path, new))
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return found


def _files(sources: Sequence[Path]) -> Iterator[Path]:
    for source in sources:
        if source.is_file():
            yield source
        elif source.is_dir():
            if not (found := [*results_files(source), *_outputs(source)]):
                raise UsageError(f"{source}: neither {RESULTS_FILE} nor {_OUTPUT_FILE} is in this folder")
            yield from found
        else:
            raise UsageError(f"{source}: no such file or folder")


def _outputs(folder: Path) -> list[Path]:
    """The output.xml of each folder that has no results file."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".")]
        if _OUTPUT_FILE in names and RESULTS_FILE not in names:
            found.append(Path(place, _OUTPUT_FILE))
    return sorted(found)


def _copy(source: Path, copy: Path, target: str) -> Path:
    """The file as one of results, if it is fine."""
    try:
        content = source.read_bytes()
    except OSError as error:
        raise UsageError(f"{source}: cannot be read: {error.strerror or error}") from None
    if content.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"<"):
        run = read_output(source, target)
        with ResultsWriter(copy, run.start) as writer:
            for record in run.records:
                writer.write(record)
        return copy
    read_results(source)
    copy.parent.mkdir(parents=True)
    copy.write_bytes(content[: content.rfind(b"\n") + 1])
    return copy
