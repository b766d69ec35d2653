"""The requirements: complete, consistent with the error tables, and mistakes are named."""

from pathlib import Path

import pytest

from harness.errors import ConfigError, UsageError
from harness.winsock import CONSTANT_GROUPS, FUNCTIONS, NEEDS, REQUIREMENTS
from harness.winsock.overview import overview
from harness.winsock.requirements import load_requirements

DOCS = Path(__file__).parents[2] / "docs"

GOOD = """
section = "Things"

[[requirement]]
id = "X-001"
title = "One"
statement = "It works."
tested = "by trying"
conforming = ["success"]
tolerated.WSAEINVAL = "who knows"
needs = ["luck"]
informative_until = "5.0"

[[requirement]]
id = "X-002"
title = "Two"
statement = "It works twice."
tested = "by trying twice"

[[requirement.leg]]
id = "left"
title = "on the left"
conforming = ["listed"]
needs = ["luck"]

[[requirement.leg]]
id = "right"
title = "on the right"
observed.any = "the page is silent"
"""


def write(folder: Path, text: str = GOOD) -> Path:
    (folder / "needs.toml").write_text('luck = "some luck"\n')
    (folder / "1-things.toml").write_text(text)
    return folder


def test_identifiers_are_complete_and_in_order() -> None:
    numbers = [f"{number:03}" for number in range(1, 57)]
    place = numbers.index("019")
    numbers[place : place + 1] = ["019a", "019b", "019c"]
    assert list(REQUIREMENTS) == [f"WSASOCKET-{number}" for number in numbers]


def test_every_row_of_the_error_table_has_its_requirement() -> None:
    rows = FUNCTIONS["WSASocket"].errors
    table = [r for r in REQUIREMENTS.values() if r.section == "Error table"]
    assert len(table) == len(rows) == 15
    for row, requirement in zip(rows, table, strict=True):
        assert row.header in requirement.conforming, requirement.id


def test_every_conforming_code_is_in_the_table_of_its_function() -> None:
    for requirement in REQUIREMENTS.values():
        for leg in requirement.legs:
            listed = FUNCTIONS[leg.function].listed
            for word in (*leg.expectation.conforming, *leg.expectation.tolerated):
                code = CONSTANT_GROUPS["errors"].get(word)
                assert code is None or code in listed, (requirement.id, leg.id, word)


def test_what_can_be_reached_without_a_provider_and_with_a_whole_network() -> None:
    unreachable = [id for id, requirement in REQUIREMENTS.items() if not requirement.reachable(frozenset())]
    numbers = ["011", "015", "021", "022", "026", "029", "032", "033", "034", "050", "055"]
    assert unreachable == [f"WSASOCKET-{number}" for number in numbers]


def test_every_need_is_explained_and_used() -> None:
    used = {need for r in REQUIREMENTS.values() for leg in r.legs for need in leg.needs}
    assert used == set(NEEDS)


def test_how_each_leg_is_provoked() -> None:
    ways = {(id, leg.id): leg.provoked for id, one in REQUIREMENTS.items() for leg in one.legs}
    assert ways["WSASOCKET-012", ""] == "calls"
    assert ways["WSASOCKET-014", "exhaustion"] == "exhaustion"
    assert ways["WSASOCKET-014", "pass-through"] == "provider"
    assert ways["WSASOCKET-018", "bluetooth"] == "calls"
    assert ways["WSASOCKET-050", ""] == "network-cut"


def test_the_leg_without_a_name_is_the_one_that_needs_nothing() -> None:
    assert REQUIREMENTS["WSASOCKET-014"].leg().id == "exhaustion"
    assert REQUIREMENTS["WSASOCKET-015"].leg().id == "pass-through"
    assert REQUIREMENTS["WSASOCKET-012"].leg().id == ""
    assert REQUIREMENTS["WSASOCKET-020"].leg("straddling").expectation.conforming == ("WSAEFAULT",)


def test_an_unknown_leg_is_named() -> None:
    with pytest.raises(UsageError, match="only unreadable, straddling"):
        REQUIREMENTS["WSASOCKET-020"].leg("stradling")
    with pytest.raises(UsageError, match="one way only"):
        REQUIREMENTS["WSASOCKET-012"].leg("other")


def test_a_good_file(tmp_path: Path) -> None:
    first, second = load_requirements(write(tmp_path)).values()
    assert first.informative_until == (5, 0)
    assert first.needs == ("luck",)
    assert not first.reachable(frozenset())
    assert first.reachable(frozenset({"luck"})) == first.legs
    assert [leg.id for leg in second.reachable(frozenset())] == ["right"]
    assert second.leg().id == "right"
    assert second.needs == ()
    assert second.legs[0].missing(frozenset()) == ("luck",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "X-002"', 'id = "X-001"', ["X-001 is used twice"]),
        ('id = "right"', 'id = "left"', ["[X-002, leg left]", "used twice"]),
        ('id = "right"', 'id = "on the right"', ["letters, digits and hyphens"]),
        ('conforming = ["success"]', 'conforming = ["sucess"]', ["[X-001] conforming", "'sucess'"]),
        ('conforming = ["success"]', "conforming = []\ntolerated.listed = 'x'", ["[X-001]"]),
        ('conforming = ["success"]', 'conforming = "success"', ["a list of texts"]),
        ('conforming = ["success"]', 'conforming = ["WSAEINVAL"]', ["tolerated", "a second time"]),
        ("tolerated.WSAEINVAL", "tolerated.WSAINVALIDPROVIDER", ["an error of constants.toml"]),
        ('"who knows"', "7", ["tolerated", "a table of texts"]),
        ('needs = ["luck"]', 'needs = ["lock"]', ["needs", "'lock'", "one of luck"]),
        ('"5.0"', '"five"', ["informative_until", "a version such as 5.0"]),
        ('tested = "by trying twice"', 'tested = "x"\nneeds = ["luck"]', ["needs", "beside legs"]),
        ('needs = ["luck"]', 'needs = ["luck"]\nprovoked = "skill"', ["'skill'", "calls, exhaustion, luck"]),
        ('tested = "by trying twice"', 'tested = "x"\nfunction = "frob"', ["function", "'frob'"]),
        ('tested = "by trying twice"', 'tested = "x"\nfunction = "htons"', ["no error table"]),
        ('tested = "by trying twice"', 'tset = "x"', ["[X-002] tested", "missing"]),
        ('section = "Things"', "", ["section", "missing"]),
        ('section = "Things"', 'section = "Things"\nsecton = "x"', ["secton", "did you mean section?"]),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        load_requirements(write(tmp_path, GOOD.replace(old, new, 1)))
    for part in ("1-things.toml", *said):
        assert part in str(caught.value)


def test_the_page_of_requirements_is_current() -> None:
    written = (DOCS / "requirements.md").read_text(encoding="utf-8")
    assert written == overview(), "run: python -m harness.winsock > docs/requirements.md"
