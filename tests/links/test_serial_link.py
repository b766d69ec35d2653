"""Serial links over pseudo terminals, and the pyserial URLs that need no hardware."""

import contextlib
import errno
import os
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import LinkError
from harness.links import Link, dialer, open_link
from harness.links.holder import holder
from harness.links.serial import SerialLink
from tests.links.test_tcp_link import read_until_end

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pseudo terminals of this kind"
)


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    """The other side's descriptor, and the name of the port."""
    import pty

    other, port = pty.openpty()
    name = os.ttyname(port)
    os.close(port)
    yield other, name
    with contextlib.suppress(OSError):
        os.close(other)


def read_exactly(link: Link, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += link.read()
    return data


def test_every_byte_passes_in_both_directions(terminal: tuple[int, str]) -> None:
    """No line discipline, no flow control: frames are binary."""
    other, name = terminal
    link = open_link(name, timeout=10)
    data = bytes(range(256)) * 2
    link.write(data)
    received = b""
    while len(received) < len(data):
        received += os.read(other, 4096)
    assert received == data
    writer = threading.Thread(target=os.write, args=(other, data))
    writer.start()
    assert read_exactly(link, len(data)) == data
    writer.join()
    link.close()


def test_close_ends_a_read_in_another_thread(terminal: tuple[int, str]) -> None:
    link = open_link(terminal[1], timeout=10)
    thread, found = read_until_end(link)
    link.close()
    thread.join(30)
    assert found == ["end"]
    link.close()
    assert link.read() == b""


def test_a_port_that_goes_away(terminal: tuple[int, str]) -> None:
    other, name = terminal
    link = open_link(name, timeout=10)
    thread, found = read_until_end(link)
    os.close(other)
    thread.join(30)
    [error] = found
    assert isinstance(error, LinkError)
    assert f"{name}: the port is gone" in str(error)
    link.close()


@pytest.mark.parametrize("call", ["tcsetattr", "tcflush"])
def test_a_port_that_goes_away_while_it_is_opened(
    terminal: tuple[int, str], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """As when an adapter is plugged in and out again: an error of the link, and a later try may succeed."""
    import termios

    def fail(*_: object) -> None:
        raise termios.error(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(f"serial.serialposix.termios.{call}", fail)
        with pytest.raises(LinkError, match="Input/output error"):
            open_link(terminal[1], timeout=10)
    open_link(terminal[1], timeout=10).close()


@pytest.mark.parametrize("error", [TypeError("fd is None"), AttributeError("no socket")], ids=type)
def test_closed_while_a_write_waits(terminal: tuple[int, str], error: Exception) -> None:
    """What pyserial raises then is not always an OSError."""
    link = open_link(terminal[1], timeout=10)
    assert isinstance(link, SerialLink)

    def write(data: bytes) -> None:
        link.close()
        raise error

    link._port.write = write
    with pytest.raises(LinkError, match="the port is gone"):
        link.write(b"x")


def test_a_busy_port_names_its_holder(terminal: tuple[int, str]) -> None:
    link = open_link(terminal[1], timeout=10)
    with pytest.raises(LinkError, match="the port is busy") as caught:
        open_link(terminal[1], timeout=10)
    if sys.platform == "linux":
        assert f"(pid {os.getpid()}) has it open" in str(caught.value)
    link.close()
    open_link(terminal[1], timeout=10).close()


def test_nobody_holds_a_port_that_is_closed(terminal: tuple[int, str]) -> None:
    assert holder(terminal[1]) is None


def test_a_missing_port() -> None:
    with pytest.raises(LinkError, match="/dev/ttyNONE7: no such port"):
        open_link("/dev/ttyNONE7", timeout=10)


def test_no_serial_port() -> None:
    with pytest.raises(LinkError, match="/dev/null: "):
        open_link("/dev/null", timeout=10)


def test_settings_of_the_url(terminal: tuple[int, str]) -> None:
    other, name = terminal
    link = open_link(f"serial://{name}?baud=9600&parity=E&stop=2&data=7&rtscts=0", timeout=10)
    assert link.rate == 960
    assert link.url == name
    import termios

    flags = termios.tcgetattr(other)
    assert flags[2] & termios.CSTOPB
    assert flags[4] == termios.B9600
    link.close()


def test_the_default_is_115200(terminal: tuple[int, str]) -> None:
    link = open_link(terminal[1], timeout=10)
    assert link.rate == 11520
    link.close()


def test_a_loop_url_of_pyserial() -> None:
    link = open_link("loop://", timeout=10)
    link.write(b"echo")
    assert read_exactly(link, 4) == b"echo"
    thread, found = read_until_end(link)
    link.close()
    thread.join(30)
    assert found == ["end"]


def test_a_spied_port(terminal: tuple[int, str], tmp_path: Path) -> None:
    """Its log shows what was sent and what came; opened again, the first log stays."""
    other, name = terminal
    opener = dialer(f"spy://{name}?file={tmp_path}/log.txt&baud=9600")
    for word in (b"seen", b"again"):
        link = opener.open(10)
        link.write(word)
        assert os.read(other, 10) == word
        os.write(other, word.upper())
        assert read_exactly(link, len(word)) == word.upper()
        with pytest.raises(LinkError, match="the port is busy"):
            open_link(name, timeout=10)
        link.close()
    first, second = ((tmp_path / each).read_text(encoding="utf-8") for each in ("log.txt", "log.txt.2"))
    assert re.search(r"TX .*73 65 65 6E .*seen", first)
    assert re.search(r"RX .*SEEN|RX .*53", first)
    assert re.search(r"TX .*61 67 61 69 6E .*again", second)


def test_a_terminal_server_that_is_not_there() -> None:
    with pytest.raises(LinkError, match=r"rfc2217://127\.0\.0\.1:1"):
        open_link("rfc2217://127.0.0.1:1", timeout=10)
