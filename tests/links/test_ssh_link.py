"""Links through a bench host: real OpenSSH servers, pseudo terminals as serial ports."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.errors import LinkError, LinkGone, LinkRefused, UsageError
from harness.links import Dialer, Link, dialer, open_link
from harness.targets.loopback import free_port
from tests.links.bench import Bench, Way
from tests.links.relay import relay
from tests.links.test_serial_link import read_exactly
from tests.links.test_tcp_link import read_until_end

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an SSH server of POSIX, pseudo terminals")
EVERY_BYTE = bytes(range(256))


def read_from(other: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        assert select.select([other], [], [], 30)[0], data
        data += os.read(other, 4096)
    return data


def users_of(port: str) -> list[int]:
    """Processes that have the port open, but for those that hold its other end."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            names = {str(one.readlink()) for one in (process / "fd").iterdir()}
        except OSError:
            continue
        if port in names and not any(name.endswith("ptmx") for name in names):
            found.append(int(process.name))
    return found


def wait_until_free(port: str) -> None:
    """Whoever has the port open lets go of it, by itself."""
    for pid in users_of(port):
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        with os.fdopen(handle):
            assert select.select([handle], [], [], 30)[0], f"{pid} still has {port}"
    assert users_of(port) == []


@contextmanager
def opened(url: str) -> Iterator[tuple[Dialer, Link]]:
    made = dialer(url)
    link = made.open(30)
    try:
        yield made, link
    finally:
        link.close()
        made.close()


