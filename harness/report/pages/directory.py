"""A report of many files: written beside the old one, then put in its place."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from harness.errors import UsageError
from harness.report.pages.places import (
    COMPARE,
    DEVICE_FOLDER,
    INDEX,
    MACHINES,
    PATTERN_FOLDER,
    RUN_FOLDER,
    RUNS,
)

KIND = "ceharness history"
"""The value of "report" in history.json: what tells an older report from anything else."""
_NEW, _LOCK = ".ceharness-new", ".ceharness-lock"
_OWN = frozenset({INDEX, RUNS, COMPARE, MACHINES, RUN_FOLDER, DEVICE_FOLDER, PATTERN_FOLDER})


@contextmanager
def replaced(output: Path) -> Iterator[Path]:
    """Whatever is written to the folder that this hands over becomes the report in `output` when the block
    ends; nothing changes there if it raises.

    The files of an older report go. Names that begin with a dot stay: they belong to whoever publishes it.
    Raises UsageError for a folder that holds anything else, and for one that cannot be written.
    """
    check(output)
    new, lock = output / _NEW, output / _LOCK
    there = output.exists()
    try:
        output.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            try:
                shutil.rmtree(new, ignore_errors=True)  # of a writer that was killed
                new.mkdir()
                yield new
                _take_over(new, output)
            finally:
                shutil.rmtree(new, ignore_errors=True)
    except BaseException as error:
        if not there:
            with suppress(OSError):
                lock.unlink(missing_ok=True)
                output.rmdir()
        if isinstance(error, Timeout):
            raise UsageError(f"--output {output}: another ceharness is writing this report") from None
        if isinstance(error, OSError):
            place = error.filename or output
            raise UsageError(f"{place}: cannot be written: {error.strerror or error}") from None
        raise


def check(output: Path) -> None:
    """Raises UsageError if it is there, and neither empty nor an older report."""
    if not output.exists():
        return
    if not output.is_dir():
        raise UsageError(f"--output {output}: is a file; --history writes a folder")
    names = sorted(path.name for path in output.iterdir() if not path.name.startswith("."))
    foreign = [name for name in names if name not in _OWN]
    if names and (foreign or not _is_report(output)):
        raise UsageError(
            f"--output {output}: holds {(foreign or names)[0]}, which is not of a report over many runs; "
            "name a new or empty folder, or that of an older report"
        )


def _is_report(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / MACHINES).read_text(encoding="utf-8"))["report"] == KIND)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _take_over(new: Path, output: Path) -> None:
    """File by file, so that whoever serves or watches the folder keeps it. What tells that this is a report
    comes first, the first page last: until then the old one leads to pages that are still there."""
    files = sorted(path.relative_to(new) for path in new.rglob("*") if path.is_file())
    files.sort(key=lambda path: (path != Path(MACHINES), path == Path(INDEX)))
    for path in files:
        (output / path).parent.mkdir(parents=True, exist_ok=True)
        (new / path).replace(output / path)
    for folder in (RUN_FOLDER, DEVICE_FOLDER, PATTERN_FOLDER):
        for old in sorted((output / folder).glob("*.html")):
            if old.relative_to(output) not in files:
                old.unlink()
        with suppress(OSError):  # not there, or not empty
            (output / folder).rmdir()
