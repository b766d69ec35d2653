"""The agent's core against the shared vectors, for 32-bit and for 64-bit words."""

import json
from typing import Any

import cbor2
import pytest
from core_driver import ROOT, Core
from core_line import OPENED, PROOF, Line
from core_programs import numbers

from device_agent.protocol import make_vectors
from device_agent.protocol.sealing_vectors import BOOT, KEY, NONCES, SESSION, SESSION_KEY, derive, open_check

PROTOCOL = ROOT / "device_agent" / "protocol"
VECTORS = json.loads((PROTOCOL / "vectors.json").read_text(encoding="utf-8"))


def rows(kind: str) -> list[Any]:
    return [pytest.param(row, id=row["name"]) for row in VECTORS[kind]]


def test_file_is_what_its_script_makes() -> None:
    assert make_vectors.vectors() == VECTORS


@pytest.mark.parametrize("row", rows("frames"))
def test_frame_is_made(core: Core, row: dict[str, Any]) -> None:
    assert core.ask("encode", int(row["idle"]), row["body"], row["check"]) == [row["frame"]]


@pytest.mark.parametrize("row", rows("frames"))
def test_frame_is_read(core: Core, row: dict[str, Any]) -> None:
    assert core.ask("decode", row["frame"]) == [row["body"] + row["check"]]


def started(core: Core, key: bytes, *, opened: bool) -> Line:
    """An agent, in the session of the vectors or in none."""
    line = Line(core, key=key, boot=BOOT)
    if opened and key:
        line.fresh(NONCES[1])
        assert line.challenge(NONCES[0], SESSION) == NONCES[1]
        mac, session_key = derive(key, SESSION, BOOT, NONCES)
        assert session_key == SESSION_KEY
        assert line.say([PROOF, SESSION, mac]).reaction == OPENED
    elif opened:
        line.open(SESSION)
    return line


@pytest.mark.parametrize("key", [b"", KEY], ids=["plain", "keyed"])
@pytest.mark.parametrize("opened", [False, True], ids=["before a session", "in a session"])
@pytest.mark.parametrize("row", rows("bad_frames"))
def test_bad_frame_is_dropped_and_the_next_one_read(
    core: Core, row: dict[str, Any], opened: bool, key: bytes
) -> None:
    line = started(core, key, opened=opened)
    good = VECTORS["frames"][0]
    *pieces, last = core.ask("decode", row["frame"] + good["frame"])
    assert all(line.frame(bytes.fromhex(piece), b"").silent for piece in pieces)
    assert last == good["body"] + good["check"]
    assert line.execute() is None


@pytest.mark.parametrize("row", [row for row in rows("messages") if row.values[0]["type"] == "run"])
def test_run_is_understood(core: Core, row: dict[str, Any]) -> None:
    core.ask("session", 1)
    words = core.ask("check", row["body"])
    if row["name"] == "run of every operation":
        # Its call selects an export of an earlier message.
        assert words[:2] == ["refused", "2"]
        core.program([], [], [[3, "fake!add", 0]])
        words = core.ask("check", row["body"])
    assert words[0] == "good"


@pytest.mark.parametrize("row", rows("bad_messages"))
def test_bad_message_is_refused_for_its_reason(core: Core, row: dict[str, Any]) -> None:
    core.ask("session", 1)
    if row["body"].startswith(("8200", "8300", "8400", "8500")):
        body = bytes.fromhex(row["body"])
        assert Line(core).frame(body, open_check(body)).message[:3] == [4, 0, row["reason"]]
    else:
        assert core.ask("check", row["body"])[:2] == ["refused", str(row["reason"])]


@pytest.mark.parametrize("row", rows("programs"))
def test_program_comes_to_its_answer(core: Core, row: dict[str, Any]) -> None:
    core.ask("session", 1)
    answer, expected = core.run(bytes.fromhex(row["run"])), cbor2.loads(bytes.fromhex(row["answer"]))
    assert isinstance(answer, list)
    assert [value & 0xFFFFFFFF for value in numbers(answer[2])] == numbers(expected[2])
    assert len(numbers(answer[3])) == len(numbers(expected[3]))
    assert answer[:2] + answer[4:] == expected[:2] + expected[4:]
