"""A results file: what is written comes back, whatever cut it off; what is no results file is named."""

import json
import threading
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.conformance import Row, Verdict
from harness.device import LineReport
from harness.errors import UsageError
from harness.results import (
    CONSOLE_FILE,
    RESULTS_FILE,
    End,
    Entry,
    Opened,
    Ran,
    Record,
    Recovery,
    ResultsWriter,
    Run,
    Sources,
    Start,
    entries,
    entry_of,
    read_results,
    results_files,
)
from harness.results.schema import check_record, schema
from harness.session.health import LineHealth

T = "2026-05-01T10:00:00.000+00:00"
START = Start("20260501T100000-aa", "panel", "tcp", "tcp://h:1", "device", "1", T)
OPENED = Opened(T, "tcp://h:1", "ceagent 1", "device", {"version": "5.0.1400", "cpu": "ARM"})
LINE = LineReport("tcp://h:1", "key", "", LineHealth()).as_dict()
TEST = Ran("One", "Suites", T, 0.5, "PASS", calls={"ws2!WSASocketW": [41, 7]}, line=LINE)
STEP = Recovery(T, "power cycle", "silence", "the agent answers", 43.2)


def row(requirement: str = "012", verdict: Verdict = Verdict.PASS) -> Row:
    return Row(f"WSASOCKET-{requirement}", "cäse", verdict, "söme (1)", "some (2)", "\n", "p", "device")


def write(path: Path, *records: Record | Row, start: Start = START) -> Path:
    with ResultsWriter(path, start) as writer:
        for record in records:
            writer.write(record)
    return path


def test_each_line_is_on_disk_as_soon_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "run" / RESULTS_FILE
    with ResultsWriter(path, START) as writer:
        assert read_results(path) == Run(path, START)
        writer.write(OPENED)
        writer.write(row())
        assert read_results(path) == Run(path, START, OPENED, [row()])
        writer.write(TEST)
        writer.write(STEP)
        writer.write(End(T, line=LINE))
        whole = Run(path, START, OPENED, [row()], [TEST], [STEP], End(T, line=LINE))
        assert read_results(path) == whole
    assert "söme" in path.read_text(encoding="utf-8")
    assert read_results(path) == whole


def test_a_file_is_of_one_run(tmp_path: Path) -> None:
    path = write(tmp_path / RESULTS_FILE, row(), row("014"))
    write(path, row("015"), start=replace(START, run="b"))
    assert (read_results(path).start.run, read_results(path).rows) == ("b", [row("015")])


TEXTS = st.text(st.characters(exclude_categories=()), max_size=12)
NUMBERS = st.integers(0, 2**53)
SECONDS = st.floats(0, 1e6)
MAPS = st.dictionaries(TEXTS, TEXTS, max_size=3)
LINES = st.none() | st.builds(
    lambda number, text: LineReport(text, text, text, LineHealth(bytes_sent=number, worst=1.5)).as_dict(),
    NUMBERS,
    TEXTS,
)
DIGESTS = st.sampled_from(["", "sha256:" + "0f" * 32])
SOURCES = st.builds(Sources, TEXTS, DIGESTS, TEXTS, st.booleans()).map(Sources.to_dict)
STARTS = st.builds(
    Start,
    run=TEXTS.filter(bool),
    target=TEXTS,
    target_kind=TEXTS,
    place=TEXTS,
    evidence=TEXTS,
    harness=TEXTS,
    started=st.just(T),
    image=DIGESTS,
    selection=st.none() | TEXTS,
    expected=st.lists(TEXTS, max_size=3).map(tuple),
    host=TEXTS,
    sources=st.dictionaries(TEXTS, SOURCES, max_size=3),
    format=st.just(1),
)
ROWS = st.builds(Row, TEXTS.filter(bool), TEXTS, st.sampled_from(Verdict), *[TEXTS] * 9)
TESTS = st.builds(
    Ran,
    TEXTS,
    TEXTS,
    st.just(T),
    SECONDS,
    st.sampled_from(["PASS", "FAIL", "SKIP"]),
    TEXTS,
    st.lists(TEXTS, max_size=3).map(tuple),
    st.dictionaries(TEXTS, st.lists(NUMBERS, max_size=3), max_size=3),
    LINES,
)
RECORDS = st.one_of(
    ROWS,
    TESTS,
    st.builds(Opened, st.just(T), TEXTS, TEXTS, TEXTS, MAPS),
    st.builds(Recovery, st.just(T), TEXTS, TEXTS, TEXTS, SECONDS),
    st.builds(End, st.just(T), st.booleans(), st.lists(TEXTS, max_size=3).map(tuple), LINES),
)


