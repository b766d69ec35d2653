"""`ceharness coverage`: every requirement has a test, or a reason why not, and losing one is noticed."""

import json
import re
import shutil
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.cli.run import suites_folder
from harness.winsock import REQUIREMENTS


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """A copy of the suites, to be spoiled."""
    return Path(shutil.copytree(suites_folder(), tmp_path / "suites"))


def change(suites: Path, file: str, old: str, new: str) -> None:
    path = suites / "wsasocket" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_requirement_has_a_test_or_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["coverage"])
    out = capsys.readouterr().out
    assert "neither test nor reason" not in out
    assert out.splitlines()[-1] == "56 of 56 requirements accounted for"
    assert code == 0


def test_the_tests_and_reasons_of_each_leg(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "--json", "-"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert (result["requirements"], result["accounted"], result["missing"]) == (56, 56, [])
    legs = {(each["requirement"], each["leg"]): each for each in result["legs"]}
    assert list(legs) == [(id, leg.id) for id, one in REQUIREMENTS.items() for leg in one.legs]
    pages = legs["WSASOCKET-020", "unreadable"]["tests"]
    assert pages == [
        {
            "suite": "wsasocket/020__pointer.robot",
            "test": name,
            "cases": 2,
            "per_entry": False,
        }
        for name in ("Addresses That Were Never Valid", "Pages That Cannot Be Read")
    ]
    assert [(each["cases"], each["per_entry"]) for each in legs["WSASOCKET-054", "flags"]["tests"]] == [
        (4, True)
    ]
    absent = legs["WSASOCKET-018", "bluetooth"]
    assert (absent["tests"], absent["needs"]) == ([], ["bluetooth"])
    assert absent["reason"].startswith("needs the Bluetooth component")
    assert all(each["tests"] or each["reason"] for each in result["legs"])
    assert re.search(r"WSASOCKET-056 .*056__platform\.robot +Since Windows CE Version 4 +1", err)


def test_as_many_tests_as_the_suites_have(capsys: pytest.CaptureFixture[str]) -> None:
    """Counted once more, by the names that stand at the beginning of a line below Test Cases."""
    assert main(["coverage", "--json", "-"]) == 0
    legs = json.loads(capsys.readouterr().out)["legs"]
    shown = {(test["suite"], test["test"]) for leg in legs for test in leg["tests"]}
    there = set()
    for path in suites_folder().glob("wsasocket/*.robot"):
        if path.name.startswith(("__init__", "099")):
            continue
        body = re.search(r"\*\*\* Test Cases \*\*\*.*?\n(.*?)(?:\n\*\*\*|\Z)", path.read_text(), re.DOTALL)
        assert body
        names = re.findall(r"^(\S(?: ?\S)*)", body[1], re.MULTILINE)
        there |= {(f"wsasocket/{path.name}", name) for name in names}
    assert shown == there


def test_a_requirement_that_loses_its_test_is_red(capsys: pytest.CaptureFixture[str], suites: Path) -> None:
    (suites / "wsasocket" / "056__platform.robot").unlink()
    assert main(["coverage", "--suites", str(suites)]) == 1
    out = capsys.readouterr().out
    assert "55 of 56 requirements accounted for" in out
    assert "neither test nor reason: WSASOCKET-056" in out
    assert re.search(r"WSASOCKET-056 +no test, no reason", out)


def test_a_leg_that_loses_its_test_is_red(capsys: pytest.CaptureFixture[str], suites: Path) -> None:
    change(suites, "020__pointer.robot", "leg:straddling", "leg:unreadable")
    assert main(["coverage", "--suites", str(suites), "--json", "-"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert (result["accounted"], result["missing"]) == (55, ["WSASOCKET-020 straddling"])


def test_one_of_three_parts_of_a_number_is_enough_to_lose_it(
    capsys: pytest.CaptureFixture[str], suites: Path
) -> None:
    change(suites, "019__invalid.robot", "WSASOCKET-019a", "WSASOCKET-019c")
    assert main(["coverage", "--suites", str(suites), "--json", "-"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert (result["accounted"], result["missing"]) == (55, ["WSASOCKET-019a built-in"])


def test_a_test_that_only_reports_is_no_test(capsys: pytest.CaptureFixture[str], suites: Path) -> None:
    path = suites / "wsasocket" / "056__platform.robot"
    path.write_text(
        "*** Settings ***\nResource    wsasocket.resource\n"
        "*** Test Cases ***\nA\n    [Tags]    WSASOCKET-056\n    Report what_cannot Be Provoked\n",
        encoding="utf-8",
    )
    assert main(["coverage", "--suites", str(suites)]) == 1
    assert "neither test nor reason: WSASOCKET-056" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "[Tags]    leg:straddling",
            "[Tags]",
            "checks WSASOCKET-020, but its leg is not named (one of unreadable, strad",
        ),
        ("leg:straddling", "leg:x", "checks WSASOCKET-020, but there is no leg x (one of unreadable, strad"),
    ],
)
def test_a_test_that_is_tagged_wrongly_is_named_and_does_not_count(
    capsys: pytest.CaptureFixture[str], suites: Path, old: str, new: str, says: str
) -> None:
    change(suites, "020__pointer.robot", old, new)
    assert main(["coverage", "--suites", str(suites)]) == 1
    err = capsys.readouterr().err
    assert err.startswith("ceharness: warning: wsasocket/020__pointer.robot: A Structure That Runs Into")
    assert says in err


def test_suites_of_ones_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine.resource").write_text(
        "*** Keywords ***\nDeep\n    Deeper\nDeeper\n    For Every Contradiction    Deep\n", encoding="utf-8"
    )
    (tmp_path / "mine.robot").write_text(
        "*** Settings ***\nResource    mine.resource\nTest Tags    WSASOCKET-012\n*** Test Cases ***\n"
        "One\n    Deep\nTwo\n    No Operation\nThree\n    [Tags]    other\n    Log    no leg\n",
        encoding="utf-8",
    )
    assert main(["coverage", "--suites", str(tmp_path / "mine.robot"), "--json", "-"]) == 1
    out, err = capsys.readouterr()
    legs = {each["requirement"]: each for each in json.loads(out)["legs"]}
    assert [(each["suite"], each["test"], each["per_entry"]) for each in legs["WSASOCKET-012"]["tests"]] == [
        ("mine.robot", "One", True),
        ("mine.robot", "Two", False),
        ("mine.robot", "Three", False),
    ]
    assert "12 of 56 requirements accounted for" in err


@pytest.mark.parametrize("there", [True, False])
def test_no_suites(capsys: pytest.CaptureFixture[str], tmp_path: Path, there: bool) -> None:
    if there:
        (tmp_path / "notes.txt").write_text("no suite")
    assert main(["coverage", "--suites", str(tmp_path if there else tmp_path / "gone")]) == 2
    assert capsys.readouterr().err.startswith("ceharness: error: ")
