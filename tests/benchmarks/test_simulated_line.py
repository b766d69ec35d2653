"""The simulated line as a process: bytes come through, are counted, and take their time."""

import os
import socket
import threading
import time
import tty
from collections.abc import Iterator

import pytest

from benchmarks.child import Child, line

DATA = bytes(range(256)) * 5
RATE = 11520


@pytest.fixture
def echo() -> Iterator[str]:
    """A device that sends back what it gets, until the other side has ended."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    while data := connection.recv(4096):
                        connection.sendall(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    assert not thread.is_alive()


def dial(between: Child) -> socket.socket:
    host, _, port = between.place["host"].rpartition(":")
    return socket.create_connection((host, int(port)))


def receive(connection: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length and (data := connection.recv(4096)):
        found += data
    return found


@pytest.mark.parametrize("adapter", [False, True])
def test_bytes_come_through_and_take_their_time(echo: str, adapter: bool) -> None:
    with line(echo, adapter=adapter) as between, dial(between) as connection:
        begun = time.monotonic()
        connection.sendall(DATA)
        assert receive(connection, len(DATA)) == DATA
        # The last byte leaves after all others and then has its own way back.
        assert time.monotonic() - begun >= len(DATA) / RATE
        assert between.ask() == {"up": len(DATA), "down": len(DATA)}


def test_what_was_sent_before_the_end_arrives_and_the_next_connection_finds_an_empty_line(echo: str) -> None:
    with line(echo) as between:
        for _ in range(2):
            with dial(between) as connection:
                connection.sendall(b"last words")
                connection.shutdown(socket.SHUT_WR)
                assert receive(connection, 100) == b"last words"
        assert between.ask() == {"up": 20, "down": 20}


def test_a_pty_is_there_before_and_after_somebody_uses_it(echo: str) -> None:
    with line(echo, host="pty") as between:
        for word in (b"one\0\r\n\x11\x13", b"two"):
            port = os.open(between.place["host"], os.O_RDWR | os.O_NOCTTY)
            tty.setraw(port)
            os.write(port, word)
            found = b""
            while len(found) < len(word):
                found += os.read(port, 100)
            os.close(port)
            assert found == word


def test_a_device_that_is_a_serial_port(echo: str) -> None:
    with line(echo, host="pty") as inner, line(inner.place["host"]) as outer, dial(outer) as connection:
        connection.sendall(DATA)
        assert receive(connection, len(DATA)) == DATA


def test_a_process_that_cannot_do_it_says_so() -> None:
    with pytest.raises(RuntimeError, match=r"benchmarks\.line ended with code 2"):
        Child("benchmarks.line", ["--no-such-option"])
