"""select, event objects, WSAEventSelect and WSAEnumNetworkEvents."""

import struct

import pytest

ERROR = 0xFFFFFFFF
READ, WRITE, ACCEPT, CONNECT, CLOSE = 1, 2, 8, 0x10, 0x20
ALL = READ | WRITE | ACCEPT | CONNECT | CLOSE


def fd_set(guest, *handles, room=64):
    return guest.put(
        struct.pack(f"<I{len(handles)}I", len(handles), *handles) + bytes(4 * (room - len(handles)))
    )


def members(guest, place):
    count = guest.memory.u32(place)
    return list(guest.memory.words(place + 4, count)) if count else []


def timeval(guest, seconds, micro=0):
    return guest.put(struct.pack("<ii", seconds, micro))


def signalled(guest, event):
    return guest.WSAWaitForMultipleEvents(1, guest.word(event), 0, 0, 0) == 0


def network_events(guest, sock, event=0):
    """Recorded bits, and the codes that are not 0."""
    place = guest.room(44)
    assert guest.WSAEnumNetworkEvents(sock, event, place) == 0
    bits, *codes = guest.memory.words(place, 11)
    return bits, {1 << n: code for n, code in enumerate(codes) if code}


# --- select -------------------------------------------------------------------------------------------------


def test_select_leaves_what_is_ready(guest):
    client, server = guest.pair()
    idle, _ = guest.pair()
    assert guest.send(client, guest.put(b"x"), 1, 0) == 1
    reading, writing, failing = (
        fd_set(guest, server, idle),
        fd_set(guest, client, guest.tcp()),
        fd_set(guest, idle),
    )
    assert guest.select(0, reading, writing, failing, timeval(guest, 0)) == 2
    assert members(guest, reading) == [server]
    assert members(guest, writing) == [client]
    assert members(guest, failing) == []
    assert guest.__getattr__("__WSAFDIsSet")(server, reading) == 1
    assert guest.__getattr__("__WSAFDIsSet")(idle, reading) == 0


def test_select_times_out_on_device_time(guest, device):
    _, server = guest.pair()
    reading, limit = fd_set(guest, server), timeval(guest, 2, 500_000)
    waiting = guest.start("select", 0, reading, 0, 0, limit)
    device.clock.now += 2.4
    device.run()
    assert not waiting.over
    device.clock.now += 0.2
    assert guest.finish(waiting) == 0
    assert members(guest, reading) == []
    assert guest.memory.words(limit, 2) == (2, 500_000)


def test_select_waits_for_the_first_of_many(guest):
    pairs = [guest.pair() for _ in range(10)]
    reading = fd_set(guest, *(server for _, server in pairs))
    waiting = guest.start("select", 0, reading, 0, 0, 0)
    assert not waiting.over
    assert guest.send(pairs[7][0], guest.put(b"x"), 1, 0) == 1
    assert guest.finish(waiting) == 1
    assert members(guest, reading) == [pairs[7][1]]


def test_select_sees_connections_ends_and_resets(guest):
    listener, port = guest.listener()
    assert guest.select(0, fd_set(guest, listener), 0, 0, timeval(guest, 0)) == 0
    client = guest.tcp()
    assert guest.connect(client, guest.address(port), 16) == 0
    assert guest.select(0, fd_set(guest, listener), 0, 0, timeval(guest, 0)) == 1
    server = guest.accept(listener, 0, 0)
    assert guest.select(0, fd_set(guest, server), 0, 0, timeval(guest, 0)) == 0
    assert guest.closesocket(client) == 0
    assert guest.select(0, fd_set(guest, server), 0, 0, timeval(guest, 0)) == 1


