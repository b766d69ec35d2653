"""What files were: a digest that goes with their content, and what git says of them."""

import subprocess
from pathlib import Path

import pytest

from harness.results import Sources, sources


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=n", "-c", "user.email=n@localhost", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    folder = tmp_path / "repository" / "suites"
    folder.mkdir(parents=True)
    (folder / "a.robot").write_text("one")
    (tmp_path / "repository" / "other").write_text("other")
    return folder


@pytest.fixture
def repository(suites: Path) -> Path:
    git(suites.parent, "init", "--quiet")
    git(suites.parent, "add", ".")
    git(suites.parent, "commit", "--quiet", "--message", "one")
    return suites.parent


def test_a_clean_work_tree(repository: Path, suites: Path) -> None:
    found = sources([suites])
    assert found == Sources(str(suites), found.digest, git(repository, "rev-parse", "HEAD"), False)
    assert found.digest.startswith("sha256:")


@pytest.mark.parametrize("what", ["changed", "new", "gone", "added"])
def test_what_is_not_as_in_the_commit(repository: Path, suites: Path, what: str) -> None:
    before = sources([suites])
    if what == "gone":
        (suites / "a.robot").unlink()
        (suites / "b.robot").write_text("two")
    else:
        (suites / ("a.robot" if what == "changed" else "b.robot")).write_text("two")
    if what == "added":
        git(repository, "add", ".")
    after = sources([suites])
    assert (after.commit, after.changed) == (before.commit, True)
    assert after.digest != before.digest


def test_changes_elsewhere_in_the_work_tree_do_not_count(repository: Path, suites: Path) -> None:
    (repository / "other").write_text("changed")
    assert not sources([suites]).changed
    assert sources([suites / "a.robot", repository / "other"]).changed


def test_a_commit_of_other_files_is_another_commit_of_the_same(repository: Path, suites: Path) -> None:
    before = sources([suites])
    (repository / "other").write_text("changed")
    git(repository, "commit", "--quiet", "--all", "--message", "two")
    after = sources([suites])
    assert (after.digest, after.changed) == (before.digest, False)
    assert after.commit != before.commit


def test_without_git(suites: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(suites.parent.parent))
    found = sources([suites])
    assert (found.commit, found.changed) == ("", False)
    assert found.digest
    monkeypatch.setenv("PATH", "")
    assert sources([suites]) == found


def test_a_repository_without_a_commit(suites: Path) -> None:
    git(suites.parent, "init", "--quiet")
    assert sources([suites]).commit == ""


def test_where_files_are_does_not_matter_but_their_names_do(tmp_path: Path, suites: Path) -> None:
    twin = tmp_path / "elsewhere" / "other name"
    twin.mkdir(parents=True)
    (twin / "a.robot").write_text("one")
    (twin / "__pycache__").mkdir()
    (twin / "__pycache__" / "x.pyc").write_text("x")
    assert sources([twin]).digest == sources([suites]).digest
    (twin / "a.robot").rename(twin / "b.robot")
    assert sources([twin]).digest != sources([suites]).digest
    several = sources([suites, twin])
    assert several.path == f"{suites}, {twin}"
    assert several.digest not in (sources([suites]).digest, sources([twin]).digest)
