"""Links over Unix domain sockets, as QEMU's serial ports have them."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import LinkRefused, UsageError
from harness.links import dialer, open_link

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets: run on Linux")


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "com"))
        server.listen()
        yield server


def test_bytes_in_both_directions(listener: socket.socket) -> None:
    link = open_link(f"unix://{listener.getsockname()}", timeout=10)
    other, _ = listener.accept()
    link.write(b"question")
    assert other.recv(100) == b"question"
    other.sendall(b"answer")
    assert link.read() == b"answer"
    other.close()
    assert link.read() == b""
    link.close()


def test_closing_ends_a_read(listener: socket.socket) -> None:
    link = open_link(f"unix://{listener.getsockname()}", timeout=10)
    link.close()
    assert link.read() == b""
    link.close()


def test_nobody_there_can_be_asked_again(tmp_path: Path) -> None:
    opener = dialer(f"unix://{tmp_path}/none")
    with pytest.raises(LinkRefused, match="nobody listens there"):
        opener.open(1)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "none"))
        with pytest.raises(LinkRefused):
            opener.open(1)
        server.listen()
        opener.open(1).close()


@pytest.mark.parametrize("url", ["unix://", "unix://com.sock"])
def test_a_url_needs_a_path_from_the_root(url: str) -> None:
    with pytest.raises(UsageError, match="needs the path of a socket"):
        dialer(url)
