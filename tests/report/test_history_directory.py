"""The folder of a report over many runs is replaced as a whole, and nothing else is touched."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.report.pages.directory import KIND, replaced

KILLED = """
import sys, time
from pathlib import Path
from harness.report.pages.directory import replaced
with replaced(Path(sys.argv[1])) as folder:
    (folder / "half.html").touch()
    print("writing", flush=True)
    time.sleep(60)
"""


def write(output: Path, *pages: str, text: str = "new") -> None:
    with replaced(output) as folder:
        for page in pages:
            path = folder / page
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        (folder / "history.json").write_text(json.dumps({"report": KIND, "text": text}))


def files(output: Path) -> dict[str, str]:
    found = (path for path in output.rglob("*") if path.is_file() and path.name != ".ceharness-lock")
    return {path.relative_to(output).as_posix(): path.read_text() for path in found}


def test_a_new_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    write(tmp_path / "public" / "lab", "index.html", "runs/one.html")
    assert set(files(tmp_path / "public" / "lab")) == {"index.html", "runs/one.html", "history.json"}


def test_pages_of_an_older_report_go(tmp_path: Path) -> None:
    write(tmp_path, "index.html", "runs/one.html", "runs/two.html", "devices/panel.html", text="old")
    write(tmp_path, "index.html", "runs/two.html", "runs/three.html")
    found = files(tmp_path)
    assert json.loads(found.pop("history.json"))["text"] == "new"
    assert found == {"index.html": "new", "runs/two.html": "new", "runs/three.html": "new"}
    assert not (tmp_path / "devices").exists()


def test_names_with_a_dot_belong_to_whoever_publishes_it(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref")
    (tmp_path / ".nojekyll").touch()
    write(tmp_path, "index.html")
    write(tmp_path, "index.html")
    assert files(tmp_path).keys() == {".git/HEAD", ".nojekyll", "index.html", "history.json"}


def test_the_folder_itself_stays_for_whoever_serves_it(tmp_path: Path) -> None:
    write(tmp_path, "index.html")
    before = tmp_path.stat().st_ino
    write(tmp_path, "index.html")
    assert tmp_path.stat().st_ino == before


@pytest.mark.parametrize(
    ("names", "named"),
    [
        (["notes.txt"], "notes.txt"),
        (["index.html"], "index.html"),  # somebody's home page
        (["index.html", "runs.html", "zebra"], "zebra"),
    ],
)
def test_a_folder_with_anything_else_is_refused(tmp_path: Path, names: list[str], named: str) -> None:
    for name in names:
        (tmp_path / name).write_text("precious")
    with pytest.raises(UsageError, match=f"{tmp_path}: holds {named}"):
        write(tmp_path, "index.html")
    assert files(tmp_path) == dict.fromkeys(names, "precious")


def test_a_foreign_file_beside_an_older_report_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "index.html", text="old")
    (tmp_path / "notes.txt").write_text("precious")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        write(tmp_path, "index.html")
    assert files(tmp_path)["index.html"] == "old"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"report": "something else"}', "\N{BELL}"])
def test_a_history_json_of_something_else_is_no_older_report(tmp_path: Path, text: str) -> None:
    (tmp_path / "history.json").write_text(text)
    with pytest.raises(UsageError, match=r"history\.json"):
        write(tmp_path, "index.html")


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("precious")
    with pytest.raises(UsageError, match="is a file"):
        write(tmp_path / "out", "index.html")


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        write(tmp_path / "file" / "out", "index.html")


def test_nothing_changes_when_writing_fails(tmp_path: Path) -> None:
    write(tmp_path, "index.html", "runs/one.html", text="old")
    before = files(tmp_path)

    def half() -> None:
        with replaced(tmp_path) as folder:
            (folder / "index.html").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert files(tmp_path) == before


def test_a_folder_is_not_left_behind_when_writing_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), replaced(tmp_path / "out"):
        raise RuntimeError
    assert not (tmp_path / "out").exists()


def test_what_a_killed_writer_left_is_in_nobodys_way(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        assert list(tmp_path.rglob("half.html")) != []
        writer.kill()
    write(tmp_path, "index.html")
    assert files(tmp_path).keys() == {"index.html", "history.json"}


def test_two_writers_at_once_are_one_too_many(tmp_path: Path) -> None:
    with replaced(tmp_path) as folder:
        with pytest.raises(UsageError, match="another ceharness is writing this report"):
            write(tmp_path, "index.html", text="second")
        (folder / "history.json").write_text(json.dumps({"report": KIND}))
    assert files(tmp_path).keys() == {"history.json"}
    write(tmp_path, "index.html")


def test_a_writer_killed_while_it_takes_over_leaves_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page comes last; then whatever is there is known as a report, and can be replaced."""
    write(tmp_path, "index.html", "runs/one.html", text="old")
    replace = Path.replace

    def killed(path: Path, target: Path) -> Path:
        if target.name == "index.html":
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, "index.html", "runs/two.html")
    monkeypatch.undo()
    between = files(tmp_path)
    assert between["index.html"] == between["runs/one.html"] == "old"
    write(tmp_path, "index.html", "runs/two.html")
    assert files(tmp_path).keys() == {"index.html", "runs/two.html", "history.json"}
