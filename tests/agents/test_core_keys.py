"""The agent with a key: who does not have it gets nothing executed, ends nothing and learns nothing new.

What the attackers here send, they have heard, made up or put together from what they heard.
"""

from typing import Any

import cbor2
import pytest
from core_driver import Core
from core_line import (
    ANSWER,
    BY_AGENT,
    BY_CONTROLLER,
    BY_WELCOME,
    CHALLENGE,
    COUNT,
    HELLO,
    KEY,
    NOTHING,
    OPENED,
    PROOF,
    REFUSAL,
    RESUMED,
    RUN,
    SESSION,
    TAKEN,
    VERSION,
    Line,
    Reply,
)
from core_programs import numbers

from device_agent.protocol.sealing_vectors import derive, keyed_check, open_check, plain_check

BAD_KEY, BAD_PROOF = 7, 8
NO_SESSION = 5
OTHER_KEY = bytes(range(1, 33))
PROGRAM = [COUNT, []]


@pytest.fixture
def agent(core: Core) -> Line:
    """An agent with a key that was just started."""
    return Line(core, key=KEY)


@pytest.fixture
def line(agent: Line) -> Line:
    """A session whose next number is 1."""
    agent.open()
    agent.define()
    return agent


def refused(reply: Reply, reason: int, detail: int = 0) -> bool:
    """Is it a refusal that belongs to no session?"""
    assert reply.check == open_check(reply.body)
    return reply.reaction == NOTHING and reply.message == [REFUSAL, 0, reason, detail]


def assert_goes_on(line: Line, number: int, count: int) -> None:
    """Nothing has been executed or ended: run `number` is the next one and counts to `count`."""
    assert line.execute() is None
    assert line.count(number).reaction == TAKEN
    answer = line.execute()
    assert (answer[0], numbers(answer[2])) == (ANSWER, [count])


def flips(frame: bytes) -> list[bytes]:
    """The frame with each of its bits flipped."""
    whole = int.from_bytes(frame, "big")
    return [(whole ^ 1 << bit).to_bytes(len(frame), "big") for bit in range(8 * len(frame))]


# --- the handshake


def test_same_hello_gets_the_same_challenge_and_no_new_random_bytes(agent: Line) -> None:
    agent.fresh(b"A" * 16)
    assert [agent.challenge(b"c" * 16) for _ in range(3)] == [b"A" * 16] * 3


@pytest.mark.parametrize(("nonce", "session"), [(b"d" * 16, SESSION), (b"c" * 16, SESSION + 1)])
def test_another_hello_gets_another_challenge(agent: Line, nonce: bytes, session: int) -> None:
    agent.fresh(b"A" * 16)
    agent.challenge(b"c" * 16)
    agent.fresh(b"B" * 16)
    assert agent.challenge(nonce, session) == b"B" * 16


def test_random_bytes_are_drawn_when_the_challenge_is_made(agent: Line) -> None:
    agent.fresh(b"A" * 16)
    agent.open()  # gives the agent others, for its challenge
    agent.fresh(b"B" * 16)
    assert agent.challenge(b"c" * 16) == b"B" * 16


def test_without_random_bytes_there_is_no_challenge(agent: Line) -> None:
    agent.fresh(b"")
    assert agent.say([HELLO, VERSION, SESSION, bytes(16)]).silent
    # The hello is not taken for one that was answered.
    agent.fresh(b"A" * 16)
    assert agent.challenge(bytes(16)) == b"A" * 16


def test_hello_that_gets_no_challenge_voids_the_one_before(agent: Line) -> None:
    proof, _ = agent.handshake()
    agent.fresh(b"")
    assert agent.say([HELLO, VERSION, SESSION, b"d" * 16]).silent
    assert refused(agent.say(proof), BAD_PROOF)


