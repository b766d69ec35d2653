"""The requirements of the WSASocket page, and what they need of a target."""

from collections.abc import Mapping
from pathlib import Path

from harness.winsock.constants import CONSTANT_GROUPS, ERROR_GROUP
from harness.winsock.functions import FUNCTIONS
from harness.winsock.model import ANY, CALLS, EXHAUSTION, LISTED, SUCCESS, Expectation, Leg, Requirement
from harness.winsock.reader import FOLDER, Lazy, Table, read

VERDICTS = ("conforming", "tolerated", "observed", "inconclusive")


def load_needs(path: Path = FOLDER / "requirements" / "needs.toml") -> dict[str, str]:
    """What a requirement may need of a target, in words. Raises `ConfigError`."""
    document = read(path)
    return {need: document.text(need) for need in document}


def load_requirements(folder: Path = FOLDER / "requirements") -> dict[str, Requirement]:
    """Identifier to requirement, in the order of the page. Raises `ConfigError`."""
    needs = load_needs(folder / "needs.toml")
    requirements: dict[str, Requirement] = {}
    for path in sorted(folder.glob("[0-9]*.toml")):
        document = read(path)
        section = document.text("section")
        for table in document.tables("requirement"):
            requirement = _requirement(table, section, needs)
            if requirement.id in requirements:
                raise table.wrong("id", f"{requirement.id} is used twice", "each identifier once")
            requirements[requirement.id] = requirement
        document.done()
    return requirements


def _requirement(table: Table, section: str, needs: Mapping[str, str]) -> Requirement:
    id = table.text("id")
    table.section = id
    function = _function(table, "WSASocket")
    legs = table.tables("leg", [])
    if legs:
        for key in (*VERDICTS, "result", "needs", "provoked"):
            if key in table:
                raise table.wrong(key, "stands beside legs", f"{key} in each leg")
        known = tuple(_leg(leg, id, function, needs) for leg in legs)
        ids = [leg.id for leg in known]
        for leg, place in zip(legs, known, strict=True):
            if ids.count(place.id) > 1:
                raise leg.wrong("id", f"{place.id} is used twice", "each leg once")
    else:
        known = (_made(table, "", "", function, needs),)
    requirement = Requirement(
        id=id,
        title=table.text("title"),
        statement=table.text("statement"),
        tested=table.text("tested"),
        function=function,
        section=section,
        legs=known,
        note=table.text("note", ""),
        informative_until=_version(table),
    )
    table.done()
    return requirement


def _leg(table: Table, above: str, function: str, needs: Mapping[str, str]) -> Leg:
    id = table.text("id")
    table.section = f"{above}, leg {id}"
    if not all(char.isalnum() or char == "-" for char in id):
        raise table.wrong("id", f"is {id!r}", "letters, digits and hyphens")
    function = _function(table, function)
    leg = _made(table, id, table.text("title"), function, needs)
    table.done()
    return leg


def _made(table: Table, id: str, title: str, function: str, known: Mapping[str, str]) -> Leg:
    needs = _needs(table, known)
    provoked = table.text("provoked", needs[0] if needs else CALLS)
    if provoked not in (ways := (CALLS, EXHAUSTION, *needs)):
        raise table.wrong("provoked", f"is {provoked!r}", "one of " + ", ".join(ways))
    return Leg(id, title, function, _expectation(table, function), needs, provoked)


def _function(table: Table, default: str) -> str:
    name = table.text("function", default)
    if name not in FUNCTIONS:
        raise table.wrong("function", f"is {name!r}", "a function of harness/winsock/functions")
    return name


def _needs(table: Table, known: Mapping[str, str]) -> tuple[str, ...]:
    needs = table.texts("needs", [])
    for need in needs:
        if need not in known:
            raise table.wrong("needs", f"names {need!r}", "one of " + ", ".join(known))
    return needs


def _expectation(table: Table, function: str) -> Expectation:
    expectation = Expectation(
        conforming=table.texts("conforming", []),
        tolerated=table.pairs("tolerated"),
        observed=table.pairs("observed"),
        inconclusive=table.pairs("inconclusive"),
        statement=table.text("result", ""),
    )
    words: list[str] = []
    for key in VERDICTS:
        for word in getattr(expectation, key):
            if word not in (SUCCESS, LISTED, ANY) and word not in CONSTANT_GROUPS[ERROR_GROUP]:
                raise table.wrong(
                    key, f"names {word!r}", "an error of constants.toml, success, listed or any"
                )
            if word == LISTED and not FUNCTIONS[function].errors:
                raise table.wrong(key, f"names {word!r}", f"codes: {function} has no error table")
            if word in words:
                raise table.wrong(key, f"names {word!r} a second time", "each result under one heading")
            words.append(word)
    if not expectation.conforming and not expectation.statement and not expectation.observed:
        raise table.wrong("conforming", "is missing", "conforming codes, or a result in words")
    return expectation


def _version(table: Table) -> tuple[int, int] | None:
    if "informative_until" not in table:
        return None
    text = table.text("informative_until")
    major, dot, minor = text.partition(".")
    if not (dot and major.isdigit() and minor.isdigit()):
        raise table.wrong("informative_until", f"is {text!r}", "a version such as 5.0")
    return int(major), int(minor)


NEEDS: Mapping[str, str] = Lazy(load_needs)
"""Need ("provider") to what it means in words."""

REQUIREMENTS: Mapping[str, Requirement] = Lazy(load_requirements)
"""Identifier ("WSASOCKET-012") to requirement, in the order of the page."""
