"""Every run of a folder of results in short, and the one that somebody means.

What was read is kept in `index.sqlite` in the folder, so that only new and changed files are read again. It
is a cache: a file that is missing, damaged or of another version is made anew, and without one, in a folder
that cannot be written, all is read each time.
"""

import json
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import harness
from harness.errors import UsageError
from harness.results.entry import Entry, entry_of
from harness.results.file import read_results, results_files

INDEX_FILE = "index.sqlite"
"""Name of the cache in a folder of results."""

_VERSION = f"2 {harness.__version__}"
"""Of the cache. The number goes up when entries are made otherwise."""
_BUSY_S = 5.0
_SHORTEST_ID = 4
_SHOWN = 5
"""So many runs are named where several are meant."""
_TABLES = """
    create table about (version text not null);
    create table runs (path text primary key, size integer not null, mtime integer not null,
                       entry text not null, error text not null);
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one file as it was at a size and a time in ns: its entry as JSON, or why there is
    none."""

    size: int
    mtime: int
    entry: str
    error: str = ""


def entries(folder: Path) -> list[Entry]:
    """Every run below a folder of results, oldest first, by `Entry.started`, then by run.

    A run of which there are copies is told once. Files that cannot be read are passed over with a warning in
    the log. No such folder, no runs.
    """
    index = folder / INDEX_FILE
    files = {path.relative_to(folder).as_posix(): path for path in results_files(folder)}
    if not files:
        return []
    known = _load(index)
    news: dict[str, _Known] = {}
    found: dict[str, Entry] = {}
    for name, path in files.items():
        if (each := _look(path, known.get(name))) is None:
            continue
        entry, seen = each
        if seen is not known.get(name):
            news[name] = seen
        if entry is None:
            _log.warning("passed over: %s", seen.error)
        elif better(entry, found.get(entry.run)):
            found[entry.run] = entry
    gone = known.keys() - files.keys()
    if news or gone:
        _save(index, news, gone)
    return sorted(found.values(), key=lambda each: (each.started, each.run))


def find_run(folder: Path, name: str | None) -> Path:
    """The results file of the run that is meant, among those below `folder` or by its path.

    name: None for the newest run; a results file; a folder that holds one; a run, or at least 4 signs of its
    beginning; its number in time, "120" or "#120", 1 for the oldest of the folder; a target, for its newest
    run. Raises UsageError where there is no such run, or several.
    """
    if name is not None and (path := _at(Path(name)) or _at(folder / name)):
        return path
    runs = entries(folder)
    if not runs:
        what = "no run" if name is None else f"{name}: no such file or folder, and there is no run"
        raise UsageError(f"{what} in {folder}: use ceharness run first, or ceharness results import")
    if name is None:
        return runs[-1].path
    if found := [each for each in runs if each.target == name]:
        return found[-1].path
    number = name.removeprefix("#")
    if number.isdecimal() and 0 < int(number) <= len(runs):
        return runs[int(number) - 1].path
    if found := [each for each in runs if len(name) >= _SHORTEST_ID and each.run.startswith(name)]:
        if len(found) == 1:
            return found[0].path
        raise UsageError(f"{name} is the beginning of {len(found)} runs: {_named(found)}")
    if Path(name).is_dir():
        raise UsageError(f"{name}: no results.jsonl is in this folder")
    raise UsageError(f"no run {name} in {folder}{_close(name, runs)}")


def _at(place: Path) -> Path | None:
    """The results file that a path leads to, None where there is none. Raises UsageError for several."""
    if place.is_file():
        return place
    files = results_files(place)
    if len(files) > 1:
        names = ", ".join(map(str, files[:_SHOWN]))
        more = ", ..." if len(files) > _SHOWN else ""
        raise UsageError(f"{place} holds {len(files)} runs, name one: {names}{more}")
    return files[0] if files else None


def _named(runs: Sequence[Entry]) -> str:
    """Runs in words, the newest of them."""
    words = [f"{each.run} ({each.target})" for each in reversed(runs[-_SHOWN:])]
    return ", ".join(words) + (", ..." if len(runs) > _SHOWN else "")


def _close(name: str, runs: Sequence[Entry]) -> str:
    """What else may have been meant, and where all of it stands."""
    names = list(dict.fromkeys([*(each.target for each in runs), *(each.run for each in runs)]))
    close = get_close_matches(name, names, n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    return f", which has {len(runs)} run{'' if len(runs) == 1 else 's'}{hint} (see ceharness results list)"


def _look(path: Path, known: _Known | None) -> tuple[Entry | None, _Known] | None:
    """The entry of a file, from what is known of it where that is still so. None if it has gone."""
    try:
        about = path.stat()
    except OSError:
        return None
    if known is not None and (known.size, known.mtime) == (about.st_size, about.st_mtime_ns):
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            return _entry(path, known), known
    try:
        entry = entry_of(read_results(path))
    except UsageError as error:
        return None, _Known(about.st_size, about.st_mtime_ns, "", str(error))
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        why = f"{path}: holds something else than it should: {error}"
        return None, _Known(about.st_size, about.st_mtime_ns, "", why)
    return entry, _Known(about.st_size, about.st_mtime_ns, json.dumps(entry.to_dict()))


def _entry(path: Path, known: _Known) -> Entry | None:
    return None if known.error else Entry.from_dict(path, json.loads(known.entry))


def better(entry: Entry, than: Entry | None) -> bool:
    """Of two copies of a run the one that has come to its end, or else has more: the other may have been
    copied before."""
    if than is None or entry.ended is not None or than.ended is not None:
        return than is None or (than.ended is None and entry.ended is not None)
    return _size(entry.path) > _size(than.path)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _load(index: Path) -> Mapping[str, _Known]:
    """What the cache knows; nothing, and no cache, where it is damaged or of another version."""
    if not index.exists():
        return {}
    try:
        with closing(_open(index)) as database:
            versions = database.execute("select version from about").fetchall()
            if versions == [(_VERSION,)]:
                rows = database.execute("select path, size, mtime, entry, error from runs")
                return {name: _Known(*values) for name, *values in rows}
    except sqlite3.OperationalError as error:
        _log.debug("%s: %s", index, error)
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return {}
    except (sqlite3.DatabaseError, TypeError) as error:
        _log.debug("%s: made anew: %s", index, error)
    with suppress(OSError):
        index.unlink()
    return {}


def _save(index: Path, news: Mapping[str, _Known], gone: Iterable[str]) -> None:
    """Keeps what was found out, where that is possible."""
    try:
        with closing(_open(index)) as database:
            database.execute("begin immediate")
            if not database.execute("select 1 from sqlite_master").fetchone():
                for statement in _statements():
                    database.execute(statement)
                database.execute("insert into about values (?)", (_VERSION,))
            database.executemany("delete from runs where path = ?", [(name,) for name in gone])
            database.executemany(
                "insert or replace into runs values (?, ?, ?, ?, ?)",
                [(name, each.size, each.mtime, each.entry, each.error) for name, each in news.items()],
            )
            database.execute("commit")
    except (sqlite3.Error, UnicodeError) as error:  # a name of a file that is no text
        _log.debug("%s: not written: %s", index, error)


def _open(index: Path) -> sqlite3.Connection:
    """Transactions are begun by whoever wants one."""
    return sqlite3.connect(os.fspath(index), timeout=_BUSY_S, isolation_level=None)


def _statements() -> Iterator[str]:
    yield from filter(None, (each.strip() for each in _TABLES.split(";")))
