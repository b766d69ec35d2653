"""TCP links over real loopback connections."""

import errno
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from harness.errors import LinkError, LinkRefused
from harness.links import Link, open_link


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def connect(listener: socket.socket) -> tuple[Link, socket.socket]:
    link = open_link(f"tcp://127.0.0.1:{listener.getsockname()[1]}", timeout=10)
    other, _ = listener.accept()
    return link, other


def read_until_end(link: Link) -> tuple[threading.Thread, list[object]]:
    """A thread that reads until the end, and what came: bytes, or the exception that ended it."""
    found: list[object] = []
    begun = threading.Event()

    def read() -> None:
        begun.set()
        try:
            while data := link.read():
                found.append(data)
            found.append("end")
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    begun.wait()
    return thread, found


def test_bytes_in_both_directions(listener: socket.socket) -> None:
    link, other = connect(listener)
    data = bytes(range(256)) * 100
    link.write(data)
    received = b""
    while len(received) < len(data):
        received += other.recv(65536)
    assert received == data
    other.sendall(b"answer")
    other.close()
    assert link.read() == b"answer"
    assert link.read() == b""
    link.close()


def test_the_url_and_the_rate(listener: socket.socket) -> None:
    link, other = connect(listener)
    assert link.url == f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    assert link.rate is None
    link.close()
    other.close()


def test_close_ends_a_read_in_another_thread(listener: socket.socket) -> None:
    link, other = connect(listener)
    thread, found = read_until_end(link)
    link.close()
    thread.join(30)
    assert found == ["end"]
    link.close()
    other.close()


def test_a_reset_is_the_other_sides_doing(listener: socket.socket) -> None:
    link, other = connect(listener)
    thread, found = read_until_end(link)
    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    other.close()
    thread.join(30)
    assert found == ["end"]
    link.close()


def test_writing_to_a_closed_connection(listener: socket.socket) -> None:
    link, other = connect(listener)
    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    other.close()
    assert link.read() == b""
    with pytest.raises(LinkError, match="the connection is gone"):
        link.write(b"hello")
    link.close()


def test_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens: nobody else can get the port meanwhile
        port = taken.getsockname()[1]
        with pytest.raises(LinkError, match=f"connection refused: nothing listens on port {port}"):
            open_link(f"tcp://127.0.0.1:{port}", timeout=10)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (socket.gaierror(-2, "Name or service not known"), "no host of the name 'nowhere'"),
        (TimeoutError("timed out"), "nothing there answered within 0.5 s"),
        (OSError(101, "Network is unreachable"), "Network is unreachable"),
    ],
)
def test_hosts_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch, error: OSError, text: str) -> None:
    def fail(*_: object, **__: object) -> socket.socket:
        raise error

    monkeypatch.setattr("socket.create_connection", fail)
    with pytest.raises(LinkError) as caught:
        open_link("tcp://nowhere:5555", timeout=0.5)
    assert text in str(caught.value)
    assert str(caught.value).startswith("tcp://nowhere:5555: ")


@pytest.mark.parametrize("code", [errno.EHOSTUNREACH, errno.EHOSTDOWN])
def test_a_device_that_is_off_takes_no_connection(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """On its own network nobody says so: either nothing answers in time, or the system finds nobody there."""

    def fail(*_: object, **__: object) -> socket.socket:
        raise OSError(code, "No route to host")

    monkeypatch.setattr("socket.create_connection", fail)
    with pytest.raises(LinkRefused, match="No route to host"):
        open_link("tcp://10.0.0.5:5555", timeout=10)


def test_a_connection_to_itself_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who dials a free port of its own computer long enough gets that port for its own end of the line."""
    places = []

    def to_itself(*_: object, **__: object) -> socket.socket:
        connection = socket.socket()
        connection.bind(("127.0.0.1", 0))
        places.append(connection.getsockname())
        connection.connect(places[0])
        return connection

    monkeypatch.setattr("socket.create_connection", to_itself)
    with pytest.raises(LinkRefused, match="nothing listens on port 5555"):
        open_link("tcp://127.0.0.1:5555", timeout=10)
    with socket.create_server(places[0]):
        """The port is free at once for whoever wants to listen."""


def test_a_connection_that_is_reset_at_once(monkeypatch: pytest.MonkeyPatch, listener: socket.socket) -> None:
    """On macOS nothing can be set on it any more: it is closed, and another one may do better."""
    made: list[socket.socket] = []

    class Reset(socket.socket):
        def setsockopt(self, *_: object) -> None:
            raise OSError(errno.EINVAL, "Invalid argument")

    def connect(*_: object, **__: object) -> socket.socket:
        made.append(Reset())
        made[0].connect(listener.getsockname())
        return made[0]

    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(LinkError, match="Invalid argument"):
        open_link("tcp://127.0.0.1:5555", timeout=10)
    assert made[0].fileno() == -1


def test_socket_urls_are_tcp(listener: socket.socket) -> None:
    link = open_link(f"socket://127.0.0.1:{listener.getsockname()[1]}", timeout=10)
    assert link.url.startswith("socket://")
    link.close()
