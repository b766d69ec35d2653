"""Quirks by name, and replacements that count wherever a function is called."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.emulator import replacing
from harness.emulator.choices import CHOICES
from harness.emulator.exports import EXPORTS, VARIANTS
from harness.emulator.quirks import QUIRKS, UnknownQuirkError, named
from harness.emulator.quirks.registry import quirk


def test_each_says_what_it_does_in_a_line_of_its_own() -> None:
    meanings = [one.meaning for one in QUIRKS.values()]
    assert all(meaning.endswith(".") and meaning[0] not in " _" for meaning in meanings)
    assert len(set(meanings)) == len(meanings)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no-such-thing", "no quirk 'no-such-thing'$"),
        ("the-group-is-ignore", "did you mean 'the-group-is-ignored'"),
        ("answer:FAMILY", "expected a code or success behind ="),
        ("answer:provider-x=1", "expected one of NOT_INITIALISED"),
        ("other:FAMILY=1", "no quirk 'other:FAMILY=1'"),
    ],
)
def test_names_that_nothing_has(name: str, message: str) -> None:
    with pytest.raises(UnknownQuirkError, match=message):
        named(name)


def test_a_family_says_what_it_does() -> None:
    assert named("answer:FAMILY=10022").meaning == "FAMILY is answered with 10022"
    assert named("answer:provider-10050=success").meaning == "provider-10050 is answered with success"


def test_no_name_twice_and_none_without_a_text() -> None:
    def the_group_is_ignored() -> None:
        """Again."""

    def speechless() -> None: ...

    for begin in (the_group_is_ignored, speechless):
        with pytest.raises(ValueError, match="quirk "):
            quirk(begin)


@pytest.fixture
def exports() -> Iterator[None]:
    before = dict(EXPORTS["ws2"])
    yield
    EXPORTS["ws2"].clear()
    EXPORTS["ws2"].update(before)


@pytest.mark.usefixtures("exports")
def test_a_plain_export_and_one_that_waits_are_replaced_alike() -> None:
    for name in ("htons", "recv"):
        arity = len(EXPORTS["ws2"][name].parameters)
        seen: list[tuple[int, ...]] = []

        def handle(known: replacing.Known, call: object, *args: int, seen: list = seen) -> Iterator[None]:
            seen.append(args)
            yield from ()
            return 7

        replacing.around(name, handle)
        with pytest.raises(StopIteration) as ended:
            next(EXPORTS["ws2"][name].handler(None, *range(arity)))
        assert ended.value.value == 7
        assert seen == [tuple(range(arity))]


def test_only_what_is_there_is_replaced() -> None:
    with pytest.raises(AttributeError, match="has no no_such_function"):
        replacing.put(replacing, "no_such_function", None)


def test_every_variant_is_described() -> None:
    text = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")
    assert not [name for name in VARIANTS if f"| `{name}` |" not in text]
    assert set(CHOICES) <= set(VARIANTS)
