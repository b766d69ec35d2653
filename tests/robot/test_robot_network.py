"""The network as Robot tests take it away: only where the target can, and never for longer than the test."""

from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from scripted_device import ScriptedDevice

from harness.conformance import Verdict
from harness.errors import LinkError
from harness.targets.base import Peer

SUITE = """*** Test Cases ***
First
    [Tags]    WSASOCKET-050
    {take}
    Fail    for another reason
Second
    [Tags]    WSASOCKET-012
    Call Function    WSAStartup    0x0202    scratch data[512]
"""
TAKES = ("Cut Network Path", "Take Network Down")


class RecordedNetwork:
    peer = Peer("10.1.2.3", 7)

    def __init__(self, device: ScriptedDevice, *, broken: bool = False) -> None:
        self.device, self.broken = device, broken
        self.told: list[str] = []

    @contextmanager
    def _for_a_while(self, what: str) -> Any:
        self.told.append(what)
        yield
        self.told.append(f"restored after {len(self.device.programs)} programs")
        if self.broken:
            raise LinkError("no answer")

    def cut(self) -> Any:
        return self._for_a_while("cut")

    def down(self) -> Any:
        return self._for_a_while("down")


@pytest.mark.parametrize(("take", "told"), [(TAKES[0], "cut"), (TAKES[1], "down")])
@pytest.mark.parametrize("broken", [False, True])
def test_it_comes_back_before_the_next_test(take: str, told: str, broken: bool, run_suite) -> None:
    device = ScriptedDevice()
    device.network = network = RecordedNetwork(device, broken=broken)
    ran = run_suite(SUITE.format(take=take), device)
    assert network.told == [told, "restored after 0 programs"]
    assert ran.tests.status == {"First": "FAIL", "Second": "PASS"}


def test_it_comes_back_when_the_test_says_so_and_before_it_is_taken_again(run_suite) -> None:
    device = ScriptedDevice()
    device.network = network = RecordedNetwork(device)
    run_suite(
        SUITE.format(
            take="Cut Network Path\n    Take Network Down\n    Restore Network\n    Restore Network"
        ),
        device,
    )
    assert [word.split()[0] for word in network.told] == ["cut", "restored", "down", "restored"]


def test_the_peer_is_an_address_of_ip(run_suite) -> None:
    device = ScriptedDevice()
    device.network = RecordedNetwork(device)
    suite = """*** Test Cases ***
Peer
    ${peer}=    Get Network Peer
    Should Be Equal    ${peer}    020000070a0102030000000000000000
"""
    assert run_suite(suite, device).code == 0


@pytest.mark.parametrize("take", [*TAKES, "Get Network Peer"])
def test_a_target_that_does_not_provide_it(take: str, run_suite, tmp_path: Path) -> None:
    lab = tmp_path / "lab.ini"
    lab.write_text("[other]\nkind = emulated\nprovides =\n")
    ran = run_suite(SUITE.format(take=take), ScriptedDevice(), variable=[f"LAB:{lab}", "TARGET:other"])
    assert ran.rows[0].verdict is Verdict.NOT_PROVOCABLE
    assert ran.rows[0].reason.startswith("needs a network")


def test_a_target_that_only_says_so(run_suite) -> None:
    ran = run_suite(SUITE.format(take=TAKES[0]), ScriptedDevice())
    assert ran.rows[0].verdict is Verdict.INCONCLUSIVE
    assert "nothing is known of how to bring it about" in ran.rows[0].reason


def test_an_ability_that_there_is_not(run_suite) -> None:
    ran = run_suite(SUITE.format(take="Needs Ability    network-cup"), ScriptedDevice())
    assert ran.rows[0].verdict is Verdict.BROKEN
    assert "there is no ability 'network-cup'" in ran.rows[0].reason