def test_select_tells_how_a_nonblocking_connect_ended(guest):
    listener, port = guest.listener()
    good, bad = guest.tcp(), guest.tcp()
    for sock in (good, bad):
        assert guest.ioctlsocket(sock, 0x8004667E, guest.word(1)) == 0
    assert guest.fails("connect", good, guest.address(port), 16) == 10035
    waiting = guest.start("select", 0, 0, fd_set(guest, good), 0, 0)
    assert guest.finish(waiting) == 1
    assert guest.closesocket(listener) == 0
    assert guest.fails("connect", bad, guest.address(port), 16) == 10035
    writing, failing = fd_set(guest, bad), fd_set(guest, bad)
    assert guest.finish(guest.start("select", 0, 0, writing, failing, 0)) == 1
    assert (members(guest, writing), members(guest, failing)) == ([], [bad])
    value, length = guest.word(), guest.word(4)
    assert guest.getsockopt(bad, 0xFFFF, 0x1007, value, length) == 0
    assert guest.memory.u32(value) == 10061
    assert guest.getsockopt(bad, 0xFFFF, 0x1007, value, length) == 0
    assert guest.memory.u32(value) == 0


def test_select_refusals(guest):
    client, _ = guest.pair()
    good = fd_set(guest, client)
    assert guest.fails("select", 0, 0, 0, 0, 0) == 10022
    assert guest.fails("select", 0, fd_set(guest), 0, 0, 0) == 10022
    assert guest.fails("select", 0, good, 0, 0, timeval(guest, -1)) == 10022
    assert guest.fails("select", 0, good, 0, 0, timeval(guest, 0, 1_000_000)) == 10022
    assert guest.fails("select", 0, fd_set(guest, client, 0x4444), 0, 0, 0) == 10038
    assert guest.fails("select", 0, 0x00600000, 0, 0, 0) == 10014
    assert guest.fails("select", 0, good, 0, 0, 0x00600000) == 10014


def test_closing_a_socket_ends_a_select(guest):
    _, server = guest.pair()
    _, other = guest.pair()
    waiting = guest.start("select", 0, fd_set(guest, server, other), 0, 0, 0)
    assert guest.closesocket(server) == 0
    assert guest.finish(waiting) == ERROR


# --- event objects --------------------------------------------------------------------------------------


def test_events_are_manual_reset(guest):
    event = guest.WSACreateEvent()
    assert not signalled(guest, event)
    assert guest.WSASetEvent(event) == 1
    assert signalled(guest, event)
    assert signalled(guest, event)
    assert guest.WSAResetEvent(event) == 1
    assert not signalled(guest, event)
    assert guest.WSACloseEvent(event) == 1
    for name in ("WSACloseEvent", "WSASetEvent", "WSAResetEvent"):
        assert guest.fails(name, event, value=0) == 6


def test_waiting_for_several_events(guest, device):
    events = [guest.WSACreateEvent() for _ in range(3)]
    handles = guest.put(struct.pack("<3I", *events))
    assert guest.WSASetEvent(events[2]) == 1
    assert guest.WSAWaitForMultipleEvents(3, handles, 0, ERROR, 0) == 2
    assert guest.WSASetEvent(events[1]) == 1
    assert guest.WSAWaitForMultipleEvents(3, handles, 0, ERROR, 0) == 1
    for event in events:
        assert guest.WSAResetEvent(event) == 1
    waiting = guest.start("WSAWaitForMultipleEvents", 3, handles, 0, 100, 0)
    device.clock.now += 0.2
    assert guest.finish(waiting) == 258
    for count, wait_all in ((0, 0), (65, 0), (3, 1)):
        assert guest.fails("WSAWaitForMultipleEvents", count, handles, wait_all, 0, 0) == 87
    assert guest.fails("WSAWaitForMultipleEvents", 1, guest.word(0x9999), 0, 0, 0) == 6


# --- WSAEventSelect --------------------------------------------------------------------------------------


