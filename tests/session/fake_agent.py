"""An agent in this process: speaks the wire over a real socket, answers from a script, fails on demand."""

import secrets
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace

from harness.errors import LinkError, LinkGone, LinkRefused
from harness.wire.coding import decode, encode
from harness.wire.framing import encode_frame
from harness.wire.messages import (
    PROTOCOL_VERSION,
    Answer,
    Challenge,
    Hello,
    Limits,
    Message,
    Proof,
    Reason,
    Refusal,
    Run,
    Welcome,
    WireError,
    Working,
)
from harness.wire.sealing import (
    KeyedSeal,
    PlainSeal,
    Role,
    Seal,
    full_number,
    open_check,
    open_good,
    prove,
)
from tests.session.answers import LIMITS, Script, all_zero
from tests.session.fake_line import Connection, End, WatchedLink


@dataclass
class State:
    """What a snapshot of the device holds of its agent."""

    boot: int
    session: int = 0
    next: int = 0
    kept: "OrderedDict[int, Answer | Refusal | None]" = field(default_factory=OrderedDict)
    seal: Seal | None = None
    hello: Hello | None = None
    challenge: Challenge | None = None
    proven: Proof | None = None


@dataclass
class FakeAgent:
    """Keeps the rules of docs/protocol.md, but for the faults it is told to have. A dialer: `open` connects.

    `script` says what a program comes to, None for never finishing it. `deaf_to` are numbers of received
    `run` frames (0 is the first) that count as lost; `mute`, `garble` and `twice` are numbers of sent frames
    that are lost, damaged or doubled; `before` are bytes on the line before a sent frame. `cut_before` and
    `cut_behind` are numbers of received frames of any kind: the line is cut instead of taking that one, or
    when it has been taken and before its reply; `cut_within` are numbers of sent frames, of which half gets
    through. `restart_at` and `hang_up_at` are numbers of programs: what happens when that one arrives first;
    after hanging up, `gone` is what `open` raises. `away`: what `open` raises, None when it works.
    """

    script: Script = all_zero
    limits: Limits = LIMITS
    key: bytes | None = field(default=None, repr=False)
    version: int = PROTOCOL_VERSION
    boot: int = 0xB007
    build: str = "fake"
    missing: tuple[str, ...] = ()
    silent_hellos: int = 0
    deaf_to: set[int] = field(default_factory=set)
    mute: set[int] = field(default_factory=set)
    garble: set[int] = field(default_factory=set)
    twice: set[int] = field(default_factory=set)
    cut_before: set[int] = field(default_factory=set)
    cut_behind: set[int] = field(default_factory=set)
    cut_within: set[int] = field(default_factory=set)
    before: dict[int, bytes] = field(default_factory=dict)
    restart_at: int | None = None
    hang_up_at: int | None = None
    away: LinkError | None = None
    gone: LinkError = field(default_factory=lambda: LinkRefused("tcp://fake:1: connection refused"))
    url: str = "tcp://fake:1"

    def __post_init__(self) -> None:
        self.hellos = 0
        self.opened = 0
        self.heard: list[Message] = []
        self.runs: list[Run] = []
        self.executed: list[int] = []
        self.sessions: list[int] = []
        self.failure: BaseException | None = None
        self.state = State(self.boot)
        self._lock = threading.RLock()
        self._frames = 0
        self._received = 0
        self._sent = 0
        self._threads: list[threading.Thread] = []
        self._current: Connection | None = None
        self._connections: list[Connection] = []
        self._early = bytearray()

    # --- a dialer -----------------------------------------------------------------------------

    def open(self, timeout: float) -> WatchedLink:
        """Connect to this agent."""
        with self._lock:
            self.opened += 1
            if self.away is not None:
                raise type(self.away)(str(self.away))
            ours, theirs = socket.socketpair()
            link = WatchedLink(theirs, self.url)
            self._begin(Connection(ours, link))
            return link

    def close(self) -> None:
        """Nobody connects after that."""
        self.away = LinkGone("closed by the session")

    # --- what a test does -----------------------------------------------------------------

    def adopt(self, end: End) -> None:
        """Serve this end of a line that a test made; the host has the other one."""
        with self._lock:
            self._begin(Connection(end, None))

    def _begin(self, connection: Connection) -> None:
        self._current = connection
        self._connections.append(connection)
        thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
        self._threads.append(thread)
        thread.start()
        if self._early:
            connection.say(bytes(self._early))
            self._early.clear()

    def __enter__(self) -> "FakeAgent":
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.hang_up()
            if connection.link is not None:
                connection.link.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        if self.failure is not None:
            raise self.failure

    @property
    def link(self) -> WatchedLink:
        """The latest that the host opened in this process."""
        assert self._current is not None
        assert self._current.link is not None
        return self._current.link

    def say(self, data: bytes) -> None:
        """Raw bytes on the line, or as soon as there is one."""
        with self._lock:
            if self._current is None:
                self._early += data
            else:
                self._current.say(data)

    @property
    def understood(self) -> bool:
        """The host has all that was said."""
        current = self._current
        return current is not None and current.link is not None and current.link.arrived == current.said

    def restart(self) -> None:
        """As after a reset: another boot identifier, no session, nothing of what has been received."""
        with self._lock:
            self.boot += 1
            self.forget()

    def forget(self) -> None:
        """Lose the session, as when another controller takes the agent."""
        with self._lock:
            self.state = State(self.boot)

    def hang_up(self) -> None:
        """Close the line from this side; another one can be opened, unless `away` says otherwise."""
        if self._current is not None:
            self._current.hang_up()

    def save(self) -> State:
        """A snapshot of the device."""
        with self._lock:
            return deepcopy(self.state)

    def restore(self, snapshot: State) -> None:
        """The device is again what it was."""
        with self._lock:
            self.state = deepcopy(snapshot)
            self.boot = snapshot.boot

    # --- the agent ----------------------------------------------------------------------------

    def _serve(self, connection: Connection) -> None:
        try:
            while data := connection.socket.recv(65536):
                with self._lock:
                    for piece in connection.decoder.feed(data):
                        if piece.data is not None and not self._frame(piece.data, connection):
                            return
        except OSError:
            pass
        except BaseException as error:
            self.failure = error
        finally:
            connection.hang_up()
            connection.socket.close()

    def _frame(self, data: bytes, connection: Connection) -> bool:
        """Takes a frame; false when the line is cut."""
        number = self._frames
        self._frames += 1
        if number in self.cut_before:
            return False
        if number in self.cut_behind:
            connection.hang_up()
        self._take(data, connection)
        return number not in self.cut_behind

    def _take(self, data: bytes, connection: Connection) -> None:
        if open_good(data[:-4], data[-4:]):
            message = decode(data[:-4])
            self.heard.append(message)
            if isinstance(message, Hello):
                self._hello(message)
            elif isinstance(message, Proof):
                self._proof(message)
            elif isinstance(message, Run):
                self._send(Refusal(message.seq, Reason.NO_SESSION), open_check)
            return
        seal = self.state.seal
        if seal is None:
            return
        body, check = data[: -seal.size], data[-seal.size :]
        try:
            run = decode(body)
        except WireError:
            return
        if not isinstance(run, Run):
            return
        number = full_number(self.state.next, run.seq)
        if not seal.good(Role.CONTROLLER, number, body, check):
            return
        self.heard.append(run)
        self._received += 1
        place = self._received - 1
        if number == self.hang_up_at:
            self.hang_up_at = None
            self.away = self.gone
            self.hang_up()
        elif number == self.restart_at:
            self.restart_at = None
            self.restart()
        elif place not in self.deaf_to:
            self._run(run, number)

    def _hello(self, hello: Hello) -> None:
        self.hellos += 1
        if self.hellos <= self.silent_hellos:
            return
        state = self.state
        if self.version != hello.version:
            self._send(Refusal(0, Reason.VERSION, self.version), open_check)
        elif (hello.nonce is None) != (self.key is None):
            self._send(Refusal(0, Reason.KEY, 1 if self.key else 0), open_check)
        elif hello.nonce is None:
            self._enter(hello.session)
            self.state.seal = PlainSeal(hello.session, self.boot)
            self._send(self._welcome(), open_check)
        else:
            if hello != state.hello:
                state.hello, state.proven = hello, None
                state.challenge = Challenge(hello.session, self.boot, secrets.token_bytes(16))
            if state.challenge is not None:
                self._send(state.challenge, open_check)

    def _proof(self, proof: Proof) -> None:
        state = self.state
        if proof != state.proven:
            hello, challenge = state.hello, state.challenge
            good = False
            if hello is not None and challenge is not None and hello.session == proof.session:
                assert self.key is not None
                assert hello.nonce is not None
                mac, session_key = prove(self.key, hello.session, self.boot, hello.nonce, challenge.nonce)
                good = mac == proof.mac
            if not good:
                state.hello = state.challenge = None
                self._send(Refusal(0, Reason.PROOF), open_check)
                return
            self._enter(proof.session)
            self.state.proven = proof
            self.state.seal = KeyedSeal(session_key)
        seal = self.state.seal
        assert seal is not None
        self._send(self._welcome(), lambda body: seal.check(Role.WELCOME, 0, body))

    def _enter(self, session: int) -> None:
        if session != self.state.session:
            hello = self.state.hello
            self.state = State(self.boot, session, hello=hello, challenge=self.state.challenge)
            self.sessions.append(session)

    def _welcome(self) -> Welcome:
        return Welcome(
            session=self.state.session,
            boot=self.boot,
            next=self.state.next,
            limits=self.limits,
            build=self.build,
            missing=self.missing,
        )

    def _run(self, run: Run, number: int) -> None:
        self.runs.append(run)
        state = self.state
        if number in state.kept:
            self._answer(state.kept[number] or Working(run.seq), number)
            return
        if number != state.next:
            self._answer(Refusal(run.seq, Reason.SEQUENCE, state.next & 0xFF), number)
            return
        state.next += 1
        self.executed.append(number)
        reply = self.script(run)
        if reply is not None:
            reply = replace(reply, seq=run.seq)
            self._answer(reply, number)
        state.kept[number] = reply
        while len(state.kept) > self.limits.window:
            state.kept.popitem(last=False)

    def _answer(self, message: Message, number: int) -> None:
        seal = self.state.seal
        assert seal is not None
        self._send(message, lambda body: seal.check(Role.AGENT, number, body))

    def _send(self, message: Message, check: Callable[[bytes], bytes]) -> None:
        place = self._sent
        self._sent += 1
        body = encode(message)
        frame = encode_frame(body, check(body))
        if place in self.garble:
            frame = frame[:2] + bytes([frame[2] ^ 0x55 or 1]) + frame[3:]
        if place in self.before:
            self.say(self.before[place])
        if place in self.cut_within:
            self.say(frame[: len(frame) // 2])
            self.hang_up()
        elif place not in self.mute:
            self.say(frame * (2 if place in self.twice else 1))
