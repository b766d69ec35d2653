"""Ports by names that stay: links of udev, hwgrep://, and what is said when one is missing."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from harness.errors import LinkError, UsageError
from harness.links import dialer, open_link
from harness.links.holder import holder
from harness.links.ports import ports
from harness.targets.locks.address import device_address

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals")
FTDI = "usb-FTDI_FT232R_USB_UART_A10KZP45-if00-port0"
PROLIFIC = "usb-Prolific_Technology_Inc._USB-Serial_Controller-if00-port0"


@pytest.fixture
def terminal() -> Iterator[Callable[[], tuple[int, str]]]:
    """Makes pseudo terminals: the other end, and the name of the port."""
    import pty
    import tty

    ends: list[int] = []

    def make() -> tuple[int, str]:
        other, port = pty.openpty()
        tty.setraw(port)
        ends.extend((other, port))
        return other, os.ttyname(port)

    yield make
    for end in ends:
        os.close(end)


class Bench:
    """Two adapters, as udev and the kernel show them; their ports are pseudo terminals."""

    def __init__(self, folder: Path, ends: list[tuple[int, str]]) -> None:
        self.folder = folder
        self.others = [other for other, _ in ends]
        self.devices = [device for _, device in ends]
        self.infos: list[ListPortInfo] = []
        folder.mkdir()
        for name, device, usb, number in zip(
            (FTDI, PROLIFIC),
            self.devices,
            ((0x0403, 0x6001), (0x067B, 0x2303)),
            ("A10KZP45", None),
            strict=True,
        ):
            (folder / name).symlink_to(device)
            info = ListPortInfo(device)
            info.vid, info.pid, info.serial_number = *usb, number
            info.product = name.split("_")[0].removeprefix("usb-") + " adapter"
            info.apply_usb_info()
            self.infos.append(info)


@pytest.fixture
def bench(tmp_path: Path, terminal: Callable[[], tuple[int, str]], monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(tmp_path / "by-id", [terminal(), terminal()])
    monkeypatch.setattr("harness.links.ports.LINKS", (str(made.folder),))
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda *_: list(made.infos))
    return made


def test_ports_and_their_stable_names(bench: Bench) -> None:
    ftdi, prolific = sorted(ports(), key=lambda port: port.usb)
    assert (ftdi.device, ftdi.usb, ftdi.serial_number) == (bench.devices[0], "0403:6001", "A10KZP45")
    assert ftdi.stable == (str(bench.folder / FTDI),)
    assert (prolific.usb, prolific.serial_number) == ("067b:2303", "")
    assert str(ftdi) == (f"{ftdi.device} ({bench.folder / FTDI}, USB 0403:6001, serial number A10KZP45)")


def test_a_port_that_only_udev_knows(bench: Bench, terminal: Callable[[], tuple[int, str]]) -> None:
    _, device = terminal()
    (bench.folder / "panel").symlink_to(device)
    assert [port.stable for port in ports() if port.device == device] == [(str(bench.folder / "panel"),)]


def test_a_typo_is_answered_with_the_nearest_name(bench: Bench) -> None:
    wrong = str(bench.folder / FTDI.replace("A10KZP45", "A10KZP54"))
    with pytest.raises(LinkError) as caught:
        open_link(wrong, timeout=1)
    text = str(caught.value)
    assert text.startswith(f"{wrong}: no such port; did you mean {bench.folder / FTDI}?; there are ")
    assert all(device in text for device in bench.devices)
    assert "USB 067b:2303" in text
    assert "serial number A10KZP45" in text
    assert "\n" not in text


def test_no_port_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.links.ports.LINKS", ())
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda *_: [])
    with pytest.raises(LinkError, match="/dev/ttyUSB0: no such port; this computer has no serial port"):
        open_link("/dev/ttyUSB0", timeout=1)


@pytest.mark.parametrize(
    "url",
    [
        "hwgrep://0403:6001",
        "hwgrep://ser=a10kzp4.",
        "hwgrep://FTDI.?adapter",
        "hwgrep://FT232R&baud=9600",
        "hwgrep://usb&n=1",
        "fault+hwgrep://FTDI.?&baud=9600&seed=1",
    ],
)
def test_a_port_found_by_an_expression(bench: Bench, url: str) -> None:
    link = open_link(url, timeout=1)
    link.write(b"here")
    assert os.read(bench.others[bench.devices.index(ports()[0].device)], 10) == b"here"
    assert link.rate == (960 if "9600" in url else 11520)
    link.close()


@pytest.mark.parametrize("name", [FTDI, "hwgrep://ser=a10kzp45", "fault+hwgrep://FTDI.?&n=1&seed=1"])
def test_whatever_the_name_it_is_one_device(bench: Bench, name: str) -> None:
    """Two sections of lab.ini for it exclude each other."""
    url = name if "://" in name else str(bench.folder / name)
    assert device_address(url) == device_address(bench.devices[0]) == bench.devices[0]


def test_it_is_looked_for_again_each_time(bench: Bench, terminal: Callable[[], tuple[int, str]]) -> None:
    """An adapter that was pulled comes back as another /dev/ttyUSB."""
    opener = dialer("hwgrep://A10KZP45")
    opener.open(1).close()
    other, device = terminal()
    bench.infos[0].device = device
    (bench.folder / FTDI).unlink()
    (bench.folder / FTDI).symlink_to(device)
    link = opener.open(1)
    link.write(b"here")
    assert os.read(other, 10) == b"here"
    link.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("hwgrep://usb", "2 ports match, add &n=1 or another number: "),
        ("hwgrep://FTDI&n=2", "only 1 match, n=2 is none of them"),
        ("hwgrep://CP2102", "no port matches; there are "),
    ],
)
def test_an_expression_that_does_not_say_which(bench: Bench, url: str, says: str) -> None:
    with pytest.raises(LinkError) as caught:
        open_link(url, timeout=1)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("hwgrep://(", "no regular expression"),
        ("hwgrep://", "names no port"),
        ("hwgrep://x&n=0", "n=0, expected a number from 1 on"),
        ("hwgrep://x&speed=1", "unknown setting 'speed'"),
        ("serial:///dev/ttyUSB0?xonxoff=1", "frames are binary"),
    ],
)
def test_wrong_urls(url: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        dialer(url)


ORDINARY = """
import ctypes, encodings.ascii, os, sys
def ordinary():
    if os.geteuid() == 0:
        os.setgroups([]); os.setuid(65534)
        ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: what it has open can be seen by its user
