"""Writes vectors.json: `python device_agent/protocol/make_vectors.py`.

Made with the Python packages cbor2 and cobs and zlib's CRC, from messages written down here by hand, so
that neither the agent nor the harness vouches for itself. In the JSON text, bytes inside messages are
{"hex": "..."}, and maps with numbers for keys are {"map": [[key, value], ...]}; `errors` are pairs.
"""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import cbor2
from cobs import cobs

LIMITS = {
    "word": 4,
    "frame": 8192,
    "window": 8,
    "arena": 131072,
    "slots": 1024,
    "buffers": 64,
    "kept": 16,
    "exports": 256,
    "depth": 8,
    "arity": 16,
}
SESSION = 0x1A2B3C4D


def frame(body: bytes, tag: int = 0, *, idle: bool = False) -> bytes:
    check = struct.pack("<I", zlib.crc32(body) ^ tag)
    return b"\0" * idle + cobs.encode(body + check) + b"\0"


def typed(numbers: list[int], size: int) -> cbor2.CBORTag:
    tag, code = {2: (69, "H"), 4: (70, "I"), 8: (71, "Q")}[size]
    return cbor2.CBORTag(tag, struct.pack(f"<{len(numbers)}{code}", *numbers))


HELLO = [0, 1, SESSION]
WELCOME = [1, 1, SESSION, 0xB0071234, 0, list(LIMITS.values()), "ceagent 0.1.0 ce-armv4i", ["ws2"]]
EXPORTS = [
    [0, "ws2!WSAGetLastError", 0],
    [1, "ws2!WSASetLastError", 0],
    [2, "ws2!WSAStartup", 3, 0, 1],
    [3, "ws2!WSASocketW", 4, 0, 1],
    [4, "ws2!closesocket", 3, 0, 1],
]
STEPS = [2, [0x0202, [0, 0]], 3, [2, 1, 6, 0, 0, 1], {2: [4, [[1]]]}]
RUN = [2, 0, STEPS, [[400, True]], EXPORTS]
ANSWER: list[Any] = [
    3,
    0,
    typed([0, 0x00A3F010, 0], 4),
    typed([310, 1204, 96], 2),
    {4: [bytes.fromhex("02020202") + b"WinSock 2.0"]},
]
FAILED = [3, 1, typed([0xFFFFFFFF, 7], 4), typed([12, 70000], 4), {2: [0, 10047, 2, None]}]
FAULTED = [3, 2, typed([], 4), typed([], 2), {1: [2, 0, 0xC0000005]}]
SWEPT = [3, 255, typed([3], 4), typed([9], 2), {3: [0, 12, None, 0, 1, 10022, 0, 4000000000, 10044]}]


def runs() -> list[tuple[str, list[Any], dict[str, Any]]]:
    """(name, message, its fields) of runs."""
    everything = [
        3,
        {1: [256, 10, None, [3, [[10], -1, [0, 4], [0, 8, 2]]]]},
        {1: [[10], 11, True, [{2: []}, {3: [0, 0, 400, [11]]}]]},
        {1: [5, 12, [12], []]},
        {4: [0, 0, 400, 0]},
        {5: 100},
        {6: [0, 4, 4, 0xFFFFFFFF]},
        {7: [13, [0], 1]},
        {8: [13, [13], 1]},
    ]
    buffers = [[400, False, b"\x01\x02"], [16, True, b"", 3]]
    return [
        (
            "run of three calls",
            RUN,
            {"seq": 0, "steps": STEPS, "buffers": [[400, True]], "exports": EXPORTS},
        ),
        ("run of nothing", [2, 7, []], {"seq": 7, "steps": []}),
        (
            "run of every operation",
            [2, 200, everything, buffers, [], {0: 20000, 1: True}],
            {"seq": 200, "steps": everything, "buffers": buffers, "deadline_ms": 20000, "fresh": True},
        ),
    ]