@given(start=STARTS, records=st.lists(RECORDS, max_size=12), cut=st.integers(0, 10**6))
def test_every_record_comes_back_and_a_cut_takes_only_the_last(
    tmp_path_factory: pytest.TempPathFactory, start: Start, records: list[Record | Row], cut: int
) -> None:
    path = write(tmp_path_factory.mktemp("r") / RESULTS_FILE, *records, start=start)

    def expected(count: int) -> Run:
        return read_back(Run(path, start), records[:count])

    assert read_results(path) == expected(len(records))
    content = path.read_bytes()
    for line in content.splitlines():
        check_record(json.loads(line))
    cut %= len(content)
    path.write_bytes(content[:cut])
    whole = content[:cut].count(b"\n")
    if whole == 0:
        with pytest.raises(UsageError, match="holds no run"):
            read_results(path)
    else:
        assert read_results(path) == expected(whole - 1)


def read_back(run: Run, records: list[Record | Row]) -> Run:
    for record in records:
        match record:
            case Row():
                run.rows.append(record)
            case Opened():
                run.opened = record
            case Ran():
                run.tests.append(record)
            case Recovery():
                run.recovery.append(record)
            case End():
                run.end = record
    return run


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no json", ""),
        ("[]", "not a record"),
        ('{"record": "row", "requirement": "X-001"}', "row must contain"),
        (json.dumps({"record": "row", **row().to_dict(), "verdict": "perhaps"}), "row.verdict must be"),
        (json.dumps({"record": "row", **row().to_dict(), "reason": 5}), "row.reason must be string"),
        ('{"record": "end", "ended": null}', "end.ended must be string"),
        ("[" * 200_000, "too many brackets"),
        ('{"record": "test", "name": "x"}', "test must contain"),
        (json.dumps(START.to_dict()), "a second run begins"),
        ("\xff", ""),
    ],
)
def test_a_line_of_something_else_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = write(tmp_path / RESULTS_FILE, row())
    with path.open("ab") as file:
        file.write(line.encode("latin-1") + b"\n")
    with pytest.raises(UsageError, match=r"results\.jsonl:3: ") as caught:
        read_results(path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("[default]", ":1: "),
        (json.dumps({"record": "row", **row().to_dict()}), ":1: not a results file"),
        (
            json.dumps({**START.to_dict(), "format": 2}),
            ":1: results of format 2, this version",
        ),
        ('{"record": "run", "format": 1, "run": "a"}', ":1: no line of a results file: run must contain"),
        (json.dumps({**START.to_dict(), "started": "noon"}), ":1: no line of a results file: run.started"),
        (json.dumps({**START.to_dict(), "started": 5}), ":1: no line of a results file: run.started"),
        (json.dumps({**START.to_dict(), "started": "2026-02-31T10:00:00Z"}), ":1: started: day is out"),
    ],
)
def test_a_file_of_something_else_is_named(tmp_path: Path, first: str, said: str) -> None:
    path = tmp_path / RESULTS_FILE
    path.write_text(first + "\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_results(path)
    assert str(caught.value).startswith(f"{path}{said}")


def test_runs_of_other_time_zones_come_in_the_order_of_time(tmp_path: Path) -> None:
    for name, started in (("late", "2026-05-01T10:00:00Z"), ("early", "2026-05-01T11:30:00+02:00")):
        write(tmp_path / name / RESULTS_FILE, start=replace(START, run=name, started=started))
    assert [each.run for each in entries(tmp_path)] == ["early", "late"]
    assert read_results(tmp_path / "early" / RESULTS_FILE).start.started == "2026-05-01T09:30:00.000+00:00"


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_results(tmp_path / RESULTS_FILE)


def test_what_a_later_version_adds_is_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / RESULTS_FILE, row())
    more = {**START.to_dict(), "colour": "red"}, {"record": "weather", "rain": True}, End(T).to_dict()
    lines = [json.dumps(each) for each in more]
    path.write_text("\n".join([lines[0], *lines[1:], ""]), encoding="utf-8")
    assert read_results(path) == Run(path, START, end=End(T))
    for line in lines:
        check_record(json.loads(line))


