"""An agent that takes no time: it speaks the wire as docs/protocol.md says and answers every call at once.

What peers are compared with: their servers do nothing either.
"""

import secrets
import socket

from benchmarks.call import HANDLE, MICROSECONDS, make_socket
from harness.wire.coding import decode, encode
from harness.wire.framing import FrameDecoder, encode_frame
from harness.wire.messages import Answer, Hello, Limits, Message, Reason, Refusal, Run, Welcome
from harness.wire.sealing import PlainSeal, Role, full_number, open_check, open_good

LIMITS = Limits(
    word=4,
    frame=8192,
    window=8,
    arena=131072,
    slots=1024,
    buffers=64,
    kept=16,
    exports=256,
    depth=8,
    arity=16,
    threads=4,
)
"""Those of the native agent (device_agent/core/cea.h)."""
_OPEN_CHECK = 4


class InstantAgent:
    """Bytes in, bytes out. A session without a key; plain calls of `benchmarks.call` only."""

    def __init__(self) -> None:
        self._boot = secrets.randbits(32)
        self._decoder = FrameDecoder(LIMITS.frame)
        self._session = 0
        self._next = 0
        self._seal = PlainSeal(0, self._boot)
        self._kept: dict[int, bytes] = {}

    def take(self, data: bytes) -> bytes:
        """What to answer to `data`."""
        out = bytearray()
        for piece in self._decoder.feed(data):
            if piece.data is not None:
                out += self._frame(piece.data)
        return bytes(out)

    def _frame(self, data: bytes) -> bytes:
        body, check = data[:-_OPEN_CHECK], data[-_OPEN_CHECK:]
        if body[1] == 2 and self._session:
            message = decode(body)
            assert isinstance(message, Run)
            number = full_number(self._next, message.seq)
            if self._seal.good(Role.CONTROLLER, number, body, check):
                return self._run(message, number)
        elif body[1] == 0 and open_good(body, check):
            message = decode(body)
            assert isinstance(message, Hello)
            return self._hello(message)
        return b""

    def _hello(self, hello: Hello) -> bytes:
        if hello.session != self._session:
            self._session, self._next = hello.session, 0
            self._seal = PlainSeal(hello.session, self._boot)
            self._kept.clear()
        body = encode(Welcome(self._session, self._boot, self._next, LIMITS, "instant"))
        return encode_frame(body, open_check(body))

    def _run(self, run: Run, number: int) -> bytes:
        if number in self._kept:
            return self._kept[number]
        if number != self._next:
            return self._sealed(Refusal(run.seq, Reason.SEQUENCE, self._next & 0xFF), number)
        calls = [step for step in run.steps if isinstance(step, list)]
        for call in calls:
            make_socket(*call)
        count = len(calls)
        answer = Answer(run.seq, (HANDLE,) * count, (MICROSECONDS,) * count, lone=count == 1)
        self._kept[number] = frame = self._sealed(answer, number)
        self._kept.pop(number - LIMITS.window, None)
        self._next = number + 1
        return frame

    def _sealed(self, message: Message, number: int) -> bytes:
        body = encode(message)
        return encode_frame(body, self._seal.check(Role.AGENT, number, body))


def serve(listener: socket.socket) -> None:
    """Serve one connection after the other; the session outlives them."""
    agent = InstantAgent()
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            try:
                while data := connection.recv(65536):
                    if answer := agent.take(data):
                        connection.sendall(answer)
            except ConnectionError:
                pass
