"""Names, services, addresses as text, byte order, and what the device does not have."""

import struct

import pytest

ERROR = 0xFFFFFFFF
OWN = bytes((10, 0, 2, 15))


def text_at(guest, place):
    return guest.memory.ansi(place).decode()


def hostent(guest, place):
    """Name, family, addresses."""
    name, aliases, kind, addresses = struct.unpack("<IIII", guest.memory.read(place, 16))
    assert guest.memory.u32(aliases) == 0
    assert kind == 2 | 4 << 16
    found = []
    while pointer := guest.memory.u32(addresses):
        found.append(guest.memory.read(pointer, 4))
        addresses += 4
    return text_at(guest, name), found


def test_the_devices_name(guest):
    place = guest.room(16)
    assert guest.gethostname(place, 16) == 0
    assert text_at(guest, place) == "ce-device"
    assert guest.fails("gethostname", place, 9) == 10014
    assert guest.fails("gethostname", 0x00600000, 16) == 10014
    assert guest.sethostname(guest.text("bench-7"), 8) == 0
    assert guest.gethostname(place, 16) == 0
    assert text_at(guest, place) == "bench-7"
    assert guest.fails("sethostname", guest.text("bench-7"), 8) == 10037
    assert guest.fails("sethostname", guest.text("bench-7"), 6) == 10014
    assert guest.fails("sethostname", 0x00600000, 6) == 10014
    for bad in ("", "a b", "x" * 16, "ümlaut"):
        assert guest.fails("sethostname", guest.text(bad), 20) == 10022


@pytest.mark.parametrize(
    ("name", "addresses"),
    [("localhost", [b"\x7f\0\0\1"]), ("ce-device", [OWN]), ("CE-Device", [OWN]), ("", [OWN])],
)
def test_hosts_by_name(guest, name, addresses):
    assert hostent(guest, guest.gethostbyname(guest.text(name)))[1] == addresses


def test_unknown_hosts(guest):
    for name in ("nobody", "127.0.0.1"):
        assert guest.fails("gethostbyname", guest.text(name), value=0) == 11001
    assert guest.fails("gethostbyname", 0x00600000, value=0) == 10014
    assert hostent(guest, guest.gethostbyname(0))[0] == "ce-device"


def test_a_name_without_an_ipv4_address(make_device):
    guest = make_device({'"10.0.2.15"': '"fd00::15"'}).guest()
    assert guest.fails("gethostbyname", guest.text("ce-device"), value=0) == 11004


def test_hosts_by_address(guest):
    assert hostent(guest, guest.gethostbyaddr(guest.put(OWN), 4, 2)) == ("ce-device", [OWN])
    assert guest.fails("gethostbyaddr", guest.put(b"\xc0\0\2\1"), 4, 2, value=0) == 11001
    assert guest.fails("gethostbyaddr", guest.put(OWN), 3, 2, value=0) == 10014
    assert guest.fails("gethostbyaddr", guest.put(OWN), 4, 6, value=0) == 10047


def info(guest, node, service, hints=(0,) * 8):
    """The code, and (family, type, port, address) of each result."""
    result = guest.word()
    packed = 0 if hints is None else guest.put(struct.pack("<8I", *hints))
    name, wanted = (0 if text is None else guest.text(text) for text in (node, service))
    code = guest.getaddrinfo(name, wanted, packed, result)
    found, first = [], guest.memory.u32(result)
    place = first
    while place:
        _, family, kind, _, length, canonical, address, place = guest.memory.words(place, 8)
        data = guest.memory.read(address, length)
        where = data[4:8] if family == 2 else data[8:24]
        found.append((family, kind, int.from_bytes(data[2:4], "big"), where))
        if canonical:
            assert text_at(guest, canonical) == node
    guest.freeaddrinfo(first)
    return code, found


SIX = bytes(15) + b"\1"


@pytest.mark.parametrize(
    ("node", "service", "hints", "found"),
    [
        ("localhost", "80", None, [(2, 0, 80, b"\x7f\0\0\1"), (23, 0, 80, SIX)]),
        ("localhost", "http", (2, 2, 1, 6, 0, 0, 0, 0), [(2, 1, 80, b"\x7f\0\0\1")]),
        ("::1", None, (4, 0, 0, 0, 0, 0, 0, 0), [(23, 0, 0, SIX)]),
        ("10.1", None, (4, 0, 0, 0, 0, 0, 0, 0), [(2, 0, 0, bytes((10, 0, 0, 1)))]),
        (None, "5555", (1, 2, 1, 0, 0, 0, 0, 0), [(2, 1, 5555, bytes(4))]),
        (None, "5555", (0, 23, 1, 0, 0, 0, 0, 0), [(23, 1, 5555, SIX)]),
    ],
)
def test_address_information(guest, node, service, hints, found):
    assert info(guest, node, service, hints) == (0, found)


