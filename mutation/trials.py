"""What is tried, and what has to become of it.

Quirks and variants are those of the emulated device, which says what they do; which requirement has to notice
a quirk stands in quirks.toml, and what a variant may change in variants.toml. The family is generated: every
error row of the page, with every other answer; what becomes of that follows from the requirements' data.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from harness.conformance import Verdict
from harness.emulator.quirks import QUIRKS, named
from harness.winsock import ANY, CONSTANTS, FUNCTIONS, LISTED, REQUIREMENTS, SUCCESS, Expectation, error_name
from mutation.judging import Expected

FOLDER = Path(__file__).parent
QUIRK, FAMILY, VARIANT = "quirk", "family", "variant"


@dataclass(frozen=True, slots=True)
class Trial:
    """One device. `kind`: QUIRK, FAMILY or VARIANT; `does`: what it does otherwise, in words; `quirks` and
    `variants`: names, as the emulated kind of lab.ini takes them."""

    name: str
    kind: str
    does: str
    expected: Expected
    quirks: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()


def every_trial() -> list[Trial]:
    """All of them, the quickest news first. Raises ValueError for data that do not fit."""
    return [*quirks(), *variants(), *family()]


def quirks(path: Path = FOLDER / "quirks.toml") -> Iterator[Trial]:
    """Every quirk with a name of its own. Raises ValueError where file and device do not name the same."""
    tables = _read(path)
    if unknown := sorted(set(tables) ^ set(QUIRKS)):
        raise ValueError(f"{path.name} and the emulated device do not both have: {', '.join(unknown)}")
    for name, table in tables.items():
        expected = Expected(_legs(path, table, "must"), _legs(path, table, "may"))
        if not expected.must:
            raise ValueError(f"{path.name}: {name} has nothing that must turn red")
        yield Trial(name, QUIRK, QUIRKS[name].meaning, expected, quirks=(name,))


def variants(path: Path = FOLDER / "variants.toml") -> Iterator[Trial]:
    """Devices that conform, each with a name and the names of one or more variants."""
    for name, table in _read(path).items():
        expected = Expected(may=_legs(path, table, "may"))
        names = tuple(table.get("variants", [name]))
        yield Trial(name, VARIANT, table["choice"], expected, variants=names)


def family(path: Path = FOLDER / "family.toml") -> Iterator[Trial]:
    """Every row with every answer but its own."""
    document = _read(path)
    listed = dict.fromkeys(error_name(row.value) for row in FUNCTIONS["WSASocket"].errors)
    for case in document["case"]:
        own = _own_code(case["requirement"])
        for answer in [SUCCESS, *(code for code in listed if code != own), document["unlisted"]]:
            name = f"answer:{case['what']}={CONSTANTS.get(answer, answer)}"
            does = f"{case['requirement']}: {named(name).meaning}"
            yield Trial(name, FAMILY, does, _answered(case, answer), quirks=(name,))


def sampled(trials: list[Trial], count: int, seed: int) -> list[Trial]:
    """`count` quirks, half as many of the family, a quarter of it of the variants; the same for one seed."""
    random = Random(seed)
    chosen: list[Trial] = []
    for kind, share in ((QUIRK, count), (FAMILY, count // 2), (VARIANT, count // 4)):
        of_kind = [trial for trial in trials if trial.kind == kind]
        chosen += random.sample(of_kind, min(share, len(of_kind)))
    return chosen


def _answered(case: Mapping[str, Any], answer: str) -> Expected:
    """What becomes of the legs that judge this answer."""
    red = set(case.get("refused", ())) if answer == SUCCESS else set()
    may = case.get("without", ()) if answer == SUCCESS else ()
    becomes = {}
    for leg in case["legs"]:
        requirement, _, name = leg.partition(" ")
        chosen = REQUIREMENTS[requirement].leg(name)
        seen = case.get("at_last", answer) if answer == SUCCESS else answer
        verdict = verdict_of(chosen.expectation, chosen.function, seen)
        if verdict.red:
            red.add(leg)
        elif verdict is not Verdict.PASS:
            becomes[leg] = verdict
    return Expected(must=frozenset(red), may=frozenset(may), becomes=becomes)


def verdict_of(expectation: Expectation, function: str, answer: str) -> Verdict:
    """What the data say of an answer: a code by name, or SUCCESS. Not `harness.conformance.judge`, which is
    on trial too."""
    words = [answer, ANY]
    if answer != SUCCESS and CONSTANTS[answer] in [row.value for row in FUNCTIONS[function].errors]:
        words.insert(1, LISTED)
    for word in words:
        if word in expectation.conforming or word in expectation.tolerated:
            return Verdict.PASS
        if word in expectation.observed:
            return Verdict.OBSERVED
        if word in expectation.inconclusive:
            return Verdict.INCONCLUSIVE
    return Verdict.FAIL


def _own_code(requirement: str) -> str:
    """The first code that one of its legs documents."""
    for leg in REQUIREMENTS[requirement].legs:
        for word in leg.expectation.conforming:
            if word in CONSTANTS:
                return word
    raise ValueError(f"{requirement} documents no code")


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _legs(path: Path, table: Mapping[str, Any], key: str) -> frozenset[str]:
    """Names of requirements and legs, checked. Raises ValueError."""
    for name in table.get(key, ()):
        requirement, _, leg = name.partition(" ")
        known = REQUIREMENTS.get(requirement)
        if name != "*" and (known is None or (leg and leg not in [one.id for one in known.legs])):
            raise ValueError(f"{path.name}: there is no {name!r}")
    return frozenset(table.get(key, ()))
