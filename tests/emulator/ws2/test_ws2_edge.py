"""Listening ports of the guest on the host's loopback."""

import socket
from contextlib import suppress

import pytest

ERROR = 0xFFFFFFFF
LOOPBACK, OWN, ANY = b"\x7f\0\0\1", bytes((10, 0, 2, 15)), bytes(4)


@pytest.fixture
def outside(guest, device):
    """A guest listening on any address, a host socket connected to it, and the guest's end."""
    listener, port = guest.listener(ANY)
    ((guest_port, host_port),) = device.listeners
    assert guest_port == port
    device.outside = True
    with socket.create_connection(("127.0.0.1", host_port), timeout=60) as host:
        server = guest.accept(listener, 0, 0)
        assert server != ERROR
        yield guest, host, server
    device.outside = False


def take(guest, sock, size=65536):
    buffer = guest.room(min(size, 65536))
    count = guest.recv(sock, buffer, min(size, 65536), 0)
    assert count != ERROR, guest.thread.wsa_error
    return guest.memory.read(buffer, count)


@pytest.mark.parametrize(("host", "published"), [(LOOPBACK, False), (OWN, True), (ANY, True)])
def test_only_ports_that_a_network_could_reach_are_published(guest, device, host, published):
    guest.listener(host)
    assert bool(device.listeners) is published


def test_bytes_go_both_ways(outside):
    guest, host, server = outside
    host.sendall(b"from outside")
    got = b""
    while len(got) < 12:
        got += take(guest, server)
    assert got == b"from outside"
    assert guest.send(server, guest.put(b"from inside"), 11, 0) == 11
    assert host.recv(100) == b"from inside"


def test_a_lot_of_bytes_with_a_slow_reader(outside, device):
    guest, host, server = outside
    pattern = bytes((n * 2654435761 >> 24) & 0xFF for n in range(1 << 20))
    host.setblocking(False)
    got, sent, back = bytearray(), 0, guest.room(4096)
    while len(got) < len(pattern):
        with suppress(BlockingIOError):
            sent += host.send(pattern[sent : sent + 50_000])
        count = guest.recv(server, back, 4096, 0)
        got += guest.memory.read(back, count)
    assert bytes(got) == pattern


def test_a_lot_of_bytes_to_a_slow_host(outside, device):
    guest, host, server = outside
    pattern = bytes((n * 40503 >> 8) & 0xFF for n in range(1 << 20))
    sending = guest.start("send", server, guest.put(pattern), len(pattern), 0)
    got = bytearray()
    host.setblocking(False)
    while len(got) < len(pattern):
        device.outside = False
        device.run()
        try:
            got += host.recv(10_000)
        except BlockingIOError:
            continue
    assert bytes(got) == pattern
    assert guest.finish(sending) == len(pattern)


def test_the_host_ends(outside):
    guest, host, server = outside
    host.sendall(b"last")
    host.shutdown(socket.SHUT_WR)
    assert take(guest, server) == b"last"
    assert take(guest, server) == b""
    assert guest.send(server, guest.put(b"reply"), 5, 0) == 5
    assert host.recv(100) == b"reply"


def test_the_guest_ends(outside):
    guest, host, server = outside
    assert guest.send(server, guest.put(b"last"), 4, 0) == 4
    assert guest.closesocket(server) == 0
    assert host.recv(100) == b"last"
    assert host.recv(100) == b""


def test_a_reset_by_the_host_is_a_reset(outside):
    guest, host, server = outside
    host.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, (1).to_bytes(4, "little") + bytes(4))
    host.close()
    assert guest.fails("recv", server, guest.room(4), 4, 0) == 10054


def test_a_reset_by_the_guest_is_a_reset(outside):
    guest, host, server = outside
    assert guest.setsockopt(server, 0xFFFF, 0x80, guest.put(b"\1\0\0\0"), 4) == 0
    assert guest.closesocket(server) == 0
    with pytest.raises(ConnectionResetError):
        host.recv(100)


def test_closing_the_listener_closes_the_host_port(guest, device):
    listener, _ = guest.listener(ANY)
    ((_, host_port),) = device.listeners
    assert guest.closesocket(listener) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", host_port), timeout=60)


def test_a_host_without_a_free_port_does_not_disturb_the_guest(guest, device, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "create_server", refuse)
    _, port = guest.listener(ANY)
    assert device.listeners == []
    ((name, fields),) = device.reports
    assert (name, fields["port"]) == ("unpublished", port)
    assert guest.connect(guest.tcp(), guest.address(port), 16) == 0


def test_no_host_socket_is_made_for_what_stays_inside(guest, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a host socket")

    monkeypatch.setattr(socket, "socket", refuse)
    guest.pair()
    udp = guest.udp()
    assert guest.sendto(udp, guest.put(b"x"), 1, 0, guest.address(9), 16) == 1
    assert guest.socket(2, 3, 1) != ERROR