@pytest.mark.parametrize(
    ("node", "service", "hints", "code"),
    [
        (None, None, None, 11001),
        ("nobody", None, None, 11001),
        ("localhost", None, (4, 0, 0, 0, 0, 0, 0, 0), 11001),
        ("::1", None, (0, 2, 0, 0, 0, 0, 0, 0), 11004),
        ("::1", None, (0, 6, 0, 0, 0, 0, 0, 0), 10047),
        ("::1", None, (0x100, 0, 0, 0, 0, 0, 0, 0), 10022),
        (None, "80", (2, 0, 0, 0, 0, 0, 0, 0), 10022),
        ("::1", None, (0, 0, 0, 0, 1, 0, 0, 0), 11003),
        ("::1", "nonsense", None, 10109),
        ("::1", "ntp", (0, 0, 1, 0, 0, 0, 0, 0), 10109),
        ("::1", None, (0, 0, 5, 0, 0, 0, 0, 0), 10109),
    ],
)
def test_address_information_refused(guest, node, service, hints, code):
    assert info(guest, node, service, hints) == (code, [])


def test_address_information_with_bad_pointers(guest):
    assert guest.getaddrinfo(0x00600000, 0, 0, guest.word()) == 10014
    assert guest.getaddrinfo(guest.text("localhost"), 0, 0, 0x00600000) == 10014
    assert guest.freeaddrinfo(0x00600000) == 0
    assert guest.freeaddrinfo(guest.room(32)) == 0


def test_no_memory_for_an_answer(guest, monkeypatch):
    monkeypatch.setattr(guest.process.locals["ws2"].heap, "allocate", lambda size: 0)
    assert info(guest, "localhost", None) == (8, [])
    assert guest.fails("gethostbyname", guest.text("localhost"), value=0) == 10055


def test_name_information(guest):
    host, service = guest.room(64), guest.room(64)
    name = guest.address(80)
    assert guest.getnameinfo(name, 16, host, 64, service, 64, 0) == 0
    assert (text_at(guest, host), text_at(guest, service)) == ("localhost", "http")
    assert guest.getnameinfo(name, 16, host, 64, service, 64, 2 | 8) == 0
    assert (text_at(guest, host), text_at(guest, service)) == ("127.0.0.1", "80")
    far = guest.address(80, bytes((192, 0, 2, 1)))
    assert guest.getnameinfo(far, 16, host, 64, 0, 0, 4) == 11001
    assert guest.WSAGetLastError() == 11001
    assert guest.getnameinfo(name, 16, 0, 0, 0, 0, 0) == 11001
    assert guest.getnameinfo(name, 15, host, 64, 0, 0, 0) == 10014
    assert guest.getnameinfo(name, 16, host, 3, 0, 0, 0) == 10022
    assert guest.getnameinfo(name, 16, host, 64, 0, 0, 0x100) == 10022
    assert guest.getnameinfo(guest.put(bytes(16)), 16, host, 64, 0, 0, 0) == 10047


def test_services_and_protocols(guest):
    place = guest.getservbyname(guest.text("domain"), guest.text("udp"))
    name, _, port, protocol = guest.memory.words(place, 4)
    assert (text_at(guest, name), port, text_at(guest, protocol)) == ("domain", 0x3500, "udp")
    assert text_at(guest, guest.memory.u32(guest.getservbyport(0x5000, 0))) == "http"
    assert guest.fails("getservbyname", guest.text("http"), guest.text("udp"), value=0) == 11004
    assert guest.memory.u16(guest.getprotobyname(guest.text("UDP")) + 8) == 17
    assert text_at(guest, guest.memory.u32(guest.getprotobynumber(6))) == "tcp"
    assert guest.fails("getprotobynumber", 200, value=0) == 11004
    assert guest.fails("getprotobyname", guest.text("nonsense"), value=0) == 11004


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("127.0.0.1", 0x0100007F),
        ("1.2.3", 0x03000201),
        ("1.2", 0x02000001),
        ("258", 0x02010000),
        ("0x7f.1", 0x0100007F),
        ("010.1", 0x01000008),
        ("255.255.255.255", ERROR),
        ("256.0.0.1", ERROR),
        ("1.2.3.4.5", ERROR),
        ("1..2", ERROR),
        ("a.b", ERROR),
        ("1.2.3.-4", ERROR),
        ("1_0.0.0.1", ERROR),
        ("", 0),
        (" ", 0),
    ],
)
def test_inet_addr(guest, text, value):
    assert guest.inet_addr(guest.text(text)) == value


def test_inet_ntoa(guest):
    assert text_at(guest, guest.inet_ntoa(0x0100007F)) == "127.0.0.1"
    assert text_at(guest, guest.inet_ntoa(ERROR)) == "255.255.255.255"


