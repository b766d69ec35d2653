"""What a frame bears behind its body: checks, and the handshake from which a session's key comes.

See docs/protocol.md, "Frames" and "Keys"; docs/security.md says what a key protects and what it does not.
The primitive is BLAKE2s (RFC 7693) as in `hashlib`. No object here shows a key when it is printed.
"""

import hashlib
import hmac
import secrets
import zlib
from enum import IntEnum
from typing import Protocol

from harness.wire.messages import (
    NONCE_BYTES,
    PROOF_BYTES,
    PROTOCOL_VERSION,
    Challenge,
    Hello,
    Proof,
    WireError,
)

KEY_BYTES = 32
"""Bytes of a pre-shared key and of a session key."""

OPEN_CHECK_BYTES = 4
KEYED_CHECK_BYTES = 8


class Role(IntEnum):
    """Who speaks: what the controller sends can never pass for what the agent sends."""

    CONTROLLER = 0
    AGENT = 1
    WELCOME = 2


class Seal(Protocol):
    """The check that the frames of one session need."""

    @property
    def size(self) -> int:
        """Bytes of a check."""

    @property
    def keyed(self) -> bool:
        """Does it take a key to make a check?"""

    def check(self, role: Role, number: int, body: bytes) -> bytes:
        """The check of `body`, sent as `role`; `number` is the full number of the program, 32 bits."""

    def good(self, role: Role, number: int, body: bytes, check: bytes) -> bool:
        """Is `check` that of `body`? Takes the same time wherever the two differ."""


def open_check(body: bytes) -> bytes:
    """The check of a frame that belongs to no session: docs/protocol.md says which ones do not."""
    return zlib.crc32(body).to_bytes(OPEN_CHECK_BYTES, "little")


def open_good(body: bytes, check: bytes) -> bool:
    """Is `check` the open check of `body`?"""
    return hmac.compare_digest(open_check(body), check)


def full_number(expected: int, seq: int) -> int:
    """The 32-bit number of a program whose low byte is `seq`: within 128 of the one expected (modulo 2^32).

    From 128 below to 127 above: what C gives for `expected + (int8_t)(seq - expected)`.
    """
    return (expected + (seq - expected + 128) % 256 - 128) % (1 << 32)


class PlainSeal:
    """Checks of a session without a key: against damage and mix-ups, not against anybody who means harm."""

    __slots__ = ("_place",)

    size = OPEN_CHECK_BYTES
    keyed = False

    def __init__(self, session: int, boot: int) -> None:
        self._place = session.to_bytes(4, "little") + boot.to_bytes(4, "little")

    def check(self, role: Role, number: int, body: bytes) -> bytes:
        place = self._place + number.to_bytes(4, "little") + bytes([role])
        return (zlib.crc32(body) ^ zlib.crc32(place)).to_bytes(self.size, "little")

    def good(self, role: Role, number: int, body: bytes, check: bytes) -> bool:
        return hmac.compare_digest(self.check(role, number, body), check)


class KeyedSeal:
    """Checks that only a holder of the session key can make. ValueError: a key of another length."""

    __slots__ = ("_key",)

    size = KEYED_CHECK_BYTES
    keyed = True

    def __init__(self, session_key: bytes) -> None:
        self._key = _key(session_key, "a session key")

    def check(self, role: Role, number: int, body: bytes) -> bytes:
        text = bytes([role]) + number.to_bytes(4, "little") + body
        return hashlib.blake2s(text, key=self._key, digest_size=self.size).digest()

    def good(self, role: Role, number: int, body: bytes, check: bytes) -> bool:
        return hmac.compare_digest(self.check(role, number, body), check)


def prove(key: bytes, session: int, boot: int, nonce_c: bytes, nonce_a: bytes) -> tuple[bytes, bytes]:
    """(proof, session key) of a handshake: both sides compute both from the key and the two nonces.

    `nonce_c` is the controller's, `nonce_a` the agent's. ValueError: a key or nonce of another length.
    """
    for nonce in (nonce_c, nonce_a):
        if len(nonce) != NONCE_BYTES:
            raise ValueError(f"a nonce of {len(nonce)} bytes: expected {NONCE_BYTES}")
    place = bytes([PROTOCOL_VERSION]) + session.to_bytes(4, "little") + boot.to_bytes(4, "little")
    transcript = place + nonce_c + nonce_a
    secret = _key(key, "a key")
    proof = hashlib.blake2s(b"ceaproof" + transcript, key=secret, digest_size=PROOF_BYTES).digest()
    session_key = hashlib.blake2s(b"ceasessn" + transcript, key=secret, digest_size=KEY_BYTES).digest()
    return proof, session_key


class Handshake:
    """The controller's side of one attempt to open or resume a session with a key.

    One object per attempt: every attempt has a nonce of its own. Raises ValueError for a key or nonce of
    another length.
    """

    __slots__ = ("_key", "_nonce", "_session")

    def __init__(self, key: bytes, session: int, nonce: bytes | None = None) -> None:
        self._key = _key(key, "a key")
        self._session = session
        self._nonce = secrets.token_bytes(NONCE_BYTES) if nonce is None else nonce
        if len(self._nonce) != NONCE_BYTES:
            raise ValueError(f"a nonce of {len(self._nonce)} bytes: expected {NONCE_BYTES}")

    def hello(self) -> Hello:
        """What to say, and to repeat until a challenge comes."""
        return Hello(self._session, self._nonce)

    def respond(self, challenge: Challenge) -> tuple[Proof, KeyedSeal]:
        """The proof to send, and the seal of the session that it opens: the welcome must bear it already.

        Raises `WireError` when the challenge is for another session.
        """
        if challenge.session != self._session:
            raise WireError(f"a challenge for session {challenge.session:08x}: expected {self._session:08x}")
        proof, session_key = prove(self._key, self._session, challenge.boot, self._nonce, challenge.nonce)
        return Proof(self._session, proof), KeyedSeal(session_key)


def _key(key: bytes, what: str) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"{what} of {len(key)} bytes: expected {KEY_BYTES}")
    return bytes(key)
