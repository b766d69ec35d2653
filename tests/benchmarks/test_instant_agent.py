"""The agent that takes no time: a session as docs/protocol.md has it, and every call answered once."""

from benchmarks.call import ARGUMENTS, HANDLE, MICROSECONDS
from benchmarks.harness_calls import BATCH, INSTANT, modes, session_to
from benchmarks.instant_agent import InstantAgent
from harness.wire.coding import decode, encode
from harness.wire.framing import FrameDecoder, encode_frame
from harness.wire.messages import Answer, Hello, Message, Reason, Refusal, Run, Welcome
from harness.wire.sealing import PlainSeal, Role, open_check

SESSION = 0xC0FFEE


def messages(data: bytes) -> list[Message]:
    return [decode(piece.data[:-4]) for piece in FrameDecoder().feed(data) if piece.data is not None]


def hello(agent: InstantAgent) -> PlainSeal:
    body = encode(Hello(SESSION))
    [welcome] = messages(agent.take(encode_frame(body, open_check(body))))
    assert isinstance(welcome, Welcome)
    return PlainSeal(SESSION, welcome.boot)


def ask(agent: InstantAgent, seal: PlainSeal, number: int, calls: int) -> bytes:
    body = encode(Run(number & 0xFF, [0, *[list(ARGUMENTS)] * calls]))
    return agent.take(encode_frame(body, seal.check(Role.CONTROLLER, number, body)))


def test_every_call_is_answered() -> None:
    agent = InstantAgent()
    seal = hello(agent)
    for number, calls in enumerate([1, 3, *[2] * 300]):
        [answer] = messages(ask(agent, seal, number, calls))
        assert answer == Answer(number & 0xFF, (HANDLE,) * calls, (MICROSECONDS,) * calls, lone=calls == 1)


def test_a_number_asked_again_gets_the_same_bytes_and_a_gap_is_refused() -> None:
    agent = InstantAgent()
    seal = hello(agent)
    first = ask(agent, seal, 0, 1)
    assert ask(agent, seal, 0, 1) == first
    assert messages(ask(agent, seal, 2, 1)) == [Refusal(2, Reason.SEQUENCE, 1)]


def test_a_frame_of_another_session_is_dropped() -> None:
    agent = InstantAgent()
    hello(agent)
    assert ask(agent, PlainSeal(SESSION + 1, 0), 0, 1) == b""


def test_a_session_in_all_modes(instant: str) -> None:
    with session_to(f"tcp://{instant}") as session:
        for calls in modes(session, INSTANT).values():
            assert calls(1) in (1, BATCH)
            assert calls(100) in (100, 2 * BATCH)
