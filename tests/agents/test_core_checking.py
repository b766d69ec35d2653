"""The checker of programs against hostile and damaged messages: refused before anything took effect."""

import json
import random

import cbor2
import pytest
from core_driver import ROOT, Core

VECTORS = json.loads((ROOT / "device_agent" / "protocol" / "vectors.json").read_text(encoding="utf-8"))
BODIES = [bytes.fromhex(row["body"]) for row in VECTORS["messages"] if row["type"] == "run"]
BODIES += [bytes.fromhex(row["run"]) for row in VECTORS["programs"]]
MALFORMED, LIMIT = 2, 3


@pytest.fixture(autouse=True)
def _new_session(core: Core) -> None:
    core.ask("session", 1)


def test_every_prefix_is_refused(core: Core) -> None:
    for body in BODIES:
        assert core.ask("check", body)[0] in ("good", "refused")
        core.ask("session", 1)
        for length in range(len(body)):
            words = core.ask("check", body[:length])
            assert words[:2] == ["refused", str(MALFORMED)], (body.hex(), length)
            assert int(words[2]) <= length


def test_every_single_damaged_byte_is_judged_without_harm(core: Core) -> None:
    for body in BODIES:
        for place in range(2, len(body)):
            for value in {0, 0x1B, 0x5F, 0x7F, 0x9B, 0x9F, 0xBF, 0xFF, body[place] ^ 0x20, body[place] ^ 1}:
                damaged = body[:place] + bytes([value]) + body[place + 1 :]
                assert core.ask("check", damaged)[0] in ("good", "refused")


def test_random_bytes_are_judged_without_harm(core: Core) -> None:
    source = random.Random(20261122)
    for _ in range(3000):
        body = bytes([0x83 + source.randrange(4), 2, 0]) + source.randbytes(source.randrange(60))
        assert core.ask("check", body)[0] in ("good", "refused")


@pytest.mark.parametrize("opening", ["81", "a100", "a105", "c1", "d820", "9a00000001", "bb0000000000000001"])
def test_nesting_without_end_is_refused(core: Core, opening: str) -> None:
    body = bytes.fromhex("830200" + opening * (8000 // (len(opening) // 2)) + "80")
    assert core.ask("check", body)[0] == "refused"


@pytest.mark.parametrize(
    "size", ["9b7fffffffffffffff", "9affffffff", "99ffff", "bb8000000000000000", "baffffffff"]
)
def test_sizes_that_cannot_be_are_refused(core: Core, size: str) -> None:
    for place in ("830200", "83020081", "840200 80".replace(" ", "")):
        assert core.ask("check", place + size)[:2] == ["refused", str(MALFORMED)]


@pytest.mark.parametrize(
    ("parts", "offset"),
    [
        (["text"], 3),
        ([[{5: "x"}]], 6),
        ([[0]], 4),
        ([[], 5], 4),
        ([[], [], [[0, "fake!add", 9]]], 17),
        ([[], [], [], {0: -1}], 8),
    ],
)
def test_detail_is_the_offset_of_the_bad_item(core: Core, parts: list[object], offset: int) -> None:
    assert core.program(*parts) == ("refused", MALFORMED, offset)


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ([[], [[200000, False]]], 3),
        ([[{7: [5000, 1, 1]}]], 4),
        ([[], [[0, False]] * 65], 5),
        ([[], [[8, False, 100 + number] for number in range(17)]], 6),
        ([[], [], [[256, "fake!add", 0]]], 7),
        ([[{2: [{2: [{2: [{2: [{2: [{2: [{2: [{2: [{2: []}]}]}]}]}]}]}]}]}]], 8),
        ([[0, [0] * 17], [], [[0, "fake!add", 0]]], 9),
    ],
)
def test_detail_is_the_limit(core: Core, parts: list[object], place: int) -> None:
    assert core.program(*parts) == ("refused", LIMIT, place)


def test_limits_themselves_are_allowed(core: Core) -> None:
    deep: list[object] = []
    for _ in range(8):
        deep = [{2: deep}]
    kept = [[8, False, number] for number in range(16)]
    for parts in (
        [[], [[131072, False]]],
        [[{7: [1023, 1, 1]}]],
        [[], [[0, False]] * 64],
        [[], kept],
        [[255, [1, 2]], [], [[255, "fake!add", 0]]],
        [deep],
        [[0, [0] * 16, *[[]] * 1023], [], [[0, "fake!add", 0]]],
    ):
        core.ask("session", 1)
        assert core.ask("check", cbor2.dumps([2, 0, *parts]))[0] == "good"


def test_refused_message_leaves_no_export_and_no_kept_buffer(core: Core) -> None:
    bad = [0, [[0, 999]]]
    assert core.program(bad, [[8, False, 4]], [[0, "fake!add", 0]]) == ("refused", MALFORMED, 8)
    assert core.program([0, [1, 2]])[:2] == ("refused", MALFORMED)  # type: ignore[index]
    core.program([{6: [0, 0, 1, 7]}], [[8, True, 4]])
    core.program(bad, [[8, False, 4], [100, False, 5]], [[0, "fake!add", 0]])
    answer = core.program([], [[8, True, 4]])
    assert answer[4] == {4: [b"\x07"]}  # type: ignore[index]


@pytest.mark.parametrize("constant", [0xFFFFFFFF, -0x80000000, 0x80000000, -1, 0])
def test_constants_of_32_bits_fit_everywhere(core: Core, constant: int) -> None:
    answer = core.program([0, [constant, 0]], [], [[0, "fake!add", 0]])
    assert answer[2] == constant % (1 << (8 * core.word))  # type: ignore[index]


@pytest.mark.parametrize("constant", [0x100000000, -0x80000001])
def test_larger_constants_need_a_larger_word(core: Core, constant: int) -> None:
    words = core.ask("check", cbor2.dumps([2, 0, [0, [constant, 0]], [], [[0, "fake!add", 0]]]))
    assert words[0] == ("good" if core.word == 8 else "refused")
