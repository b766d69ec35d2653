"""BLAKE2s, checks and the handshake in the agent's core: against the shared vectors and against hashlib."""

import hashlib
from typing import Any

import pytest
from core_driver import Core
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_core_vectors import VECTORS, rows

from device_agent.protocol.sealing_vectors import derive, keyed_check, open_check, plain_check

quick = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
keys = st.binary(min_size=32, max_size=32)
nonces = st.binary(min_size=16, max_size=16)
numbers = st.integers(0, 0xFFFFFFFF)
texts = st.binary(max_size=300) | st.integers(0, 8192).map(lambda length: (bytes(range(251)) * 33)[:length])


@pytest.mark.parametrize("row", rows("blake2s"))
def test_published_digest(core: Core, row: dict[str, Any]) -> None:
    made = core.ask("blake2s", len(row["digest"]) // 2, row["key"] or "-", row["input"] or "-")
    assert made == [row["digest"], row["digest"] if row["input"] else "-"]


@quick
@given(size=st.integers(1, 32), key=st.binary(max_size=32), text=texts)
def test_digest_is_that_of_hashlib(core: Core, size: int, key: bytes, text: bytes) -> None:
    digest = hashlib.blake2s(text, key=key, digest_size=size).hexdigest()
    assert core.ask("blake2s", size, key, text) == [digest, digest if text else "-"]


@pytest.mark.parametrize("row", rows("checks"))
def test_check_is_made(core: Core, row: dict[str, Any]) -> None:
    if row["seal"] == "open":
        words: list[object] = ["open"]
    elif row["seal"] == "plain":
        words = ["plain", row["session"], row["boot"], row["role"], row["number"]]
    else:
        words = ["keyed", row["session_key"], row["role"], row["number"]]
    assert core.ask(*words, row["body"]) == [row["check"]]


@quick
@given(
    session=numbers, boot=numbers, number=numbers, role=st.integers(0, 2), body=texts.filter(bool), key=keys
)
def test_check_is_that_of_zlib_and_hashlib(
    core: Core, session: int, boot: int, number: int, role: int, body: bytes, key: bytes
) -> None:
    assert core.ask("open", body) == [open_check(body).hex()]
    plain = plain_check(body, role, number, session, boot)
    assert core.ask("plain", session, boot, role, number, body) == [plain.hex()]
    assert core.ask("keyed", key, role, number, body) == [keyed_check(key, body, role, number).hex()]


@quick
@given(key=keys, session=numbers, boot=numbers, controller=nonces, agent=nonces)
def test_proof_and_session_key_are_those_of_hashlib(
    core: Core, key: bytes, session: int, boot: int, controller: bytes, agent: bytes
) -> None:
    made = core.ask("prove", key, session, boot, controller, agent)
    assert tuple(map(bytes.fromhex, made)) == derive(key, session, boot, (controller, agent))


@pytest.mark.parametrize("row", rows("handshakes"))
def test_handshake_in_the_bytes_of_the_line(core: Core, row: dict[str, Any]) -> None:
    core.ask("session", row["boot"], row["key"])
    core.ask("fresh", row["nonce_agent"])
    (hello,) = core.ask("decode", row["hello"])
    reaction, body, check = core.ask("receive", hello)
    assert reaction == "0"
    assert core.ask("encode", 0, body, check) == [row["challenge"]]
    (proof,) = core.ask("decode", row["proof"])
    reaction, body, check = core.ask("receive", proof)
    assert reaction == "1"
    assert check == keyed_check(bytes.fromhex(row["session_key"]), bytes.fromhex(body), 2, 0).hex()
    made = core.ask(
        "prove", row["key"], row["session"], row["boot"], row["nonce_controller"], row["nonce_agent"]
    )
    assert made == [row["mac"], row["session_key"]]


def test_vectors_are_there() -> None:
    assert min(len(VECTORS[kind]) for kind in ("blake2s", "checks", "handshakes")) >= 4