@pytest.mark.parametrize(
    ("text", "family", "back"),
    [
        ("1.2.3.4", 2, "1.2.3.4"),
        ("1.2.3.4:80", 2, "1.2.3.4:80"),
        ("::1", 23, "::1"),
        ("[::1]:80", 23, "[::1]:80"),
        ("FD00::0:1", 23, "fd00::1"),
    ],
)
def test_strings_and_addresses(guest, text, family, back):
    size = 28 if family == 23 else 16
    place, length = guest.put(struct.pack("<H", family) + bytes(size - 2)), guest.word(size)
    assert guest.WSAStringToAddressW(guest.wide(text), family, 0, place, length) == 0
    room, count = guest.room(100), guest.word(50)
    assert guest.WSAAddressToStringW(place, size, 0, room, count) == 0
    assert guest.memory.wide(room) == back
    assert guest.memory.u32(count) == len(back) + 1
    count = guest.word(len(back))
    assert guest.fails("WSAAddressToStringW", place, size, 0, room, count) == 10014
    assert guest.memory.u32(count) == len(back) + 1


@pytest.mark.parametrize(
    ("text", "preset", "size", "code"),
    [
        ("1.2.3.4", 0, 16, 10022),
        ("1.2.3.4", 2, 15, 10014),
        ("1.2.3.444", 2, 16, 10022),
        ("1.2.3.4:x", 2, 16, 10022),
        ("1.2.3.4:99999", 2, 16, 10022),
    ],
)
def test_strings_that_are_no_address(guest, text, preset, size, code):
    place, length = guest.put(struct.pack("<H", preset) + bytes(14)), guest.word(size)
    assert guest.fails("WSAStringToAddressW", guest.wide(text), 2, 0, place, length) == code
    assert guest.fails("WSAStringToAddressW", guest.wide(text), 6, 0, place, length) == 10022


def test_addresses_that_have_no_text(guest):
    room, count = guest.room(100), guest.word(50)
    assert guest.fails("WSAAddressToStringW", guest.put(bytes(16)), 16, 0, room, count) == 10022
    assert guest.fails("WSAAddressToStringW", guest.address(1), 16, 0, 0x00600000, count) == 10014


def test_an_address_of_a_family_that_the_device_lacks_has_no_text(make_device):
    guest = make_device({'"AF_INET6"': "99"}).guest()
    assert (
        guest.fails("WSAAddressToStringW", guest.address6(1), 28, 0, guest.room(100), guest.word(50)) == 10022
    )


def test_byte_order(guest):
    assert guest.htons(0x1234) == guest.ntohs(0x1234) == 0x3412
    assert guest.htonl(0x12345678) == guest.ntohl(0x12345678) == 0x78563412
    sock, place = guest.tcp(), guest.room(4)
    for name, value, expected in (
        ("WSAHtons", 0x1234, 0x3412),
        ("WSANtohs", 0x1234, 0x3412),
        ("WSAHtonl", 0x12345678, 0x78563412),
        ("WSANtohl", 0x12345678, 0x78563412),
    ):
        assert getattr(guest, name)(sock, value, place) == 0
        assert guest.memory.u32(place) == expected
        assert guest.fails(name, 0x4444, value, place) == 10038
        assert guest.fails(name, sock, value, 0x00600000) == 10014


@pytest.mark.parametrize(
    ("name", "args", "code", "value"),
    [
        ("WSAJoinLeaf", ("sock", 0, 0, 0, 0, 0, 0, 4), 10107, ERROR),
        ("WSAJoinLeaf", (0x4444, 0, 0, 0, 0, 0, 0, 4), 10038, ERROR),
        ("WSALookupServiceBeginW", ("room", 0, "room"), 10108, ERROR),
        ("WSALookupServiceBeginW", ("room", 2, "room"), 11004, ERROR),
        ("WSALookupServiceBeginW", (0, 0, "room"), 10022, ERROR),
        ("WSALookupServiceNextW", (1, 0, "room", "room"), 6, ERROR),
        ("WSALookupServiceEnd", (1,), 6, ERROR),
        ("WSASetServiceW", ("room", 0, 0), 10013, ERROR),
        ("WSASetServiceW", ("room", 1, 0), 10108, ERROR),
        ("WSASetServiceW", (0, 0, 0), 10022, ERROR),
        ("WSAAsyncGetHostByName", (0, 0, 0, 0, 0), 10045, 0),
        ("WSAAsyncGetAddrInfo", (0, 0, 0, 0), 10045, 0),
        ("WSACancelAsyncRequest", (5,), 10022, ERROR),
        ("WSCInstallNameSpace", (0, 0, 0, 0, 0), 11003, ERROR),
        ("WSCUnInstallNameSpace", (0,), 11003, ERROR),
    ],
)
def test_what_the_device_does_not_have(guest, name, args, code, value):
    values = {"sock": guest.tcp(), "room": guest.room(64)}
    assert guest.fails(name, *(values.get(arg, arg) for arg in args), value=value) == code


def test_the_name_space_providers(guest):
    length = guest.word(0)
    assert guest.fails("WSAEnumNameSpaceProvidersW", length, 0) == 10014
    needed = guest.memory.u32(length)
    room = guest.room(needed)
    assert guest.WSAEnumNameSpaceProvidersW(length, room) == 1
    assert guest.memory.u32(room + 16) == 12
    assert guest.memory.wide(guest.memory.u32(room + 28)) == "DNS"
