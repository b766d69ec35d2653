"""Stream sockets: connections, data, ends, and each call's refusals."""

import struct

import pytest

ERROR = 0xFFFFFFFF
OWN = bytes((10, 0, 2, 15))
ELSEWHERE = bytes((192, 0, 2, 1))


def text(guest, sock, size=100, flags=0):
    buffer = guest.room(size)
    count = guest.recv(sock, buffer, size, flags)
    assert count != ERROR
    return guest.memory.read(buffer, count)


def name_of(guest, call, sock):
    place, length = guest.room(28), guest.word(28)
    assert getattr(guest, call)(sock, place, length) == 0
    data = guest.memory.read(place, guest.memory.u32(length))
    return int.from_bytes(data[:2], "little"), data[4:8], int.from_bytes(data[2:4], "big")


def nonblocking(guest, sock):
    assert guest.ioctlsocket(sock, 0x8004667E, guest.word(1)) == 0


def test_both_directions_at_once(guest):
    client, server = guest.pair()
    assert guest.send(client, guest.put(b"ping"), 4, 0) == 4
    assert guest.send(server, guest.put(b"pong!"), 5, 0) == 5
    assert text(guest, server) == b"ping"
    assert text(guest, client) == b"pong!"


def test_names_of_both_ends_agree(guest):
    listener, port = guest.listener()
    client = guest.tcp()
    assert guest.connect(client, guest.address(port), 16) == 0
    place, length = guest.room(16), guest.word(16)
    server = guest.accept(listener, place, length)
    local = name_of(guest, "getsockname", client)
    assert 49152 <= local[2] <= 65535
    assert local == (2, b"\x7f\0\0\1", local[2])
    assert name_of(guest, "getpeername", client) == (2, b"\x7f\0\0\1", port)
    assert name_of(guest, "getpeername", server) == local
    assert name_of(guest, "getsockname", server) == (2, b"\x7f\0\0\1", port)
    assert guest.memory.u32(length) == 16
    assert guest.memory.read(place + 2, 6) == struct.pack(">H", local[2]) + b"\x7f\0\0\1"


def test_ipv6_needs_nothing_of_the_host(guest):
    listener = guest.socket(23, 1, 6)
    assert guest.bind(listener, guest.address6(0), 28) == 0
    assert guest.listen(listener, 1) == 0
    client = guest.socket(23, 1, 6)
    assert guest.connect(client, guest.address6(guest.port(listener)), 28) == 0
    server = guest.accept(listener, 0, 0)
    assert guest.send(client, guest.put(b"six"), 3, 0) == 3
    assert text(guest, server) == b"six"


def test_the_devices_own_address_leads_to_a_listener_on_any_address(guest):
    listener, port = guest.listener(bytes(4))
    client = guest.tcp()
    assert guest.connect(client, guest.address(port, OWN), 16) == 0
    server = guest.accept(listener, 0, 0)
    assert name_of(guest, "getsockname", server) == (2, OWN, port)
    assert name_of(guest, "getpeername", server)[1] == OWN


def test_a_megabyte_arrives_whole_in_pieces_of_any_size(guest):
    client, server = guest.pair()
    pattern = bytes((n * 2654435761 >> 24) & 0xFF for n in range(1 << 20))
    sending = guest.start("send", client, guest.put(pattern), len(pattern), 0)
    assert not sending.over
    got, buffer, size = bytearray(), guest.room(70_000), 1
    while len(got) < len(pattern):
        count = guest.recv(server, buffer, size, 0)
        assert 0 < count <= size
        got += guest.memory.read(buffer, count)
        size = size * 7 % 70_000 + 1
    assert guest.finish(sending) == len(pattern)
    assert bytes(got) == pattern


def test_close_ends_the_peers_stream_after_the_data(guest):
    client, server = guest.pair()
    assert guest.send(client, guest.put(b"last"), 4, 0) == 4
    assert guest.closesocket(client) == 0
    assert text(guest, server) == b"last"
    assert text(guest, server) == b""
    assert guest.fails("recv", client, guest.room(1), 1, 0) == 10038


def test_sending_to_a_closed_peer_breaks_the_connection(guest):
    client, server = guest.pair()
    assert guest.closesocket(server) == 0
    data = guest.put(b"x")
    assert guest.send(client, data, 1, 0) == 1
    assert guest.fails("send", client, data, 1, 0) == 10054
    assert guest.fails("recv", client, data, 1, 0) == 10054


def test_linger_zero_resets(guest):
    client, server = guest.pair()
    assert guest.setsockopt(client, 0xFFFF, 0x80, guest.put(struct.pack("<HH", 1, 0)), 4) == 0
    assert guest.closesocket(client) == 0
    assert guest.fails("recv", server, guest.room(4), 4, 0) == 10054


