"""Datagram and raw sockets."""

import struct

import pytest

ERROR = 0xFFFFFFFF
ELSEWHERE = bytes((192, 0, 2, 1))
BROADCAST = b"\xff" * 4


def bound(guest, host=b"\x7f\0\0\1"):
    sock = guest.udp()
    assert guest.bind(sock, guest.address(0, host), 16) == 0
    return sock, guest.port(sock)


def receive(guest, sock, size=100):
    """Bytes and the sender's port of the next datagram."""
    buffer, source, length = guest.room(size), guest.room(16), guest.word(16)
    count = guest.recvfrom(sock, buffer, size, 0, source, length)
    assert count != ERROR
    return guest.memory.read(buffer, count), int.from_bytes(guest.memory.read(source + 2, 2), "big")


def nonblocking(guest, sock):
    assert guest.ioctlsocket(sock, 0x8004667E, guest.word(1)) == 0


def test_one_socket_hears_three_peers_with_boundaries_and_sources(guest):
    sock, port = bound(guest)
    peers = {}
    for data in (b"one", b"", b"three-three"):
        peer, peers[data] = bound(guest)
        assert guest.sendto(peer, guest.put(data), len(data), 0, guest.address(port), 16) == len(data)
    for data, source in peers.items():
        assert receive(guest, sock) == (data, source)
        assert guest.sendto(sock, guest.put(data[::-1]), len(data), 0, guest.address(source), 16) == len(data)


def test_sending_binds_an_unbound_socket(guest):
    sock, port = bound(guest)
    sender = guest.udp()
    assert guest.fails("recv", sender, guest.room(4), 4, 0) == 10022
    assert guest.sendto(sender, guest.put(b"x"), 1, 0, guest.address(port), 16) == 1
    _, source = receive(guest, sock)
    assert source == guest.port(sender)
    assert 49152 <= source <= 65535


def test_ipv6(guest):
    sock, peer = guest.socket(23, 2, 17), guest.socket(23, 2, 17)
    assert guest.bind(sock, guest.address6(0), 28) == 0
    name = guest.address6(guest.port(sock))
    assert guest.sendto(peer, guest.put(b"six"), 3, 0, name, 28) == 3
    buffer, source, length = guest.room(9), guest.room(28), guest.word(28)
    assert guest.recvfrom(sock, buffer, 9, 0, source, length) == 3
    assert guest.memory.read(source, 2) == b"\x17\0"
    assert guest.memory.read(source + 8, 16) == bytes(15) + b"\1"
    assert guest.fails("recvfrom", sock, buffer, 9, 0, source, guest.word(16)) == 10014


def test_a_connected_socket_hears_only_its_peer(guest):
    sock, port = bound(guest)
    (friend, friend_port), (stranger, _) = bound(guest), bound(guest)
    to = guest.address(port)
    assert guest.sendto(stranger, guest.put(b"early"), 5, 0, to, 16) == 5
    assert guest.connect(sock, guest.address(friend_port), 16) == 0
    assert guest.sendto(stranger, guest.put(b"late"), 4, 0, to, 16) == 4
    assert guest.sendto(friend, guest.put(b"right"), 5, 0, to, 16) == 5
    assert receive(guest, sock) == (b"right", friend_port)
    nonblocking(guest, sock)
    assert guest.fails("recv", sock, guest.room(9), 9, 0) == 10035
    assert guest.send(sock, guest.put(b"back"), 4, 0) == 4
    assert receive(guest, friend) == (b"back", port)
    place, length = guest.room(16), guest.word(16)
    assert guest.getpeername(sock, place, length) == 0
    assert guest.memory.read(place + 2, 2) == struct.pack(">H", friend_port)
    assert guest.connect(sock, guest.room(16), 16) == 0
    assert guest.fails("send", sock, guest.put(b"x"), 1, 0) == 10057
    assert guest.fails("getpeername", sock, place, length) == 10057


def test_connecting_settles_the_local_address(guest):
    sock, place, length = guest.udp(), guest.room(16), guest.word(16)
    assert guest.connect(sock, guest.address(9, bytes((10, 0, 2, 15))), 16) == 0
    assert guest.getsockname(sock, place, length) == 0
    assert guest.memory.read(place + 4, 4) == bytes((10, 0, 2, 15))
    assert guest.connect(sock, guest.room(16), 16) == 0
    assert guest.getsockname(sock, place, length) == 0
    assert guest.memory.read(place + 4, 4) == bytes(4)


def test_a_connected_socket_learns_that_nobody_listens(guest):
    peer, port = bound(guest)
    sock = guest.udp()
    assert guest.connect(sock, guest.address(port), 16) == 0
    assert guest.closesocket(peer) == 0
    assert guest.send(sock, guest.put(b"x"), 1, 0) == 1
    assert guest.fails("recv", sock, guest.room(4), 4, 0) == 10054


def test_a_message_longer_than_the_buffer(guest):
    sock, port = bound(guest)
    peer = guest.udp()
    for data in (b"0123456789", b"next"):
        assert guest.sendto(peer, guest.put(data), len(data), 0, guest.address(port), 16) == len(data)
    buffer = guest.room(16)
    assert guest.fails("recv", sock, buffer, 4, 0) == 10040
    assert guest.memory.read(buffer, 5) == b"0123\0"
    assert receive(guest, sock)[0] == b"next"


