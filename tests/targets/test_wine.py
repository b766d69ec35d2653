"""The target kind `wine` where something of it is missing; with Wine itself: tests/wine."""

import shutil
import sys
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.errors import UsageError
from harness.targets import KINDS, TargetConfig, kind_of, reach
from harness.targets.wine import check, find_wine

WINE = TargetConfig("wine", "wine")
INSTALL = r"Wine is missing: install it \(Debian, Ubuntu: apt-get install wine64\)"


@pytest.fixture
def no_wine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """What looks like Wine."""
    wine = tmp_path / "wine64"
    wine.write_text("#!/bin/sh\necho wine-0.9\n", encoding="ascii")
    wine.chmod(0o755)
    return wine


def test_evidence_is_that_of_nobody_here() -> None:
    kind = KINDS["wine"]
    assert (kind.evidence, kind.provides, kind.starts) == ("independent", frozenset(), True)
    assert kind.protection({}) == "a new key for every start"


@pytest.mark.usefixtures("no_wine")
def test_without_wine_one_line_says_what_to_install(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=INSTALL):
        check({})
    with pytest.raises(UsageError, match=INSTALL), reach(WINE):
        pass
    assert kind_of(WINE).place({}) == "no Wine"
    (tmp_path / "lab.ini").write_text("[wine]\nkind = wine\n", encoding="utf-8")
    lab = ["--lab", str(tmp_path / "lab.ini")]
    assert main(["run", "wine", *lab, "--output", str(tmp_path / "out")]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "apt-get install wine64" in err
    assert not (tmp_path / "out").exists()
    assert main(["doctor", "wine", *lab]) == 2
    assert "agent executable" in capsys.readouterr().out
    assert main(["targets", *lab]) == 0
    assert "no Wine" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell script: run on Linux")
def test_a_program_that_lab_ini_names(installed: Path, tmp_path: Path) -> None:
    assert find_wine(str(installed)) == installed
    assert kind_of(WINE).place({"wine": str(installed)}) == "wine-0.9"
    with pytest.raises(UsageError, match=r"nowhere: no such program"):
        find_wine(str(tmp_path / "nowhere"))
    installed.with_name("wineserver").write_text("", encoding="ascii")
    with pytest.raises(UsageError, match="is not an executable for Windows CE"):
        check({"wine": str(installed), "agent": str(installed)})
