"""Vectors of checks, handshakes and the primitive under them, for make_vectors.py.

Made with zlib and hashlib from docs/protocol.md, "Frames" and "Keys", and not with the harness. The digests
in `_published` are copied from where they were published, not computed.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import cbor2
from cobs import cobs

VERSION = 2
SESSION = 0x1A2B3C4D
BOOT = 0xB0071234
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
    "threads": 4,
}
CONTROLLER, AGENT, WELCOME = 0, 1, 2
KEY = bytes(range(0x40, 0x60))
NONCES = bytes(range(0x10, 0x20)), bytes(range(0xA0, 0xB0))


def welcome(session: int = SESSION, boot: int = BOOT, following: int = 0) -> list[Any]:
    build = "ceagent 0.1.0 ce-armv4i"
    return [1, VERSION, session, boot, following, list(LIMITS.values()), build, ["ws2"]]


def frame(body: bytes, check: bytes, *, idle: bool = False) -> bytes:
    return b"\0" * idle + cobs.encode(body + check) + b"\0"


def open_check(body: bytes) -> bytes:
    return struct.pack("<I", zlib.crc32(body))


def plain_check(body: bytes, role: int, number: int, session: int = SESSION, boot: int = BOOT) -> bytes:
    place = struct.pack("<IIIB", session, boot, number, role)
    return struct.pack("<I", zlib.crc32(body) ^ zlib.crc32(place))


def keyed_check(session_key: bytes, body: bytes, role: int, number: int) -> bytes:
    return hashlib.blake2s(struct.pack("<BI", role, number) + body, key=session_key, digest_size=8).digest()


def derive(key: bytes, session: int, boot: int, nonces: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """(proof, session key)."""
    transcript = struct.pack("<BII", VERSION, session, boot) + nonces[0] + nonces[1]
    proof = hashlib.blake2s(b"ceaproof" + transcript, key=key, digest_size=16).digest()
    return proof, hashlib.blake2s(b"ceasessn" + transcript, key=key, digest_size=32).digest()


SESSION_KEY = derive(KEY, SESSION, BOOT, NONCES)[1]


def checks() -> list[dict[str, Any]]:
    run, answer = cbor2.dumps([2, 7, []]), cbor2.dumps([3, 7, 0, 12])
    long = bytes(index * 7 % 256 for index in range(8192))
    places = [
        ("run 7", CONTROLLER, 7, run),
        ("run 263, whose low byte is 7", CONTROLLER, 263, run),
        ("answer to run 7", AGENT, 7, answer),
        ("what the agent says, as the controller would", CONTROLLER, 7, answer),
        ("the last number", AGENT, 0xFFFFFFFF, answer),
        ("one byte", AGENT, 0, b"\x80"),
        ("longest", CONTROLLER, 0x01020304, long),
    ]
    rows: list[dict[str, Any]] = []
    for name, role, number, body in [*places, ("welcome", WELCOME, 0, cbor2.dumps(welcome()))]:
        row = {"session": SESSION, "boot": BOOT, "number": number, "role": role, "body": body.hex()}
        if role != WELCOME:
            check = plain_check(body, role, number)
            rows.append({"name": f"plain: {name}", "seal": "plain", **row, "check": check.hex()})
        sealed = {
            "session_key": SESSION_KEY.hex(),
            "check": keyed_check(SESSION_KEY, body, role, number).hex(),
        }
        rows.append({"name": f"keyed: {name}", "seal": "keyed", **row, **sealed})
    for name, session, boot in (
        ("another session", 0x1A2B3C4E, BOOT),
        ("another boot", SESSION, BOOT ^ 1),
        ("all ones", 0xFFFFFFFF, 0xFFFFFFFF),
        ("session 1, boot 0", 1, 0),
    ):
        check = plain_check(run, CONTROLLER, 7, session, boot)
        place = {"session": session, "boot": boot, "number": 7, "role": CONTROLLER, "body": run.hex()}
        rows.append({"name": f"plain: run 7, {name}", "seal": "plain", **place, "check": check.hex()})
    for name, body in (("hello", cbor2.dumps([0, VERSION, SESSION])), ("welcome", cbor2.dumps(welcome()))):
        rows.append(
            {"name": f"open: {name}", "seal": "open", "body": body.hex(), "check": open_check(body).hex()}
        )
    return rows


def handshakes() -> list[dict[str, Any]]:
    rows: list[tuple[str, bytes, int, int, tuple[bytes, bytes], int]] = [
        ("new session", KEY, SESSION, BOOT, NONCES, 0),
        ("resumed, with other nonces", KEY, SESSION, BOOT, (NONCES[1], NONCES[0]), 70000),
        ("all zeros but the session", bytes(32), 1, 0, (bytes(16), bytes(16)), 0),
        ("all ones", b"\xff" * 32, 0xFFFFFFFF, 0xFFFFFFFF, (b"\xff" * 16, b"\xff" * 16), 0xFFFFFFFF),
    ]
    made = []
    for name, key, session, boot, nonces, following in rows:
        proof, session_key = derive(key, session, boot, nonces)
        bodies = {
            "hello": cbor2.dumps([0, VERSION, session, nonces[0]]),
            "challenge": cbor2.dumps([6, session, boot, nonces[1]]),
            "proof": cbor2.dumps([7, session, proof]),
        }
        body = cbor2.dumps(welcome(session, boot, following))
        made.append(
            {
                "name": name,
                "key": key.hex(),
                "session": session,
                "boot": boot,
                "nonce_controller": nonces[0].hex(),
                "nonce_agent": nonces[1].hex(),
                "mac": proof.hex(),
                "session_key": session_key.hex(),
                **{which: frame(one, open_check(one)).hex() for which, one in bodies.items()},
                "welcome_body": body.hex(),
                "welcome": frame(body, keyed_check(session_key, body, WELCOME, 0)).hex(),
            }
        )
    return made


def blake2s() -> list[dict[str, Any]]:
    return [*_published(), *_self_test()]


def _published() -> Iterator[dict[str, Any]]:
    """From testvectors/blake2-kat.json of github.com/BLAKE2/BLAKE2 (CC0), and RFC 7693, appendix B."""
    key = bytes(range(32)).hex()
    keyed = {
        0: "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49",
        1: "40d15fee7c328830166ac3f918650f807e7e01e177258cdc0a39b11f598066f1",
        2: "6bb71300644cd3991b26ccd4d274acd1adeab8b1d7914546c1198bbe9fc9d803",
        3: "1d220dbe2ee134661fdf6d9e74b41704710556f2f6e5a091b227697445dbea6b",
        7: "e6c8125637438d0905b749f46560ac89fd471cf8692e28fab982f73f019b83a9",
        31: "b6156f72d380ee9ea6acd190464f2307a5c179ef01fd71f99f2d0f7a57360aea",
        32: "c03bc642b20959cbe133a0303e0c1abff3e31ec8e1a328ec8565c36decff5265",
        33: "2c3e08176f760c6264c3a2cd66fec6c3d78de43fc192457b2a4a660a1e0eb22b",
        63: "c65382513f07460da39833cb666c5ed82e61b9e998f4b0c4287cee56c3cc9bcd",
        64: "8975b0577fd35566d750b362b0897a26c399136df07bababbde6203ff2954ed4",
        65: "21fe0ceb0052be7fb0f004187cacd7de67fa6eb0938d927677f2398c132317a8",
        127: "ddbfea75cc467882eb3483ce5e2e756a4f4701b76b445519e89f22d60fa86e06",
        128: "0c311f38c35a4fb90d651c289d486856cd1413df9b0677f53ece2cd9e477c60a",
        129: "46a73a8dd3e70f59d3942c01df599def783c9da82fd83222cd662b53dce7dbdf",
        191: "91a25ec0ec0d9a567f89c4bfe1a65a0e432d07064b4190e27dfb81901fd3139b",
        192: "5950d39a23e1545f301270aa1a12f2e6c453776e4d6355de425cc153f9818867",
        193: "d79f14720c610af179a3765d4b7c0968f977962dbf655b521272b6f1e194488e",
        255: "3fb735061abc519dfe979e54c1ee5bfad0a9d858b3315bad34bde999efd724dd",
    }
    for length, digest in keyed.items():
        yield {
            "name": f"keyed, {length} bytes",
            "source": "BLAKE2 reference test vectors, blake2s with key",
            "key": key,
            "input": bytes(range(length)).hex(),
            "digest": digest,
        }
    yield {
        "name": "abc",
        "source": "RFC 7693, appendix B",
        "key": "",
        "input": b"abc".hex(),
        "digest": "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
    }


def _self_test() -> Iterator[dict[str, Any]]:
    """The 48 digests of RFC 7693, appendix E; tests/wire compares their digest with the published one."""
    for size in (16, 20, 28, 32):
        for length in (0, 3, 64, 65, 255, 1024):
            text = _self_test_bytes(length, length)
            for key in (b"", _self_test_bytes(size, size)):
                yield {
                    "name": f"self-test, {length} bytes to {size}{', keyed' if key else ''}",
                    "source": "RFC 7693, appendix E",
                    "key": key.hex(),
                    "input": text.hex(),
                    "digest": hashlib.blake2s(text, key=key, digest_size=size).hexdigest(),
                }


def _self_test_bytes(length: int, seed: int) -> bytes:
    """The Fibonacci generator of that appendix."""
    a, b, made = 0xDEAD4BAD * seed & 0xFFFFFFFF, 1, bytearray()
    for _ in range(length):
        a, b = b, a + b & 0xFFFFFFFF
        made.append(b >> 24)
    return bytes(made)
