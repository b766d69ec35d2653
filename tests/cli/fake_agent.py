"""An agent that answers what a test tells it."""

import hmac
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from harness.wire.coding import decode, encode
from harness.wire.framing import FrameDecoder, encode_frame
from harness.wire.messages import (
    Answer,
    Challenge,
    Hello,
    Limits,
    Message,
    Proof,
    Reason,
    Refusal,
    Run,
    Welcome,
    WireError,
)
from harness.wire.sealing import KeyedSeal, PlainSeal, Role, Seal, full_number, open_check, prove
from tests.session.answers import count_calls

LIMITS = Limits(
    word=4,
    frame=8192,
    window=4,
    arena=65536,
    slots=256,
    buffers=32,
    kept=8,
    exports=64,
    depth=8,
    arity=16,
    threads=4,
)
KEY = bytes(range(32))
WORD = 0xFFFFFFFF
BOOT = 7
NONCE = bytes(16)
Reply = Callable[[Message], Message | bytes | None]


@dataclass
class Talk:
    """One connection: what was said so far."""

    connection: socket.socket
    hello: Hello | None = None
    seal: Seal | None = None

    def say(self, message: Message, check: bytes) -> None:
        self.connection.sendall(encode_frame(encode(message), check))


class FakeAgent:
    """Listens on loopback; answers hellos and runs with what `reply` makes of them (bytes go out as such).

    With a key the welcome that `reply` makes of a hello follows a good proof.
    """

    def __init__(self, key: bytes | None = KEY) -> None:
        self.key = key
        self.reply: Reply = self.welcome
        self.oem = "Some maker"
        self.runs: list[Run] = []
        self.answers: list[Answer] = []
        self._session = self._next = 0
        self._kept: dict[int, Answer | None] = {}
        self._exports: dict[int, str] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def welcome(self, message: Message) -> Message | None:
        """Behaves well: says who made it, answers programs from `answers`, in order, each program once."""
        if isinstance(message, Hello):
            if message.session != self._session:
                self._session, self._next = message.session, 0
                self._kept.clear()
                self._exports.clear()
            return Welcome(message.session, boot=BOOT, next=self._next, limits=LIMITS, build="fake agent 1.0")
        if isinstance(message, Run):
            if (about := self._about(message)) is not None:
                return about
            if "ws2!WSCEnumProtocols" in str(message.exports):
                values = *[WORD] * 3, 0
                return Answer(message.seq, values, (1,) * 4, errors={0: 2, 1: 2, 2: 2}, outputs=(bytes(4),))
            if message.seq not in self._kept:
                place = len(self.runs)
                self.runs.append(message)
                known = place < len(self.answers)
                self._kept[message.seq] = replace(self.answers[place], seq=message.seq) if known else None
            return self._kept[message.seq]
        return None

    def _about(self, message: Run) -> Answer | None:
        """Who it is: Windows CE 5.0.1400 on ARM, and whose."""
        self._exports |= {number: name for number, name, *_ in message.exports}  # each is named once
        match self._exports.get(message.steps[0] if isinstance(message.steps[0], int) else -1):
            case "coredll!GetVersionExW":
                output = struct.pack("<5I", 276, 5, 0, 1400, 3) + bytes(256)
            case "coredll!GetSystemInfo":
                output = struct.pack("<HHI3III", 5, 0, 4096, 0, 0, 0, 1, 2577) + bytes(20)
            case "coredll!SystemParametersInfoW":
                output = self.oem.encode("utf-16-le")
            case "coredll!LoadLibraryW":
                count = count_calls(message.steps)
                return Answer(message.seq, (1,) * count, (1,) * count)
            case _:
                return None
        return Answer(message.seq, (1,), (1,), outputs=(output,))

    def close(self) -> None:
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._thread.join(10)

    def vanish(self) -> None:
        """The port and its connections are gone at once; nobody will answer there."""
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            talk, decoder = Talk(connection), FrameDecoder()
            with suppress(OSError):
                while data := connection.recv(4096):
                    for piece in decoder.feed(data):
                        if piece.data is not None:
                            self._hear(talk, piece.data)

    def _hear(self, talk: Talk, data: bytes) -> None:
        for size in {4, talk.seal.size if talk.seal else 4}:
            with suppress(WireError):
                message = decode(data[:-size])
                self._answer(talk, message, data[:-size], data[-size:])
                return

    def _answer(self, talk: Talk, message: Message, body: bytes, check: bytes) -> None:
        if isinstance(message, Hello):
            self._greet(talk, message)
        elif isinstance(message, Proof):
            self._prove(talk, message)
        elif isinstance(message, Run) and talk.seal is not None:
            number = full_number(self._next, message.seq)
            if not talk.seal.good(Role.CONTROLLER, number, body, check):
                return
            self._next = max(self._next, number + 1)
            answer = self.reply(message)
            if isinstance(answer, bytes):
                talk.connection.sendall(answer)
            elif answer is not None:
                talk.say(answer, talk.seal.check(Role.AGENT, number, encode(answer)))

    def _greet(self, talk: Talk, hello: Hello) -> None:
        talk.hello = hello
        answer = self.reply(hello)
        if isinstance(answer, bytes):
            talk.connection.sendall(answer)
        elif isinstance(answer, Welcome) and self.key is not None:
            needed = Challenge(hello.session, BOOT, NONCE) if hello.nonce else Refusal(0, Reason.KEY, 1)
            talk.say(needed, open_check(encode(needed)))
        elif isinstance(answer, Welcome) and hello.nonce is not None:
            refusal = Refusal(0, Reason.KEY, 0)
            talk.say(refusal, open_check(encode(refusal)))
        elif isinstance(answer, Welcome):
            talk.seal = PlainSeal(hello.session, BOOT)
            talk.say(answer, open_check(encode(answer)))
        elif answer is not None:
            talk.say(answer, open_check(encode(answer)))

    def _prove(self, talk: Talk, proof: Proof) -> None:
        assert talk.hello is not None
        assert talk.hello.nonce is not None
        assert self.key is not None
        expected, session_key = prove(self.key, talk.hello.session, BOOT, talk.hello.nonce, NONCE)
        if not hmac.compare_digest(expected, proof.mac):
            refusal = Refusal(0, Reason.PROOF)
            talk.say(refusal, open_check(encode(refusal)))
            return
        talk.seal = KeyedSeal(session_key)
        answer = self.reply(talk.hello)
        assert isinstance(answer, Welcome)
        talk.say(answer, talk.seal.check(Role.WELCOME, 0, encode(answer)))
