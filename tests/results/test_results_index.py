"""The runs of a folder in short, the cache of them, and the run that somebody means."""

import json
import logging
import multiprocessing
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.conformance import Row, Verdict
from harness.errors import UsageError
from harness.results import (
    INDEX_FILE,
    RESULTS_FILE,
    End,
    Entry,
    ResultsWriter,
    Start,
    entries,
    entry_of,
    find_run,
    read_results,
)

START = Start("x", "panel", "tcp", "tcp://h:1", "device", "1", "x")


def run(folder: Path, day: int, target: str = "panel", where: str = "", ended: bool = True) -> Path:
    """The results of a run on that day of May, at ten."""
    start = replace(
        START,
        run=f"202605{day:02}T100000-{day:08x}",
        target=target,
        started=f"2026-05-{day:02}T10:00:00+00:00",
    )
    with ResultsWriter(folder / (where or f"{day}-{target}") / RESULTS_FILE, start) as writer:
        writer.write(Row("WSASOCKET-012", "", Verdict.PASS, "d", "o"))
        if ended:
            writer.write(End("2026-05-30T10:00:00+00:00"))
    return writer.path


def names(folder: Path) -> list[str]:
    return [each.run[-2:] for each in entries(folder)]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The results files that are read, in order."""
    found: list[Path] = []

    def watched(path: Path):
        found.append(path)
        return read_results(path)

    monkeypatch.setattr("harness.results.index.read_results", watched)
    return found


def test_all_runs_oldest_first_and_each_file_is_read_once(tmp_path: Path, reads: list[Path]) -> None:
    paths = [run(tmp_path, 3), run(tmp_path, 1, "rack"), run(tmp_path, 2, where="2025/may/x")]
    found = entries(tmp_path)
    assert [each.path for each in found] == [paths[1], paths[2], paths[0]]
    assert found == [entry_of(read_results(each.path)) for each in found]
    assert sorted(reads) == sorted(paths)
    reads.clear()
    assert entries(tmp_path) == found
    assert reads == []


def test_what_is_new_changed_or_gone_is_noticed(tmp_path: Path, reads: list[Path]) -> None:
    first, second = run(tmp_path, 1, ended=False), run(tmp_path, 2)
    assert [each.ended is None for each in entries(tmp_path)] == [True, False]
    reads.clear()
    run(tmp_path, 1)
    third = run(tmp_path, 3)
    shutil.rmtree(second.parent)
    assert [(each.path, each.ended is None) for each in entries(tmp_path)] == [(first, False), (third, False)]
    assert sorted(reads) == sorted([first, third])
    with sqlite3.connect(tmp_path / INDEX_FILE) as database:
        assert {name for (name,) in database.execute("select path from runs")} == {
            path.relative_to(tmp_path).as_posix() for path in (first, third)
        }


def test_of_the_same_size_but_another_time(tmp_path: Path) -> None:
    path = run(tmp_path, 1)
    assert entries(tmp_path)[0].target == "panel"
    content = path.read_bytes().replace(b"panel", b"lenap")
    path.write_bytes(content)
    os.utime(path, ns=(0, 1))
    assert entries(tmp_path)[0].target == "lenap"


def _other_version(index: Path) -> None:
    with sqlite3.connect(index) as database:
        database.execute("update about set version = 'old'")
        database.execute("update runs set entry = '{\"old\": 1}'")
    database.close()


def _lacking_keys(index: Path) -> None:
    with sqlite3.connect(index) as database:
        database.execute('update runs set entry = \'{"run": "x"}\'')
    database.close()


def _other_tables(index: Path) -> None:
    index.unlink()
    with sqlite3.connect(index) as database:
        database.execute("create table runs (path, size)")
    database.close()


def _half(index: Path) -> None:
    content = index.read_bytes()
    index.write_bytes(content[: len(content) // 2] + b"\xff" * (len(content) // 2))


@pytest.mark.parametrize(
    "damage",
    [
        lambda index: index.unlink(),
        lambda index: index.write_bytes(b""),
        lambda index: index.write_bytes(b"no database at all, but long enough to have a head" * 100),
        lambda index: index.write_bytes(index.read_bytes()[:1000]),
        _half,
        _other_version,
        _lacking_keys,
        _other_tables,
    ],
)
def test_a_cache_that_is_lost_or_damaged_is_made_anew(
    tmp_path: Path, reads: list[Path], damage: Callable[[Path], object]
) -> None:
    for day in range(1, 8):
        run(tmp_path, day)
    found = entries(tmp_path)
    damage(tmp_path / INDEX_FILE)
    assert entries(tmp_path) == found
    reads.clear()
    assert entries(tmp_path) == found
    assert reads == []


def test_without_a_place_for_the_cache_all_is_read(tmp_path: Path, reads: list[Path]) -> None:
    path = run(tmp_path, 1)
    (tmp_path / INDEX_FILE).mkdir()
    for count in (1, 2):
        assert names(tmp_path) == ["01"]
        assert reads == [path] * count


def test_a_folder_without_runs_gets_no_cache(tmp_path: Path) -> None:
    assert entries(tmp_path) == []
    assert entries(tmp_path / "nowhere") == []
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_is_passed_over_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, reads: list[Path]
) -> None:
    run(tmp_path, 1)
    texts = {
        "nonsense": "nonsense\n",
        "empty": "",
        "odd": json.dumps({**START.to_dict(), "sources": 3}) + "\n",
    }
    for name, text in texts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / RESULTS_FILE).write_text(text)
    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert names(tmp_path) == ["01"]
        said = sorted(record.getMessage() for record in caplog.records)
        assert [text.partition(str(tmp_path))[0] for text in said] == ["passed over: "] * 3
        assert {Path(text.split(":")[1].strip()).parent.name for text in said} == set(texts)
    assert len(reads) == 4


def test_a_run_of_which_there_are_copies_is_told_once(tmp_path: Path) -> None:
    run(tmp_path, 1, where="a-copied-too-early", ended=False)
    whole = run(tmp_path, 1, where="b")
    run(tmp_path, 1, where="c-mailed")
    assert [each.path for each in entries(tmp_path)] == [whole]


def test_the_folder_may_move(tmp_path: Path, reads: list[Path]) -> None:
    run(tmp_path / "here", 1)
    entries(tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")
    reads.clear()
    assert [each.path for each in entries(tmp_path / "there")] == [
        tmp_path / "there" / "1-panel" / RESULTS_FILE
    ]
    assert reads == []


def _look(folder: Path, gate, found) -> None:
    gate.wait()
    found.put([names(folder) for _ in range(10)])


def test_processes_that_look_at_once(tmp_path: Path) -> None:
    for day in range(1, 20):
        run(tmp_path, day)
    context = multiprocessing.get_context("spawn")
    gate, found = context.Barrier(3), context.Queue()
    looking = [context.Process(target=_look, args=(tmp_path, gate, found)) for _ in range(3)]
    for process in looking:
        process.start()
    seen = [found.get(timeout=60) for _ in looking]
    for process in looking:
        process.join()
    assert {process.exitcode for process in looking} == {0}
    assert all(each == seen[0][0] for several in seen for each in several)
    assert len(seen[0][0]) == 19


def test_a_cache_that_somebody_writes_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.results.index._BUSY_S", 0.1)
    run(tmp_path, 1)
    entries(tmp_path)
    run(tmp_path, 2)
    database = sqlite3.connect(tmp_path / INDEX_FILE, isolation_level=None)
    database.execute("begin exclusive")
    assert names(tmp_path) == ["01", "02"]
    database.execute("rollback")
    database.close()
    assert (tmp_path / INDEX_FILE).exists()
    assert names(tmp_path) == ["01", "02"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs of panel on days 1, 2, 3 and 12, of rack on day 4, and we are elsewhere."""
    made = tmp_path / "results"
    for day in (1, 2, 3, 12):
        run(made, day)
    run(made, 4, "rack")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return made


