"""What the counters say, and when a line is bad."""

import json

import pytest

from harness.deadline import Deadline
from harness.session import LineHealth, Session
from tests.session.fake_agent import FakeAgent
from tests.session.programs import QUICK, SMALL


def test_a_good_line_has_no_trouble() -> None:
    health = LineHealth(
        frames_sent=10_000, frames_received=10_000, bad_frames=9, resends=400, working=0, console_bytes=900
    )
    health.round_trip(1.9)
    assert health.trouble() == []
    assert LineHealth().trouble() == []


@pytest.mark.parametrize(
    ("counters", "text"),
    [
        ({"frames_received": 996, "bad_frames": 4}, "4 of 1000 frames came damaged (0.4 %): look at cable"),
        (
            {"frames_sent": 100, "resends": 30, "working": 20},
            "10 of 100 frames had to be sent again (10 %): the line loses some",
        ),
        (
            {"reconnects": 1, "reconnecting": 1.25},
            "the link broke and was opened again once, which took 1.2 s",
        ),
        ({"reconnects": 3}, "opened again 3 times"),
        ({"reconnecting": 30.0}, "the link broke and could not be opened again, in 30.0 s"),
        ({"restarts": 2}, "the session had to be begun anew 2 times"),
        ({"console_bytes": 2000}, "2000 bytes of text stood between the frames: something else"),
    ],
)
def test_trouble(counters: dict[str, int], text: str) -> None:
    [sentence] = LineHealth(**counters).trouble()
    assert text in sentence
    assert "\n" not in sentence


def test_a_slow_round_trip() -> None:
    health = LineHealth()
    for seconds in (0.01, 0.02, 3.0):
        health.round_trip(seconds)
    assert health.trouble() == ["the slowest round trip took 3.0 s, the median 0.020 s"]
    assert (health.median, health.worst) == (0.02, 3.0)


def test_resends_that_only_had_to_wait_are_no_trouble() -> None:
    assert LineHealth(frames_sent=100, resends=50, working=50).trouble() == []


def test_text_is_told_from_damage() -> None:
    health = LineHealth()
    health.skipped(b"Booting CE 5.0...\r\n\x1b[0m")
    health.skipped(bytes([3, 0x84, 3, 1, 9]))
    assert (health.console_bytes, health.bad_frames, health.noise_bytes) == (23, 1, 5)


def test_all_of_it_as_json() -> None:
    with FakeAgent(garble={1}, cut_before={2}) as agent:
        session = Session.open(agent, deadline=Deadline(60), timing=QUICK)
        session.run(SMALL)
        found = json.loads(json.dumps(session.health.as_dict()))
    assert found["keyed"] is False
    assert found["reconnects"] == 1
    assert found["frames_sent"] >= 3
    assert found["median"] <= found["worst"]
    assert set(found) == {
        "keyed", "bytes_sent", "bytes_received", "frames_sent", "frames_received", "bad_frames",
        "noise_bytes", "console_bytes", "resends", "working", "restarts", "reconnects", "reconnecting",
        "worst", "median",
    }  # fmt: skip
