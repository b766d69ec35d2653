"""Stream sockets on the way to a connection: bind, listen, accept, and condition functions."""

ERROR = 0xFFFFFFFF
OWN = bytes((10, 0, 2, 15))
ELSEWHERE = bytes((192, 0, 2, 1))


def test_bind_refusals(guest):
    taken, port = guest.listener()
    for make in (guest.tcp, guest.udp):
        sock = make()
        assert guest.fails("bind", sock, guest.address6(0), 28) == 10014
        assert guest.fails("bind", sock, guest.address(0), 15) == 10014
        assert guest.fails("bind", sock, 0x00600000, 16) == 10014
        assert guest.fails("bind", sock, guest.address(0, ELSEWHERE), 16) == 10049
        assert guest.fails("bind", sock, guest.address(0, b"\xff" * 4), 16) == 10013
    sock = guest.tcp()
    assert guest.fails("bind", sock, guest.address(port), 16) == 10048
    assert guest.fails("bind", sock, guest.address(port, bytes(4)), 16) == 10048
    assert guest.fails("getsockname", sock, guest.room(16), guest.word(16)) == 10022
    assert guest.bind(guest.udp(), guest.address(port), 16) == 0
    assert guest.bind(sock, guest.address(port, OWN), 16) == 0
    assert guest.fails("bind", sock, guest.address(0), 16) == 10022
    assert guest.fails("getsockname", sock, guest.room(16), guest.word(15)) == 10014
    assert guest.closesocket(taken) == 0
    assert guest.bind(guest.tcp(), guest.address(port), 16) == 0


def test_an_address_may_be_given_with_more_length_than_it_has(guest):
    end = 0x00400000 - 16  # nothing lies behind the scratch memory
    guest.memory.write(end, guest.memory.read(guest.address(0), 16))
    assert guest.bind(guest.tcp(), end, 128) == 0
    assert guest.fails("bind", guest.tcp(), end + 4, 16) == 10014


def test_reuse_of_an_address_has_to_be_asked_for_by_both(guest):
    first, second = guest.tcp(), guest.tcp()
    for sock in (first, second):
        assert guest.setsockopt(sock, 0xFFFF, 4, guest.word(1), 4) == 0
    assert guest.bind(first, guest.address(5000), 16) == 0
    assert guest.bind(second, guest.address(5000), 16) == 0
    assert guest.fails("bind", guest.tcp(), guest.address(5000), 16) == 10048


def test_listen_and_accept_refusals(make_device):
    guest = make_device({"descriptors = 1024": "descriptors = 3"}).guest()
    udp = guest.udp()
    assert guest.fails("listen", udp, 1) == 10045
    assert guest.fails("accept", udp, 0, 0) == 10045
    assert guest.closesocket(udp) == 0
    sock = guest.tcp()
    assert guest.fails("listen", sock, 1) == 10022
    assert guest.fails("accept", sock, 0, 0) == 10022
    assert guest.bind(sock, guest.address(0), 16) == 0
    assert guest.listen(sock, 1) == 0
    assert guest.listen(sock, 3) == 0
    client = guest.tcp()
    assert guest.connect(client, guest.address(guest.port(sock)), 16) == 0
    assert guest.fails("listen", client, 1) == 10056
    assert guest.fails("accept", sock, guest.room(16), guest.word(15)) == 10014
    third = guest.tcp()
    assert guest.fails("accept", sock, 0, 0) == 10024
    assert guest.closesocket(third) == 0
    assert guest.accept(sock, 0, 0) != ERROR


def test_the_condition_function_decides(guest):
    listener, port = guest.listener()
    client = guest.tcp()
    assert guest.connect(client, guest.address(port), 16) == 0
    function = guest.room(16)
    guest.answers[:] = [2, 7, 0]
    assert guest.fails("WSAAccept", listener, 0, 0, function, 99) == 11002
    assert guest.fails("WSAAccept", listener, 0, 0, function, 99) == 10022
    server = guest.WSAAccept(listener, 0, 0, function, 99)
    assert server != ERROR
    called = guest.guest_calls[-1]
    assert (called.address, called.args[7]) == (function, 99)
    assert guest.connect(guest.tcp(), guest.address(port), 16) == 0
    guest.answers[:] = [1]
    assert guest.fails("WSAAccept", listener, 0, 0, function, 0) == 10061
    assert guest.connect(guest.tcp(), guest.address(port), 16) == 0
    assert guest.fails("WSAAccept", listener, 0, 0, 0x00600000, 0) == 10014
    assert guest.WSAAccept(listener, 0, 0, 0, 0) != ERROR


def test_a_condition_function_that_closes_the_listener(guest):
    listener, port = guest.listener()
    assert guest.connect(guest.tcp(), guest.address(port), 16) == 0
    guest.answers[:] = [lambda: guest.closesocket(listener)]
    assert guest.fails("WSAAccept", listener, 0, 0, guest.room(16), 0) == 10004


def test_a_condition_function_that_accepts_the_connection_itself(guest):
    listener, port = guest.listener()
    assert guest.connect(guest.tcp(), guest.address(port), 16) == 0
    guest.answers[:] = [lambda: 0 * guest.accept(listener, 0, 0)]
    assert guest.fails("WSAAccept", listener, 0, 0, guest.room(16), 0) == 10035