@pytest.mark.parametrize(
    ("name", "day"),
    [
        (None, 12),
        ("panel", 12),
        ("rack", 4),
        ("1", 1),
        ("#1", 1),
        ("4", 4),
        ("#5", 12),
        ("20260502T100000-00000002", 2),
        ("20260502", 2),
        ("2026051", 12),
        ("3-panel", 3),
        ("3-panel/results.jsonl", 3),
        ("../results/2-panel", 2),
    ],
)
def test_the_run_that_is_meant(folder: Path, name: str | None, day: int) -> None:
    assert read_results(find_run(folder, name)).start.started.startswith(f"2026-05-{day:02}")


def test_a_file_and_a_folder_need_no_folder_of_results(tmp_path: Path) -> None:
    path = run(tmp_path, 1, where="mailed")
    renamed = path.with_name("panel-in-may.jsonl")
    assert find_run(tmp_path / "nowhere", str(path.parent)) == path
    path.rename(renamed)
    assert find_run(tmp_path / "nowhere", str(renamed)) == renamed


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("6", "no run 6 in"),
        ("0", "no run 0 in"),
        ("#0", "no run #0 in"),
        ("2026", "2026 is the beginning of 5 runs: 20260512T100000-0000000c (panel), 20260504T"),
        ("202", "no run 202 in"),
        ("panle", "which has 5 runs; did you mean panel? (see ceharness results list)"),
        ("20260502T100000-00000009", "did you mean 20260502T100000-00000002"),
    ],
)
def test_a_run_that_is_not_there_or_is_not_one(folder: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_run(folder, name)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_of_several(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"holds 5 runs, name one: .*1-panel/results\.jsonl, "):
        find_run(folder, str(folder))


@pytest.mark.parametrize("name", [None, "panel", "1"])
def test_no_runs_at_all(tmp_path: Path, name: str | None) -> None:
    with pytest.raises(UsageError, match="use ceharness run first, or ceharness results import"):
        find_run(tmp_path / "results", name)


def test_an_entry_of_another_version_is_no_entry(tmp_path: Path) -> None:
    entry = entry_of(read_results(run(tmp_path, 1)))
    values = entry.to_dict()
    assert Entry.from_dict(entry.path, values) == entry
    for name in values:
        with pytest.raises(KeyError):
            Entry.from_dict(entry.path, {key: value for key, value in values.items() if key != name})