def test_good_proof_again_gets_the_welcome_again_and_changes_nothing(line: Line) -> None:
    proof, session_key = line.handshake()
    first = line.say(proof)
    assert (first.reaction, first.message[4]) == (RESUMED, 1)
    line.session_key = session_key
    line.count(1)
    again = line.say(proof)
    assert (again.reaction, again.message[4]) == (NOTHING, 2)
    assert again.check == keyed_check(session_key, again.body, BY_WELCOME, 0)
    line.execute()
    assert_goes_on(line, 2, 2)


def test_late_copies_of_hello_and_proof_do_not_disturb_the_session_that_they_opened(agent: Line) -> None:
    nonce, theirs = agent.nonce(), agent.nonce()
    agent.fresh(theirs)
    agent.challenge(nonce)
    mac, agent.session_key = derive(KEY, SESSION, agent.boot, (nonce, theirs))
    agent.say([PROOF, SESSION, mac])
    agent.define()
    assert agent.challenge(nonce) == theirs
    assert agent.say([PROOF, SESSION, mac]).message[4] == 1
    assert_goes_on(agent, 1, 1)


@pytest.mark.parametrize("bit", range(0, 128, 9))
def test_wrong_proof_voids_its_challenge(line: Line, bit: int) -> None:
    proof, _ = line.handshake()
    mac = int.from_bytes(proof[2], "big") ^ 1 << bit
    assert refused(line.say([PROOF, SESSION, mac.to_bytes(16, "big")]), BAD_PROOF)
    # Not even the good one is taken now.
    assert refused(line.say(proof), BAD_PROOF)
    assert_goes_on(line, 1, 1)


def test_after_a_wrong_proof_the_same_hello_gets_another_challenge(agent: Line) -> None:
    agent.fresh(b"A" * 16)
    agent.challenge(b"c" * 16)
    agent.say([PROOF, SESSION, bytes(16)])
    agent.fresh(b"B" * 16)
    assert agent.challenge(b"c" * 16) == b"B" * 16


def test_proof_without_a_challenge(agent: Line) -> None:
    assert refused(agent.say([PROOF, SESSION, bytes(16)]), BAD_PROOF)


def test_proof_for_another_session_leaves_the_challenge_as_it_is(agent: Line) -> None:
    proof, _ = agent.handshake()
    assert refused(agent.say([PROOF, SESSION + 1, proof[2]]), BAD_PROOF)
    assert agent.say(proof).reaction == OPENED


def test_nothing_changes_before_the_proof(line: Line) -> None:
    line.count(1)
    line.handshake(SESSION + 1)
    line.handshake(SESSION)
    assert numbers(line.execute()[2]) == [1]
    assert_goes_on(line, 2, 2)


def test_resumption_keeps_everything_and_seals_it_anew(line: Line) -> None:
    line.count(1)
    answer = line.execute()
    line.count(2)
    old_key, before = line.session_key, line.count(1)
    assert line.open().reaction == RESUMED
    assert line.session_key != old_key
    again = line.count(1)  # Line.send looks at its check
    assert (again.message, again.body) == (answer, before.body)
    assert again.check != before.check
    assert numbers(line.execute()[2]) == [2]
    # What bears the old key is of no session now.
    body = cbor2.dumps([RUN, 3, PROGRAM])
    assert line.frame(body, keyed_check(old_key, body, BY_CONTROLLER, 3)).silent
    assert_goes_on(line, 3, 3)


# --- without the key


@pytest.mark.parametrize("key", [OTHER_KEY, bytes(32), KEY[:31] + b"\0"])
def test_wrong_key(line: Line, key: bytes) -> None:
    for session in (SESSION, SESSION + 1):
        proof, session_key = line.handshake(session, key=key)
        assert refused(line.say(proof), BAD_PROOF)
        for number in (0, 1):
            body = cbor2.dumps([RUN, number, PROGRAM])
            assert line.frame(body, keyed_check(session_key, body, BY_CONTROLLER, number)).silent
    assert_goes_on(line, 1, 1)