@pytest.fixture
def echo() -> Iterator[int]:
    """A TCP server that sends back what comes; its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


# --- a serial port ---------------------------------------------------------------------------


def test_every_byte_passes_in_both_directions(bench: Bench, way: Way, port: tuple[int, str]) -> None:
    other, name = port
    with opened(way.url(name, baud=57600)) as (_, link):
        assert link.rate == 5760
        assert link.url == f"ssh://bench{name}"
        assert termios.tcgetattr(other)[4] == termios.B57600
        link.write(EVERY_BYTE * 8)
        assert read_from(other, 2048) == EVERY_BYTE * 8
        os.write(other, EVERY_BYTE * 8)
        assert read_exactly(link, 2048) == EVERY_BYTE * 8
    wait_until_free(name)


def test_settings_of_the_line(bench: Bench, way: Way, port: tuple[int, str]) -> None:
    with opened(way.url(port[1], baud=9600, stop=2, rtscts=1)):
        flags = termios.tcgetattr(port[0])[2]
        assert flags & termios.CSTOPB
        assert flags & termios.CRTSCTS
    with pytest.raises(LinkError, match=r"cannot set up the port: stty: .*unable to perform"):
        # No pseudo terminal has parity.
        open_link(way.url(port[1], parity="E", data=7), timeout=30)


def test_close_ends_a_read_and_frees_the_port(bench: Bench, way: Way, port: tuple[int, str]) -> None:
    with opened(way.url(port[1])) as (made, link):
        thread, found = read_until_end(link)
        link.close()
        thread.join(30)
        assert found == ["end"]
        wait_until_free(port[1])
        again = made.open(30)
        again.write(b"again")
        assert read_from(port[0], 5) == b"again"
        again.close()
    assert bench.log.count("Accepted publickey") == 1, "one connection serves all links"


def test_nobody_reads_the_port_once_the_connection_has_been_killed(
    bench: Bench, way: Way, port: tuple[int, str]
) -> None:
    """A reader left behind would take the first bytes of the next link."""
    other, name = port
    with opened(way.url(name)) as (made, link):
        bench.kill()
        with pytest.raises(LinkError, match="the SSH connection is gone"):
            link.read()
        link.close()
        with pytest.raises(LinkError, match="connection refused: no SSH server listens"):
            made.open(10)
        wait_until_free(name)
        bench.start()
        link = made.open(30)
        os.write(other, EVERY_BYTE)
        assert read_exactly(link, 256) == EVERY_BYTE
        link.write(EVERY_BYTE)
        assert read_from(other, 256) == EVERY_BYTE
        link.close()


def test_a_port_that_takes_no_bytes_is_free_after_the_connection_has_been_killed(
    bench: Bench, way: Way, port: tuple[int, str]
) -> None:
    """Whoever waits for room in the port does not see that nobody is behind it any more."""
    other, name = port
    with opened(way.url(name)) as (made, link):
        link.write(bytes(200_000))
        read_from(other, 1000)
        bench.kill()
        wait_until_free(name)
        while select.select([other], [], [], 0)[0]:
            os.read(other, 65536)
        bench.start()
        link.close()
        link = made.open(30)
        link.write(b"again")
        assert read_from(other, 5) == b"again"
        link.close()


def test_a_connection_that_dies_without_a_word(bench: Bench, way: Way, port: tuple[int, str]) -> None:
    """Noticed within the silence allowed; what it has left on the bench makes room for the next link."""
    other, name = port
    with relay(bench.port) as between:
        way.move(bench, between.port)
        with opened(way.url(name, silence=2)) as (made, link):
            between.go_silent()
            with pytest.raises(LinkError, match="no sign of life for 2 s"):
                link.read()
            assert users_of(name) != [], "the bench host cannot know yet"
            link.close()
            link = made.open(30)
            os.write(other, EVERY_BYTE)
            assert read_exactly(link, 256) == EVERY_BYTE
            link.close()


def test_a_port_that_goes_away(bench: Bench, way: Way, port: tuple[int, str]) -> None:
    with opened(way.url(port[1])) as (_, link):
        thread, found = read_until_end(link)
        os.close(port[0])
        thread.join(30)
        [error] = found
        assert isinstance(error, LinkError)
        assert f"ssh://bench{port[1]}: the port is gone" in str(error)


def test_no_such_port(bench: Bench, way: Way) -> None:
    with pytest.raises(LinkError, match=r"ttyNONE7: no such port on .*127.0.0.1"):
        open_link(way.url("/dev/ttyNONE7"), timeout=30)


def test_no_serial_port(bench: Bench, way: Way) -> None:
    with pytest.raises(LinkError, match=r"/dev/null of .* is no serial port"):
        open_link(way.url("/dev/null"), timeout=30)


def test_a_speed_that_the_bench_host_refuses(bench: Bench, way: Way, port: tuple[int, str]) -> None:
    with pytest.raises(UsageError, match=r"refuses the speed 12345: .*12345"):
        open_link(way.url(port[1], baud=12345), timeout=30)
    wait_until_free(port[1])


def test_a_port_that_another_program_has_open(bench: Bench, way: Way, port: tuple[int, str]) -> None:
    with Path(port[1]).open("rb", buffering=0) as held:
        other = subprocess.Popen(["sleep", "600"], stdin=held)
    try:
        with pytest.raises(LinkError, match=rf"busy on .*: sleep \(pid {other.pid}\) has it open"):
            open_link(way.url(port[1]), timeout=30)
    finally:
        other.kill()
        other.wait()
    open_link(way.url(port[1]), timeout=30).close()


def test_a_port_that_another_harness_has_open(bench: Bench, way: Way, port: tuple[int, str]) -> None:
    with opened(way.url(port[1])), pytest.raises(LinkError, match=r"the port is busy on .*\(pid \d+\)"):
        open_link(way.url(port[1]), timeout=30)


def test_no_permission(
    start_bench: Callable[..., Bench], way: Way, port: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = []
    if os.geteuid() == 0:
        # Root may do everything: the command runs as somebody else.
        settings = [
            'ForceCommand setpriv --reuid 65534 --regid 65534 --clear-groups sh -c "$SSH_ORIGINAL_COMMAND"'
        ]
    bench = start_bench("bench", *settings)
    bench.admit(way.key)
    way.add(bench)
    Path(port[1]).chmod(0o000)
    with pytest.raises(LinkError, match=r"no permission to open the port on .* usermod -aG dialout"):
        open_link(way.url(port[1]), timeout=30)


def test_a_bench_host_that_runs_something_else(start_bench: Callable[..., Bench], way: Way) -> None:
    bench = start_bench("bench", "ForceCommand echo only git is allowed here >&2; exit 1")
    bench.admit(way.key)
    way.add(bench)
    with pytest.raises(LinkError, match=r"does not run the script .*only git is allowed here"):
        open_link(way.url("/dev/ttyS0"), timeout=30)


def test_a_stopped_bench_host_is_not_waited_for_longer_than_asked(bench: Bench, way: Way) -> None:
    made = dialer(way.url("/dev/ttyNONE7"))
    bench.signal(signal.SIGSTOP)
    try:
        with pytest.raises(LinkError, match=r"not open after 0\.5 s: connecting to "):
            made.open(0.5)
    finally:
        bench.signal(signal.SIGCONT)
    with pytest.raises(LinkError, match="no such port"):
        made.open(30)
    made.close()


# --- an address beyond the bench host --------------------------------------------------------


def test_bytes_to_an_address_beyond(bench: Bench, way: Way, echo: int) -> None:
    with opened(way.url(f"/tcp/127.0.0.1:{echo}")) as (made, link):
        assert link.rate is None
        data = EVERY_BYTE * 1000
        threading.Thread(target=link.write, args=(data,)).start()
        assert read_exactly(link, len(data)) == data
        thread, found = read_until_end(link)
        link.close()
        thread.join(30)
        assert found == ["end"]
        again = made.open(30)
        again.write(b"again")
        assert read_exactly(again, 5) == b"again"
        again.close()


def test_the_device_closes_the_connection(bench: Bench, way: Way) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    with server, opened(way.url(f"/tcp/127.0.0.1:{server.getsockname()[1]}")) as (_, link):
        server.accept()[0].close()
        assert link.read() == b""


def test_the_server_is_killed_while_a_device_is_connected(bench: Bench, way: Way, echo: int) -> None:
    with opened(way.url(f"/tcp/127.0.0.1:{echo}")) as (made, link):
        bench.kill()
        with pytest.raises(LinkError, match="the SSH connection is gone"):
            link.read()
        link.close()
        bench.start()
        again = made.open(30)
        again.write(b"again")
        assert read_exactly(again, 5) == b"again"
        again.close()


def test_a_connection_to_a_device_that_dies_without_a_word(bench: Bench, way: Way, echo: int) -> None:
    """And once more where nothing is open that would notice: while the next link is being opened."""
    with relay(bench.port) as between:
        way.move(bench, between.port)
        with opened(way.url(f"/tcp/127.0.0.1:{echo}", silence=2)) as (made, link):
            between.go_silent()
            with pytest.raises(LinkError, match="no sign of life for 2 s"):
                link.read()
            link.close()
            link = made.open(30)
            link.close()
            between.go_silent()
            with pytest.raises(LinkError):
                made.open(1)
            with pytest.raises(LinkError):
                made.open(30)
            link = made.open(30)
            link.write(b"again")
            assert read_exactly(link, 5) == b"again"
            link.close()


def test_nothing_listens_there(bench: Bench, way: Way) -> None:
    with pytest.raises(LinkRefused, match=r"127\.0\.0\.1 gets no connection to 127\.0\.0\.1:\d+"):
        open_link(way.url(f"/tcp/127.0.0.1:{free_port()}"), timeout=30)


def test_nothing_answers_there(bench: Bench, way: Way) -> None:
    """A device that is off: asked for in vain, and the way to the bench host is not to blame."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            made = dialer(way.url(f"/tcp/127.0.0.1:{full.getsockname()[1]}"))
            with pytest.raises(LinkRefused, match="is the device on, its address right"):
                made.open(2)
            made.close()


