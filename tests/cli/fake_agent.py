"""An agent that answers what a test tells it."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from harness.wire.framing import Frame, FrameDecoder, encode_frame
from harness.wire.messages import Answer, Hello, Limits, Message, Run, Welcome, decode, encode

LIMITS = Limits(
    word=4,
    frame=4096,
    window=4,
    arena=65536,
    slots=256,
    buffers=32,
    kept=8,
    exports=64,
    depth=8,
    arity=16,
)
Reply = Callable[[Message], Message | bytes | None]


class FakeAgent:
    """Listens on loopback; answers each message with what `reply` makes of it (bytes go out as they are)."""

    def __init__(self) -> None:
        self.reply: Reply = self.welcome
        self.oem = "Some maker"
        self.runs: list[Run] = []
        self.answers: list[Answer] = []
        self._session = 0
        self._kept: dict[int, Answer | None] = {}
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
                self._session = message.session
                self._kept.clear()
            return Welcome(message.session, boot=7, next=0, limits=LIMITS, build="fake agent 1.0")
        if isinstance(message, Run):
            if "coredll!SystemParametersInfoW" in str(message.exports):
                return Answer(message.seq, (1,), (1,), outputs=(self.oem.encode("utf-16-le"),))
            if message.seq not in self._kept:
                place = len(self.runs)
                self.runs.append(message)
                known = place < len(self.answers)
                self._kept[message.seq] = replace(self.answers[place], seq=message.seq) if known else None
            return self._kept[message.seq]
        return None

    def close(self) -> None:
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        decoder, tag = FrameDecoder(), 0
        with suppress(OSError):
            while data := connection.recv(4096):
                for frame in decoder.feed(data):
                    if not isinstance(frame, Frame):
                        continue
                    message = decode(frame.body)
                    if isinstance(message, Hello):
                        decoder.tag = tag = message.session
                    answer = self.reply(message)
                    if isinstance(answer, bytes):
                        connection.sendall(answer)
                    elif answer is not None:
                        tagged = 0 if isinstance(message, Hello) else tag
                        connection.sendall(encode_frame(encode(answer), tagged))
