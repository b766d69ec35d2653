"""The network of an emulated device, taken away from outside while the agent is reachable, and given back."""

import socket
from contextlib import suppress

import pytest

from harness.errors import LinkError
from harness.lab import load_lab
from harness.program.text import parse
from harness.targets import connect
from harness.targets.device import TargetDevice
from harness.targets.emulated_network import discard_server
from harness.winsock import symbols

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")

SOCKET = """
fresh
deadline 60s
call WSAStartup(0x0202, scratch data[512])
s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
connected = connect(s, in peer = x"02000009 0A000002 00000000 00000000", 16)
when ok { sent = send(s, in text = "hello", 5, 0) }
call WSACleanup()
"""


def errors(device: TargetDevice) -> list[int | None]:
    execution = device.run(parse(SOCKET, symbols()))
    return [execution.named(name).error for name in ("s", "connected", "sent")]


@pytest.mark.parametrize("link", ["tcp", "serial", "tcp-listen"])
def test_it_is_there_again_however_the_context_ends(link: str) -> None:
    with connect(load_lab().target("emulated"), link=link) as device:
        network = device.network
        assert network is not None
        assert errors(device) == [None, None, None]
        for _ in range(2):
            with suppress(KeyError), network.down():
                assert errors(device)[0] == 10050
                raise KeyError
            with suppress(KeyError), network.cut():
                assert errors(device)[:2] == [None, 10060]
                raise KeyError
            assert errors(device) == [None, None, None]


def test_a_command_that_is_refused_says_why() -> None:
    with connect(load_lab().target("emulated")) as device:
        network = device.network
        assert network is not None
        with (
            network.down(),
            pytest.raises(LinkError, match=r"network down spare boot.*: network: it is down"),
        ):
            network.down().__enter__()
        assert errors(device) == [None, None, None]


def test_a_peer_that_takes_whatever_comes() -> None:
    with discard_server() as port:
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
                line.sendall(bytes(1 << 20))
                line.shutdown(socket.SHUT_WR)
                assert line.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=60)