def test_linger_waits_for_the_peer(guest, device):
    client, server = guest.pair()
    assert guest.setsockopt(client, 0xFFFF, 0x80, guest.put(struct.pack("<HH", 1, 5)), 4) == 0
    assert guest.send(client, guest.room(40_000), 40_000, 0) == 40_000
    nonblocking(guest, client)
    assert guest.fails("closesocket", client) == 10035
    assert guest.ioctlsocket(client, 0x8004667E, guest.word(0)) == 0
    closing = guest.start("closesocket", client)
    assert not closing.over
    assert guest.recv(server, guest.room(8000), 8000, 0) == 8000
    assert guest.finish(closing) == 0
    other, peer = guest.pair()
    assert guest.setsockopt(other, 0xFFFF, 0x80, guest.put(struct.pack("<HH", 1, 5)), 4) == 0
    assert guest.send(other, guest.room(40_000), 40_000, 0) == 40_000
    closing = guest.start("closesocket", other)
    device.clock.now += 6
    assert guest.finish(closing) == 0
    assert guest.fails("recv", peer, guest.room(4), 4, 0) == 10054


def test_shutdown(guest):
    client, server = guest.pair()
    assert guest.send(client, guest.put(b"end"), 3, 0) == 3
    assert guest.shutdown(client, 1) == 0
    assert guest.fails("send", client, guest.put(b"x"), 1, 0) == 10058
    assert text(guest, server) == b"end"
    assert text(guest, server) == b""
    assert guest.send(server, guest.put(b"still"), 5, 0) == 5
    assert text(guest, client) == b"still"
    assert guest.shutdown(client, 0) == 0
    assert guest.fails("recv", client, guest.room(4), 4, 0) == 10058
    assert guest.fails("shutdown", client, 3) == 10022
    assert guest.fails("shutdown", guest.tcp(), 2) == 10057
    assert guest.shutdown(guest.udp(), 2) == 0


def test_shutdown_ends_a_waiting_receive_and_a_waiting_send(guest):
    client, _ = guest.pair()
    receiving = guest.start("recv", client, guest.room(4), 4, 0)
    sending = guest.start("send", client, guest.room(90_000), 90_000, 0)
    assert not receiving.over
    assert not sending.over
    assert guest.shutdown(client, 2) == 0
    for waiting in (receiving, sending):
        assert guest.finish(waiting) == ERROR
        assert guest.WSAGetLastError() == 10058


def test_a_blocking_receive_waits_for_data_and_for_nothing_else(guest):
    client, server = guest.pair()
    buffer = guest.room(10)
    receiving = guest.start("recv", server, buffer, 10, 0)
    with pytest.raises(AssertionError, match="for ever"):
        guest.finish(receiving)
    assert guest.send(client, guest.put(b"now"), 3, 0) == 3
    assert guest.finish(receiving) == 3
    assert guest.memory.read(buffer, 3) == b"now"


@pytest.mark.parametrize("name", ["recv", "accept"])
def test_closing_the_socket_ends_a_wait(guest, name):
    listener, _ = guest.listener()
    _, server = guest.pair()
    sock = server if name == "recv" else listener
    args = (sock, guest.room(4), 4, 0) if name == "recv" else (sock, 0, 0)
    waiting = guest.start(name, *args)
    assert not waiting.over
    assert guest.closesocket(sock) == 0
    assert guest.finish(waiting) == ERROR
    assert guest.WSAGetLastError() == 10004


def test_peek(guest):
    client, server = guest.pair()
    assert guest.send(client, guest.put(b"look"), 4, 0) == 4
    assert text(guest, server, flags=2) == b"look"
    assert text(guest, server) == b"look"


def test_nonblocking(guest):
    client, server = guest.pair()
    nonblocking(guest, client)
    nonblocking(guest, server)
    assert guest.fails("recv", server, guest.room(4), 4, 0) == 10035
    data, total = guest.room(30_000), 0
    while (sent := guest.send(client, data, 30_000, 0)) != ERROR:
        total += sent
    assert guest.WSAGetLastError() == 10035
    assert total == 32768 + 16384
    listener, _ = guest.listener()
    nonblocking(guest, listener)
    assert guest.fails("accept", listener, 0, 0) == 10035


def test_not_connected(guest):
    sock, data = guest.tcp(), guest.put(b"x")
    assert guest.fails("send", sock, data, 1, 0) == 10057
    assert guest.fails("recv", sock, data, 1, 0) == 10057
    assert guest.fails("getpeername", sock, guest.room(16), guest.word(16)) == 10057
    assert guest.fails("sendto", sock, data, 1, 0, guest.address(9), 16) == 10057


