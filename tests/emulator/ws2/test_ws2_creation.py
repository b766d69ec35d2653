"""socket, WSASocketW, closesocket, WSAStartup and WSACleanup as a guest calls them."""

import struct

import pytest

ERROR = 0xFFFFFFFF
OVERLAPPED = 1


def entries(guest):
    length = guest.word(0)
    assert guest.fails("WSAEnumProtocolsW", 0, 0, length) == 10055
    needed = guest.memory.u32(length)
    buffer = guest.room(needed)
    count = guest.WSAEnumProtocolsW(0, buffer, length)
    assert needed == 628 * count
    return [guest.memory.read(buffer + 628 * n, 628) for n in range(count)]


def option(guest, sock, name, size=4):
    value, length = guest.room(size), guest.word(size)
    assert guest.getsockopt(sock, 0xFFFF, name, value, length) == 0
    return guest.memory.read(value, guest.memory.u32(length))


def test_every_enumerated_entry_makes_a_socket_that_says_what_it_is(guest):
    for packed in entries(guest):
        family, kind, protocol = (struct.unpack_from("<i", packed, offset)[0] for offset in (76, 88, 92))
        for info in (0, guest.put(packed)):
            sock = guest.WSASocketW(family, kind, protocol, info, 0, 0)
            assert sock != ERROR
            assert option(guest, sock, 0x1008) == struct.pack("<I", kind)
            assert option(guest, sock, 0x2005, 628) == packed
            address = guest.address(0) if family == 2 else guest.address6(0)
            assert guest.bind(sock, address, 28 if family == 23 else 16) == 0
            assert guest.closesocket(sock) == 0
            assert guest.fails("closesocket", sock) == 10038


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((6, 1, 0, 0, 0, 0), 10047),
        ((2, 5, 0, 0, 0, 0), 10044),
        ((2, 1, 200, 0, 0, 0), 10043),
        ((2, 1, 17, 0, 0, 0), 10041),
        ((2, 1, 6, 0, 1, 0), 10022),
        ((2, 1, 6, 0, 0xDEADBEEF, 0), 10022),
        ((2, 1, 6, 1, 0, 0), 10014),
        ((2, 1, 6, 0xC0000000, 0, 0), 10014),
        ((2, 1, 6, 0x00600000, 0, 0), 10014),
        ((2, 2, 17, 0, 0, 0x14), 10022),
        ((-2, 1, 0, 0, 0, 0), 10047),
    ],
)
def test_refusals_reach_the_guest_as_codes(guest, arguments, code):
    assert guest.fails("WSASocketW", *arguments) == code


def test_a_structure_that_ends_in_memory_that_is_not_there_is_a_fault_code(guest):
    straddling = 0x00600000 - 8
    assert guest.fails("WSASocketW", 2, 1, 6, straddling, 0, 0) == 10014


def test_a_success_leaves_the_last_error_alone(guest):
    guest.WSASetLastError(12345)
    assert guest.closesocket(guest.tcp()) == 0
    assert guest.WSAGetLastError() == 12345


def test_startup_is_counted_and_the_last_cleanup_closes_the_sockets(device):
    guest = device.guest()
    assert guest.WSAStartup(0x0202, guest.room(400)) == 0
    sock = guest.tcp()
    assert guest.WSACleanup() == 0
    assert guest.closesocket(guest.tcp()) == 0
    assert guest.WSACleanup() == 0
    for name, args in (
        ("socket", (2, 1, 6)),
        ("closesocket", (sock,)),
        ("WSACleanup", ()),
        ("listen", (sock, 1)),
    ):
        assert guest.fails(name, *args) == 10093
    assert guest.fails("WSASocketW", 2, 1, 6, 0, 0, 0) == 10093
    assert guest.WSAStartup(0x0202, guest.room(400)) == 0
    assert guest.fails("closesocket", sock) == 10038


def test_processes_start_winsock_each_for_themselves(device):
    one, other = device.guest(), device.guest()
    assert other.WSACleanup() == 0
    assert other.fails("socket", 2, 1, 6) == 10093
    assert one.tcp() != ERROR


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        (0x0202, 0x0202),
        (0x0002, 0x0002),
        (0x0102, 0x0102),
        (0x0101, 0x0101),
        (0x0001, 0x0001),
        (0x0303, 0x0202),
        (0x0302, 0x0202),
        (0x0901, 0x0101),
    ],
)
def test_version_negotiation(guest, asked, got):
    data = guest.room(400)
    assert guest.WSAStartup(asked, data) == 0
    assert (guest.memory.u16(data), guest.memory.u16(data + 2)) == (got, 0x0202)


def test_startup_answers_with_its_code(guest):
    assert guest.WSAStartup(0x0000, guest.room(400)) == 10092
    assert guest.WSAStartup(0x0202, 0) == 10014
    assert guest.WSAStartup(0x0202, 0x00600000 - 100) == 10014


def test_descriptors_run_out_and_come_back(make_device):
    guest = make_device({"descriptors = 1024": "descriptors = 8"}).guest()
    made = [guest.tcp() for _ in range(8)]
    assert len(set(made)) == 8
    assert guest.fails("socket", 2, 1, 6) == 10024
    assert guest.fails("WSASocketW", 2, 1, 6, 0, 0, 0) == 10024
    assert guest.closesocket(made[3]) == 0
    assert guest.tcp() != ERROR
    assert guest.fails("socket", 2, 1, 6) == 10024


