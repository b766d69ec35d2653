"""What the shims export and what is recorded beside them, as far as it can be told without Wine."""

import re
from pathlib import Path

import pytest
from beliefs import BELIEFS
from comparing import recorded
from wine32_root import main
from wine32_shims import exports

from harness.agents import executable, info
from harness.program.text import parse
from harness.winsock import symbols

NAMES = Path(__file__).resolve().parents[2] / "harness" / "emulator" / "data"


@pytest.mark.parametrize(("dll", "known"), [("COREDLL", "coredll"), ("ws2", "ws2")])
def test_they_export_what_windows_ce_exports_and_each_name_once(dll: str, known: str) -> None:
    names = exports(dll)
    assert len(set(names)) == len(names)
    assert set(names) <= set((NAMES / f"{known}.txt").read_text(encoding="utf-8").splitlines())


def test_coredll_has_all_that_the_agent_imports() -> None:
    imported = {name.partition("!")[2] for name in info(executable("ce-x86")).imports}
    assert imported <= set(exports("COREDLL"))


def test_every_recorded_difference_is_of_a_program_and_has_a_page() -> None:
    entries = recorded()
    assert len({(one.belief, one.call) for one in entries}) == len(entries)
    for one in entries:
        assert one.call < len(parse(BELIEFS[one.belief], symbols()).calls), one
        assert one.whose in ("ce", "open", "wine")
        assert re.fullmatch(r"(aa|ee|ms)\d{6}", one.page)
        assert one.emulated != one.wine
        assert one.why


def test_a_machine_that_cannot_have_it_says_why_in_one_line(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("wine32_root.LOADER", tmp_path / "ld-linux.so.2")
    assert main([str(tmp_path / "root")]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "apt-get install libc6-i386" in told
    assert not (tmp_path / "root").exists()


def test_a_mirror_that_has_no_packages_is_told_with_apts_words(tmp_path: Path, capsys, monkeypatch) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    apt = tools / "apt-get"
    apt.write_text("#!/bin/sh\necho 'E: Unable to locate package wine32' >&2\nexit 100\n")
    apt.chmod(0o755)
    monkeypatch.setattr("wine32_root.LOADER", apt)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    assert main([str(tmp_path / "root")]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "Unable to locate package wine32" in told
    assert not (tmp_path / "root" / "made").exists()
