"""The host's side of the systems that the harness is compared with, over a TCP address each."""

import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import rpyc
from robot.libraries.Remote import Remote

from benchmarks.call import ARGUMENTS, check_answer
from benchmarks.measuring import Calls
from benchmarks.smp_call import SmpClient

ASYNCHRONOUS = 8
"""Calls on the way at once, where a peer can do that."""


def _address(place: str) -> tuple[str, int]:
    host, _, port = place.rpartition(":")
    return host, int(port)


def _one_by_one(call: Callable[[], object]) -> Calls:
    def calls(count: int) -> int:
        for _ in range(count):
            check_answer(call())
        return count

    return calls


@contextmanager
def robot_remote(place: str) -> Iterator[Calls]:
    """Robot Framework's own Remote library: XML-RPC."""
    remote = Remote(f"http://{place}")
    yield _one_by_one(lambda: remote.run_keyword("wsa_socket", list(ARGUMENTS), {}))


@contextmanager
def _rpyc_root(place: str) -> Iterator[rpyc.Connection]:
    connection = rpyc.connect(*_address(place))
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def rpyc_by_name(place: str) -> Iterator[Calls]:
    """RPyC as its tutorial writes it: conn.root.f(...)."""
    with _rpyc_root(place) as connection:
        yield _one_by_one(lambda: connection.root.wsa_socket(*ARGUMENTS))


@contextmanager
def rpyc_cached(place: str) -> Iterator[Calls]:
    """RPyC with the method looked up once."""
    with _rpyc_root(place) as connection:
        method = connection.root.wsa_socket
        yield _one_by_one(lambda: method(*ARGUMENTS))


@contextmanager
def rpyc_asynchronous(place: str) -> Iterator[Calls]:
    """RPyC's asynchronous calls, eight on the way."""
    with _rpyc_root(place) as connection:
        method = rpyc.async_(connection.root.wsa_socket)

        def calls(count: int) -> int:
            flying: deque[rpyc.AsyncResult] = deque()
            for _ in range(count):
                if len(flying) == ASYNCHRONOUS:
                    check_answer(flying.popleft().value)
                flying.append(method(*ARGUMENTS))
            while flying:
                check_answer(flying.popleft().value)
            return count

        yield calls


@contextmanager
def smp(place: str) -> Iterator[Calls]:
    """SMP over its serial framing."""
    with socket.create_connection(_address(place)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield _one_by_one(SmpClient(connection).call)