def test_memory_runs_out_and_comes_back(guest, device):
    listener, port = guest.listener()
    assert guest.connect(guest.tcp(), guest.address(port), 16) == 0
    device.pages = 1
    sock = guest.tcp()
    assert guest.fails("socket", 2, 1, 6) == 10055
    assert guest.fails("WSASocketW", 2, 1, 6, 0, 0, 0) == 10055
    assert guest.fails("accept", listener, 0, 0) == 10055
    assert guest.closesocket(sock) == 0
    assert guest.accept(listener, 0, 0) != ERROR
    guest.end()
    assert device.pages == 3


def test_ten_thousand_sockets_one_after_the_other_and_none_is_left(guest, device):
    for _ in range(10_000):
        sock = guest.udp()
        assert sock != ERROR
        assert guest.closesocket(sock) == 0
    assert not list(guest.process.locals["ws2"].sockets())


def test_a_failed_subsystem(make_device):
    device = make_device({'subsystem = "up"': 'subsystem = "down"'})
    guest = device.guest()
    assert guest.fails("WSASocketW", 2, 1, 6, 0, 0, 0) == 10050
    assert guest.fails("socket", 2, 1, 6) == 10050
    assert guest.fails("closesocket", 4) == 10050


def test_another_catalog_makes_another_device(make_device):
    guest = make_device(
        {'name = "UDP/IP"\nid = 1002\nfamily = "AF_INET"': 'name = "X"\nid = 9\nfamily = 32'}
    ).guest()
    assert guest.fails("socket", 2, 2, 0) == 10044
    assert guest.fails("socket", 2, 2, 17) == 10044
    sock = guest.socket(32, 2, 17)
    assert sock != ERROR
    assert guest.fails("bind", sock, guest.address(0), 16) == 10014
    assert guest.fails("sendto", sock, guest.room(4), 4, 0, guest.address(9), 16) == 10045
    assert guest.closesocket(sock) == 0


def test_enumeration(guest):
    length = guest.word(628)
    wanted = guest.put(struct.pack("<II", 17, 0))
    assert guest.fails("WSAEnumProtocolsW", wanted, guest.room(628), length) == 10055
    assert guest.memory.u32(length) == 1256
    assert guest.WSAEnumProtocolsW(wanted, guest.room(1256), length) == 2
    assert guest.fails("WSAEnumProtocolsW", 0, 0x00600000, guest.word(99999)) == 10014
    assert guest.fails("WSAEnumProtocolsW", 0, 0, 1) == 10014
    assert guest.fails("WSAEnumProtocolsW", 0x00600000, 0, length) == 10014


def test_the_service_provider_catalog(guest):
    error, length = guest.word(), guest.word(0)
    assert guest.WSCEnumProtocols(0, 0, length, error) == ERROR
    assert guest.memory.u32(error) == 10055
    assert guest.memory.u32(length) == 5 * 628
    assert guest.WSCEnumProtocols(0, guest.room(5 * 628), length, error) == 5
    assert guest.fails("WSCEnumProtocols", 0, 0, length, 1) == 10014


def wsc_error(guest, name, *args):
    """The code that a failing call leaves in *lpErrno."""
    error = guest.word()
    assert getattr(guest, name)(*args, error) == ERROR
    return guest.memory.u32(error)


def test_installing_a_provider(device, guest):
    provider, path, info = guest.put(bytes(range(16))), guest.wide("\\p.dll"), guest.room(2 * 628)
    error, length, room = guest.word(), guest.word(7 * 628), guest.room(7 * 628)
    assert wsc_error(guest, "WSCInstallProvider", 1, path, info, 1) == 10014
    assert wsc_error(guest, "WSCInstallProvider", provider, 1, info, 1) == 10014
    assert wsc_error(guest, "WSCInstallProvider", provider, path, 1, 1) == 10014
    assert guest.fails("WSCInstallProvider", provider, path, info, 1, 1) == 10014
    assert wsc_error(guest, "WSCInstallProvider", provider, path, info, 0) == 10022
    assert wsc_error(guest, "WSCDeinstallProvider", provider) == 10022
    assert guest.WSCInstallProvider(provider, path, info, 2, error) == 0
    assert wsc_error(guest, "WSCInstallProvider", provider, path, info, 1) == 11003
    other = device.guest()
    assert other.WSCEnumProtocols(0, other.room(7 * 628), other.word(7 * 628), other.word()) == 7
    assert guest.WSCEnumProtocols(0, room, length, error) == 7
    assert guest.memory.read(room + 6 * 628 + 20, 16) == bytes(range(16))
    assert [guest.memory.u32(room + n * 628 + 36) for n in (4, 5, 6)] == [1005, 1006, 1007]
    assert guest.WSCDeinstallProvider(provider, error) == 0
    assert guest.WSCEnumProtocols(0, room, length, error) == 5


def test_nobody_is_trusted_with_a_provider(device, guest):
    device.variants = frozenset({"untrusted"})
    provider, path, info = guest.room(16), guest.wide("\\p.dll"), guest.room(628)
    assert wsc_error(guest, "WSCInstallProvider", provider, path, info, 1) == 11003
    assert wsc_error(guest, "WSCInstallProvider", 1, path, info, 1) == 10014
    assert wsc_error(guest, "WSCDeinstallProvider", provider) == 11003
    assert wsc_error(guest, "WSCDeinstallProvider", 1) == 10014
