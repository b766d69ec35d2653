"""The vectors that the agent's tests read too: both sides mean the same bytes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cddl_verifier import Validator

from harness.wire.framing import Frame, FrameDecoder, Noise, encode_frame
from harness.wire.messages import (
    Answer,
    Hello,
    Limits,
    Message,
    Outcome,
    OutcomeCode,
    Reason,
    Refusal,
    Run,
    Welcome,
    WireError,
    Working,
    decode,
    encode,
)

PROTOCOL = Path(__file__).parents[2] / "device_agent" / "protocol"
VECTORS = json.loads((PROTOCOL / "vectors.json").read_text(encoding="utf-8"))
SCHEMA = Validator((PROTOCOL / "ceagent.cddl").read_text(encoding="utf-8"))
SESSION = 0x1A2B3C4D


def each(kind: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    vectors = VECTORS[kind]
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


def plain(value: Any) -> Any:
    """JSON to what CBOR holds: {"map": pairs} is a map, {"hex": digits} are bytes."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict) and value.keys() == {"map"}:
        return {key: plain(one) for key, one in value["map"]}
    if isinstance(value, dict) and value.keys() == {"hex"}:
        return bytes.fromhex(value["hex"])
    return value


def message_of(kind: str, fields: dict[str, Any]) -> Message:
    known = {name: plain(value) for name, value in fields.items()}
    match kind:
        case "hello":
            return Hello(**known)
        case "welcome":
            return Welcome(
                **{**known, "limits": Limits(**known["limits"]), "missing": tuple(known["missing"])}
            )
        case "run":
            return Run(**known)
        case "refusal":
            return Refusal(**{**known, "reason": Reason(known["reason"])})
        case "working":
            return Working(**known)
    assert kind == "answer"
    if "outcome" in known:
        outcome = known["outcome"]
        known["outcome"] = Outcome(OutcomeCode(outcome["code"]), outcome["call"], outcome.get("detail"))
    known["errors"] = dict(known.get("errors", []))
    known["runs"] = tuple(map(tuple, known.get("runs", [])))
    for name in ("values", "times", "outputs"):
        known[name] = tuple(known.get(name, []))
    return Answer(**known)


@each("frames")
def test_frames(vector: dict[str, Any]) -> None:
    body, data = bytes.fromhex(vector["body"]), bytes.fromhex(vector["frame"])
    assert encode_frame(body, vector["tag"], idle=vector["idle"]) == data
    decoder = FrameDecoder()
    decoder.tag = vector["tag"]
    assert decoder.feed(data) == [Frame(body, tagged=vector["tag"] != 0)]


@each("bad_frames")
def test_bad_frames(vector: dict[str, Any]) -> None:
    decoder = FrameDecoder(max_body=8192)
    decoder.tag = SESSION
    assert all(isinstance(found, Noise) for found in decoder.feed(bytes.fromhex(vector["frame"])))
    assert decoder.feed(encode_frame(b"next", SESSION, idle=True))[-1] == Frame(b"next", tagged=True)


@each("messages")
def test_messages(vector: dict[str, Any]) -> None:
    body = bytes.fromhex(vector["body"])
    message = message_of(vector["type"], vector["message"])
    assert decode(body) == message
    assert encode(message) == body
    assert SCHEMA.validate(body, root_type="message").valid


@each("bad_messages")
def test_bad_messages(vector: dict[str, Any]) -> None:
    """The host leaves the insides of a run to the agent; all else it must not take either."""
    body = bytes.fromhex(vector["body"])
    try:
        message = decode(body)
    except WireError:
        return
    assert isinstance(message, Run)
    assert encode(message) == body


@each("programs")
def test_programs(vector: dict[str, Any]) -> None:
    run, answer = decode(bytes.fromhex(vector["run"])), decode(bytes.fromhex(vector["answer"]))
    assert isinstance(run, Run)
    assert isinstance(answer, Answer)
    assert run.seq == answer.seq
    for body in (vector["run"], vector["answer"]):
        assert SCHEMA.validate(bytes.fromhex(body), root_type="message").valid
