"""The call over SMP's serial framing (smp package): header, CBOR map, CRC-16, base64 lines.

SMP has no message for a native call; this one has keys of one letter, the shortest that its CBOR maps allow.
"""

import socket

import cbor2
from smp import packet
from smp.header import OP, Flag, Header, Version

from benchmarks.call import ARGUMENTS, make_socket

_GROUP = 64
"""The first group that is free for applications."""


class LineReader:
    """Lines from a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._pending = b""

    def line(self) -> bytes:
        """The next line with its end. EOFError: there is none."""
        while b"\n" not in self._pending:
            data = self._connection.recv(65536)
            if not data:
                raise EOFError
            self._pending += data
        found, _, self._pending = self._pending.partition(b"\n")
        return found + b"\n"


def _send(connection: socket.socket, op: OP, sequence: int, body: dict[str, object]) -> None:
    data = cbor2.dumps(body)
    header = Header(
        op=op,
        version=Version.V2,
        flags=Flag(0),
        length=len(data),
        group_id=_GROUP,
        sequence=sequence,
        command_id=0,
    )
    connection.sendall(b"".join(packet.encode(bytes(header) + data)))


def _receive(lines: LineReader) -> tuple[int, dict[str, object]]:
    decoder = packet.decode()
    next(decoder)
    while True:
        try:
            decoder.send(lines.line())
        except StopIteration as done:
            frame: bytes = done.value
            return Header.loads(frame[: Header.SIZE]).sequence, cbor2.loads(frame[Header.SIZE :])


class SmpClient:
    """One connection; a request and its answer at a time, as SMP clients do."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = LineReader(connection)
        self._sequence = 0

    def call(self) -> tuple[object, object]:
        """Handle and microseconds."""
        self._sequence = (self._sequence + 1) % 256
        _send(self._connection, OP.WRITE, self._sequence, {"a": list(ARGUMENTS)})
        sequence, body = _receive(self._lines)
        if sequence != self._sequence:
            raise ValueError(f"answer {sequence} to request {self._sequence}")
        return body["v"], body["t"]


def serve(listener: socket.socket) -> None:
    """Serve one connection after the other."""
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = LineReader(connection)
        with connection:
            try:
                while True:
                    sequence, body = _receive(lines)
                    arguments = body["a"]
                    assert isinstance(arguments, list)
                    value, microseconds = make_socket(*arguments)
                    _send(connection, OP.WRITE_RSP, sequence, {"v": value, "t": microseconds})
            except (EOFError, ConnectionError):
                pass