def test_connect_refusals(guest, device):
    listener, port = guest.listener()
    nobody = guest.address(port + 1 if port < 65535 else 49152)
    sock = guest.tcp()
    assert guest.fails("connect", sock, nobody, 16) == 10061
    assert guest.fails("connect", sock, nobody, 16) == 10061
    assert guest.fails("connect", sock, guest.address(port, ELSEWHERE), 16) == 10051
    assert guest.fails("connect", sock, guest.address(port, bytes(4)), 16) == 10049
    assert guest.fails("connect", sock, guest.address(0), 16) == 10049
    assert guest.fails("connect", sock, guest.address6(port), 28) == 10047
    assert guest.fails("connect", sock, guest.address(port), 15) == 10014
    assert guest.fails("connect", sock, 0, 16) == 10014
    assert guest.fails("connect", sock, guest.address(port), -1) == 10014
    assert guest.fails("connect", listener, guest.address(port), 16) == 10022
    assert guest.connect(sock, guest.address(port), 16) == 0
    assert guest.fails("connect", sock, guest.address(port), 16) == 10056
    assert guest.fails("connect", 0x77777, guest.address(port), 16) == 10038
    assert device.listeners == []


def test_a_full_queue_refuses(guest):
    sock = guest.tcp()
    assert guest.bind(sock, guest.address(0), 16) == 0
    assert guest.listen(sock, 2) == 0
    name = guest.address(guest.port(sock))
    assert [guest.connect(guest.tcp(), name, 16) for _ in range(2)] == [0, 0]
    assert guest.fails("connect", guest.tcp(), name, 16) == 10061
    assert guest.accept(sock, 0, 0) != ERROR
    assert guest.connect(guest.tcp(), name, 16) == 0


def test_closing_a_listener_resets_who_waits_in_its_queue(guest):
    listener, port = guest.listener()
    client = guest.tcp()
    assert guest.connect(client, guest.address(port), 16) == 0
    assert guest.closesocket(listener) == 0
    assert guest.fails("recv", client, guest.room(4), 4, 0) == 10054


def test_a_nonblocking_connect_completes_later(guest):
    listener, port = guest.listener()
    sock = guest.tcp()
    nonblocking(guest, sock)
    assert guest.fails("connect", sock, guest.address(port), 16) == 10035
    assert guest.fails("connect", sock, guest.address(port), 16) == 10037
    assert guest.accept(listener, 0, 0) != ERROR
    assert guest.fails("connect", sock, guest.address(port), 16) == 10056


def test_a_silent_host_costs_the_time_and_then_an_error(make_device):
    device = make_device({'elsewhere = "unreachable"': 'elsewhere = "silent"'})
    guest = device.guest()
    sock = guest.tcp()
    connecting = guest.start("connect", sock, guest.address(80, ELSEWHERE), 16)
    assert not connecting.over
    device.clock.now += 20
    device.run()
    assert not connecting.over
    device.clock.now += 2
    assert guest.finish(connecting) == ERROR
    assert guest.WSAGetLastError() == 10060


def test_wsaconnect_carries_no_connect_data(guest):
    _, port = guest.listener()
    sock, name = guest.tcp(), guest.address(port)
    data = guest.buffers((guest.room(4), 4))
    assert guest.fails("WSAConnect", sock, name, 16, data, 0, 0, 0) == 10043
    assert guest.WSAConnect(sock, name, 16, 0, data, 0, 0) == 0
    assert guest.memory.u32(data) == 0


@pytest.mark.parametrize(
    ("flags", "code"), [(1, 10045), (0x8000, 10045), (0x10, 10022), (0x40000000, 10022), (4, 0)]
)
def test_flags_of_send_and_receive(guest, flags, code):
    client, server = guest.pair()
    data = guest.put(b"x")
    if code == 0:
        assert guest.send(client, data, 1, flags) == 1
        assert guest.fails("recv", server, data, 1, flags) == 10022
    else:
        assert guest.fails("send", client, data, 1, flags) == code
        assert guest.fails("recv", server, data, 1, flags) == code


def test_bad_buffers(guest):
    client, server = guest.pair()
    assert guest.fails("send", client, 0x00600000 - 4, 8, 0) == 10014
    assert guest.fails("send", client, 0, -1, 0) == 10014
    assert guest.send(client, guest.put(b"abcd"), 4, 0) == 4
    assert guest.fails("recv", server, 0x00600000, 4, 0) == 10014
    assert guest.fails("recv", server, guest.room(4), 0, 0) == 10022
    assert guest.fails("recv", server, guest.room(4), -1, 0) == 10022
    assert text(guest, server) == b"abcd"
    assert guest.send(client, 0, 0, 0) == 0


def test_a_process_that_ends_closes_its_connections(device):
    one, other = device.guest(), device.guest()
    listener, port = one.listener()
    client = other.tcp()
    assert other.connect(client, other.address(port), 16) == 0
    server = one.accept(listener, 0, 0)
    assert one.send(server, one.put(b"bye"), 3, 0) == 3
    one.end()
    assert text(other, client) == b"bye"
    assert text(other, client) == b""
    assert other.fails("connect", other.tcp(), other.address(port), 16) == 10061


def test_two_devices_use_the_same_port(make_device):
    for device in (make_device(), make_device()):
        guest = device.guest()
        assert guest.bind(guest.tcp(), guest.address(5555), 16) == 0
