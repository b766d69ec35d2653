"""Hello and welcome, and what is said when nobody answers."""

import pytest

from harness.deadline import Deadline
from harness.errors import LinkError, NoAnswer, ProtocolError
from harness.session import Session
from harness.wire.coding import encode
from harness.wire.framing import encode_frame
from harness.wire.messages import Answer, Hello, Message, Welcome, Working
from harness.wire.sealing import KeyedSeal, PlainSeal, Role, open_check
from tests.session.answers import LIMITS
from tests.session.fake_agent import FakeAgent
from tests.session.programs import HASTY, QUICK, SMALL, Until


def frame(message: Message) -> bytes:
    """One that belongs to no session."""
    body = encode(message)
    return encode_frame(body, open_check(body), idle=True)


def fails_to_open(agent: FakeAgent) -> str:
    """What is said when the time is over, two hellos after everything that came back was there."""
    enough: list[int] = []

    def over() -> bool:
        if not enough and agent.understood:
            enough.append(agent.hellos + 2)
        return bool(enough) and agent.hellos >= enough[0]

    with pytest.raises(NoAnswer) as caught:
        Session.open(agent, deadline=Until(over), timing=HASTY)
    return str(caught.value)


def test_open_says_who_is_there() -> None:
    with FakeAgent(build="1.2.3", missing=("ws2!WSAPoll",)) as agent:
        session = Session.open(agent, deadline=Deadline(10))
        assert session.welcome.build == "1.2.3"
        assert session.welcome.missing == ("ws2!WSAPoll",)
        assert session.welcome.limits == LIMITS
        assert agent.sessions == [session.welcome.session]
        assert session.welcome.session != 0


def test_sessions_have_numbers_of_their_own() -> None:
    numbers = set()
    for _ in range(3):
        with FakeAgent() as agent:
            numbers.add(Session.open(agent, deadline=Deadline(10)).welcome.session)
    assert len(numbers) == 3


def test_hello_is_repeated_until_a_slow_agent_answers() -> None:
    with FakeAgent(silent_hellos=3) as agent:
        Session.open(agent, deadline=Deadline(30), timing=QUICK)
        assert agent.hellos >= 4


def test_console_text_before_the_welcome_does_no_harm() -> None:
    with FakeAgent(before={0: b"Booting CE...\r\n\0"}) as agent:
        session = Session.open(agent, deadline=Deadline(10))
        assert session.health.console_bytes == len("Booting CE...\r\n")
        assert session.health.bad_frames == session.health.noise_bytes == 0


def test_nothing_came_back() -> None:
    with FakeAgent(silent_hellos=10**9) as agent:
        text = fails_to_open(agent)
    assert "tcp://fake:1" in text
    assert "not one byte" in text
    assert f"{agent.hellos} hellos" in text


def test_console_text_instead_of_an_agent_is_shown() -> None:
    with FakeAgent(silent_hellos=10**9) as agent:
        agent.say(b"U-Boot 2012.04\r\n=> ")
        text = fails_to_open(agent)
        assert "19 bytes came back" in text
        assert "console text: 'U-Boot 2012.04\\n=> '" in text


def test_a_wrong_speed_is_suggested() -> None:
    with FakeAgent(silent_hellos=10**9) as agent:
        agent.say(bytes([0x81, 0xFE, 0x92, 0x06, 0xE0] * 8))
        assert "is the speed right?" in fails_to_open(agent)


def test_frames_of_another_session_are_named() -> None:
    with FakeAgent(silent_hellos=10**9) as agent:
        for number, seal in enumerate((PlainSeal(0x1234ABCD, 1), KeyedSeal(bytes(32)))):
            body = encode(Answer(number, (1,), (1,)))
            agent.say(encode_frame(body, seal.check(Role.AGENT, number, body), idle=True))
        assert "2 frames of another session: somebody else" in fails_to_open(agent)


def test_an_echoing_line_is_named() -> None:
    with FakeAgent(silent_hellos=10**9) as agent:
        agent.say(frame(Hello(77)))
        assert "the line echoes" in fails_to_open(agent)


def test_a_welcome_to_somebody_else_is_no_answer() -> None:
    with FakeAgent(silent_hellos=10**9) as agent:
        agent.say(frame(Welcome(0x77, 1, 0, LIMITS, "fake")))
        assert "a frame with a welcome to another session (0x00000077)" in fails_to_open(agent)


def test_what_belongs_to_a_session_is_believed_with_no_open_check() -> None:
    with FakeAgent(silent_hellos=10**9) as agent:
        agent.say(frame(Working(3)))
        assert "a frame of another session" in fails_to_open(agent)


def test_another_protocol_version() -> None:
    with FakeAgent(version=7) as agent, pytest.raises(ProtocolError, match="speaks protocol version 7"):
        Session.open(agent, deadline=Deadline(10))


def test_a_good_frame_that_is_no_message() -> None:
    with FakeAgent(silent_hellos=10**9) as agent:
        agent.say(encode_frame(b"\x85\x18\x63\x00", open_check(b"\x85\x18\x63\x00"), idle=True))
        with pytest.raises(ProtocolError, match="a good frame, but no CBOR"):
            Session.open(agent, deadline=Deadline(10))


def test_the_other_side_hangs_up() -> None:
    with FakeAgent(silent_hellos=10**9, cut_before=set(range(100))) as agent:
        agent.say(b"busy\0")
        with pytest.raises(LinkError, match="closed the line before it said welcome: 5 bytes") as caught:
            Session.open(agent, deadline=Deadline(60), timing=QUICK)
        assert "tried 4 times" in str(caught.value)
        assert agent.opened == 5


def test_a_line_that_breaks_once_before_the_welcome() -> None:
    with FakeAgent(cut_before={0}) as agent:
        session = Session.open(agent, deadline=Deadline(60), timing=QUICK)
        assert session.run(SMALL).outcome.returned
        assert session.health.reconnects == 1


def test_a_link_that_does_not_open() -> None:
    with FakeAgent(away=LinkError("/dev/ttyNONE: no such port")) as agent:
        with pytest.raises(LinkError, match=r"^/dev/ttyNONE: no such port$"):
            Session.open(agent, deadline=Deadline(60))
        assert agent.opened == 1


def test_the_link_is_closed_when_opening_fails() -> None:
    with FakeAgent(silent_hellos=10**9) as agent:
        fails_to_open(agent)
        assert agent.link.read() == b""


def test_a_session_works_after_a_slow_start_with_late_welcomes() -> None:
    """The welcomes to all hellos arrive, the later ones while a program runs."""
    with FakeAgent(twice={0, 1}) as agent:
        session = Session.open(agent, deadline=Deadline(10))
        assert session.run(SMALL).outcome.returned
        assert session.run(SMALL).outcome.returned
