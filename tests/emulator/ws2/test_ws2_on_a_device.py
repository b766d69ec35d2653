"""The same calls under the device's own scheduler, clock and host I/O."""

import socket
import struct

import pytest

from harness.emulator.exports import EXPORTS

ERROR = 0xFFFFFFFF


class Program:
    """A process of a real device that calls ws2.dll."""

    def __init__(self, caller):
        self.caller = caller
        assert self("WSAStartup", 0x0202, self.put(bytes(400))) == 0

    def __call__(self, name, *args):
        handler = EXPORTS["ws2"][name].handler
        return self.caller.device.scheduler.invoke(self.caller.thread, handler, *args)

    def put(self, data):
        return self.caller.data(data)

    def address(self, port, host=b"\x7f\0\0\1"):
        return self.put(struct.pack("<H", 2) + struct.pack(">H", port) + host + bytes(8))

    def listener(self, host):
        sock = self("socket", 2, 1, 6)
        assert self("bind", sock, self.address(5555, host), 16) == 0
        assert self("listen", sock, 5) == 0
        return sock


@pytest.fixture
def programs(machine):
    """Two processes of one device."""
    made = machine()
    return made, Program(made.caller()), Program(made.caller())


def test_a_blocked_accept_and_a_blocked_receive_go_on_when_another_process_acts(programs):
    machine, server, client = programs
    listener = server.listener(b"\x7f\0\0\1")
    sock = client("socket", 2, 1, 6)
    machine.device.io.after(0.0, lambda: client("connect", sock, client.address(5555), 16))
    accepted = server("accept", listener, 0, 0)
    assert accepted != ERROR
    data, room = client.put(b"hello"), server.put(bytes(16))
    machine.device.io.after(0.0, lambda: client("send", sock, data, 5, 0))
    assert server("recv", accepted, room, 16, 0) == 5
    assert server.caller.memory.read(room, 5) == b"hello"
    machine.device.io.after(0.0, lambda: machine.device.end_process(client.caller.process, 0))
    assert server("recv", accepted, room, 16, 0) == 0


def test_a_select_that_nothing_ends_but_its_time(programs):
    _, program, _ = programs
    listener = program.listener(b"\x7f\0\0\1")
    reading = program.put(struct.pack("<II", 1, listener) + bytes(256))
    assert program("select", 0, reading, 0, 0, program.put(struct.pack("<ii", 0, 20_000))) == 0
    assert program.caller.memory.u32(reading) == 0


def test_a_nonblocking_connect_wakes_an_event_wait(programs):
    _, program, other = programs
    other.listener(b"\x7f\0\0\1")
    sock, event = program("socket", 2, 1, 6), program("WSACreateEvent")
    assert program("WSAEventSelect", sock, event, 0x10) == 0
    assert program("connect", sock, program.address(5555), 16) == ERROR
    assert program("WSAGetLastError") == 10035
    assert program("WSAWaitForMultipleEvents", 1, program.put(struct.pack("<I", event)), 0, ERROR, 0) == 0


def test_the_host_reaches_a_listening_port_and_is_told_which(programs):
    machine, program, _ = programs
    listener = program.listener(bytes(4))
    (published,) = machine.named("listen")
    with socket.create_connection(("127.0.0.1", published["host_port"]), timeout=60) as host:
        accepted = program("accept", listener, 0, 0)
        host.sendall(b"ping")
        room = program.put(bytes(16))
        assert program("recv", accepted, room, 16, 0) == 4
        assert program("send", accepted, room, 4, 0) == 4
        assert host.recv(16) == b"ping"
        machine.device.end_process(program.caller.process, 0)
        assert host.recv(16) == b""


def test_two_devices_side_by_side_do_not_meet(machine):
    one, other = Program(machine().caller()), Program(machine().caller())
    one.listener(b"\x7f\0\0\1")
    sock = other("socket", 2, 1, 6)
    assert other("connect", sock, other.address(5555), 16) == ERROR
    assert other("WSAGetLastError") == 10061
