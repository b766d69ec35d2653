"""A device that falls asleep when nobody uses it is kept awake as long as somebody is there."""

from pathlib import Path

import pytest
from controller import Controller
from running import EXPORTS, PORT, SLEEP, Emulated, emulated, key_file

from harness.agents import build_agents

IDLE = 25
"""Seconds after which the device falls asleep; the agent has to say something more often."""
ATTENDED = 600
"""Seconds without a frame after which the agent takes nobody to be there."""


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    build_agents()


def passes(device: Emulated, seconds: int) -> list[str]:
    """Lets time pass on the device; what became of it meanwhile, asleep or awake."""
    device.tell(f"pass {seconds}")
    seen = []
    while True:
        event = device.events.get(timeout=60)
        assert event is not None
        if event["event"] in ("asleep", "passed"):
            seen.append(str(event["event"]))
            return seen


@pytest.mark.parametrize("link", [f"tcp:{PORT}", pytest.param("COM1:", marks=pytest.mark.long)])
def test_a_session_keeps_the_device_awake_and_nothing_else_does(link: str, tmp_path: Path) -> None:
    copies = [(key_file(tmp_path), "\\ceagent.key")]
    with emulated(
        "x86",
        f"link={link}",
        variants=["falls-asleep"],
        copies=copies,
        odd=True,
        options=["--idle", str(IDLE)],
    ) as device:
        ready = device.event("ready")
        tcp, serial = ready["tcp"], ready["serial"]
        assert isinstance(tcp, dict)
        assert isinstance(serial, dict)
        url = f"tcp://127.0.0.1:{tcp[str(PORT)]}" if tcp else serial["COM1:"]
        controller = Controller(url)
        controller.run([], [], EXPORTS)
        assert passes(device, ATTENDED // 2) == ["passed"]
        assert controller.run([SLEEP, [1]]).outcome is None
        # A program that takes longer than anybody is silent.
        controller.send([SLEEP, [ATTENDED * 2000]], deadline_ms=ATTENDED * 3000)
        assert passes(device, ATTENDED + ATTENDED // 2) == ["passed"]
        controller.close()
        assert passes(device, 2 * ATTENDED + 2 * IDLE) == ["asleep"]


def test_nobody_keeps_it_awake_before_the_first_session(tmp_path: Path) -> None:
    copies = [(key_file(tmp_path), "\\ceagent.key")]
    with emulated(
        "x86", "link=COM1:", variants=["falls-asleep"], copies=copies, odd=True, options=["--idle", "5"]
    ) as device:
        device.event("ready")
        assert passes(device, 60) == ["asleep"]
        device.tell("wake")
        device.event("awake")
