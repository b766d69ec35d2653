"""The path to an address outside is cut, without a word to either side, and whole again."""

import socket

import pytest
from test_ws2_on_a_device import Program

from harness.emulator.ws2.state import DeviceState

ERROR = 0xFFFFFFFF
TIMEDOUT = 10060
FAR = bytes((10, 0, 2, 2))


class Line:
    """A program of a device, connected to the host over a path that can be cut."""

    def __init__(self, machine, host):
        dials = {("10.0.2.2", 7000): host.getsockname()[1]}
        made = machine(dials=dials)
        self.device = made.device
        self.program = Program(made.caller())
        self.sock = self.program("socket", 2, 1, 6)
        assert self.program("connect", self.sock, self.program.address(7000, FAR), 16) == 0
        self.peer, _ = host.accept()
        self.peer.settimeout(60)

    def set(self, *, cut):
        network = DeviceState.of(self.device).network
        ((endpoint, _),) = network.outside.items()
        network.path(endpoint.address).set(cut=cut)

    def send(self, data, sock=None):
        return self.program("send", sock or self.sock, self.program.put(data), len(data), 0)

    @property
    def code(self):
        return self.program.caller.thread.wsa_error


@pytest.fixture
def host():
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.fixture
def line(machine, host):
    made = Line(machine, host)
    with made.peer:
        yield made


def turns(line, seconds):
    """Let the device run until its clock has gone on."""
    over = []
    line.device.after(seconds, lambda: over.append(True))
    line.device.run(lambda: bool(over))


def test_data_that_does_not_get_through_breaks_the_connection(line):
    line.set(cut=True)
    before = line.device.clock.seconds()
    assert line.send(b"lost") == 4
    assert line.program("recv", line.sock, line.program.put(bytes(4)), 4, 0) == ERROR
    assert line.code == TIMEDOUT
    assert line.device.clock.seconds() - before >= 189
    for call in ("send", "recv"):
        line.program.caller.thread.wsa_error = 0
        assert line.program(call, line.sock, line.program.put(b"more"), 4, 0) == ERROR
        assert line.code == TIMEDOUT
    assert line.program("closesocket", line.sock) == 0
    line.set(cut=False)
    with pytest.raises(ConnectionResetError):  # and nothing of what was lost
        line.peer.recv(10)


def test_a_send_that_waits_for_room_is_told(line):
    line.set(cut=True)
    data = line.program.put(bytes(0x9000))
    assert line.program("send", line.sock, data, 0x9000, 0) == 0x9000
    assert line.program("send", line.sock, data, 0x9000, 0) == ERROR
    assert line.code == TIMEDOUT


def test_what_was_kept_arrives_when_the_path_is_whole_again_in_time(line):
    line.set(cut=True)
    assert line.send(b"late") == 4
    line.peer.sendall(b"too")
    turns(line, 150)
    line.peer.setblocking(False)
    with pytest.raises(BlockingIOError):
        line.peer.recv(10)
    line.set(cut=False)
    line.peer.settimeout(60)
    assert line.peer.recv(10) == b"late"
    room = line.program.put(bytes(16))
    assert line.program("recv", line.sock, room, 16, 0) == 3
    assert line.program.caller.memory.read(room, 3) == b"too"
    turns(line, 0.05)
    assert line.send(b"again") == 5
    assert line.peer.recv(10) == b"again"


def test_who_only_receives_is_told_nothing(line):
    """Nothing is under way that could be missed."""
    line.set(cut=True)
    line.peer.sendall(b"unseen")
    line.peer.close()
    line.program("WSAEventSelect", line.sock, 0, 0)
    turns(line, 0.05)
    assert line.program("recv", line.sock, line.program.put(bytes(4)), 4, 0) == ERROR
    assert line.code == 10035
    line.set(cut=False)
    turns(line, 0.05)
    assert line.program("recv", line.sock, line.program.put(bytes(6)), 6, 0) == 6


def test_a_graceful_close_is_kept_as_data_is(line):
    line.set(cut=True)
    assert line.program("shutdown", line.sock, 1) == 0
    assert line.program("recv", line.sock, line.program.put(bytes(4)), 4, 0) == ERROR
    assert line.code == TIMEDOUT


def test_a_socket_that_is_closed_meanwhile_leaves_nothing_behind(line):
    line.set(cut=True)
    assert line.send(b"lost") == 4
    assert line.program("closesocket", line.sock) == 0
    assert not line.device.io.skipping
    with pytest.raises(ConnectionResetError):
        line.peer.recv(10)


def test_a_connect_across_it_gives_up(line):
    line.set(cut=True)
    before = line.device.clock.seconds()
    again = line.program("socket", 2, 1, 6)
    assert line.program("connect", again, line.program.address(7000, FAR), 16) == ERROR
    assert line.code == TIMEDOUT
    assert line.device.clock.seconds() - before >= 21
    line.set(cut=False)
    assert line.program("connect", again, line.program.address(7000, FAR), 16) == 0


def test_other_connections_and_other_paths_go_on(line):
    listener = line.program.listener(b"\x7f\0\0\1")
    line.set(cut=True)
    client = line.program("socket", 2, 1, 6)
    assert line.program("connect", client, line.program.address(5555), 16) == 0
    server = line.program("accept", listener, 0, 0)
    room = line.program.put(bytes(8))
    assert line.send(b"inside", client) == 6
    assert line.program("recv", server, room, 8, 0) == 6
    state = DeviceState.of(line.device)
    assert state.network.cut == ["10.0.2.2"]


def test_time_is_skipped_only_while_somebody_would_have_to_wait(line):
    line.set(cut=True)
    assert not line.device.io.skipping
    line.send(b"x")
    assert len(line.device.io.skipping) == 1
    line.set(cut=False)
    assert not line.device.io.skipping


def test_every_clock_and_every_timer_is_as_late_as_the_others(line):
    fired = []
    begin = line.device.clock.now()
    ticks, seconds = line.device.clock.ticks(), line.device.clock.seconds()
    line.device.after(100, lambda: fired.append(line.device.clock.seconds()))
    line.set(cut=True)
    line.send(b"x")
    assert line.program("recv", line.sock, line.program.put(bytes(4)), 4, 0) == ERROR
    assert 100 <= fired[0] - seconds <= line.device.clock.seconds() - seconds
    assert (line.device.clock.ticks() - ticks) / 1000 == pytest.approx(
        line.device.clock.seconds() - seconds, abs=0.1
    )
    assert (line.device.clock.now() - begin).total_seconds() >= 189


def test_the_network_fails_for_all_but_what_was_started_at_boot(guest, device):
    agent = device.guest()
    agent.process.locals["ws2"]._boot = True
    kept, lost = agent.udp(), guest.udp()
    device.state.network_down(spare_boot=True)
    assert agent.bind(kept, agent.address(0), 16) == 0
    assert agent.udp() != ERROR
    assert guest.fails("bind", lost, guest.address(0), 16) == 10050
    assert guest.fails("WSASocketW", 2, 1, 6, 0, 0, 1) == 10050
    device.state.network_up()
    assert guest.udp() != ERROR
    device.state.network_down()
    assert agent.fails("bind", kept, agent.address(0), 16) == 10050
