"""Overlapped operations and WSABUF forms."""

import struct

import pytest

ERROR = 0xFFFFFFFF
OVERLAPPED = 1


def plain_socket(guest):
    return guest.WSASocketW(2, 1, 6, 0, 0, 0)


def overlapped(guest, event=None):
    """A WSAOVERLAPPED with an event of its own, and the event."""
    event = guest.WSACreateEvent() if event is None else event
    return guest.put(struct.pack("<5I", 0, 0, 0, 0, event)), event


def signalled(guest, event):
    return guest.WSAWaitForMultipleEvents(1, guest.word(event), 0, 0, 0) == 0


def result(guest, sock, place, wait=0):
    """Bytes of a finished operation, or the error of asking."""
    count, flags = guest.word(), guest.word()
    if guest.WSAGetOverlappedResult(sock, place, count, wait, flags):
        return "ok", guest.memory.u32(count)
    return "error", guest.thread.wsa_error


def test_a_socket_without_the_attribute_refuses_overlapped_calls(guest):
    client, server = guest.pair(lambda: plain_socket(guest))
    data, count, flags = guest.buffers((guest.put(b"data"), 4)), guest.word(), guest.word()
    place, _ = overlapped(guest)
    assert guest.fails("WSASend", client, data, 1, count, 0, place, 0) == 10022
    assert guest.fails("WSARecv", client, data, 1, count, flags, place, 0) == 10022
    assert guest.WSASend(client, data, 1, count, 0, 0, 0) == 0
    assert guest.WSASend(server, data, 1, count, 0, place, 0) == 0


@pytest.mark.parametrize("flags", [OVERLAPPED, None])
def test_overlapped_sockets_come_from_the_flag_and_from_socket(guest, flags):
    make = guest.tcp if flags is None else lambda: guest.WSASocketW(2, 1, 6, 0, 0, flags)
    client, server = guest.pair(make)
    data, count = guest.buffers((guest.put(b"data"), 4)), guest.word()
    place, event = overlapped(guest)
    assert guest.WSASend(client, data, 1, count, 0, place, 0) == 0
    assert guest.memory.u32(count) == 4
    assert not signalled(guest, event)
    assert result(guest, client, place) == ("ok", 4)
    assert guest.recv(server, guest.room(9), 9, 0) == 4


def test_four_receives_are_filled_in_order(guest):
    client, server = guest.pair()
    posted = []
    for _ in range(4):
        place, event = overlapped(guest)
        room = guest.room(8)
        flags = guest.word()
        code = guest.fails("WSARecv", server, guest.buffers((room, 4)), 1, guest.word(), flags, place, 0)
        assert code == 997
        posted.append((room, place, event))
    assert result(guest, server, posted[0][1]) == ("error", 996)
    assert not any(signalled(guest, event) for _, _, event in posted)
    for number, (room, place, event) in enumerate(posted):
        assert guest.send(client, guest.put(f"msg{number}".encode()), 4, 0) == 4
        assert signalled(guest, event)
        assert result(guest, server, place) == ("ok", 4)
        assert guest.memory.read(room, 5) == f"msg{number}".encode() + b"\0"
    assert guest.memory.u32(posted[0][1]) == 0


def test_waiting_for_the_result(guest):
    client, server = guest.pair()
    place, _ = overlapped(guest)
    room = guest.buffers((guest.room(8), 8))
    assert guest.fails("WSARecv", server, room, 1, guest.word(), guest.word(), place, 0) == 997
    count = guest.word()
    waiting = guest.start("WSAGetOverlappedResult", server, place, count, 1, guest.word())
    assert not waiting.over
    assert guest.send(client, guest.put(b"abc"), 3, 0) == 3
    assert guest.finish(waiting) == 1
    assert guest.memory.u32(count) == 3


