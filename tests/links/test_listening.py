"""tcp-listen: the device dials this computer."""

import socket
from collections.abc import Iterator

import pytest

from harness.errors import LinkError, LinkRefused, UsageError
from harness.links import dialer
from harness.links.tcp import ListenDialer


@pytest.fixture
def opener() -> Iterator[ListenDialer]:
    found = dialer("tcp-listen://127.0.0.1:0")
    assert isinstance(found, ListenDialer)
    yield found
    found.close()


def test_the_device_connects_and_connects_again(opener: ListenDialer) -> None:
    port = opener.bind()
    assert opener.url == f"tcp-listen://127.0.0.1:{port}"
    for word in (b"first", b"second"):
        with socket.create_connection(("127.0.0.1", port)) as device:
            link = opener.open(10)
            device.sendall(word)
            assert link.read() == word
            link.write(b"answer")
            assert device.recv(100) == b"answer"
            link.close()
            assert device.recv(100) == b""


def test_a_connection_that_comes_between_two_links_waits(opener: ListenDialer) -> None:
    port = opener.bind()
    first = socket.create_connection(("127.0.0.1", port))
    opener.open(10).close()
    second = socket.create_connection(("127.0.0.1", port))
    second.sendall(b"here")
    link = opener.open(10)
    assert link.read() == b"here"
    link.close()
    first.close()
    second.close()


def test_the_newest_connection_is_taken_and_the_others_are_closed(opener: ListenDialer) -> None:
    port = opener.bind()
    devices = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
    devices[2].sendall(b"newest")
    link = opener.open(10)
    assert link.read() == b"newest"
    assert [device.recv(10) for device in devices[:2]] == [b"", b""]
    link.close()
    for device in devices:
        device.close()


def test_nobody_connects(opener: ListenDialer) -> None:
    with pytest.raises(LinkRefused, match=r"no device has connected within 0\.0\d* s") as caught:
        opener.open(0.05)
    assert f"link=tcp:HOST:{opener.bind()}" in str(caught.value)


def test_a_port_that_is_taken(opener: ListenDialer) -> None:
    port = opener.bind()
    with pytest.raises(LinkError, match=f"port {port} of this computer is taken"):
        dialer(f"tcp-listen://127.0.0.1:{port}").open(1)


def test_an_address_of_another_computer() -> None:
    with pytest.raises(LinkError, match="does not have that address"):
        dialer("tcp-listen://192.0.2.1:0").open(1)


def test_closed_twice_and_free_again(opener: ListenDialer) -> None:
    port = opener.bind()
    opener.close()
    opener.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_closed_while_another_thread_waits(opener: ListenDialer) -> None:
    """It binds the port no more: nobody would let go of it again."""
    accept = opener._accept

    def close_first(timeout: float) -> socket.socket | None:
        opener.close()
        return accept(timeout)

    port = opener.bind()
    opener._accept = close_first  # type: ignore[method-assign]
    with pytest.raises(LinkError, match="closed"):
        opener.open(1)
    with pytest.raises(LinkError, match="closed"):
        opener.open(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize("url", ["tcp-listen://127.0.0.1", "tcp-listen://:5", "tcp-listen://a:5?baud=1"])
def test_bad_urls(url: str) -> None:
    with pytest.raises(UsageError, match="it needs a host and a port, and nothing else"):
        dialer(url)


def test_a_refused_connection_is_the_devices_doing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(LinkRefused):
            dialer(f"tcp://127.0.0.1:{taken.getsockname()[1]}").open(10)
