"""Socket options and controls."""

import struct

import pytest

SOCKET, TCP, IP, IPV6, UDP = 0xFFFF, 6, 0, 41, 17


def get(guest, sock, level, name, size=4):
    value, length = guest.room(size), guest.word(size)
    assert guest.getsockopt(sock, level, name, value, length) == 0, guest.thread.wsa_error
    return int.from_bytes(guest.memory.read(value, guest.memory.u32(length)), "little")


def put(guest, sock, level, name, value, size=4):
    return guest.setsockopt(sock, level, name, guest.put(value.to_bytes(size, "little")), size)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [(1, 0x1008, 1), (2, 0x1008, 2), (3, 0x1008, 3), (2, 0x2003, 65467), (1, 0x1002, 32768), (1, 2, 0),
     (1, 0x1007, 0), (1, 0xFFFFFF7F, 1), (1, 0x80, 0), (1, 8, 0), (2, 0x20, 0)],
)  # fmt: skip
def test_defaults(guest, kind, name, value):
    assert get(guest, guest.socket(2, kind, 0), SOCKET, name) == value


@pytest.mark.parametrize(
    ("level", "name", "value", "read"),
    [(SOCKET, 4, 7, 1), (SOCKET, 8, 1, 1), (SOCKET, 0x1001, 5000, 5000), (SOCKET, 0x1002, 5000, 5000),
     (SOCKET, 0x80, 0x00050001, 0x00050001), (SOCKET, 0xFFFFFF7F, 0, 0), (TCP, 1, 9, 1), (IP, 4, 64, 64)],
)  # fmt: skip
def test_what_is_set_can_be_read(guest, level, name, value, read):
    sock = guest.tcp()
    assert put(guest, sock, level, name, value) == 0
    assert get(guest, sock, level, name) == read


def test_linger_switches(guest):
    sock = guest.tcp()
    assert put(guest, sock, SOCKET, 0x80, 0x00050001) == 0
    assert get(guest, sock, SOCKET, 0xFFFFFF7F) == 0
    assert put(guest, sock, SOCKET, 0xFFFFFF7F, 1) == 0
    assert get(guest, sock, SOCKET, 0x80) == 0x00050000


def test_a_listener_says_so(guest):
    listener, _ = guest.listener()
    assert get(guest, listener, SOCKET, 2) == 1


@pytest.mark.parametrize("name", [2, 0x1003, 0x1004, 0x1005, 0x1006, 0x1007, 0x1008, 0x2005, 0x7777])
def test_options_that_cannot_be_set(guest, name):
    assert guest.fails("setsockopt", guest.tcp(), SOCKET, name, guest.word(1), 4) == 10042


@pytest.mark.parametrize(
    ("name", "args", "code"),
    [
        ("getsockopt", ("sock", SOCKET, 0x1008, "value", 0x00600000), 10014),
        ("getsockopt", ("sock", SOCKET, 0x1008, 0x00600000, "four"), 10014),
        ("getsockopt", ("sock", SOCKET, 0x1008, "value", "three"), 10014),
        ("getsockopt", ("sock", SOCKET, 0x2005, "value", "four"), 10014),
        ("getsockopt", ("sock", SOCKET, 0x1005, "value", "four"), 10042),
        ("getsockopt", ("sock", TCP, 2, "value", "four"), 10042),
        ("getsockopt", ("sock", 999, 1, "value", "four"), 10022),
        ("getsockopt", (0x4444, SOCKET, 0x1008, "value", "four"), 10038),
        ("setsockopt", ("sock", SOCKET, 4, 0x00600000, 4), 10014),
        ("setsockopt", ("sock", SOCKET, 4, "value", 3), 10014),
        ("setsockopt", ("sock", SOCKET, 0x1001, "value", 4), 10022),
        ("setsockopt", ("sock", SOCKET, 0x20, "value", 4), 10042),
        ("setsockopt", ("sock", 999, 1, "value", 4), 10022),
        ("setsockopt", ("sock", TCP, 77, "value", 4), 10042),
        ("setsockopt", (0x4444, SOCKET, 4, "value", 4), 10038),
    ],
)
def test_refusals(guest, name, args, code):
    values = {"sock": guest.tcp(), "value": guest.word(), "four": guest.word(4), "three": guest.word(3)}
    assert guest.fails(name, *(values.get(arg, arg) for arg in args)) == code


def test_a_bad_protocol_option_shows_up_at_bind(guest):
    sock = guest.tcp()
    assert put(guest, sock, IP, 4, 999) == 0
    assert guest.fails("bind", sock, guest.address(0), 16) == 10022
    sock = guest.tcp()
    assert guest.bind(sock, guest.address(0), 16) == 0
    assert guest.fails("setsockopt", sock, IP, 4, guest.word(999), 4) == 10022


