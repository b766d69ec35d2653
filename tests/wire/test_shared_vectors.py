"""The vectors that the agent's tests read too: both sides mean the same bytes."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cddl_verifier import Validator

from harness.wire.coding import decode, encode
from harness.wire.framing import FrameDecoder, Piece, encode_frame
from harness.wire.messages import (
    Answer,
    Challenge,
    Hello,
    Limits,
    Message,
    Outcome,
    OutcomeCode,
    Proof,
    Reason,
    Refusal,
    Run,
    Welcome,
    WireError,
    Working,
)
from harness.wire.sealing import (
    Handshake,
    KeyedSeal,
    PlainSeal,
    Role,
    Seal,
    full_number,
    open_check,
    open_good,
    prove,
)

PROTOCOL = Path(__file__).parents[2] / "device_agent" / "protocol"
VECTORS = json.loads((PROTOCOL / "vectors.json").read_text(encoding="utf-8"))
SCHEMA = Validator((PROTOCOL / "ceagent.cddl").read_text(encoding="utf-8"))
SESSION, BOOT = 0x1A2B3C4D, 0xB0071234
SESSION_KEY = bytes.fromhex(VECTORS["handshakes"][0]["session_key"])


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
        case "challenge":
            return Challenge(**known)
        case "proof":
            return Proof(**known)
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
        known["outcome"] = Outcome(**{**outcome, "code": OutcomeCode(outcome["code"])})
    known["errors"] = dict(known.get("errors", []))
    known["runs"] = tuple(map(tuple, known.get("runs", [])))
    for name in ("values", "times", "outputs"):
        known[name] = tuple(known.get(name, []))
    return Answer(**known)


def taken(piece: Piece) -> bool:
    """Would a receiver act on it: before a session, or in session SESSION with number 0 expected?"""
    if piece.data is None:
        return False
    seals: list[Seal] = [PlainSeal(SESSION, BOOT), KeyedSeal(SESSION_KEY)]
    for size, seal in ((4, None), *((seal.size, seal) for seal in seals)):
        body, check = piece.data[:-size], piece.data[-size:]
        try:
            message = decode(body)
        except WireError:
            continue
        match message:
            case Run(seq=seq) if seal is not None:
                role = Role.CONTROLLER
            case Answer(seq=seq) | Working(seq=seq) | Refusal(seq=seq) if seal is not None:
                role = Role.AGENT
            case Hello() | Challenge() | Proof() | Welcome() | Refusal() if seal is None:
                if open_good(body, check):
                    return True
                continue
            case _:
                continue
        if seal.good(role, full_number(0, seq), body, check):
            return True
    return False


@each("frames")
def test_frames(vector: dict[str, Any]) -> None:
    body, check, line = (bytes.fromhex(vector[name]) for name in ("body", "check", "frame"))
    assert encode_frame(body, check, idle=vector["idle"]) == line
    assert FrameDecoder().feed(line) == [Piece(line.strip(b"\0"), body + check)]


def test_the_receiver_of_these_tests_takes_good_frames() -> None:
    """Else the bad ones would prove nothing."""
    for vector in VECTORS["frames"][:6]:
        assert all(map(taken, FrameDecoder().feed(bytes.fromhex(vector["frame"]))))


@each("bad_frames")
def test_bad_frames(vector: dict[str, Any]) -> None:
    decoder = FrameDecoder(max_body=8192)
    assert not any(map(taken, decoder.feed(bytes.fromhex(vector["frame"]))))
    assert decoder.feed(encode_frame(b"next", b"1234", idle=True))[-1].data == b"next1234"


@each("checks")
def test_checks(vector: dict[str, Any]) -> None:
    body, check = bytes.fromhex(vector["body"]), bytes.fromhex(vector["check"])
    if vector["seal"] == "open":
        assert open_check(body) == check
        assert open_good(body, check)
        return
    session, boot = vector["session"], vector["boot"]
    keyed = vector["seal"] == "keyed"
    seal = KeyedSeal(bytes.fromhex(vector["session_key"])) if keyed else PlainSeal(session, boot)
    role, number = Role(vector["role"]), vector["number"]
    assert seal.check(role, number, body) == check
    assert seal.good(role, number, body, check)


def test_no_two_checks_are_equal() -> None:
    checks = [vector["check"] for vector in VECTORS["checks"]]
    assert len(set(checks)) == len(checks)


@each("handshakes")
def test_handshakes(vector: dict[str, Any]) -> None:
    key, session, boot = bytes.fromhex(vector["key"]), vector["session"], vector["boot"]
    nonces = bytes.fromhex(vector["nonce_controller"]), bytes.fromhex(vector["nonce_agent"])
    mac, session_key = bytes.fromhex(vector["mac"]), bytes.fromhex(vector["session_key"])
    assert prove(key, session, boot, *nonces) == (mac, session_key)

    def message(name: str) -> Message:
        [piece] = FrameDecoder().feed(bytes.fromhex(vector[name]))
        assert piece.data is not None
        body, check = piece.data[:-4], piece.data[-4:]
        assert open_good(body, check)
        assert SCHEMA.validate(body, root_type="message").valid
        return decode(body)

    handshake = Handshake(key, session, nonces[0])
    assert handshake.hello() == message("hello")
    challenge = message("challenge")
    assert challenge == Challenge(session, boot, nonces[1])
    proof, seal = handshake.respond(challenge)
    assert proof == message("proof") == Proof(session, mac)

    body = bytes.fromhex(vector["welcome_body"])
    [piece] = FrameDecoder().feed(bytes.fromhex(vector["welcome"]))
    assert piece.data is not None
    assert piece.data[:-8] == body
    assert seal.good(Role.WELCOME, 0, body, piece.data[-8:])
    assert not open_good(piece.data[:-4], piece.data[-4:])
    welcome = decode(body)
    assert isinstance(welcome, Welcome)
    assert (welcome.session, welcome.boot) == (session, boot)


@each("blake2s")
def test_blake2s(vector: dict[str, Any]) -> None:
    """Published digests: the primitive here is the one that the agent has to have."""
    text, key, digest = (bytes.fromhex(vector[name]) for name in ("input", "key", "digest"))
    assert hashlib.blake2s(text, key=key, digest_size=len(digest)).digest() == digest


def test_the_self_test_of_rfc_7693() -> None:
    """Appendix E: the digest of all its digests, as published there."""
    rows = [row["digest"] for row in VECTORS["blake2s"] if row["source"] == "RFC 7693, appendix E"]
    published = "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe"
    assert len(rows) == 48
    assert hashlib.blake2s(bytes.fromhex("".join(rows))).hexdigest() == published


@each("messages")
def test_messages(vector: dict[str, Any]) -> None:
    body = bytes.fromhex(vector["body"])
    message = message_of(vector["type"], vector["message"])
    assert decode(body) == message
    assert encode(message) == body
    assert SCHEMA.validate(body, root_type="message").valid


@each("bad_messages")
def test_bad_messages(vector: dict[str, Any]) -> None:
    """The host leaves the insides of a run to the agent, and reads who says hello in an earlier version."""
    body = bytes.fromhex(vector["body"])
    try:
        message = decode(body)
    except WireError:
        return
    assert isinstance(message, Run) or message == Hello(SESSION, version=1)
    assert encode(message) == body


@each("programs")
def test_programs(vector: dict[str, Any]) -> None:
    run, answer = decode(bytes.fromhex(vector["run"])), decode(bytes.fromhex(vector["answer"]))
    assert isinstance(run, Run)
    assert isinstance(answer, Answer)
    assert run.seq == answer.seq
    for body in (vector["run"], vector["answer"]):
        assert SCHEMA.validate(bytes.fromhex(body), root_type="message").valid
