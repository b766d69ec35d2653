"""Recorded deviations at the command line: in a run, brought up to it, and checked."""

import json
from pathlib import Path

import pytest
from fake_agent import FakeAgent
from test_run import GOOD, SUITE, WRONG

from harness.cli.main import main
from harness.conformance import Row, Verdict
from harness.device import Device, DeviceInfo
from harness.results import RESULTS_FILE, ResultsWriter, Start, read_results

ENTRY = """\
[[deviation]]
requirement = "WSASOCKET-016"
observed = "WSAEINVAL (10022)"
reason = "the vendor's stack, ticket 4711"
date = 2026-05-01
evidence = "by hand"
"""


@pytest.fixture
def here(tmp_path: Path, lab: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lab's folder, which we are in, with a small suite."""
    (tmp_path / "small.robot").write_text(SUITE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


RUN = ["run", "--suites", "small.robot"]


def record(here: Path, text: str = ENTRY) -> Path:
    path = here / "expectations" / "fake.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_known_deviation_is_green_and_shown(
    capsys: pytest.CaptureFixture[str], here: Path, agent: FakeAgent
) -> None:
    agent.answers = WRONG
    path = record(here)
    assert main([*RUN, "--output", "out", "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert "2 requirements: 1 known, 1 pass" in err
    shown = next(line for line in err.splitlines() if "ticket 4711" in line)
    assert shown.split()[0] == "WSASOCKET-016"
    assert "A Number Out Of Range" in shown
    assert "WSAEINVAL (10022)" in shown
    result = json.loads(out)
    assert result["sources"]["expectations"]["path"] == str(path)
    rows = {row["requirement"]: row for row in result["rows"]}
    assert rows["WSASOCKET-016"]["verdict"] == "known"
    assert rows["WSASOCKET-016"]["recorded"] == "the vendor's stack, ticket 4711"
    assert rows["WSASOCKET-012"]["recorded"] == ""
    assert [row.to_dict() for row in read_results(here / "out" / "results.jsonl").rows] == result["rows"]
    assert not (here / "out" / "deviations").exists()


def test_a_fixed_deviation_is_red_and_says_which_record_must_go(
    capsys: pytest.CaptureFixture[str], here: Path, agent: FakeAgent
) -> None:
    agent.answers = GOOD
    record(here)
    assert main(RUN) == 1
    out = capsys.readouterr().out
    assert "2 requirements: 1 fixed, 1 pass" in out
    assert "WSASOCKET-016 fixed" in out
    assert "WSASOCKET-016 (fake.toml:1)" in out
    assert "  recorded    the vendor's stack, ticket 4711" in out


def test_another_deviation_than_the_recorded_one_is_red(
    capsys: pytest.CaptureFixture[str], here: Path, agent: FakeAgent
) -> None:
    agent.answers = WRONG
    record(here, ENTRY.replace("WSAEINVAL (10022)", "success"))
    assert main(RUN) == 1
    out = capsys.readouterr().out
    assert "1 fail, 1 pass" in out
    assert "another deviation is recorded, success" in " ".join(out.split())


def test_a_key_of_lab_ini_names_the_file(
    capsys: pytest.CaptureFixture[str], here: Path, lab: Path, agent: FakeAgent
) -> None:
    agent.answers = WRONG
    record(here, "nonsense")
    lab.write_text(lab.read_text() + "expectations = panel.toml\n", encoding="utf-8")
    assert main(RUN) == 2
    assert f"error: {here / 'panel.toml'}: cannot be read: No such file" in capsys.readouterr().err
    (here / "panel.toml").write_text(ENTRY, encoding="utf-8")
    assert main(RUN) == 0


def test_a_mistake_is_told_before_anything_runs(
    capsys: pytest.CaptureFixture[str], here: Path, agent: FakeAgent
) -> None:
    path = record(here, ENTRY.replace('"the vendor\'s stack, ticket 4711"', '""'))
    assert main(RUN) == 2
    err = capsys.readouterr().err
    assert err.splitlines() == [
        f"ceharness: error: {path}:4 [deviation 1, WSASOCKET-016] reason: is empty "
        "(expected why the device deviates, in words)"
    ]
    assert not agent.runs
    assert not (here / "results").exists()


def test_a_record_that_matches_no_row_is_red_in_a_whole_run_only(
    capsys: pytest.CaptureFixture[str], here: Path, agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.answers = [*WRONG, *WRONG]
    record(here, ENTRY + 'cases = ["A Number Out Of Range", "A Numbr"]\n')
    monkeypatch.setattr("harness.cli.run.suites_folder", lambda: here / "small.robot")
    monkeypatch.setattr("harness.robot.recording.REQUIREMENTS", {})
    assert main(["run"]) == 1
    assert "the record matches no row: WSASOCKET-016 (fake.toml:1): 'A Numbr'" in capsys.readouterr().out
    assert main(RUN) == 0
    assert "matches no row" not in capsys.readouterr().out


def test_records_for_other_devices_do_not_count(
    capsys: pytest.CaptureFixture[str], here: Path, agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = DeviceInfo("fake", agent="1", boot=7, word=4, missing=(), oem="Some maker")
    monkeypatch.setattr(Device, "info", lambda self: about)
    agent.answers = [*WRONG, *WRONG]
    record(here, ENTRY + 'when = { image = "Another maker" }\n')
    assert main(RUN) == 1
    out = capsys.readouterr().out
    assert "1 fail, 1 pass" in out
    assert "recorded for other devices, not used: 1 of" in out
    record(here, ENTRY + 'when = { image = "some *" }\n')
    assert main([*RUN, "--output", "out"]) == 0
    assert "other devices" not in capsys.readouterr().out
    record(here, ENTRY + 'when = { image = "Another maker" }\n')
    assert main(["expect", "update", "--results", "out/results.jsonl"]) == 1
    assert (here / "expectations" / "fake.toml").read_text().count("[[deviation]]") == 2


def test_from_a_red_run_to_a_green_one(
    capsys: pytest.CaptureFixture[str], here: Path, agent: FakeAgent
) -> None:
    """Run, update, fill in the reason, run; then the device is repaired: run, update, run."""
    agent.answers = [*WRONG, *WRONG, *GOOD, *GOOD]
    path = here / "expectations" / "fake.toml"
    assert main(RUN) == 1
    capsys.readouterr()
    assert main(["expect", "update", "fake", "--dry-run"]) == 1
    dry = capsys.readouterr().out
    assert "not written" in dry
    assert not path.parent.exists()
    assert main(["expect", "update", "fake"]) == 1
    out = capsys.readouterr().out
    assert "+++ expectations/fake.toml" in out
    assert '+reason = ""' in out
    text = path.read_text(encoding="utf-8")
    line = text.splitlines().index('reason = ""') + 1
    assert out.splitlines()[-1] == f"expectations/fake.toml:{line}: fill in the reason"
    (folder,) = (here / "results").glob("*-fake")
    assert f'evidence = "device, results/{folder.name}/results.jsonl"' in text
    assert main(["expect", "check", str(path)]) == 2
    assert f":{line} [deviation 1, WSASOCKET-016] reason: is empty" in capsys.readouterr().err

    path.write_text(text.replace('reason = ""', 'reason = "ticket 1"  # Ann'), encoding="utf-8")
    assert main(["expect", "check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: 1 recorded deviation\n"
    assert main(RUN) == 0
    assert main(["expect", "update", "fake"]) == 0
    assert "nothing to change" in capsys.readouterr().out
    assert "# Ann" in path.read_text(encoding="utf-8")

    # Runs of one second are told apart by their names only, so this one is named.
    assert main([*RUN, "--output", "repaired"]) == 1
    capsys.readouterr()
    assert main(["expect", "update", "--results", "repaired/results.jsonl"]) == 0
    assert '-reason = "ticket 1"  # Ann' in capsys.readouterr().out
    assert "[[deviation]]" not in path.read_text(encoding="utf-8")
    assert main(RUN) == 0


def results(here: Path, target: str = "fake") -> Path:
    """The results of a run that deviates once, from elsewhere."""
    start = Start("r", target, "tcp", "h:1", "device", "1", "2026-05-01T23:00:00.000+00:00")
    with ResultsWriter(here / "elsewhere" / RESULTS_FILE, start) as writer:
        writer.write(Row("WSASOCKET-012", "c", Verdict.FAIL, "d", "o"))
    return writer.path


def test_results_of_another_place(here: Path) -> None:
    assert main(["expect", "update", "--results", str(results(here))]) == 1
    text = (here / "expectations" / "fake.toml").read_text(encoding="utf-8")
    assert "date = 2026-05-01" in text
    assert 'evidence = "elsewhere/results.jsonl"' in text


def test_results_of_a_run_by_its_number_or_name(here: Path) -> None:
    folder = here / "results" / "old"
    results(here).parent.rename(here / "old")
    folder.parent.mkdir()
    (here / "old").rename(folder)
    for name in ("1", "#1", "old", "fake"):
        assert main(["expect", "update", "--results", name]) == 1
        text = (here / "expectations" / "fake.toml").read_text(encoding="utf-8")
        assert 'evidence = "results/old/results.jsonl"' in text
        (here / "expectations" / "fake.toml").unlink()


def test_results_of_another_target_are_used_where_that_is_said(here: Path) -> None:
    assert main(["expect", "update", "fake", "--results", str(results(here, "their name"))]) == 1
    assert '"WSASOCKET-012"' in (here / "expectations" / "fake.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["expect", "update", "fak"], "did you mean fake?"),
        (["expect", "update"], "no run of fake in"),
        (["expect", "update", "--results", "gone.jsonl"], "gone.jsonl: no such file or folder"),
        (["expect", "update", "--results", "lab.ini"], "lab.ini:1:"),
        (["expect", "check"], "FILE"),
        (["expect", "check", "gone.toml"], "gone.toml: cannot be read: No such file"),
        (["expect", "check", "lab.ini"], "is not"),
        (["expect"], "COMMAND"),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], here: Path, arguments: list[str], says: str) -> None:
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("ceharness: error: ")
    assert says in err
    assert "Traceback" not in err


def test_a_device_named_by_a_url_has_no_file(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    file = results(here, target="tcp://h:1")
    assert main(["expect", "update", "--results", str(file)]) == 2
    assert "nowhere to record deviations of tcp://h:1: give the device a section" in capsys.readouterr().err


def test_a_file_with_mistakes_is_not_rewritten(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    path = record(here, ENTRY + "colour = 1\n")
    assert main(["expect", "update", "--results", str(results(here))]) == 2
    assert "fake.toml:7 [deviation 1, WSASOCKET-016] colour" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == ENTRY + "colour = 1\n"


def test_line_ends_of_windows_stay(here: Path) -> None:
    path = record(here)
    path.write_bytes(ENTRY.replace("\n", "\r\n").encode())
    assert main(["expect", "update", "--results", str(results(here))]) == 1
    content = path.read_bytes()
    assert content.startswith(ENTRY.replace("\n", "\r\n").encode())
    assert content.count(b"\r\n") == content.count(b"\n") > 10


def test_a_file_that_cannot_be_written(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    (here / "expectations").write_text("in the way")
    assert main(["expect", "update", "--results", str(results(here))]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_the_diff_has_colours_where_people_look(
    capsys: pytest.CaptureFixture[str], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert main(["expect", "update", "--dry-run", "--results", str(results(here))]) == 1
    assert '\x1b[32m+requirement = "WSASOCKET-012"' in capsys.readouterr().out