def test_waiting_needs_an_event_and_an_operation(guest):
    _, server = guest.pair()
    without, _ = overlapped(guest, event=0)
    room = guest.buffers((guest.room(8), 8))
    assert guest.fails("WSARecv", server, room, 1, 0, guest.word(), without, 0) == 997
    assert result(guest, server, without, wait=1) == ("error", 6)
    stranger = guest.put(struct.pack("<5I", 0x103, 0, 0, 0, guest.WSACreateEvent()))
    assert result(guest, server, stranger, wait=1) == ("error", 996)


def test_overlapped_datagrams(guest):
    sock, peer = guest.udp(), guest.udp()
    assert guest.bind(sock, guest.address(0), 16) == 0
    to = guest.address(guest.port(sock))
    place, event = overlapped(guest)
    room, source, length = guest.room(8), guest.room(16), guest.word(16)
    buffers = guest.buffers((room, 2), (room + 4, 4))
    args = (sock, buffers, 2, 0, guest.word(), source, length, place, 0)
    assert guest.fails("WSARecvFrom", *args) == 997
    sent = overlapped(guest)[0]
    data = guest.buffers((guest.put(b"abc"), 3), (guest.put(b"def"), 2))
    assert guest.WSASendTo(peer, data, 2, 0, 0, to, 16, sent, 0) == 0
    assert result(guest, peer, sent) == ("ok", 5)
    assert signalled(guest, event)
    assert result(guest, sock, place) == ("ok", 5)
    assert guest.memory.read(room, 8) == b"ab\0\0cde\0"
    assert int.from_bytes(guest.memory.read(source + 2, 2), "big") == guest.port(peer)


def test_a_truncated_message_is_an_error_of_the_operation(guest):
    sock = guest.udp()
    assert guest.bind(sock, guest.address(0), 16) == 0
    place, _ = overlapped(guest)
    buffers = guest.buffers((guest.room(8), 2))
    assert guest.fails("WSARecv", sock, buffers, 1, 0, guest.word(), place, 0) == 997
    to = guest.address(guest.port(sock))
    assert guest.sendto(guest.udp(), guest.put(b"abc"), 3, 0, to, 16) == 3
    assert result(guest, sock, place) == ("error", 10040)


def test_a_long_send_completes_when_the_peer_has_read(guest):
    client, server = guest.pair()
    size = 100_000
    place, event = overlapped(guest)
    data = guest.buffers((guest.put(bytes(range(250)) * 400), size))
    assert guest.fails("WSASend", client, data, 1, 0, 0, place, 0) == 997
    room, got = guest.room(size), b""
    while len(got) < size:
        count = guest.recv(server, room, size, 0)
        got += guest.memory.read(room, count)
    assert got == bytes(range(250)) * 400
    assert signalled(guest, event)
    assert result(guest, client, place) == ("ok", size)


def test_closing_cancels(guest):
    client, server = guest.pair()
    place, event = overlapped(guest)
    args = (server, guest.buffers((guest.room(8), 8)), 1, 0, guest.word(), place, 0)
    assert guest.fails("WSARecv", *args) == 997
    assert guest.closesocket(server) == 0
    assert signalled(guest, event)
    assert guest.memory.u32(place) == 995
    assert result(guest, client, place) == ("error", 995)


def test_a_broken_connection_ends_the_operation(guest):
    client, server = guest.pair()
    place, _ = overlapped(guest)
    args = (server, guest.buffers((guest.room(8), 8)), 1, 0, guest.word(), place, 0)
    assert guest.fails("WSARecv", *args) == 997
    assert guest.setsockopt(client, 0xFFFF, 0x80, guest.put(struct.pack("<HH", 1, 0)), 4) == 0
    assert guest.closesocket(client) == 0
    assert result(guest, server, place) == ("error", 10054)


def test_a_completion_routine_runs_on_a_thread_of_its_own(guest, device):
    client, server = guest.pair()
    place, _ = overlapped(guest, event=0)
    args = (server, guest.buffers((guest.room(8), 8)), 1, 0, guest.word(), place, 0x1234)
    assert guest.fails("WSARecv", *args) == 997
    assert device.threads == []
    assert guest.send(client, guest.put(b"xyz"), 3, 0) == 3
    assert device.threads == [(0x1234, (0, 3, place, 0))]


