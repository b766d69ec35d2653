"""Commands on the emulator's standard input, and what a host may do to the process meanwhile."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable

import pytest
import serial
from emulator_process import Emulator

pytest.importorskip("termios", reason="emulated serial ports need a POSIX host")

Start = Callable[..., Emulator]


def test_a_census_counts_what_is_alive(emulator: Start) -> None:
    device = emulator("--start", "\\guest.exe echo")
    device.event("ready")
    device.tell("census")
    found = device.event("census")
    assert found.pop("event") == "census"
    assert found.pop("pages") > 16
    assert found == {"processes": 1, "threads": 1, "handles": 1, "objects": 3, "sockets": 0}


def test_the_last_line_counts_even_if_the_input_ends_with_it(emulator: Start) -> None:
    device = emulator()
    device.tell("census")
    assert device.end() == 0
    assert device.event("census")["processes"] == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cencus", "unknown command 'cencus'; expected census, processes, start LINE, end ID, plug PORT"),
        ("census now", "nothing expected after it, found 'now'"),
        ("processes 1", "nothing expected after it, found '1'"),
        ("start", "start: "),
        ("start \\nothing.exe", "start: \\nothing.exe"),
        ("end", "no process ''; this device has none"),
        ("end 77", "no process '77'; this device has none"),
        ("unplug", "no port ''; this device has COM1:"),
        ("unplug COM2:", "no port 'COM2:'; this device has COM1:"),
        ("plug COM1:", "COM1: is plugged in"),
        ("remove COM2:", "no port 'COM2:'; this device has COM1:"),
        ("insert COM1:", "'COM1:' is not missing; missing: none"),
        ("insert COM2:", "'COM2:' is not missing; missing: none"),
        ("network", "network: expected up, down, down spare boot, cut ADDRESS or restore ADDRESS, found ''"),
        ("network down spare", "found 'down spare'"),
        ("network cut 10.0.2.2", "network: no path '10.0.2.2'; this device has paths to none"),
        ("network up", "network: it is up"),
        ("x" * 3000, "unknown command 'xxxx"),
        ("census \ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "nothing expected"),
    ],
)
def test_a_mistake_is_an_error_event(emulator: Start, line: str, words: str) -> None:
    device = emulator()
    device.tell(line)
    assert words in device.event("error")["text"]
    device.tell("census")
    assert device.event("census")["processes"] == 0


def test_processes_can_be_started_and_ended(emulator: Start) -> None:
    device = emulator("--start", "\\guest.exe echo")
    device.event("ready")
    device.tell("census")
    before = device.event("census")
    device.tell("start \\guest.exe sleeping")
    number = device.event("started")["id"]
    device.tell("processes")
    listed = device.event("processes")["processes"]
    assert [(one["process"], one["words"]) for one in listed] == [
        ("\\guest.exe", "echo"),
        ("\\guest.exe", "sleeping"),
    ]
    assert listed[-1]["id"] == number
    device.tell(f"end {number}")
    ended = device.event("exit")
    assert (ended["id"], ended["code"]) == (number, 1)
    device.tell("census")
    assert device.event("census") == before


def test_a_port_can_vanish_and_come_back(emulator: Start) -> None:
    device = emulator("--start", "\\guest.exe echo")
    path = device.event("ready")["serial"]["COM1:"]
    with serial.Serial(path, timeout=60) as line:
        line.write(b"a")
        assert line.read(1) == b"a"
        device.tell("unplug COM1:")
        device.tell("unplug COM1:")
        assert "COM1: is not plugged in" in device.event("error")["text"]
        with pytest.raises(serial.SerialException):
            line.read(1)
    device.tell("plug COM1:")
    again = device.event("serial")
    assert again["port"] == "COM1:"
    with serial.Serial(again["path"], timeout=60) as line:
        line.write(b"b")  # the read that the guest began before goes on
        assert line.read(1) == b"b"
        line.write(b".")
    assert device.event("exit")["code"] == 0


def test_what_is_sent_into_an_unplugged_port_is_lost(emulator: Start) -> None:
    device = emulator("--start", "\\guest.exe echo", "--start", "\\guest.exe many-calls")
    device.event("exit")
    device.tell("unplug COM1:")
    device.tell("plug COM1:")
    with serial.Serial(device.event("serial")["path"], timeout=60) as line:
        line.write(b"c")
        assert line.read(1) == b"c"


def test_a_port_can_be_taken_out_of_the_device_and_put_back(emulator: Start) -> None:
    device = emulator("--start", "\\guest.exe echo")
    device.event("ready")
    device.tell("remove COM1:")
    device.tell("remove COM1:")
    assert "no port 'COM1:'; this device has none" in device.event("error")["text"]
    assert device.event("exit")["code"] != 0, "a program that expects no failure"
    for _ in range(2):
        device.tell("insert COM1:")
        with serial.Serial(device.event("serial")["path"]) as line:
            assert line.is_open
        device.tell("unplug COM1:")
        device.tell("remove COM1:")
    device.tell("census")
    assert device.event("census")["handles"] == 0


def test_the_network_can_fail_and_come_back(emulator: Start) -> None:
    device = emulator("--start", "\\guest.exe echo")
    device.event("ready")
    for wanted, words in (("down", "it is down"), ("up", "it is up")):
        device.tell(f"network {wanted}")
        assert device.event("network") == {"event": "network", "subsystem": wanted, "cut": []}
        device.tell(f"network {wanted}")
        assert words in device.event("error")["text"]


def test_a_path_can_be_cut_and_restored(emulator: Start) -> None:
    device = emulator("--dial", "10.0.2.2:7000=41234", "--dial", "10.0.2.2:7001=41235")
    device.event("ready")
    for wanted, cut, words in (("cut", ["10.0.2.2"], "is cut"), ("restore", [], "is whole")):
        device.tell(f"network {wanted} 10.0.2.2")
        assert device.event("network") == {"event": "network", "subsystem": "up", "cut": cut}
        device.tell(f"network {wanted} 10.0.2.2")
        assert f"network: the path to 10.0.2.2 {words}" in device.event("error")["text"]


def test_a_device_without_winsock_has_no_network_to_fail(emulator: Start) -> None:
    device = emulator("--variant", "no-ws2")
    device.tell("network down")
    assert device.event("error")["text"] == "network: this device has no ws2.dll"


def test_a_stopped_emulator_goes_on(emulator: Start) -> None:
    device = emulator("--start", "\\guest.exe echo")
    path = device.event("ready")["serial"]["COM1:"]
    with serial.Serial(path, timeout=60) as line:
        for _ in range(3):
            device.process.send_signal(signal.SIGSTOP)
            assert os.waitid(os.P_PID, device.process.pid, os.WSTOPPED | os.WNOWAIT)
            line.write(b"x")
            device.process.send_signal(signal.SIGCONT)
            assert line.read(1) == b"x"
        line.write(b".")
    assert device.event("exit")["code"] == 0


@pytest.mark.parametrize("listening", ["before", "after"])
def test_a_declared_address_leads_to_the_host(emulator: Start, listening: str) -> None:
    host = socket.socket()
    host.bind(("127.0.0.1", 0))
    if listening == "before":
        host.listen(1)
    port = host.getsockname()[1]
    with host:
        device = emulator("--dial", f"10.0.2.2:7000={port}", "--start", "\\guest.exe dial")
        dial = device.event("dial")
        assert dial == {
            "event": "dial",
            "address": "10.0.2.2:7000",
            "host_port": port,
            "process": "\\guest.exe",
        }
        device.event("ready")
        if listening == "after":
            host.listen(1)
        host.settimeout(60)
        connection, _ = host.accept()
        with connection:
            connection.settimeout(60)
            assert connection.recv(5) == b"hello"
            device.tell("census")
            assert device.event("census")["sockets"] == 1
            connection.sendall(b"back")
            assert device.event("exit")["code"] == 0
            assert connection.recv(1) == b""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("10.0.2.2=7000", "expected ADDR:PORT=HOSTPORT, such as 10.0.2.2:7000=41234"),
        ("10.0.2.2:7000", "found '10.0.2.2:7000'"),
        ("10.0.2.2:0=7000", "expected ADDR:PORT=HOSTPORT"),
        ("10.0.2.2:7000=70000", "expected ADDR:PORT=HOSTPORT"),
        ("host:7000=7000", "expected ADDR:PORT=HOSTPORT"),
        ("10.0.2.15:7000=7000", "this is the device itself"),
        ("127.0.0.1:7000=7000", "this is the device itself"),
    ],
)
def test_a_bad_declaration_is_refused(value: str, words: str) -> None:
    device = Emulator("--dial", value, stderr=subprocess.PIPE)
    _, said = device.process.communicate(timeout=60)
    assert device.process.returncode == 2
    assert words in said
