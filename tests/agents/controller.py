"""The smallest controller: one link, frames and messages of harness.wire, nothing resent.

It makes and checks the checks itself, as docs/protocol.md defines them: nobody makes the same mistake here
and in harness.wire.sealing.
"""

import hashlib
import secrets
import zlib
from typing import Any

from harness.links import open_link
from harness.links.base import Link
from harness.wire.coding import decode, encode
from harness.wire.framing import FrameDecoder, encode_frame
from harness.wire.messages import Answer, Challenge, Hello, Message, Proof, Refusal, Run, Welcome, Working

CONTROLLER, AGENT, WELCOME = range(3)
KEY = bytes(range(32))


def crc(data: bytes) -> int:
    return zlib.crc32(data)


def word(number: int) -> bytes:
    return number.to_bytes(4, "little")


class Wire:
    """Messages over one link, before there is a session. `key`: 32 bytes, or None."""

    def __init__(self, url: str | Link, key: bytes | None = KEY) -> None:
        self.link = open_link(url, timeout=60) if isinstance(url, str) else url
        self.key = key
        self.sealed: tuple[bytes | None, bytes] = None, b""
        """The session key, or session and boot number of a session without one."""
        self.next = 0
        """The number of the program that is expected next."""
        self.sent = b""
        self._decoder = FrameDecoder()
        self._received: list[bytes] = []

    def seal(self, role: int, number: int, body: bytes) -> bytes:
        session_key, place = self.sealed
        if session_key is None:
            return word(crc(body) ^ crc(place + word(number) + bytes([role])))
        text = bytes([role]) + word(number) + body
        return hashlib.blake2s(text, key=session_key, digest_size=8).digest()

    def put(self, body: bytes, check: bytes) -> None:
        self.sent = encode_frame(body, check, idle=True)
        self.link.write(self.sent)

    def say(self, message: Message) -> None:
        """With an open check."""
        body = encode(message)
        self.put(body, word(crc(body)))

    def frame(self) -> bytes:
        """Body and check of the next frame; EOFError when the agent has hung up."""
        while not self._received:
            data = self.link.read()
            if not data:
                raise EOFError
            pieces = self._decoder.feed(data)
            self._received += [piece.data for piece in pieces if piece.data is not None]
        return self._received.pop(0)

    def hear(self) -> Message:
        """The next message, which must bear an open check."""
        data = self.frame()
        assert data[-4:] == word(crc(data[:-4]))
        return decode(data[:-4])

    def challenge(self, session: int, nonce: bytes) -> Challenge:
        self.say(Hello(session, nonce))
        while True:
            asked = self.hear()
            if isinstance(asked, Challenge) and asked.session == session:
                return asked

    def proof(self, session: int, nonce: bytes, asked: Challenge) -> Proof:
        """The answer to a challenge; from now on the seal is that of the session that it opens."""
        assert self.key is not None
        transcript = bytes([2]) + word(session) + word(asked.boot) + nonce + asked.nonce
        mac = hashlib.blake2s(b"ceaproof" + transcript, key=self.key, digest_size=16).digest()
        session_key = hashlib.blake2s(b"ceasessn" + transcript, key=self.key, digest_size=32).digest()
        self.sealed = session_key, b""
        return Proof(session, mac)

    def open(self, session: int) -> Welcome:
        if self.key is None:
            self.say(Hello(session))
            welcome = self.hear()
            assert isinstance(welcome, Welcome), welcome
            self.sealed = None, word(session) + word(welcome.boot)
        else:
            nonce = secrets.token_bytes(16)
            self.say(self.proof(session, nonce, self.challenge(session, nonce)))
            data = self.frame()
            assert data[-8:] == self.seal(WELCOME, 0, data[:-8]), data
            answer = decode(data[:-8])
            assert isinstance(answer, Welcome), answer
            welcome = answer
        self.next = welcome.next
        return welcome


class Controller:
    """Opens a session at once; `welcome` is the agent's answer."""

    def __init__(self, url: str | Link, session: int = 0x0C0FFEE1, key: bytes | None = KEY) -> None:
        self.wire = Wire(url, key)
        self.welcome = self.wire.open(session)
        self.number = self.welcome.next

    @property
    def seq(self) -> int:
        return self.number % 256

    def receive(self) -> Message:
        """The next message of the session; EOFError when the agent has hung up."""
        data = self.wire.frame()
        body, check = data[:-8], data[-8:]
        if self.wire.key is None:
            body, check = data[:-4], data[-4:]
        message = decode(body, self.welcome.limits.word)
        assert isinstance(message, Answer | Refusal | Working), message
        low = self.number - 128
        number = low + (message.seq - low) % 256
        assert check == self.wire.seal(AGENT, number, body), message
        return message

    def send(self, steps: list[Any], buffers: Any = (), exports: Any = (), **options: Any) -> None:
        body = encode(Run(self.seq, steps, list(buffers), list(exports), **options))
        self.wire.put(body, self.wire.seal(CONTROLLER, self.number, body))
        self.number += 1

    def again(self, times: int) -> None:
        """Sends the last frame again, without a pause."""
        self.wire.link.write(self.wire.sent * times)

    def run(self, steps: list[Any], buffers: Any = (), exports: Any = (), **options: Any) -> Answer:
        """A program and its answer, which must not be a refusal."""
        self.send(steps, buffers, exports, **options)
        answer = self.receive()
        assert isinstance(answer, Answer), answer
        return answer

    def refused(self, steps: list[Any], buffers: Any = (), exports: Any = (), **options: Any) -> Refusal:
        self.send(steps, buffers, exports, **options)
        refusal = self.receive()
        assert isinstance(refusal, Refusal), refusal
        return refusal

    def raw(self, data: bytes) -> None:
        self.wire.link.write(data)

    def close(self) -> None:
        self.wire.link.close()
