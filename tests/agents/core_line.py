"""A controller that speaks to the core's session with no line in between.

Its checks come from device_agent/protocol/sealing_vectors.py, that is from zlib and hashlib: not from
the harness.
"""

from typing import Any, NamedTuple

import cbor2
from core_driver import Core

from device_agent.protocol.sealing_vectors import derive, keyed_check, open_check, plain_check

NOTHING, OPENED, RESUMED, TAKEN = range(4)
HELLO, WELCOME, RUN, ANSWER, REFUSAL, WORKING, CHALLENGE, PROOF = range(8)
BY_CONTROLLER, BY_AGENT, BY_WELCOME = range(3)
VERSION = 2
SESSION = 0x01020304
BOOT = 77
WINDOW = 8
KEY = bytes(range(100, 132))
COUNT, RESET = 0, 1
EXPORTS = [[COUNT, "fake!count", 0], [RESET, "fake!reset", 0]]


class Reply(NamedTuple):
    """What the core made of a frame; `message` is None when it says nothing."""

    reaction: int
    message: Any
    body: bytes
    check: bytes

    @property
    def silent(self) -> bool:
        return self.reaction == NOTHING and self.message is None and not self.check


class Line:
    """Starts the core's session anew, as a device does that is switched on; opens nothing by itself.

    What the core says as an answer to a run must bear the check of the session and of the run's number.
    """

    def __init__(self, core: Core, *, key: bytes = b"", boot: int = BOOT) -> None:
        self._core = core
        self.boot = boot
        self.agent_key = key
        self.session = 0
        self.session_key = b""
        self._taken: list[int] = []
        self._nonces = 0
        core.ask("session", boot, key)

    def frame(self, body: bytes, check: bytes) -> Reply:
        """Any frame whatever."""
        reaction, reply, made = self._core.ask("receive", body + check)
        said = b"" if reply == "-" else bytes.fromhex(reply)
        return Reply(
            int(reaction),
            cbor2.loads(said) if said else None,
            said,
            b"" if made == "-" else bytes.fromhex(made),
        )

    def say(self, message: Any) -> Reply:
        """A message with an open check."""
        body = cbor2.dumps(message)
        return self.frame(body, open_check(body))

    def check(self, role: int, number: int, body: bytes) -> bytes:
        """The check that this session's frames bear."""
        if self.session_key:
            return keyed_check(self.session_key, body, role, number)
        return plain_check(body, role, number, self.session, self.boot)

    def nonce(self) -> bytes:
        """Another one every time."""
        self._nonces += 1
        return self._nonces.to_bytes(16, "little")

    def fresh(self, nonce: bytes) -> None:
        """The random bytes that the agent can have next, once; b"" for none."""
        self._core.ask("fresh", nonce)

    def challenge(self, nonce: bytes, session: int = SESSION) -> bytes:
        """Says hello with a nonce; the agent's nonce."""
        reply = self.say([HELLO, VERSION, session, nonce])
        kind, of, boot, theirs = reply.message
        assert (reply.reaction, kind, of, boot) == (NOTHING, CHALLENGE, session, self.boot)
        assert reply.check == open_check(reply.body)
        return bytes(theirs)

    def handshake(self, session: int = SESSION, *, key: bytes | None = None) -> tuple[list[Any], bytes]:
        """The proof that answers a new challenge, and the session key that it brings."""
        nonce, theirs = self.nonce(), self.nonce()
        self.fresh(theirs)
        nonces = nonce, self.challenge(nonce, session)
        assert nonces[1] == theirs
        mac, session_key = derive(self.agent_key if key is None else key, session, self.boot, nonces)
        return [PROOF, session, mac], session_key

    def open(self, session: int = SESSION) -> Reply:
        """Opens or resumes the session, with the agent's key if it has one; the reply to what came last."""
        if self.agent_key:
            proof, session_key = self.handshake(session)
            reply = self.say(proof)
            assert reply.check == keyed_check(session_key, reply.body, BY_WELCOME, 0)
            self.session_key = session_key
        else:
            reply = self.say([HELLO, VERSION, session])
            assert reply.check == open_check(reply.body)
        if reply.reaction == OPENED:
            self._taken.clear()
        self.session = session
        return reply

    def send(self, number: int, *parts: Any) -> Reply:
        """A run with this session's check."""
        body = cbor2.dumps([RUN, number % 256, *parts])
        reply = self.frame(body, self.check(BY_CONTROLLER, number, body))
        if reply.reaction == TAKEN:
            self._taken.append(number)
        if reply.message is not None:
            assert reply.check == self.check(BY_AGENT, number, reply.body)
        return reply

    def count(self, number: int) -> Reply:
        """A program that counts its executions."""
        return self.send(number, [COUNT, []])

    def define(self) -> None:
        """Run 0 of a session: its exports, and the counter back to 0."""
        assert self.send(0, [RESET, []], [], EXPORTS).reaction == TAKEN
        self.execute()

    def execute(self) -> Any:
        """What comes of the oldest run that is held; None when none is."""
        words = self._core.ask("execute")
        if words == ["none"]:
            return None
        body, check = map(bytes.fromhex, words)
        assert check == self.check(BY_AGENT, self._taken.pop(0), body)
        return cbor2.loads(body)

    def advance(self, number: int) -> None:
        """The agent expects this number next."""
        self._core.ask("advance", number)
