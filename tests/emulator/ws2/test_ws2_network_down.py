"""The network of the device fails, with every socket, and comes back."""

import socket
import struct

import pytest

ERROR = 0xFFFFFFFF
NETDOWN = 10050


def error_of(guest, task):
    """The error of a call that was under way."""
    assert guest.finish(task) == ERROR
    return guest.thread.wsa_error


def test_whoever_waits_is_told(guest, device):
    listener, _ = guest.listener()
    client, server = guest.pair()
    datagrams = guest.udp()
    assert guest.bind(datagrams, guest.address(0), 16) == 0
    readable = guest.put(struct.pack("<III", 2, listener, client))
    waiting = [
        guest.start("accept", listener, 0, 0),
        guest.start("recv", client, guest.room(4), 4, 0),
        guest.start("recvfrom", datagrams, guest.room(4), 4, 0, 0, 0),
        guest.start("select", 0, readable, 0, 0, 0),
    ]
    assert not any(task.over for task in waiting)
    device.state.network_down()
    assert [error_of(guest, task) for task in waiting] == [NETDOWN] * 4
    assert guest.fails("send", server, guest.room(4), 4, 0) == NETDOWN


def test_an_overlapped_receive_and_a_network_event_say_so_too(guest, device):
    client, server = guest.pair()
    overlapped, flags, done = guest.room(20), guest.word(), guest.word()
    buffers = guest.buffers((guest.room(4), 4))
    assert guest.fails("WSARecv", client, buffers, 1, 0, flags, overlapped, 0) == 997
    event = guest.WSACreateEvent()
    assert guest.WSAEventSelect(server, event, 0x20) == 0
    device.state.network_down()
    device.state.network_up()
    result = client, overlapped, done, 0, flags
    assert guest.fails("WSAGetOverlappedResult", *result, value=0) == NETDOWN
    assert guest.WSAWaitForMultipleEvents(1, guest.word(event), 0, 0, 0) == 0


def test_old_sockets_stay_useless_and_their_ports_are_free(guest, device):
    listener, port = guest.listener()
    device.state.network_down()
    assert guest.fails("socket", 2, 1, 6) == NETDOWN
    assert guest.fails("WSASocketW", 2, 1, 6, 0, 0, 1) == NETDOWN
    device.state.network_up()
    assert guest.fails("accept", listener, 0, 0) == NETDOWN
    again = guest.tcp()
    assert guest.bind(again, guest.address(port), 16) == 0
    assert guest.listen(again, 1) == 0
    client = guest.tcp()
    assert guest.connect(client, guest.address(port), 16) == 0
    assert guest.accept(again, 0, 0) != ERROR


def test_sockets_can_be_closed_while_it_is_down(guest, device):
    made = [guest.listener()[0], *guest.pair(), guest.udp()]
    device.state.network_down()
    for sock in made:
        assert guest.closesocket(sock) == 0
    assert device.state.open_sockets == 0
    assert guest.fails("closesocket", made[0]) == NETDOWN
    device.state.network_up()
    assert guest.fails("closesocket", made[0]) == 10038


def test_sockets_of_every_process_are_lost(device):
    guests = [device.guest(), device.guest()]
    made = [guest.udp() for guest in guests]
    device.state.network_down()
    device.state.network_up()
    for guest, sock in zip(guests, made, strict=True):
        assert guest.fails("bind", sock, guest.address(0), 16) == NETDOWN


def test_the_host_sees_an_end_and_finds_the_port_again(guest, device):
    listener, port = guest.listener(bytes(4))
    ((_, host_port),) = device.listeners
    device.outside = True
    with socket.create_connection(("127.0.0.1", host_port), timeout=60) as host:
        assert guest.accept(listener, 0, 0) != ERROR
        device.state.network_down()
        with pytest.raises(ConnectionResetError):
            host.recv(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", host_port), timeout=60)
    device.state.network_up()
    again = guest.tcp()
    assert guest.bind(again, guest.address(port, bytes(4)), 16) == 0
    assert guest.listen(again, 1) == 0
    assert device.listeners[1] == (port, host_port)
    with socket.create_connection(("127.0.0.1", host_port), timeout=60):
        assert guest.accept(again, 0, 0) != ERROR


def test_a_host_port_that_somebody_has_taken_meanwhile_is_another_one(guest, device):
    _, port = guest.listener(bytes(4))
    ((_, host_port),) = device.listeners
    device.state.network_down()
    device.state.network_up()
    with socket.create_server(("127.0.0.1", host_port)):
        again = guest.tcp()
        assert guest.bind(again, guest.address(port, bytes(4)), 16) == 0
        assert guest.listen(again, 1) == 0
        assert device.listeners[1][0] == port
        assert device.listeners[1][1] != host_port