def test_the_events_of_a_conversation(guest):
    listener, port = guest.listener()
    heard = guest.WSACreateEvent()
    assert guest.WSAEventSelect(listener, heard, ALL) == 0
    client, told = guest.tcp(), guest.WSACreateEvent()
    assert guest.WSAEventSelect(client, told, ALL) == 0
    guest.WSAResetEvent(told)
    assert network_events(guest, client)[0] == 0
    assert guest.fails("connect", client, guest.address(port), 16) == 10035
    assert guest.device.run()
    assert signalled(guest, told)
    assert signalled(guest, heard)
    assert network_events(guest, client, told) == (CONNECT | WRITE, {})
    assert not signalled(guest, told)
    assert network_events(guest, listener, heard) == (ACCEPT, {})

    server = guest.accept(listener, 0, 0)
    assert guest.send(client, guest.put(b"one"), 3, 0) == 3
    assert network_events(guest, server, heard) == (READ | WRITE, {})
    assert guest.send(client, guest.put(b"two"), 3, 0) == 3
    assert network_events(guest, server) == (0, {})
    assert guest.recv(server, guest.room(2), 2, 0) == 2
    assert network_events(guest, server) == (READ, {})
    assert guest.recv(server, guest.room(9), 9, 0) == 4
    assert network_events(guest, server) == (0, {})
    assert guest.closesocket(client) == 0
    assert network_events(guest, server) == (CLOSE, {})
    assert network_events(guest, server) == (0, {})


def test_a_failed_connect_comes_with_its_code(guest):
    sock, event = guest.tcp(), guest.WSACreateEvent()
    assert guest.WSAEventSelect(sock, event, CONNECT) == 0
    assert guest.fails("connect", sock, guest.address(1), 16) == 10035
    assert guest.device.run()
    assert network_events(guest, sock, event) == (CONNECT, {CONNECT: 10061})


def test_a_reset_comes_with_its_code(guest):
    client, server = guest.pair()
    assert guest.WSAEventSelect(server, guest.WSACreateEvent(), CLOSE) == 0
    assert guest.setsockopt(client, 0xFFFF, 0x80, guest.put(struct.pack("<HH", 1, 0)), 4) == 0
    assert guest.closesocket(client) == 0
    assert network_events(guest, server) == (CLOSE, {CLOSE: 10054})


def test_room_to_write_is_reported_after_a_refusal(guest):
    client, server = guest.pair()
    assert guest.WSAEventSelect(client, guest.WSACreateEvent(), WRITE) == 0
    assert network_events(guest, client) == (WRITE, {})
    data = guest.room(60_000)
    assert guest.send(client, data, 60_000, 0) < 60_000
    assert guest.fails("send", client, data, 60_000, 0) == 10035
    assert network_events(guest, client) == (0, {})
    assert guest.recv(server, data, 60_000, 0) > 0
    assert network_events(guest, client) == (WRITE, {})


def test_the_socket_is_nonblocking_until_the_selection_is_cancelled(guest):
    _, server = guest.pair()
    event = guest.WSACreateEvent()
    assert guest.WSAEventSelect(server, event, READ) == 0
    assert guest.fails("recv", server, guest.room(1), 1, 0) == 10035
    assert guest.fails("ioctlsocket", server, 0x8004667E, guest.word(0)) == 10022
    assert guest.WSAEventSelect(server, 0, 0) == 0
    assert guest.ioctlsocket(server, 0x8004667E, guest.word(0)) == 0
    waiting = guest.start("recv", server, guest.room(1), 1, 0)
    assert not waiting.over


@pytest.mark.parametrize(
    ("name", "args", "code"),
    [
        ("WSAEventSelect", ("sock", 0x9999, 1), 10022),
        ("WSAEventSelect", ("sock", "event", 0x40), 10022),
        ("WSAEventSelect", (0x4444, "event", 1), 10038),
        ("WSAEnumNetworkEvents", ("sock", 0x9999, "room"), 10022),
        ("WSAEnumNetworkEvents", ("sock", 0, 0x00600000), 10014),
        ("WSAEnumNetworkEvents", (0x4444, 0, "room"), 10038),
        ("WSAAsyncSelect", ("sock", 1, 2, 3), 10045),
    ],
)
def test_event_refusals(guest, name, args, code):
    values = {"sock": guest.tcp(), "event": guest.WSACreateEvent(), "room": guest.room(64)}
    assert guest.fails(name, *(values.get(arg, arg) for arg in args)) == code
