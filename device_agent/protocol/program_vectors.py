"""Programs over the exports of device_agent/tests/fake_exports.c and their answers, for make_vectors.py."""

import struct
import zlib
from typing import Any

import cbor2


def typed(numbers: list[int], size: int) -> cbor2.CBORTag:
    """A typed array of RFC 8746 with elements of `size` bytes."""
    tag, code = {2: (69, "H"), 4: (70, "I"), 8: (71, "Q")}[size]
    return cbor2.CBORTag(tag, struct.pack(f"<{len(numbers)}{code}", *numbers))


def programs() -> list[dict[str, Any]]:
    """Programs over the exports of device_agent/tests/fake_exports.c, where a call takes 3 microseconds."""
    fake = [
        [0, "fake!add", 0],
        [1, "fake!stripes", 2],
        [2, "fake!result", 2],
        [3, "fake!quiet", 1],
        [4, "fake!weigh", 0],
    ]
    crc = zlib.crc32(bytes(((5 + index) * 2654435761 & 0xFFFFFFFF) >> 24 for index in range(64)))
    rows: list[tuple[str, list[Any], list[int], dict[int, Any]]] = [
        ("three calls", [[0, [1, 2], [[0], 10], [-1, 1]], [], fake], [3, 13, 0], {}),
        (
            "an error and its sentinel",
            [[2, [-1, 10047], 3, [0]], [], fake],
            [0xFFFFFFFF, 0],
            {2: [0, 10047, 1, 0x2000BEEF]},
        ),
        (
            "not run",
            [[2, [-1, 5], {2: [3, [9]]}, 3, [1]], [], fake],
            [0xFFFFFFFF, 0, 1],
            {2: [0, 5, 1, None]},
        ),
        (
            "runs of outcomes",
            [[{1: [8, 5, None, [1, [[5]]]]}], [], fake],
            [0xFFFFFFFF],
            {3: [0, 4, None, 0, 1, 70, 0, 1, 71, 0, 1, 70, 0, 1, 71]},
        ),
        (
            "until failure",
            [[{1: [100, 5, True, [1, [[5]]]]}, 0, [[5], 0]], [], fake],
            [0xFFFFFFFF, 4],
            {3: [0, 4, None, 0, 1, 70]},
        ),
        ("fill and digest", [[{3: [0, 0, 64, 5]}, {4: [0, 0, 64, 0]}], [[64, False]]], [crc], {}),
        (
            "store and load",
            [[{6: [0, 1, 2, 0x1234]}, 0, [[0, 0, 4], 1]], [[4, True]], fake],
            [0x123400 + 1],
            {4: [b"\0\x34\x12"]},
        ),
        ("weights of sixteen", [[4, list(range(1, 17))], [], fake], [sum(n * n for n in range(1, 17))], {}),
        ("out of range", [[0, [1, 1], {3: [0, 8, 1, 0]}, [2, 2]], [[8, False]], fake], [2], {1: [5, 1]}),
        ("unresolved", [[0, [1, 1], 9, []], [], [*fake, [9, "fake!nothing", 0]]], [2], {1: [4, 1, 127]}),
        (
            "a thread and its join",
            [[{9: [0, [0, [20, 3], {7: [7, [0], 4]}]]}, {10: 0}, 0, [[0], [7]]], [], fake],
            [23, 50],
            {},
        ),
        (
            "a thread that nobody joins",
            [[{9: [3, [2, [-1, 5]]]}, 0, [1, 1]], [], fake],
            [0xFFFFFFFF, 2],
            {2: [0, 5]},
        ),
        (
            "a join of a thread that was skipped",
            [[2, [-1, 5], {2: [{9: [1, [0, [1, 1]]]}]}, {10: 1}, 0, [2, 2]], [], fake],
            [0xFFFFFFFF, 0, 4],
            {2: [0, 5, 1, None]},
        ),
        (
            "an outcome of a thread",
            [[{9: [0, [{3: [0, 8, 1, 0]}, 0, [1, 1]]]}, 0, [2, 2], {10: 0}, [3, 3]], [[8, False]], fake],
            [0, 4],
            {1: [5, 0], 2: [0, None]},
        ),
    ]
    made = []
    for name, parts, values, details in rows:
        # One value and no outcome: the program's only call, as a bare number.
        lone = len(values) == 1 and 1 not in details
        results: list[Any] = [values[0], 0] if lone else [typed(values, 4), typed([0] * len(values), 2)]
        answer = [3, 0, *results]
        made.append(
            {
                "name": name,
                "run": cbor2.dumps([2, 0, *parts]).hex(),
                "answer": cbor2.dumps([*answer, *([details] if details else [])]).hex(),
            }
        )
    return made
