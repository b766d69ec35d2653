"""Serial ports: time-outs as the CE driver counts them, one opener, no reader on the host's side."""

import os
import select
import sys
from collections.abc import Callable
from struct import pack, unpack

import pytest
from emulated_machine import Caller, Machine

from harness.emulator.exports import EXPORTS, Readable, Wake

pytest.importorskip("termios", reason="emulated serial ports need a POSIX host")

FOREVER = 0xFFFFFFFF


class Port:
    """COM1: opened by a guest, and its host end."""

    def __init__(self, machine: Machine) -> None:
        self.call = machine.caller()
        self.device = machine.device.ports["COM1:"]
        self.handle = self.open()
        self.host = os.open(self.device.host.path, os.O_RDWR | os.O_NOCTTY)
        self.done, self.buffer = self.call.data(bytes(4)), self.call.data(bytes(0x4000))

    def open(self) -> int:
        return self.call("CreateFileW", self.call.text("COM1:"), 0xC0000000, 0, 0, 3, 0, 0)

    def timeouts(self, *values: int) -> None:
        assert self.call("SetCommTimeouts", self.handle, self.call.data(pack("<5I", *values))) == 1

    def read(self, count: int) -> bytes:
        assert self.call("ReadFile", self.handle, self.buffer, count, self.done, 0) == 1
        return self.call.memory.read(self.buffer, self.call.memory.u32(self.done))

    def arrives(self, data: bytes) -> None:
        """From the host, and through the terminal: the system hands it over when it has time."""
        os.write(self.host, data)
        assert select.select([self.device], [], [], 60)[0]

    def write(self, data: bytes) -> int:
        self.call.memory.write(self.buffer, data)
        assert self.call("WriteFile", self.handle, self.buffer, len(data), self.done, 0) == 1
        return self.call.memory.u32(self.done)


@pytest.fixture
def port(machine: Callable[..., Machine]) -> Port:
    made = Port(machine(serial_ports=("COM1:",)))
    yield made
    os.close(made.host)


def test_what_is_there_is_read_at_once(port: Port) -> None:
    port.timeouts(FOREVER, 0, 0, 0, 0)
    assert port.read(10) == b""
    port.arrives(b"abc")
    assert port.read(2) == b"ab"
    assert port.read(10) == b"c"


def test_the_first_byte_ends_a_wait_of_the_third_kind(port: Port) -> None:
    port.timeouts(FOREVER, FOREVER, 60_000, 0, 0)
    port.call.device.io.after(0.01, lambda: os.write(port.host, b"x"))
    assert port.read(10) == b"x"
    port.timeouts(FOREVER, FOREVER, 20, 0, 0)
    assert port.read(10) == b""


def test_the_total_time_out_gives_what_came_until_then(port: Port) -> None:
    port.timeouts(0, 2, 20, 0, 0)
    port.arrives(b"ab")
    before = port.call.device.clock.seconds()
    assert port.read(5) == b"ab"
    assert port.call.device.clock.seconds() - before >= 0.03


def test_the_interval_counts_from_the_last_byte(port: Port) -> None:
    port.timeouts(15, 0, 0, 0, 0)
    assert port.device.opened is not None
    read = port.device.opened.read(5)
    assert next(read) == Readable(port.device, None), "the first byte may take its time"
    for byte in (b"a", b"b"):
        port.arrives(byte)
        assert read.send(Wake(ready=True)) == Readable(port.device, 0.015)
    with pytest.raises(StopIteration) as ended:
        read.send(Wake(timed_out=True))
    assert ended.value.value == b"ab"


def test_the_interval_ends_a_read(port: Port) -> None:
    port.timeouts(15, 0, 0, 0, 0)
    port.call.device.io.after(0.01, lambda: port.arrives(b"a"))
    assert port.read(5) == b"a"


def test_without_time_outs_all_bytes_are_waited_for(port: Port) -> None:
    port.timeouts(0, 0, 0, 0, 0)
    for number in range(5):
        port.call.device.io.after(0.005 * number, lambda: os.write(port.host, b"."))
    assert port.read(5) == b"....."


def test_nothing_is_changed_on_the_line(port: Port) -> None:
    port.timeouts(0, 0, 0, 0, 0)
    every = bytes(range(256))
    os.write(port.host, every)
    assert port.read(256) == every
    assert port.write(every) == 256
    assert os.read(port.host, 512) == every


def test_a_write_nobody_reads_ends_with_its_time_out(port: Port) -> None:
    port.timeouts(0, 0, 0, 0, 30)
    sent = port.write(bytes(0x4000))
    assert 0 < sent < 0x4000


def test_a_write_goes_on_when_the_host_reads(port: Port) -> None:
    port.timeouts(0, 0, 0, 0, 0)
    received = bytearray()

    def read_on() -> None:
        received.extend(os.read(port.host, 0x4000))
        if len(received) < 0x4000:
            port.call.device.io.after(0.001, read_on)

    port.call.device.io.after(0.001, read_on)
    assert port.write(bytes(0x4000)) == 0x4000