def messages() -> list[dict[str, Any]]:
    welcome = {
        "session": SESSION,
        "boot": 0xB0071234,
        "next": 0,
        "limits": LIMITS,
        "build": "ceagent 0.1.0 ce-armv4i",
        "missing": ["ws2"],
    }
    answer = {"seq": 0, "values": [0, 0x00A3F010, 0], "times": [310, 1204, 96]}
    fault = {"code": 2, "call": 0, "detail": 0xC0000005}
    swept = [[0, 12, None], [0, 1, 10022], [0, 4000000000, 10044]]
    rows: list[tuple[str, str, list[Any], dict[str, Any]]] = [
        ("hello", "hello", HELLO, {"session": SESSION}),
        ("welcome", "welcome", WELCOME, welcome),
        *((name, "run", message, fields) for name, message, fields in runs()),
        ("answer", "answer", ANSWER, {**answer, "outputs": [ANSWER[4][4][0]]}),
        (
            "answer with errors and long times",
            "answer",
            FAILED,
            {"seq": 1, "values": [0xFFFFFFFF, 7], "times": [12, 70000], "errors": [[0, 10047], [2, None]]},
        ),
        ("answer of a fault", "answer", FAULTED, {"seq": 2, "values": [], "times": [], "outcome": fault}),
        ("answer with runs", "answer", SWEPT, {"seq": 255, "values": [3], "times": [9], "runs": swept}),
        ("refusal", "refusal", [4, 3, 2, 17], {"seq": 3, "reason": 2, "detail": 17}),
        ("working", "working", [5, 24], {"seq": 24}),
    ]
    return [
        {"name": name, "type": kind, "body": cbor2.dumps(message).hex(), "message": plain(fields)}
        for name, kind, message, fields in rows
    ]


def plain(value: Any) -> Any:
    """For JSON: bytes as {"hex": ...}, maps with numbers for keys as {"map": pairs}."""
    match value:
        case bytes():
            return {"hex": value.hex()}
        case dict() if value and all(isinstance(key, int) for key in value):
            return {"map": [[key, plain(item)] for key, item in value.items()]}
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list():
            return [plain(item) for item in value]
    return value


def frames() -> list[dict[str, Any]]:
    rows = [
        ("hello after an idle line", 0, True, cbor2.dumps(HELLO)),
        ("welcome", 0, True, cbor2.dumps(WELCOME)),
        ("run", SESSION, False, cbor2.dumps(RUN)),
        ("answer", SESSION, False, cbor2.dumps(ANSWER)),
        ("one byte", 0, False, b"\x80"),
        ("zeros", SESSION, False, bytes(9)),
        ("253 bytes without a zero", 0, False, bytes(range(1, 254))),
        ("a block of 254 and its end", 0, False, bytes([7]) * 250),
        ("longer than a block", 0xFFFFFFFF, False, bytes(index * 37 % 251 + 1 for index in range(1000))),
        ("longest", SESSION, True, bytes(index * 7 % 256 for index in range(8192))),
    ]
    return [
        {
            "name": name,
            "tag": tag,
            "idle": idle,
            "body": body.hex(),
            "frame": frame(body, tag, idle=idle).hex(),
        }
        for name, tag, idle, body in rows
    ]


def bad_frames() -> list[dict[str, Any]]:
    good = frame(cbor2.dumps(HELLO))
    glued = good[:-1] + b"\x05" + good
    rows = [
        ("nothing between zeros", b"\0\0\0"),
        ("console text", b"Booting kernel ...\r\n\0"),
        ("a flipped bit", bytes([good[0], good[1] ^ 0x10]) + good[2:]),
        ("a lost byte", good[:2] + good[3:]),
        ("a byte too many", good[:2] + good[1:]),
        ("a block that is cut off", b"\x09abc\0"),
        ("shorter than its check", cobs.encode(b"\1\2\3\4") + b"\0"),
        ("check of another session", frame(cbor2.dumps(HELLO), 0x11111111)),
        ("two frames whose middle zero was damaged", glued),
        ("longer than the limit", frame(bytes(8193))),
    ]
    return [{"name": name, "frame": data.hex()} for name, data in rows]