def test_refusals(guest):
    client, _ = guest.pair()
    good, (place, _) = guest.buffers((guest.put(b"x"), 1)), overlapped(guest)
    count = guest.word()
    assert guest.fails("WSASend", client, 0x00600000, 1, count, 0, place, 0) == 10014
    assert guest.fails("WSASend", client, guest.buffers((0x00600000, 1)), 1, count, 0, place, 0) == 10014
    assert guest.fails("WSASend", client, good, 1, count, 0, 0x00600000, 0) == 10014
    assert guest.fails("WSASend", client, good, 1, 0, 0, 0, 0) == 10014
    assert guest.fails("WSASend", client, good, 1, count, 1, place, 0) == 10045
    assert guest.fails("WSASend", guest.tcp(), good, 1, count, 0, place, 0) == 10057
    assert guest.fails("WSASend", 0x4444, good, 1, count, 0, place, 0) == 10038
    assert guest.fails("WSARecv", client, good, 1, count, 0x00600000, place, 0) == 10014
    assert guest.fails("WSASend", client, good, 5000, count, 0, place, 0) == 10014
    assert guest.fails("WSASend", client, good, 1, count, 0, 0, 0x1234) == 10014
    bad, _ = overlapped(guest, event=0x9999)
    assert guest.fails("WSASend", client, good, 1, count, 0, bad, 0) == 6
    assert guest.fails("WSAGetOverlappedResult", client, 0x00600000, count, 0, count, value=0) == 10014
    assert guest.fails("WSAGetOverlappedResult", 0x4444, place, count, 0, count, value=0) == 10038


def test_only_so_many_operations_can_wait(guest):
    _, server = guest.pair()
    buffers, flags = guest.buffers((guest.room(8), 8)), guest.word()
    codes = {
        guest.fails("WSARecv", server, buffers, 1, 0, flags, overlapped(guest, 0)[0], 0) for _ in range(256)
    }
    assert codes == {997}
    assert guest.fails("WSARecv", server, buffers, 1, 0, flags, overlapped(guest, 0)[0], 0) == 10035


def test_plain_use_of_the_buffer_forms(guest):
    client, server = guest.pair()
    count, flags = guest.word(), guest.word()
    data = guest.buffers((guest.put(b"one "), 4), (guest.put(b"two"), 3))
    assert guest.WSASend(client, data, 2, count, 0, 0, 0) == 0
    assert guest.memory.u32(count) == 7
    first, second = guest.room(4), guest.room(8)
    assert guest.WSARecv(server, guest.buffers((first, 4), (second, 8)), 2, count, flags, 0, 0) == 0
    assert guest.memory.u32(count) == 7
    assert guest.memory.read(first, 4) + guest.memory.read(second, 3) == b"one two"


def test_an_empty_receive_waits_for_data_and_takes_none(guest):
    client, server = guest.pair()
    place, _ = overlapped(guest)
    assert guest.fails("WSARecv", server, 0, 0, 0, guest.word(), place, 0) == 997
    assert guest.send(client, guest.put(b"abc"), 3, 0) == 3
    assert result(guest, server, place) == ("ok", 0)
    assert guest.recv(server, guest.room(8), 8, 0) == 3


def test_an_address_list_notification_waits_for_ever(guest):
    sock = guest.tcp()
    place, event = overlapped(guest)
    assert guest.fails("WSAIoctl", sock, 0x28000017, 0, 0, 0, 0, 0, place, 0) == 997
    assert result(guest, sock, place) == ("error", 996)
    assert guest.closesocket(sock) == 0
    assert signalled(guest, event)


def test_nothing_is_reported_to_a_process_that_has_ended(guest, device):
    _, server = guest.pair()
    place, _ = overlapped(guest, event=0)
    args = (server, guest.buffers((guest.room(8), 8)), 1, 0, guest.word(), place, 0x1234)
    assert guest.fails("WSARecv", *args) == 997
    guest.end()
    assert device.threads == []
    assert guest.memory.u32(place) == 0x103
