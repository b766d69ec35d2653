"""A session with a runner that makes its runs up: order, progress, Ctrl-C, exit codes, the JSON."""

import json
from pathlib import Path

import pytest

from harness.conformance import Row, Verdict
from mutation import __main__ as command
from mutation.judging import Expected
from mutation.results import Tried
from mutation.running import Ran
from mutation.session import Session, UndisturbedError, hold
from mutation.trials import FAMILY, QUIRK, VARIANT, Trial

TRIALS = [
    Trial("good", QUIRK, "does something wrong", Expected(frozenset({"WSASOCKET-012"})), quirks=("good",)),
    Trial("meek", QUIRK, "does nothing wrong", Expected(frozenset({"WSASOCKET-012"})), quirks=("meek",)),
    Trial("wild", VARIANT, "conforms", Expected(), variants=("wild",)),
]


def rows(verdict: Verdict) -> list[Row]:
    return [Row("WSASOCKET-012", "", verdict, "", ""), Row("WSASOCKET-016", "", Verdict.PASS, "", "")]


class MadeUp:
    """In place of a Runner. `ends`: name of the run at which Ctrl-C comes."""

    def __init__(self, red: tuple[str, ...] = (), ends: str = "", code: int = 0) -> None:
        self.red, self.ends, self.code, self.stopped = red, ends, code, 0

    def run(self, name: str, quirks: object = (), variants: object = ()) -> Ran:
        if name == self.ends:
            raise KeyboardInterrupt
        return Ran(rows(Verdict.FAIL if name in self.red else Verdict.PASS), self.code, 1.0, ("last words",))

    def try_out(self, trial: Trial) -> Ran:
        return self.run(trial.name)

    def stop(self) -> None:
        self.stopped += 1


def held(runner: MadeUp) -> tuple[Session, list[str], list[int]]:
    said: list[str] = []
    kept: list[int] = []
    session = hold(TRIALS, runner, 1, said.append, lambda session: kept.append(session.not_run))  # type: ignore[arg-type]
    return session, said, kept


def test_everything_is_tried_and_told() -> None:
    runner = MadeUp(red=("good", "wild"))
    session, said, kept = held(runner)
    assert [(one.trial.name, one.judgement.finding.value) for one in session.tried] == [
        ("good", "caught"),
        ("meek", "survived"),
        ("wild", "red"),
    ]
    assert kept == [2, 1, 0]
    assert said[0].startswith("undisturbed: 2 legs")
    assert "1/3  caught         good" in said[1]
    assert "not red: WSASOCKET-012" in said[2]
    assert "WSASOCKET-012: pass -> fail" in said[3]
    assert (session.interrupted, session.not_run, runner.stopped) == (False, 0, 1)


@pytest.mark.parametrize("code", [3, 70, None])
def test_a_run_that_has_judged_nothing_is_no_finding_about_the_suites(code: int | None) -> None:
    tried = Tried.of(TRIALS[1], {"WSASOCKET-012": Verdict.PASS}, Ran([], code, 1.0, ("last words",)))
    assert (tried.judgement.finding.value, tried.good) == ("broken", False)
    assert f"exit code {code}" in tried.line(1, 1)
    assert "last words" in tried.line(1, 1)


def test_ctrl_c_keeps_what_is_done() -> None:
    runner = MadeUp(red=("good",), ends="meek")
    session, _, kept = held(runner)
    assert [one.trial.name for one in session.tried] == ["good"]
    assert (session.interrupted, session.not_run, runner.stopped) == (True, 2, 1)
    assert kept == [2, 2]


@pytest.mark.parametrize("runner", [MadeUp(red=("undisturbed",)), MadeUp(code=3)])
def test_nothing_is_tried_when_the_undisturbed_device_is_not_green(runner: MadeUp) -> None:
    with pytest.raises(UndisturbedError, match="not green"):
        held(runner)


@pytest.mark.parametrize(
    ("red", "ends", "code"),
    [(("good", "meek"), "", 0), (("good",), "", 1), (("good", "meek", "wild"), "", 1), ((), "good", 130)],
)
def test_exit_codes_and_json(
    red: tuple[str, ...], ends: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "every_trial", lambda: TRIALS)
    monkeypatch.setattr(command, "Runner", lambda cpu, folder: MadeUp(red, ends))
    monkeypatch.setattr(command, "_hear_signals", lambda: None)
    out = tmp_path / "mutation.json"
    assert command.main(["--jobs", "1", "--out", str(out)]) == code
    document = json.loads(out.read_text())
    assert document["not_run"] == (3 if ends else 0)
    assert document["cpu"] == command.FASTEST
    if not ends:
        first = document["trials"][0]
        assert (first["name"], first["does"], first["finding"]) == ("good", "does something wrong", "caught")
        assert (first["must"], first["red"]) == (["WSASOCKET-012"], ["WSASOCKET-012"])
        assert document["counts"]["quirk"]["caught"] == (2 if "meek" in red else 1)


def test_only_family_and_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list", "--only", "answer:GROUP=1001*"]) == 0
    listed = capsys.readouterr().out
    assert listed.count(FAMILY) == 2
    assert "WSASOCKET-019a: GROUP is answered with 10014" in listed
    with pytest.raises(SystemExit):
        command.main(["--list", "--only", "no-such-name"])
    assert "--only no-such-name: nothing of that name" in capsys.readouterr().err
    assert command.main(["--list", "--family"]) == 0
    assert QUIRK not in {line.split()[0] for line in capsys.readouterr().out.splitlines() if line[0] != " "}


def test_a_sample_says_how_to_repeat_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list", "--sample", "4"]) == 0
    first = capsys.readouterr().out
    words = first.splitlines()[0].split()
    assert command.main(["--list", "--sample", "4", "--seed", words[words.index("--seed") + 1]]) == 0
    assert capsys.readouterr().out == first