def test_no_way_down_to_a_session_without_a_key(line: Line) -> None:
    assert refused(line.say([HELLO, VERSION, SESSION]), BAD_KEY, 1)
    assert refused(line.say([HELLO, VERSION, SESSION + 1]), BAD_KEY, 1)
    body = cbor2.dumps([RUN, 1, PROGRAM])
    for session in (SESSION, SESSION + 1):
        assert line.frame(body, plain_check(body, BY_CONTROLLER, 1, session, line.boot)).silent
    reply = line.frame(body, open_check(body))
    assert reply.message == [REFUSAL, 1, NO_SESSION, 0]
    assert_goes_on(line, 1, 1)


def test_no_key_before_the_first_session(agent: Line) -> None:
    assert refused(agent.say([HELLO, VERSION, SESSION]), BAD_KEY, 1)
    body = cbor2.dumps([RUN, 0, PROGRAM])
    assert agent.frame(body, plain_check(body, BY_CONTROLLER, 0, SESSION, agent.boot)).silent
    assert agent.say([RUN, 0, PROGRAM]).message == [REFUSAL, 0, NO_SESSION, 0]
    assert agent.execute() is None


def test_agent_without_a_key_says_so(core: Core) -> None:
    agent = Line(core)
    assert refused(agent.say([HELLO, VERSION, SESSION, bytes(16)]), BAD_KEY, 0)
    assert refused(agent.say([PROOF, SESSION, bytes(16)]), BAD_KEY, 0)
    assert agent.open().reaction == OPENED


def test_pre_shared_key_is_no_session_key(line: Line) -> None:
    body = cbor2.dumps([RUN, 1, PROGRAM])
    assert line.frame(body, keyed_check(KEY, body, BY_CONTROLLER, 1)).silent
    assert_goes_on(line, 1, 1)


# --- with what was heard


@pytest.mark.parametrize("key", [KEY, b""], ids=["keyed", "plain"])
def test_one_flipped_bit_anywhere(core: Core, key: bytes) -> None:
    line = Line(core, key=key)
    line.open()
    line.define()
    body = cbor2.dumps([RUN, 1, PROGRAM, [[4, True, b"abcd"]]])
    frame = body + line.check(BY_CONTROLLER, 1, body)
    for bad in flips(frame):
        assert line.frame(bad, b"").silent
    assert_goes_on(line, 1, 1)


def test_check_that_is_cut_off_or_moved(line: Line) -> None:
    body = cbor2.dumps([RUN, 1, PROGRAM])
    check = line.check(BY_CONTROLLER, 1, body)
    for bad in (b"", check[:4], check[4:], check[:7], check[1:], check + b"\0", check[::-1], check * 2):
        assert line.frame(body, bad).silent
    assert_goes_on(line, 1, 1)


@pytest.mark.parametrize("key", [KEY, b""], ids=["keyed", "plain"])
def test_spliced_frames(core: Core, key: bytes) -> None:
    line = Line(core, key=key)
    line.open()
    line.define()
    body = cbor2.dumps([RUN, 1, PROGRAM])
    other = cbor2.dumps([RUN, 1, [COUNT, [], []]])
    # The check of another frame, another number, another speaker.
    assert line.frame(body, line.check(BY_CONTROLLER, 1, other)).silent
    for number in (0, 2, 257, 1 << 8, 1 << 16, 1 << 24, 0xFFFFFF01):
        assert line.frame(body, line.check(BY_CONTROLLER, number, body)).silent
    for role in (BY_AGENT, BY_WELCOME):
        assert line.frame(body, line.check(role, 1, body)).silent
    assert_goes_on(line, 1, 1)


@pytest.mark.parametrize("key", [KEY, b""], ids=["keyed", "plain"])
def test_what_the_agent_said_sent_back_to_it(core: Core, key: bytes) -> None:
    line = Line(core, key=key)
    opened = line.open()
    line.define()
    said = [opened, line.count(0), line.count(7)]
    line.count(1)
    said += [line.count(1)]  # working
    line.execute()
    said += [line.count(1)]
    assert [reply.message[0] for reply in said] == [1, ANSWER, REFUSAL, 5, ANSWER]
    for reply in said:
        assert line.frame(reply.body, reply.check).silent
    assert_goes_on(line, 2, 2)