def bad_messages() -> list[dict[str, Any]]:
    def run(*parts: Any) -> bytes:
        return cbor2.dumps([2, 9, *parts])

    one = [[0, "fake!add", 0]]
    deep: list[Any] = []
    for _ in range(9):
        deep = [{2: deep}]
    rows: list[tuple[str, int, bytes]] = [
        ("hello of another version", 1, cbor2.dumps([0, 2, SESSION, "more"])),
        ("hello without a session", 2, cbor2.dumps([0, 1])),
        ("hello with session 0", 2, cbor2.dumps([0, 1, 0])),
        ("run without steps", 2, cbor2.dumps([2, 9])),
        ("run with too many parts", 2, run([], [], [], {}, 0)),
        ("steps that are no list", 2, run(0)),
        ("a list of unknown length", 2, bytes.fromhex("8302099fff")),
        ("a number that could be shorter", 2, bytes.fromhex("8302098118050000")),
        ("bytes after the message", 2, run([]) + b"\0"),
        ("call without a selected export", 2, run([[1]], [], one)),
        ("selection of an export that is not there", 2, run([1, []], [], one)),
        ("selection of an export beyond the table", 3, run([256, []])),
        ("selection does not reach into a block", 2, run([0, {2: [[]]}], [], one)),
        ("a text as an operand", 2, run([0, ["x"]], [], one)),
        ("pointer into a buffer that is not there", 2, run([0, [[0, 0]]], [], one)),
        ("pointer beyond a buffer", 2, run([0, [[0, 5]]], [[4, False]], one)),
        ("load beyond a buffer", 2, run([0, [[0, 1, 4]]], [[4, False]], one)),
        ("load of three bytes", 2, run([0, [[0, 0, 3]]], [[4, False]], one)),
        ("slot beyond the table", 3, run([0, [[1024]]], [], one)),
        ("seventeen arguments", 3, run([0, list(range(17))], [], one)),
        ("unknown operation", 2, run([{9: 0}])),
        ("two operations in one step", 2, run([{5: 0, 2: []}])),
        ("repeat with three parts", 2, run([{1: [1, 0, []]}])),
        ("repeat until false", 2, run([{1: [1, 0, False, []]}])),
        ("blocks nine deep", 3, run(deep)),
        ("buffer larger than the arena", 3, run([], [[131073, False]])),
        ("buffers larger than the arena together", 3, run([], [[100000, False], [100000, False]])),
        ("first bytes longer than the buffer", 2, run([], [[1, False, b"ab"]])),
        ("too many buffers", 3, run([], [[1, False]] * 65)),
        ("export without a module", 2, run([], [], [[0, "add", 0]])),
        ("export with an unknown failure rule", 2, run([], [], [[0, "fake!add", 5]])),
        ("export with a reader that is not defined", 2, run([], [], [[0, "fake!add", 1, 7, 8]])),
        ("export with a reader alone", 2, run([], [], [[0, "fake!add", 0], [1, "fake!add", 1, 0]])),
        ("unknown option", 2, run([], [], [], {2: 1})),
        ("deadline that is no number", 2, run([], [], [], {0: True})),
        ("1025 calls", 3, run([0, *[[]] * 1025], [], one)),
    ]
    return [{"name": name, "reason": reason, "body": body.hex()} for name, reason, body in rows]


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
    ]
    made = []
    for name, parts, values, details in rows:
        answer: list[Any] = [3, 0, typed(values, 4), typed([0] * len(values), 2)]
        made.append(
            {
                "name": name,
                "run": cbor2.dumps([2, 0, *parts]).hex(),
                "answer": cbor2.dumps([*answer, *([details] if details else [])]).hex(),
            }
        )
    return made


def vectors() -> dict[str, Any]:
    return {
        "about": "Test vectors of docs/protocol.md; programs: 4-byte words, times 0.",
        "frames": frames(),
        "bad_frames": bad_frames(),
        "messages": messages(),
        "bad_messages": bad_messages(),
        "programs": programs(),
    }


def main() -> None:
    text = json.dumps(vectors(), indent=1) + "\n"
    (Path(__file__).parent / "vectors.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