def test_a_port_has_one_opener(port: Port) -> None:
    assert port.open() == FOREVER
    assert port.call.error == 5
    port.call("CloseHandle", port.handle)
    assert port.open() != FOREVER


def test_closing_ends_a_read_of_another_thread(port: Port) -> None:
    port.timeouts(0, 0, 0, 0, 0)
    port.call.device.io.after(0.005, lambda: port.call.process.handles.close(port.handle))
    assert port.call("ReadFile", port.handle, port.buffer, 1, port.done, 0) == 0
    assert port.call.error == 995


def test_nothing_works_on_a_port_that_was_taken_away(port: Port) -> None:
    device, call = port.call.device, port.call
    port.timeouts(0, 0, 0, 0, 0)
    device.io.after(0.005, lambda: device.remove_port("COM1:"))
    assert call("ReadFile", port.handle, port.buffer, 1, port.done, 0) == 0
    assert call.error == 1617
    calls = {
        "ReadFile": (port.buffer, 1, port.done, 0),
        "WriteFile": (port.buffer, 1, port.done, 0),
        "GetCommState": (port.buffer,),
        "PurgeComm": (0xF,),
        "ClearCommError": (port.buffer, 0),
        "WaitCommEvent": (port.buffer, 0),
        "TransmitCommChar": (0x41,),
    }
    for name, arguments in calls.items():
        call.thread.last_error = 0
        assert call(name, port.handle, *arguments) == 0, name
        assert call.error == 1617, name
    assert port.open() == FOREVER
    assert call.error == 2
    device.insert_port("COM1:")
    assert call("ReadFile", port.handle, port.buffer, 1, port.done, 0) == 0
    another = port.open()
    assert another != FOREVER
    assert call("CloseHandle", port.handle) == 1
    assert port.open() == FOREVER
    assert call.error == 5
    assert call("CloseHandle", another) == 1


def test_a_wait_for_an_event_ends_when_the_port_is_taken_away(port: Port) -> None:
    assert port.call("SetCommMask", port.handle, 1) == 1
    port.call.device.io.after(0.005, lambda: port.call.device.remove_port("COM1:"))
    assert port.call("WaitCommEvent", port.handle, port.call.data(bytes(4)), 0) == 0
    assert port.call.error == 1617


def test_purge_drops_what_has_arrived(port: Port) -> None:
    port.timeouts(FOREVER, 0, 0, 0, 0)
    port.arrives(b"old")
    errors, status = port.call.data(bytes(4)), port.call.data(bytes(12))
    assert port.call("ClearCommError", port.handle, errors, status) == 1
    assert unpack("<3I", port.call.memory.read(status, 12)) == (0, 3, 0)
    assert port.call("PurgeComm", port.handle, 0xC) == 1
    assert port.read(10) == b""


def test_settings_are_kept_and_checked(port: Port) -> None:
    dcb = port.call.data(bytes(28))
    assert port.call("GetCommState", port.handle, dcb) == 1
    assert port.call.memory.words(dcb, 2) == (28, 9600)
    port.call.memory.set_u32(dcb + 4, 115200)
    assert port.call("SetCommState", port.handle, dcb) == 1
    port.call("GetCommState", port.handle, dcb)
    assert port.call.memory.words(dcb, 2) == (28, 115200)
    port.call.memory.set_u32(dcb, 27)
    assert port.call("SetCommState", port.handle, dcb) == 0
    assert port.call.error == 87


def test_wait_comm_event_reports_received_bytes(port: Port) -> None:
    mask = port.call.data(bytes(4))
    assert port.call("WaitCommEvent", port.handle, mask, 0) == 0
    assert port.call("SetCommMask", port.handle, 1) == 1
    port.call.device.io.after(0.005, lambda: os.write(port.host, b"x"))
    assert port.call("WaitCommEvent", port.handle, mask, 0) == 1
    assert port.call.memory.u32(mask) == 1


def test_a_host_without_pseudo_terminals_says_so(
    machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pty", None)
    device = machine(serial_ports=("COM1:",))
    (event,) = device.named("no-port")
    assert event["port"] == "COM1:"
    assert "use a tcp link" in event["why"]
    call = device.caller()
    assert call("CreateFileW", call.text("COM1:"), 0xC0000000, 0, 0, 3, 0, 0) == FOREVER
    assert call.error == 2


def test_a_file_is_no_port(call: Caller) -> None:
    handle = call("CreateFileW", call.text("\\a"), 0xC0000000, 0, 0, 2, 0, 0)
    names = ("GetCommState", "SetupComm", "PurgeComm", "SetCommMask", "EscapeCommFunction")
    for name in names:
        assert call(name, handle, *[0] * (len(EXPORTS["coredll"][name].parameters) - 1)) == 0
        assert call.error == 6