class Recording(Line):
    """A session that somebody listens to."""

    def __init__(self, core: Core, *, key: bytes = KEY, boot: int = 77) -> None:
        super().__init__(core, key=key, boot=boot)
        self.heard: list[tuple[bytes, bytes]] = []

    def frame(self, body: bytes, check: bytes) -> Reply:
        self.heard.append((body, check))
        return super().frame(body, check)


def recorded(core: Core) -> list[tuple[bytes, bytes]]:
    """hello, proof, the run that defines, two that count."""
    line = Recording(core)
    line.open()
    line.define()
    for number in (1, 2):
        line.count(number)
        line.execute()
    return line.heard


def kinds(heard: list[tuple[bytes, bytes]]) -> list[Any]:
    return [cbor2.loads(body)[0] for body, _ in heard]


@pytest.mark.parametrize("boot", [77, 78], ids=["same boot number", "other boot number"])
def test_recorded_session_played_after_a_restart(core: Core, boot: int) -> None:
    heard = recorded(core)
    assert kinds(heard) == [HELLO, PROOF, RUN, RUN, RUN]
    agent = Line(core, key=KEY, boot=boot)
    agent.fresh(b"N" * 16)
    replies = [agent.frame(body, check) for body, check in heard]
    assert replies[0].message == [CHALLENGE, SESSION, boot, b"N" * 16]
    assert refused(replies[1], BAD_PROOF)
    assert all(reply.silent for reply in replies[2:])
    assert agent.execute() is None


def test_recorded_session_played_after_another_was_opened(core: Core) -> None:
    heard = recorded(core)
    line = Line(core, key=KEY)
    line.open(SESSION + 1)
    line.define()
    line.fresh(b"N" * 16)
    replies = [line.frame(body, check) for body, check in heard]
    assert replies[0].message[0] == CHALLENGE
    assert refused(replies[1], BAD_PROOF)
    assert all(reply.silent for reply in replies[2:])
    assert_goes_on(line, 1, 1)


def test_recorded_session_played_into_the_same_session_after_a_new_challenge(core: Core) -> None:
    line = Recording(core)
    line.open()
    line.define()
    line.count(1)
    line.execute()
    heard = list(line.heard)
    line.open()
    line.fresh(b"N" * 16)
    replies = [line.frame(body, check) for body, check in heard]
    assert replies[0].message[0] == CHALLENGE
    assert refused(replies[1], BAD_PROOF)
    assert all(reply.silent for reply in replies[2:])
    assert_goes_on(line, 2, 2)


def test_recorded_session_played_into_itself_executes_and_moves_nothing(core: Core) -> None:
    line = Recording(core)
    line.open()
    line.define()
    for number in (1, 2):
        line.count(number)
        line.execute()
    for body, check in list(line.heard):
        assert line.frame(body, check).reaction == NOTHING
    assert_goes_on(line, 3, 3)


@pytest.mark.parametrize("key", [KEY, b""], ids=["keyed", "plain"])
def test_frames_of_the_life_before_a_restart(core: Core, key: bytes) -> None:
    before = Recording(core, key=key)
    before.open()
    before.define()
    before.count(1)
    runs = before.heard[-2:]
    after = Line(core, key=key, boot=78)
    after.open()
    assert all(after.frame(body, check).silent for body, check in runs)
    assert after.execute() is None


def test_challenge_after_a_restored_snapshot_is_a_new_one(core: Core) -> None:
    line = Recording(core)
    core.ask("save")
    line.open()
    line.define()
    heard = list(line.heard)
    core.ask("restore")
    line.fresh(b"N" * 16)
    replies = [line.frame(body, check) for body, check in heard]
    assert replies[0].message == [CHALLENGE, SESSION, line.boot, b"N" * 16]
    assert refused(replies[1], BAD_PROOF)
    assert all(reply.silent for reply in replies[2:])