def test_a_bench_host_that_may_not_forward(start_bench: Callable[..., Bench], way: Way, echo: int) -> None:
    bench = start_bench("bench", "AllowTcpForwarding no")
    bench.admit(way.key)
    way.add(bench)
    with pytest.raises(LinkGone, match="its sshd_config needs AllowTcpForwarding yes"):
        open_link(way.url(f"/tcp/127.0.0.1:{echo}"), timeout=30)


def test_with_faults(bench: Bench, way: Way, echo: int) -> None:
    with opened("fault+" + way.url(f"/tcp/127.0.0.1:{echo}", drop=1)) as (_, link):
        link.write(b"nothing of it comes over")
        assert link.url.startswith("fault+ssh://bench/tcp/")


def test_a_slow_way(bench: Bench, way: Way, port: tuple[int, str]) -> None:
    """Slower than a try lasts: connecting goes on between one try and the next."""
    other, name = port
    with relay(bench.port, rate=20000, delay=0.05) as between:
        way.move(bench, between.port)
        made = dialer(way.url(name))
        with pytest.raises(LinkError, match="not open after"):
            made.open(0.3)
        link = made.open(60)
        link.write(EVERY_BYTE * 100)
        assert read_from(other, 25600) == EVERY_BYTE * 100
        os.write(other, EVERY_BYTE)
        assert read_exactly(link, 256) == EVERY_BYTE
        link.close()
        made.close()
    assert bench.log.count("Accepted publickey") == 1