@pytest.mark.parametrize(
    ("port", "host", "length", "code"),
    [
        (9, b"\0\0\0\0", 16, 10049),
        (0, b"\x7f\0\0\1", 16, 10049),
        (9, BROADCAST, 16, 10013),
        (9, ELSEWHERE, 16, 10051),
        (9, b"\x7f\0\0\1", 15, 10014),
        (9, b"\x7f\0\0\1", 0, 10014),
    ],
)
def test_bad_destinations(guest, port, host, length, code):
    assert (
        guest.fails("sendto", guest.udp(), guest.put(b"x"), 1, 0, guest.address(port, host), length) == code
    )


def test_more_refusals(guest):
    sock, data = guest.udp(), guest.put(b"x")
    assert guest.fails("sendto", sock, data, 1, 0, 0, 0) == 10039
    assert guest.fails("send", sock, data, 1, 0) == 10057
    assert guest.fails("sendto", sock, data, 1, 0, guest.address6(9), 28) == 10047
    assert guest.fails("sendto", sock, data, 1, 0, 0x00600000, 16) == 10014
    assert guest.fails("sendto", sock, 0x00600000, 1, 0, guest.address(9), 16) == 10014
    big = guest.room(65468)
    assert guest.fails("sendto", sock, big, 65468, 0, guest.address(9), 16) == 10040
    assert guest.sendto(sock, big, 65467, 0, guest.address(9), 16) == 65467
    assert guest.shutdown(sock, 2) == 0
    assert guest.fails("sendto", sock, data, 1, 0, guest.address(9), 16) == 10058
    assert guest.fails("recv", sock, data, 1, 0) == 10058


def test_a_length_that_is_none(guest):
    sock, _ = bound(guest)
    assert guest.fails("recv", sock, guest.room(4), -1, 0) == 10022


def test_ports_run_out(guest, monkeypatch):
    monkeypatch.setattr("harness.emulator.ws2.network.EPHEMERAL", range(50000, 50002))
    assert sorted(bound(guest)[1] for _ in range(2)) == [50000, 50001]
    assert guest.fails("bind", guest.udp(), guest.address(0), 16) == 10055
    assert guest.bind(guest.tcp(), guest.address(0), 16) == 0


def test_broadcast_reaches_all_on_the_port(guest):
    first, second = guest.udp(), guest.udp()
    for sock in (first, second):
        assert guest.setsockopt(sock, 0xFFFF, 4, guest.word(1), 4) == 0
        assert guest.bind(sock, guest.address(7777, bytes(4)), 16) == 0
    sender = guest.udp()
    assert guest.setsockopt(sender, 0xFFFF, 0x20, guest.word(1), 4) == 0
    assert guest.sendto(sender, guest.put(b"all"), 3, 0, guest.address(7777, BROADCAST), 16) == 3
    assert [receive(guest, sock)[0] for sock in (first, second)] == [b"all", b"all"]


def test_multicast_reaches_members(guest):
    group = bytes((239, 1, 2, 3))
    member, other = guest.udp(), guest.udp()
    for sock in (member, other):
        assert guest.setsockopt(sock, 0xFFFF, 4, guest.word(1), 4) == 0
        assert guest.bind(sock, guest.address(7777, bytes(4)), 16) == 0
        nonblocking(guest, sock)
    request = guest.put(group + bytes(4))
    assert guest.setsockopt(member, 0, 12, request, 8) == 0
    assert guest.sendto(guest.udp(), guest.put(b"m"), 1, 0, guest.address(7777, group), 16) == 1
    assert receive(guest, member)[0] == b"m"
    assert guest.fails("recv", other, guest.room(4), 4, 0) == 10035
    assert guest.setsockopt(member, 0, 13, request, 8) == 0
    assert guest.fails("setsockopt", member, 0, 13, request, 8) == 10022


def test_what_does_not_fit_is_lost_not_delayed(guest):
    sock, port = bound(guest)
    to, data = guest.address(port), guest.room(60_000)
    sender = guest.udp()
    assert [guest.sendto(sender, data, 60_000, 0, to, 16) for _ in range(3)] == [60_000] * 3
    assert len(receive(guest, sock, 65_000)[0]) == 60_000
    nonblocking(guest, sock)
    assert guest.fails("recv", sock, data, 9, 0) == 10035


def test_an_echo_request_on_a_raw_socket_is_answered(guest):
    sock = guest.socket(2, 3, 1)
    assert guest.bind(sock, guest.address(0), 16) == 0
    request = bytes((8, 0, 0xF7, 0xFD, 0, 1, 0, 1))
    assert guest.sendto(sock, guest.put(request), 8, 0, guest.address(0), 16) == 8
    kinds = []
    for _ in range(2):
        packet, _ = receive(guest, sock)
        assert packet[0] == 0x45
        assert packet[9] == 1
        assert packet[12:20] == b"\x7f\0\0\1" * 2
        assert internet_sum(packet[:20]) == 0xFFFF
        assert internet_sum(packet[20:]) == 0xFFFF
        kinds.append(packet[20])
    assert kinds == [8, 0]


def internet_sum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_raw_sockets_of_another_protocol_hear_nothing(guest):
    icmp, other = guest.socket(2, 3, 1), guest.socket(2, 3, 99)
    for sock in (icmp, other):
        assert guest.bind(sock, guest.address(0), 16) == 0
        nonblocking(guest, sock)
    assert guest.sendto(other, guest.put(b"hi"), 2, 0, guest.address(0), 16) == 2
    assert receive(guest, other)[0][20:] == b"hi"
    assert guest.fails("recv", icmp, guest.room(64), 64, 0) == 10035
