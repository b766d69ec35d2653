"""What is tried: every quirk is declared, every requirement has one, the family follows from the data."""

from collections import Counter
from pathlib import Path

import pytest

from harness.conformance import Verdict
from harness.targets import emulated
from harness.winsock import FUNCTIONS, REQUIREMENTS, SUCCESS
from mutation import trials
from mutation.trials import FAMILY, QUIRK, VARIANT, Trial, every_trial, sampled, verdict_of

EVERY = every_trial()


def of_kind(kind: str) -> list[Trial]:
    return [trial for trial in EVERY if trial.kind == kind]


def test_every_requirement_that_the_emulated_device_reaches_is_turned_red_by_a_quirk() -> None:
    reached = {
        requirement.id
        for requirement in REQUIREMENTS.values()
        if any(
            leg.expectation.conforming or leg.expectation.statement
            for leg in requirement.reachable(emulated.KIND.provides)
        )
    }
    turned = {leg.partition(" ")[0] for trial in of_kind(QUIRK) for leg in trial.expected.must}
    assert len(reached) >= 57
    assert not reached - turned


def test_every_leg_that_it_reaches_is_turned_red_by_a_quirk_or_one_of_the_family() -> None:
    reached = {
        f"{requirement.id} {leg.id}".strip()
        for requirement in REQUIREMENTS.values()
        for leg in requirement.reachable(emulated.KIND.provides)
        if leg.expectation.conforming or leg.expectation.statement
    }
    turned = {leg for trial in EVERY for leg in trial.expected.must}
    # Its catalog has no entry without PFL_MATCHES_PROTOCOL_ZERO.
    assert reached - turned == {"WSASOCKET-006 zero"}


def test_there_are_as_many_as_is_promised() -> None:
    assert len(of_kind(QUIRK)) >= 80
    assert len(of_kind(VARIANT)) >= 8
    assert len({trial.name for trial in EVERY}) == len(EVERY)


def test_the_family_has_every_row_with_every_other_answer() -> None:
    members = of_kind(FAMILY)
    codes = {row.value for row in FUNCTIONS["WSASocket"].errors}
    assert len(codes) == 13
    rows = Counter(trial.does.partition(":")[0] for trial in members)
    assert len(rows) == 15
    # 011 and 015 are provoked in two ways.
    ways = {"WSASOCKET-011": 2, "WSASOCKET-015": 2}
    assert rows == {row: ways.get(row, 1) * (len(codes) - 1 + 2) for row in rows}
    answered = {trial.name.rpartition("=")[2] for trial in members}
    assert answered == {SUCCESS, "10013", *map(str, codes)}


def answered(name: str) -> dict[str, set[str]]:
    (trial,) = [trial for trial in EVERY if trial.name == name]
    return {"must": set(trial.expected.must), "becomes": set(trial.expected.becomes)}


@pytest.mark.parametrize(
    ("name", "must", "becomes"),
    [
        ("answer:NOT_INITIALISED=10022", {"WSASOCKET-010"}, set()),
        # Also accepted.
        ("answer:NO_DESCRIPTOR=10055", set(), set()),
        ("answer:PROTOCOL_OF_OTHER_TYPE=10022", set(), set()),
        ("answer:COMBINATION=10041", {"WSASOCKET-019c structure-family"}, set()),
        ("answer:COMBINATION=10043", {"WSASOCKET-019c type-and-protocol"}, set()),
        ("answer:STRUCTURE_UNREADABLE=success", {"WSASOCKET-020 unreadable"}, set()),
        # A failure that does not happen says nothing about failures.
        ("answer:TYPE=success", {"WSASOCKET-018 internet"}, {"WSASOCKET-003"}),
        ("answer:NO_DESCRIPTOR=success", set(), {"WSASOCKET-014 exhaustion"}),
        # Any code of the table is a code.
        ("answer:TYPE=10014", {"WSASOCKET-018 internet"}, set()),
        ("answer:TYPE=10013", {"WSASOCKET-018 internet", "WSASOCKET-003"}, set()),
    ],
)
def test_what_the_family_expects(name: str, must: set[str], becomes: set[str]) -> None:
    assert answered(name) == {"must": must, "becomes": becomes}


def test_the_most_exact_word_of_the_data_decides() -> None:
    raw = REQUIREMENTS["WSASOCKET-053"].leg()
    assert verdict_of(raw.expectation, raw.function, "WSAEACCES") is Verdict.OBSERVED
    assert verdict_of(raw.expectation, raw.function, "WSAEINVAL") is Verdict.FAIL
    undefined = REQUIREMENTS["WSASOCKET-036"].leg("undefined")
    assert verdict_of(undefined.expectation, undefined.function, SUCCESS) is Verdict.OBSERVED


def test_a_sample_is_the_same_for_one_seed_and_not_for_others() -> None:
    one, again, other = (sampled(EVERY, 8, seed) for seed in (1, 1, 2))
    assert one == again != other
    assert [sum(trial.kind == kind for trial in one) for kind in (QUIRK, FAMILY, VARIANT)] == [8, 4, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[no-such-quirk]\nmust = ['WSASOCKET-012']\n", "do not both have"),
        ("", "do not both have"),
    ],
)
def test_file_and_device_name_the_same_quirks(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "quirks.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        list(trials.quirks(path))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("must = []", "has nothing that must turn red"),
        ("must = ['WSASOCKET-999']", "there is no 'WSASOCKET-999'"),
        ("must = ['WSASOCKET-012 leg']", "there is no 'WSASOCKET-012 leg'"),
        ("must = ['WSASOCKET-012']\nmay = ['WSASOCKET-020 no']", "there is no 'WSASOCKET-020 no'"),
    ],
)
def test_what_a_quirk_must_turn_red_has_to_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, message: str
) -> None:
    monkeypatch.setattr(trials, "QUIRKS", {"one": trials.QUIRKS["the-group-is-ignored"]})
    path = tmp_path / "quirks.toml"
    path.write_text(f"[one]\n{line}\n")
    with pytest.raises(ValueError, match=message):
        list(trials.quirks(path))
