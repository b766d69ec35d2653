"""An agent in this process: speaks the wire over a real socket, answers from a script, fails on demand."""

import contextlib
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from harness.links.tcp import TcpLink
from harness.wire.framing import Frame, FrameDecoder, encode_frame
from harness.wire.messages import (
    Answer,
    Hello,
    Limits,
    Message,
    Reason,
    Refusal,
    Run,
    Welcome,
    Working,
    decode,
    encode,
)

LIMITS = Limits(
    word=4, frame=8192, window=4, arena=65536, slots=256, buffers=32, kept=8, exports=64, depth=4, arity=16
)

Script = Callable[[Run], Answer | Refusal | None]


def count_calls(steps: list[object]) -> int:
    """Calls and digests of CBOR-ready steps, inner blocks included."""
    found = 0
    for step in steps:
        if isinstance(step, list):
            found += 1
        elif isinstance(step, dict):
            [(kind, body)] = step.items()
            found += {1: lambda b: count_calls(b[3]), 2: count_calls, 4: lambda b: 1}.get(kind, lambda b: 0)(
                body
            )
    return found


def all_zero(run: Run) -> Answer:
    """Every call returns 0, every returned buffer is zero."""
    count = count_calls(run.steps)
    outputs = tuple(b"" for buffer in run.buffers if isinstance(buffer, list) and buffer[1])
    return Answer(run.seq, (0,) * count, (7,) * count, outputs=outputs)


class WatchedLink(TcpLink):
    """A link that tells what of its bytes the host has taken over."""

    def __init__(self, connection: socket.socket, url: str) -> None:
        super().__init__(connection, url)
        self._arriving = 0
        self.arrived = 0

    def read(self) -> bytes:
        # Who reads again has passed on what was read before.
        self.arrived = self._arriving
        data = super().read()
        self._arriving += len(data)
        return data


@dataclass
class FakeAgent:
    """Keeps the rules of docs/protocol.md, but for the faults it is told to have.

    `script` says what a program comes to, None for never finishing it. `deaf_to` are numbers of received
    `run` frames (0 is the first) that count as lost; `mute`, `garble` and `twice` are numbers of sent frames
    that are lost, damaged or doubled; `before` are bytes on the line before a sent frame. `restart_at` and
    `hang_up_at` are sequence numbers: what happens when that program arrives first.
    """

    script: Script = all_zero
    limits: Limits = LIMITS
    version: int = 1
    boot: int = 0xB007
    build: str = "fake"
    missing: tuple[str, ...] = ()
    silent_hellos: int = 0
    deaf_to: set[int] = field(default_factory=set)
    mute: set[int] = field(default_factory=set)
    garble: set[int] = field(default_factory=set)
    twice: set[int] = field(default_factory=set)
    before: dict[int, bytes] = field(default_factory=dict)
    restart_at: int | None = None
    hang_up_at: int | None = None

    def __post_init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.link = WatchedLink(theirs, "tcp://fake:1")
        self.said = 0
        self.hellos = 0
        self.heard: list[Message] = []
        self.runs: list[Run] = []
        self.executed: list[int] = []
        self.sessions: list[int] = []
        self.failure: BaseException | None = None
        self._socket = ours
        self._lock = threading.RLock()
        self._received = 0
        self._sent = 0
        self._forget()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> "FakeAgent":
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()
        self._thread.join(10)
        assert not self._thread.is_alive()
        if self.failure is not None:
            raise self.failure

    def say(self, data: bytes) -> None:
        """Raw bytes on the line."""
        self.said += len(data)
        self._socket.sendall(data)

    @property
    def understood(self) -> bool:
        """The host has all that was said."""
        return self.link.arrived == self.said

    def restart(self) -> None:
        """As after a reset: another boot identifier, no session, nothing of what has been received."""
        with self._lock:
            self.boot += 1
            self.forget()

    def forget(self) -> None:
        """Lose the session, as when another controller takes the agent."""
        with self._lock:
            self._forget()

    def hang_up(self) -> None:
        """Close the line from this side."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _forget(self) -> None:
        self._session = 0
        self._next = 0
        self._kept: OrderedDict[int, Answer | Refusal | None] = OrderedDict()
        self._decoder = FrameDecoder()

    def _serve(self) -> None:
        try:
            while data := self._socket.recv(65536):
                with self._lock:
                    self._take(data)
        except (ConnectionError, BrokenPipeError):
            pass
        except BaseException as error:
            self.failure = error
        finally:
            self._socket.close()

    def _take(self, data: bytes) -> None:
        """One frame at a time: each may change the session, and so what the next one is."""
        *ended, rest = data.split(b"\0")
        for piece in [*(one + b"\0" for one in ended), rest]:
            for found in self._decoder.feed(piece):
                if isinstance(found, Frame):
                    self._hear(decode(found.body), found.tagged)

    def _hear(self, message: Message, tagged: bool) -> None:
        self.heard.append(message)
        if isinstance(message, Hello) and not tagged:
            self._hello(message)
        elif isinstance(message, Run) and tagged:
            self._received += 1
            number = self._received - 1
            if message.seq == self.hang_up_at:
                self.hang_up()
            elif message.seq == self.restart_at:
                self.restart_at = None
                self.restart()
            elif number not in self.deaf_to:
                self._run(message)

    def _hello(self, hello: Hello) -> None:
        self.hellos += 1
        if self.hellos <= self.silent_hellos:
            return
        if self.version != hello.version:
            self._send(Refusal(0, Reason.VERSION, self.version), 0)
            return
        if hello.session != self._session:
            self._forget()
            self._session = self._decoder.tag = hello.session
            self.sessions.append(hello.session)
        welcome = Welcome(
            session=hello.session,
            boot=self.boot,
            next=self._next,
            limits=self.limits,
            build=self.build,
            missing=self.missing,
        )
        self._send(welcome, 0)

    def _run(self, run: Run) -> None:
        self.runs.append(run)
        if run.seq in self._kept:
            self._send(self._kept[run.seq] or Working(run.seq), self._session)
            return
        if run.seq != self._next:
            self._send(Refusal(run.seq, Reason.SEQUENCE, self._next), self._session)
            return
        self._next = (self._next + 1) % 256
        self.executed.append(run.seq)
        reply = self.script(run)
        if reply is not None:
            reply = replace(reply, seq=run.seq)
            self._send(reply, self._session)
        self._kept[run.seq] = reply
        while len(self._kept) > self.limits.window:
            self._kept.popitem(last=False)

    def _send(self, message: Message, tag: int) -> None:
        number = self._sent
        self._sent += 1
        frame = encode_frame(encode(message), tag)
        if number in self.garble:
            frame = frame[:2] + bytes([frame[2] ^ 0x55 or 1]) + frame[3:]
        if number in self.before:
            self.say(self.before[number])
        if number not in self.mute:
            self.say(frame * (2 if number in self.twice else 1))
