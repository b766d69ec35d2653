"""Writes vectors.json: `python -m device_agent.protocol.make_vectors`.

Made with the Python packages cbor2 and cobs, zlib's CRC and hashlib's BLAKE2s, from messages written down
here by hand, so that neither the agent nor the harness vouches for itself. In the JSON text, bytes inside
messages are {"hex": "..."}, maps with numbers for keys are {"map": [[key, value], ...]}; `errors` are pairs.
"""

import json
from pathlib import Path
from typing import Any

import cbor2

from device_agent.protocol.program_vectors import programs, typed
from device_agent.protocol.sealing_vectors import (
    AGENT,
    BOOT,
    CONTROLLER,
    KEY,
    LIMITS,
    NONCES,
    SESSION,
    SESSION_KEY,
    VERSION,
    blake2s,
    checks,
    derive,
    frame,
    handshakes,
    keyed_check,
    open_check,
    plain_check,
    welcome,
)

HELLO = [0, VERSION, SESSION]
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
FOUND = [3, 3, typed([5], 4), typed([1], 2), {1: [2, 1, 0x80000002, 0x0001200C]}]
UNMADE = [3, 4, typed([5], 4), typed([1], 2), {1: [7, 1, 8]}]
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
        {9: [0, [3, [1]]]},
        {2: [{9: [3, [{5: 1}, {4: [0, 0, 4, 0]}]]}]},
        {10: 0},
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
    welcomed = {
        "session": SESSION,
        "boot": BOOT,
        "next": 0,
        "limits": LIMITS,
        "build": "ceagent 0.1.0 ce-armv4i",
        "missing": ["ws2"],
    }
    answer = {"seq": 0, "values": [0, 0x00A3F010, 0], "times": [310, 1204, 96]}
    fault = {"code": 2, "call": 0, "detail": 0xC0000005}
    found = {"code": 2, "call": 1, "detail": 0x80000002, "address": 0x0001200C}
    lone = {"seq": 9, "times": [400], "lone": True}
    place = {"session": SESSION, "boot": BOOT}
    proof = derive(KEY, SESSION, BOOT, NONCES)[0]
    swept = [[0, 12, None], [0, 1, 10022], [0, 4000000000, 10044]]
    rows: list[tuple[str, str, list[Any], dict[str, Any]]] = [
        ("hello", "hello", HELLO, {"session": SESSION}),
        ("hello with a nonce", "hello", [*HELLO, NONCES[0]], {"session": SESSION, "nonce": NONCES[0]}),
        ("challenge", "challenge", [6, SESSION, BOOT, NONCES[1]], {**place, "nonce": NONCES[1]}),
        ("proof", "proof", [7, SESSION, proof], {"session": SESSION, "mac": proof}),
        ("welcome", "welcome", welcome(), welcomed),
        ("welcome back", "welcome", welcome(following=70000), {**welcomed, "next": 70000}),
        *((name, "run", message, fields) for name, message, fields in runs()),
        ("answer", "answer", ANSWER, {**answer, "outputs": [ANSWER[4][4][0]]}),
        (
            "answer with errors and long times",
            "answer",
            FAILED,
            {"seq": 1, "values": [0xFFFFFFFF, 7], "times": [12, 70000], "errors": [[0, 10047], [2, None]]},
        ),
        ("answer of a fault", "answer", FAULTED, {"seq": 2, "values": [], "times": [], "outcome": fault}),
        (
            "answer of a fault whose address is known",
            "answer",
            FOUND,
            {"seq": 3, "values": [5], "times": [1], "outcome": found},
        ),
        (
            "answer of a thread that could not be made",
            "answer",
            UNMADE,
            {"seq": 4, "values": [5], "times": [1], "outcome": {"code": 7, "call": 1, "detail": 8}},
        ),
        ("answer of a lone call", "answer", [3, 9, 0xFFFFFFFF, 400], {**lone, "values": [0xFFFFFFFF]}),
        (
            "answer of a lone call that failed",
            "answer",
            [3, 9, 0, 70000, {2: [0, 10047]}],
            {**lone, "values": [0], "times": [70000], "errors": [[0, 10047]]},
        ),
        ("answer with runs", "answer", SWEPT, {"seq": 255, "values": [3], "times": [9], "runs": swept}),
        ("refusal", "refusal", [4, 3, 2, 17], {"seq": 3, "reason": 2, "detail": 17}),
        ("refusal for want of a nonce", "refusal", [4, 0, 7, 1], {"seq": 0, "reason": 7, "detail": 1}),
        ("refusal of a proof", "refusal", [4, 0, 8, 0], {"seq": 0, "reason": 8, "detail": 0}),
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
    run, answer = cbor2.dumps(RUN), cbor2.dumps(ANSWER)
    longest = bytes(index * 7 % 256 for index in range(8192))
    rows = [
        ("hello after an idle line", True, cbor2.dumps(HELLO), open_check(cbor2.dumps(HELLO))),
        ("welcome", True, cbor2.dumps(welcome()), open_check(cbor2.dumps(welcome()))),
        ("run", False, run, plain_check(run, CONTROLLER, 0)),
        ("answer", False, answer, plain_check(answer, AGENT, 0)),
        ("run with a key", False, run, keyed_check(SESSION_KEY, run, CONTROLLER, 0)),
        ("answer with a key", False, answer, keyed_check(SESSION_KEY, answer, AGENT, 0)),
        ("one byte", False, b"\x80", open_check(b"\x80")),
        ("zeros", False, bytes(9), bytes(4)),
        ("253 bytes without a zero", False, bytes(range(1, 254)), b"\x01\x02\x03\x04"),
        ("a block of 254 and its end", False, bytes([7]) * 250, b"\x08" * 4),
        ("a block of 254 with the long check", False, bytes([7]) * 246, b"\x08" * 8),
        ("longer than a block", False, bytes(index * 37 % 251 + 1 for index in range(1000)), b"\xff" * 4),
        ("longest", True, longest, open_check(longest)),
        ("longest with a key", True, longest, keyed_check(SESSION_KEY, longest, CONTROLLER, 0)),
    ]
    return [
        {
            "name": name,
            "idle": idle,
            "body": body.hex(),
            "check": check.hex(),
            "frame": frame(body, check, idle=idle).hex(),
        }
        for name, idle, body, check in rows
    ]


def bad_frames() -> list[dict[str, Any]]:
    """Nobody takes them: not before a session, not in the one of these vectors at number 0, key or not."""
    hello, run, answer = (cbor2.dumps(message) for message in (HELLO, RUN, ANSWER))
    good = frame(hello, open_check(hello))
    glued = good[:-1] + b"\x05" + good
    keyed = keyed_check(SESSION_KEY, answer, AGENT, 0)
    rows = [
        ("nothing between zeros", b"\0\0\0"),
        ("console text", b"Booting kernel ...\r\n\0"),
        ("a flipped bit", bytes([good[0], good[1] ^ 0x10]) + good[2:]),
        ("a lost byte", good[:2] + good[3:]),
        ("a byte too many", good[:2] + good[1:]),
        ("a block that is cut off", b"\x09abc\0"),
        ("shorter than its check", frame(b"", b"\1\2\3\4")),
        ("hello with a check of zeros", frame(hello, bytes(4))),
        ("hello without a check", frame(hello, b"")),
        ("hello with the check of a session", frame(hello, plain_check(hello, CONTROLLER, 0))),
        ("run of another session", frame(run, plain_check(run, CONTROLLER, 0, SESSION ^ 1))),
        ("run for the life before the restart", frame(run, plain_check(run, CONTROLLER, 0, boot=BOOT ^ 1))),
        ("run of 256 programs later", frame(run, plain_check(run, CONTROLLER, 256))),
        ("run from an agent", frame(run, plain_check(run, AGENT, 0))),
        ("answer from a controller", frame(answer, plain_check(answer, CONTROLLER, 0))),
        ("answer of 256 programs later", frame(answer, plain_check(answer, AGENT, 256))),
        ("answer with half a keyed check", frame(answer, keyed[:4])),
        ("answer with a flipped bit in its keyed check", frame(answer, bytes([keyed[0] ^ 1]) + keyed[1:])),
        ("run from an agent, with a key", frame(run, keyed_check(SESSION_KEY, run, AGENT, 0))),
        ("run of 256 programs later, with a key", frame(run, keyed_check(SESSION_KEY, run, CONTROLLER, 256))),
        ("run with the key of nobody", frame(run, keyed_check(bytes(32), run, CONTROLLER, 0))),
        ("run with the pre-shared key itself", frame(run, keyed_check(KEY, run, CONTROLLER, 0))),
        ("two frames whose middle zero was damaged", glued),
        ("longer than the limit", frame(bytes(8201), b"")),
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
        ("hello of another version", 1, cbor2.dumps([0, 1, SESSION])),
        ("hello of a later version", 1, cbor2.dumps([0, 3, SESSION, "more"])),
        ("hello without a session", 2, cbor2.dumps([0, VERSION])),
        ("hello with session 0", 2, cbor2.dumps([0, VERSION, 0])),
        ("hello with a nonce of 15 bytes", 2, cbor2.dumps([0, VERSION, SESSION, bytes(15)])),
        ("hello with a number for a nonce", 2, cbor2.dumps([0, VERSION, SESSION, 5])),
        ("hello with too many parts", 2, cbor2.dumps([0, VERSION, SESSION, bytes(16), 0])),
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
        ("unknown operation", 2, run([{11: 0}])),
        ("two operations in one step", 2, run([{5: 0, 2: []}])),
        ("repeat with three parts", 2, run([{1: [1, 0, []]}])),
        ("repeat until false", 2, run([{1: [1, 0, False, []]}])),
        ("thread number beyond the limit", 3, run([{9: [4, []]}])),
        ("thread number used twice", 2, run([{9: [0, []]}, {9: [0, []]}])),
        ("thread in a repeat", 2, run([{1: [1, 0, None, [{9: [0, []]}]]}])),
        ("thread in a thread", 2, run([{9: [0, [{9: [1, []]}]]}])),
        ("thread without steps", 2, run([{9: [0]}])),
        ("join before its thread", 2, run([{10: 0}, {9: [0, []]}])),
        ("joined twice", 2, run([{9: [0, []]}, {10: 0}, {10: 0}])),
        ("join in a repeat", 2, run([{9: [0, []]}, {1: [1, 0, None, [{10: 0}]]}])),
        ("join in a thread", 2, run([{9: [0, []]}, {9: [1, [{10: 0}]]}])),
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


def vectors() -> dict[str, Any]:
    return {
        "about": "Test vectors of docs/protocol.md; programs: 4-byte words, times 0.",
        "frames": frames(),
        "bad_frames": bad_frames(),
        "checks": checks(),
        "handshakes": handshakes(),
        "blake2s": blake2s(),
        "messages": messages(),
        "bad_messages": bad_messages(),
        "programs": programs(),
    }


def main() -> None:
    text = json.dumps(vectors(), indent=1) + "\n"
    (Path(__file__).parent / "vectors.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