"""
HOLD = """
import fcntl, termios
if sys.argv[2] == "TIOCEXCL": ordinary()
port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
if sys.argv[2] == "flock": fcntl.flock(port, fcntl.LOCK_EX)
if sys.argv[2] == "TIOCEXCL": fcntl.ioctl(port, termios.TIOCEXCL)
print("ready", flush=True)
sys.stdin.read()
"""


def hold(device: str, how: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", ORDINARY + HOLD, device, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_port_locked_by_another_process(bench: Bench) -> None:
    with hold(bench.devices[0], "flock") as process:
        with pytest.raises(
            LinkError, match=rf"the port is busy: python\S* \(pid {process.pid}\) has it open"
        ):
            open_link(str(bench.folder / FTDI), timeout=1)
        process.communicate()
    open_link(str(bench.folder / FTDI), timeout=1).close()


TRY = """
from harness.errors import LinkError
from harness.links import open_link
ordinary()
try: open_link(sys.argv[1], timeout=1)
except LinkError as error: print(error)
"""


def test_a_port_that_its_holder_has_for_itself_alone(bench: Bench) -> None:
    """TIOCEXCL stops everybody but root: as root, another user tries."""
    os.chmod(bench.devices[0], 0o666)  # noqa: PTH101 - a device
    with hold(bench.devices[0], "TIOCEXCL") as process:
        done = subprocess.run(
            [sys.executable, "-c", ORDINARY + TRY, bench.devices[0]],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        process.communicate()
    assert "the port is busy" in done.stdout
    assert f"(pid {process.pid}) has it open" in done.stdout


def test_a_lock_file_names_a_holder_of_another_user(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.links.holder.LOCKS", (str(tmp_path),))
    monkeypatch.setattr("harness.links.holder._by_descriptor", lambda wanted: None)
    file = tmp_path / f"LCK..{Path(bench.devices[0]).name}"
    assert holder(bench.devices[0]) is None
    file.write_text(f"{os.getpid():10}\n", encoding="ascii")
    assert str(holder(bench.devices[0])).endswith(f"(pid {os.getpid()})")
    file.write_text(f"{2**22 + 1:10}\n", encoding="ascii")
    assert holder(bench.devices[0]) is None, "its process has ended"
    file.write_text("", encoding="ascii")
    assert holder(bench.devices[0]) is None