def test_the_results_files_of_a_folder(tmp_path: Path) -> None:
    names = ["a/results.jsonl", "b/2026/results.jsonl", "b/results-2.jsonl", "results.jsonl"]
    for name in [*names, ".trash/results.jsonl", "a/rows.jsonl", "a/results.json", f"a/{CONSOLE_FILE}"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert results_files(tmp_path) == [tmp_path / name for name in names]
    assert results_files(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("ended", "missing", "unmatched"),
    [
        (End(T, unmatched=("x",)), ("WSASOCKET-016",), ("x",)),
        (End(T, stopped=True, unmatched=("x",)), (), ()),
        (None, (), ()),
    ],
)
def test_what_is_missing_is_told_of_a_run_that_came_to_its_end(
    tmp_path: Path, ended: End | None, missing: tuple[str, ...], unmatched: tuple[str, ...]
) -> None:
    start = replace(START, selection="", expected=("WSASOCKET-012", "WSASOCKET-016"))
    run = read_results(write(tmp_path / RESULTS_FILE, row(), *([ended] if ended else []), start=start))
    assert (run.summary.missing, run.summary.unmatched) == (missing, unmatched)
    entry = entry_of(run)
    assert (entry.missing, entry.unmatched) == (missing, unmatched)
    assert (entry.stopped, entry.ended) == (bool(ended and ended.stopped), ended and ended.ended)


def test_the_line_of_a_run_that_was_cut_off_is_the_last_one_known(tmp_path: Path) -> None:
    worse = replace(TEST, line={**LINE, "resends": 9})
    silent = replace(TEST, line=None)
    run = read_results(write(tmp_path / RESULTS_FILE, OPENED, TEST, worse, silent))
    assert run.line is not None
    assert run.line["resends"] == 9
    assert read_results(write(tmp_path / "b" / RESULTS_FILE)).line is None


def test_a_run_in_short(tmp_path: Path) -> None:
    sources = {"suites": Sources("/s", "sha256:" + "1" * 64, "abc", True).to_dict()}
    bad = {**LINE, "trouble": ["38 of 2210 frames came damaged"]}
    broken = replace(row("014", Verdict.BROKEN), reason="no answer", case="a")
    records = [
        *(
            OPENED,
            row(),
            replace(row("012", Verdict.FAIL), observed="bad"),
            broken,
            replace(broken, case="b"),
        ),
        *(replace(TEST, requirements=["WSASOCKET-012"], status="FAIL"), replace(TEST, status="FAIL"), STEP),
        End(T, line=bad),
    ]
    start = replace(START, image="sha256:" + "2" * 64, sources=sources)
    entry = entry_of(read_results(write(tmp_path / RESULTS_FILE, *records, start=start)))
    assert list(entry.requirements) == ["WSASOCKET-012", "WSASOCKET-014"]
    judged = entry.requirements["WSASOCKET-012"]
    assert (judged.verdict, judged.observed, judged.cases, judged.deciding) == (Verdict.FAIL, "bad", 2, 1)
    assert (entry.trouble, entry.lab) == (("38 of 2210 frames came damaged",), ("no answer",))
    assert (entry.recoveries, entry.failed) == (1, ("One",))
    assert (entry.sources, entry.image) == ({"suites": "sha256:" + "1" * 64}, "sha256:" + "2" * 64)
    assert (entry.agent, entry.identity) == ("ceagent 1", OPENED.identity)
    assert Entry.from_dict(entry.path, json.loads(json.dumps(entry.to_dict()))) == entry


DESCRIBED = {"run": Start, "device": Opened, "row": Row, "test": Ran, "recovery": Recovery, "end": End}


@pytest.mark.parametrize("kind", DESCRIBED)
def test_the_schema_names_every_key_and_no_other(kind: str) -> None:
    described = schema()["definitions"][kind]
    known = {each.name: each for each in fields(DESCRIBED[kind])}
    more = {"record", *(["time"] if kind == "row" else [])}
    assert set(described["properties"]) == set(known) | more
    needed = {
        name for name, each in known.items() if each.default is MISSING and each.default_factory is MISSING
    }
    assert set(described["required"]) == needed | {"record", *(["format"] if kind == "run" else [])}
    assert described["properties"]["record"] == {"const": kind}


def test_the_schema_names_every_part_of_a_record() -> None:
    definitions = schema()["definitions"]
    assert set(definitions["sources"]["properties"]) == {each.name for each in fields(Sources)}
    assert set(definitions["line"]["properties"]) == set(LINE)
    assert definitions["row"]["properties"]["verdict"]["enum"] == [each.value for each in Verdict]
    assert definitions["other"]["properties"]["record"]["not"]["enum"] == list(DESCRIBED)
    names = [each["$ref"].rpartition("/")[2] for each in schema()["oneOf"]]
    assert names == [*DESCRIBED, "other"]


def test_the_published_schema_takes_every_record_and_nothing_else() -> None:
    check = fastjsonschema.compile(dict(schema()))
    good = [START, OPENED, TEST, STEP, End(T, line=LINE)]
    for values in ({"record": "row", **row().to_dict()}, *(record.to_dict() for record in good)):
        check(values)
        with pytest.raises(fastjsonschema.JsonSchemaException):
            check({"record": values["record"]})
    check({"record": "of a later version"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda test: test | {"seconds": "long"}, "test.seconds must be number"),
        (lambda test: test | {"calls": {"a!b": [1.5]}}, "test.calls.a!b[0] must be integer"),
        (lambda test: test | {"line": {"trouble": "much"}}, "test.line.trouble must be array"),
        (lambda test: test | {"started": "yesterday"}, "test.started must match pattern"),
        (lambda test: {key: test[key] for key in ("record", "name")}, "test must contain"),
        (lambda test: test | {"record": 7}, "a record.record must be string"),
        (lambda test: [], "a record must be object"),
    ],
)
def test_what_is_no_record_is_said_with_its_key(change: Callable[[Any], Any], said: str) -> None:
    check_record(TEST.to_dict())
    with pytest.raises(ValueError, match=r"^" + said.replace("[", r"\[")) as caught:
        check_record(change(TEST.to_dict()))
    assert "\n" not in str(caught.value)


def test_a_reader_may_look_at_any_moment(tmp_path: Path) -> None:
    """While another thread writes, what can be read is always a beginning of what is written."""
    path, count = tmp_path / RESULTS_FILE, 300
    rows = [replace(row(), case=f"{number} " + "x" * (number * 37 % 9000)) for number in range(count)]
    with ResultsWriter(path, START) as writer:
        thread = threading.Thread(target=lambda: [writer.write(each) for each in rows])
        thread.start()
        lengths = []
        while thread.is_alive():
            seen = read_results(path).rows
            assert seen == rows[: len(seen)]
            lengths.append(len(seen))
        thread.join()
    assert read_results(path).rows == rows
    assert lengths == sorted(lengths)
