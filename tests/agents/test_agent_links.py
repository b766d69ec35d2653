"""The agent's line: who may speak over TCP, agents that dial, lines that break and come back."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
from controller import CONTROLLER, KEY, Controller, Wire
from running import ON_WINE, SLEEP, emulated, key_file, listening, on_wine

from harness.agents import build_agents
from harness.errors import LinkError
from harness.links.tcp import TcpLink
from harness.targets.loopback import free_port
from harness.wire.coding import encode
from harness.wire.framing import encode_frame
from harness.wire.messages import Answer, Hello, Proof, Reason, Refusal, Run

COUNT_UP: list[object] = [{7: [9, [0, 0, 4], 1]}, {6: [0, 0, 4, [9]]}]
COUNTER: list[object] = [[4, True, 1]]
"""A program that counts how often it has run, and its buffer, which is kept."""


@pytest.fixture(scope="module", params=["arm", "mips", ON_WINE])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with listening(request.param, tmp_path_factory.mktemp(request.param)) as url:
        yield url


@pytest.fixture
def agent(url: str) -> Iterator[Controller]:
    """A controller with a new session."""
    with closing(Controller(url, session=secrets.randbits(32) | 1)) as controller:
        yield controller


@contextmanager
def stranger(url: str, key: bytes | None = KEY) -> Iterator[Wire]:
    wire = Wire(url, key)
    try:
        yield wire
    finally:
        wire.link.close()


def counted(agent: Controller) -> int:
    """How often the program has run in this session, this time included."""
    (output,) = agent.run(COUNT_UP, COUNTER).outputs
    return int.from_bytes(output, "little")


def hung_up(wire: Wire) -> bool:
    """Reads up to the end; True when the agent has ended the connection, however."""
    try:
        while True:
            wire.frame()
    except (EOFError, LinkError):
        return True


def test_newest_stranger_replaces_the_one_before_and_the_session_goes_on(agent: Controller, url: str) -> None:
    assert counted(agent) == 1
    with stranger(url) as first, stranger(url) as second:
        # Which of two connections came last is known once the second one has been answered.
        second.challenge(7, bytes(16))
        assert hung_up(first)
        assert counted(agent) == 2
        with stranger(url) as third:
            third.challenge(8, bytes(16))
            assert hung_up(second)
            assert counted(agent) == 3


def test_stranger_without_the_key_gets_nothing_executed(agent: Controller, url: str) -> None:
    assert counted(agent) == 1
    with stranger(url) as wire:
        wire.say(Hello(agent.welcome.session))
        assert wire.hear() == Refusal(0, Reason.KEY, 1)
        run = encode(Run(agent.seq, COUNT_UP, COUNTER))
        wire.put(run, wire.seal(CONTROLLER, agent.number, run))
        wire.say(Run(agent.seq, COUNT_UP, COUNTER))
        assert wire.hear() == Refusal(agent.seq, Reason.NO_SESSION, 0)
        wire.say(Proof(agent.welcome.session, bytes(16)))
        assert wire.hear() == Refusal(0, Reason.PROOF, 0)
    assert counted(agent) == 2


def test_wrong_key_is_refused_and_spends_the_challenge(agent: Controller, url: str) -> None:
    nonce = secrets.token_bytes(16)
    with stranger(url, bytes(32)) as wire:
        asked = wire.challenge(agent.welcome.session, nonce)
        wire.say(wire.proof(agent.welcome.session, nonce, asked))
        assert wire.hear() == Refusal(0, Reason.PROOF, 0)
        wire.key = KEY
        wire.say(wire.proof(agent.welcome.session, nonce, asked))
        assert wire.hear() == Refusal(0, Reason.PROOF, 0)
    assert counted(agent) == 1


def test_recorded_session_played_again_does_nothing(url: str) -> None:
    session = secrets.randbits(32) | 1
    nonce = secrets.token_bytes(16)
    recorded = bytearray()
    with stranger(url) as wire:
        asked = wire.challenge(session, nonce)
        recorded += wire.sent
        wire.say(wire.proof(session, nonce, asked))
        recorded += wire.sent
        wire.frame()
        for number in range(3):
            body = encode(Run(number, COUNT_UP, COUNTER))
            wire.put(body, wire.seal(CONTROLLER, number, body))
            recorded += wire.sent
            wire.frame()
    with closing(Controller(url, session)) as agent:
        assert agent.welcome.next == 3
        with stranger(url) as wire:
            wire.link.write(bytes(recorded))
            wire.frame()
            assert counted(agent) == 4
    with closing(Controller(url, session ^ 2)) as agent, stranger(url) as wire:
        wire.link.write(bytes(recorded))
        wire.frame()
        assert counted(agent) == 1


@pytest.mark.parametrize("place", [0, 3, -9, -8, -1])
def test_one_flipped_bit_of_a_frame_and_it_is_not_executed(agent: Controller, place: int) -> None:
    body = encode(Run(agent.seq, COUNT_UP, COUNTER))
    frame = bytearray(body + agent.wire.seal(CONTROLLER, agent.number, body))
    frame[place] ^= 0x10
    agent.wire.put(bytes(frame), b"")
    assert counted(agent) == 1


def test_flood_of_a_stranger_is_cut_off(agent: Controller, url: str) -> None:
    with stranger(url) as wire:
        junk = encode_frame(bytes(range(1, 100)), b"")
        with suppress(LinkError):  # it may be cut off while we are writing
            wire.link.write(junk * 200)
        assert counted(agent) == 1
        assert hung_up(wire)
    assert counted(agent) == 2


def test_unfinished_frame_of_a_stranger_is_in_nobodys_way(agent: Controller, url: str) -> None:
    with stranger(url) as wire:
        wire.challenge(9, bytes(16))
        wire.link.write(b"\x20" + bytes(range(1, 20)))
        assert counted(agent) == 1
    with stranger(url) as wire:
        wire.link.write(b"\x7f" * 1000 + b"\0")
        wire.challenge(9, bytes(16))
    assert counted(agent) == 2


def test_closed_connection_keeps_the_session(url: str) -> None:
    session = secrets.randbits(32) | 1
    for number in range(1, 5):
        with closing(Controller(url, session)) as agent:
            assert agent.welcome.next == number - 1
            assert counted(agent) == number


def test_controller_that_reads_nothing_holds_up_nobody_for_long(url: str) -> None:
    session = secrets.randbits(32) | 1
    deaf = Controller(url, session)
    deaf.run([{3: [0, 0, 8000, 0]}], [[8000, True]])
    # Answers of 8000 bytes for frames of 30: more than all buffers between us hold.
    with suppress(LinkError):  # it is cut off in the end
        deaf.raw(deaf.wire.sent * 8000)
    with closing(Controller(url, session)) as agent:
        assert agent.welcome.next == 1
        assert counted(agent) == 1
    deaf.close()


class Door:
    """A port of this host that an agent dials."""

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self._socket.settimeout(60)
        self.port = int(self._socket.getsockname()[1])

    def link(self) -> TcpLink:
        """The next connection."""
        connection, _ = self._socket.accept()
        return TcpLink(connection, "the agent's call")

    def controller(self, session: int) -> Controller:
        """Opens a session over the next connection."""
        return Controller(self.link(), session)

    def close(self) -> None:
        self._socket.close()


@contextmanager
def dialling(kind: str, folder: Path, port: int) -> Iterator[None]:
    """An agent that connects to this port of the host."""
    build_agents()
    key_file(folder)
    with ExitStack() as stack:
        if kind == "wine":
            stack.enter_context(on_wine(folder)).start(f"link=tcp:localhost:{port}")
        else:
            start, key = "link=tcp:10.0.2.2:7000", (folder / "ceagent.key", "\\ceagent.key")
            stack.enter_context(emulated(kind, start, copies=[key], dials=[f"10.0.2.2:7000={port}"]))
        yield


@pytest.mark.parametrize("kind", ["x86", "mips", ON_WINE])
def test_agent_that_dials_calls_again_whenever_nobody_answers(kind: str, tmp_path: Path) -> None:
    port = free_port()
    with dialling(kind, tmp_path, port):
        for number in range(1, 4):
            with closing(Door(port)) as door, closing(door.controller(77)) as agent:
                assert agent.welcome.next == number - 1
                assert counted(agent) == number
        with closing(Door(port)) as door:
            # Whoever is called needs the key too, to be told anything.
            with closing(door.link()) as link:
                wire, nonce = Wire(link, bytes(32)), bytes(16)
                wire.say(wire.proof(77, nonce, wire.challenge(77, nonce)))
                assert wire.hear() == Refusal(0, Reason.PROOF, 0)
            with closing(door.controller(77)) as agent:
                assert counted(agent) == 4


@pytest.mark.parametrize("cpu", ["arm", "x86"])
def test_serial_cable_that_is_pulled_and_put_back(cpu: str, tmp_path: Path) -> None:
    build_agents()
    with emulated(cpu, "link=COM1:") as device:
        first = device.event("ready")["serial"]
        assert isinstance(first, dict)
        agent = Controller(first["COM1:"], 78, key=None)
        assert counted(agent) == 1
        agent.send([SLEEP, [300], *COUNT_UP], COUNTER, [[SLEEP, "coredll!Sleep", 0]])
        agent.again(1)
        agent.receive()  # that it works on it: it has got it
        device.tell("unplug COM1:")
        agent.close()
        device.tell("plug COM1:")
        path = device.event("serial", port="COM1:")["path"]
        with closing(Controller(str(path), 78, key=None)) as again:
            assert again.welcome.next == 2
            again.send(COUNT_UP, COUNTER)
            answer = again.receive()
            if answer.seq == 1:  # type: ignore[union-attr]
                answer = again.receive()  # it came to its end only now
            assert isinstance(answer, Answer)
            assert answer.outputs == (b"\3",)
