"""The smallest controller: one link, frames and messages of harness.wire, nothing resent."""

from typing import Any

from harness.links import open_link
from harness.wire.framing import Frame, FrameDecoder, encode_frame
from harness.wire.messages import Answer, Hello, Message, Refusal, Run, Welcome, decode, encode


class Controller:
    """Opens a session at once; `welcome` is the agent's answer."""

    def __init__(self, url: str, session: int = 0x0C0FFEE1) -> None:
        self._link = open_link(url, timeout=60)
        self._decoder = FrameDecoder()
        self._received: list[Message] = []
        self._session = session
        self._sent = b""
        self.seq = 0
        self._link.write(encode_frame(encode(Hello(session)), idle=True))
        self._decoder.tag = session
        welcome = self.receive()
        assert isinstance(welcome, Welcome)
        self.welcome = welcome
        self.seq = welcome.next

    def receive(self) -> Message:
        """The next message; EOFError when the agent has hung up."""
        while not self._received:
            data = self._link.read()
            if not data:
                raise EOFError
            frames = self._decoder.feed(data)
            self._received += [decode(frame.body) for frame in frames if isinstance(frame, Frame)]
        return self._received.pop(0)

    def send(self, steps: list[Any], buffers: Any = (), exports: Any = (), **options: Any) -> None:
        run = Run(self.seq, steps, list(buffers), list(exports), **options)
        self._sent = encode_frame(encode(run), self._session)
        self._link.write(self._sent)
        self.seq = (self.seq + 1) % 256

    def again(self, times: int) -> None:
        """Sends the last frame again, without a pause."""
        self._link.write(self._sent * times)

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
        self._link.write(data)

    def close(self) -> None:
        self._link.close()