def test_conditional_accept_has_to_come_before_listen(guest):
    listener, _ = guest.listener()
    assert guest.fails("setsockopt", listener, SOCKET, 0x3002, guest.word(1), 4) == 10022
    assert put(guest, guest.tcp(), SOCKET, 0x3002, 1) == 0


def test_accepted_sockets_inherit(guest):
    listener, port = guest.listener()
    assert put(guest, listener, SOCKET, 8, 1) == 0
    assert guest.connect(guest.tcp(), guest.address(port), 16) == 0
    assert get(guest, guest.accept(listener, 0, 0), SOCKET, 8) == 1


def test_bytes_waiting(guest):
    client, server = guest.pair()
    count = guest.word()
    assert guest.send(client, guest.put(b"12345"), 5, 0) == 5
    assert guest.ioctlsocket(server, 0x4004667F, count) == 0
    assert guest.memory.u32(count) == 5
    udp = guest.udp()
    assert guest.bind(udp, guest.address(0), 16) == 0
    for size in (3, 4):
        assert guest.sendto(guest.udp(), guest.room(8), size, 0, guest.address(guest.port(udp)), 16) == size
    returned = guest.word()
    assert guest.WSAIoctl(udp, 0x4004667F, 0, 0, count, 4, returned, 0, 0) == 0
    assert (guest.memory.u32(count), guest.memory.u32(returned)) == (3, 4)


@pytest.mark.parametrize(
    ("command", "argument", "code"), [(0x40047307, 0, 10022), (5, 0, 10022), (0x8004667E, 0x00600000, 10014),
                                      (0x4004667F, 0x00600000, 10014)],
)  # fmt: skip
def test_ioctlsocket_refusals(guest, command, argument, code):
    assert guest.fails("ioctlsocket", guest.tcp(), command, argument or guest.word()) == code


def test_wsaioctl(guest):
    sock, returned = guest.tcp(), guest.word()
    assert guest.WSAIoctl(sock, 0x8004667E, guest.word(1), 4, 0, 0, returned, 0, 0) == 0
    out = guest.room(64)
    assert guest.WSAIoctl(sock, 0x48000016, 0, 0, out, 64, returned, 0, 0) == 0
    count, pointer, length = guest.memory.words(out, 3)
    assert (count, length) == (1, 16)
    assert guest.memory.read(pointer + 4, 4) == bytes((10, 0, 2, 15))
    assert guest.fails("WSAIoctl", sock, 0x48000016, 0, 0, out, 8, returned, 0, 0) == 10014
    destination = guest.address(0, bytes((127, 0, 0, 1)))
    assert guest.WSAIoctl(sock, 0xC8000014, destination, 16, out, 64, returned, 0, 0) == 0
    assert guest.memory.read(out + 4, 4) == b"\x7f\0\0\1"
    far = guest.address(0, bytes((192, 0, 2, 1)))
    assert guest.fails("WSAIoctl", sock, 0xC8000014, far, 16, out, 64, returned, 0, 0) == 10051
    six = guest.address6(0)
    assert guest.fails("WSAIoctl", sock, 0xC8000014, six, 28, out, 64, returned, 0, 0) == 10022
    assert guest.fails("WSAIoctl", sock, 0xC8000014, 0, 0, out, 64, returned, 0, 0) == 10014
    assert guest.fails("WSAIoctl", sock, 0x8004667E, guest.word(1), 3, 0, 0, returned, 0, 0) == 10014
    assert guest.fails("WSAIoctl", sock, 0x28000004, 0, 0, 0, 0, returned, 0, 0) == 10045
    assert guest.fails("WSAIoctl", sock, 0x12345678, 0, 0, 0, 0, returned, 0, 0) == 10022
    assert guest.fails("WSAIoctl", sock, 0x4004667F, 0, 0, out, 4, 0, 0, 0) == 10014
    assert guest.fails("WSAIoctl", 0x4444, 0x4004667F, 0, 0, out, 4, returned, 0, 0) == 10038
    assert guest.fails("WSAIoctl", sock, 0x28000017, 0, 0, 0, 0, returned, 0, 0) == 10035


def test_the_receive_buffer_bounds_what_a_sender_can_be_ahead(guest):
    client, server = guest.pair()
    assert put(guest, server, SOCKET, 0x1002, 1000) == 0
    assert guest.ioctlsocket(client, 0x8004667E, guest.word(1)) == 0
    assert guest.send(client, guest.room(50_000), 50_000, 0) == 1000 + 16384
    assert (
        guest.fails("setsockopt", server, SOCKET, 0x1002, guest.put(struct.pack("<I", 2 << 20)), 4) == 10022
    )
