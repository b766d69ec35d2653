"""The network of a device of the lab, cut by its commands, while the device is reached over a serial line."""

from pathlib import Path

import pytest
from switched_lab import Lab, RunLab

from harness.errors import LabError
from harness.lab import load_lab
from harness.targets.base import Network
from harness.targets.lab_network import network_of

CUT = """\
Path Is Cut
    [Tags]    WSASOCKET-050
    ${peer}=    Get Network Peer
    Run Program
    ...    call WSAStartup(0x0202, scratch wsadata[512])
    ...    client = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
    ...    connected = connect(client, in peer = x"${peer}", 16)
    Should Succeed    connected
    ${client}=    Get Value    client
    Cut Network Path
    Run Program
    ...    deadline 250s
    ...    sent = send(${client}, in text = "hello", 5, 0)
    ...    tested = recv(${client}, out answer[8], 8, 0)
    Should Succeed    sent
    Outcome Should Conform    tested
"""
DOWN = """\
Subsystem Is Down
    [Tags]    WSASOCKET-011    leg:subsystem-down
    Take Network Down
    Run Program
    ...    fresh
    ...    call WSAStartup(0x0202, scratch wsadata[512])
    ...    tested = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
    Outcome Should Conform
"""


def test_what_a_lab_cuts_is_judged(lab: Lab, run_lab: RunLab) -> None:
    lab.write(
        f"network-cut = {lab.command('console', 'network', 'cut', '10.0.0.2')}",
        f"network-restore = {lab.command('console', 'network', 'restore', '10.0.0.2')}",
        f"network-down = {lab.command('console', 'network', 'down')}",
        f"network-up = {lab.command('console', 'network', 'up')}",
        "peer = 10.0.0.2:9",
    )
    ran = run_lab(CUT + DOWN)
    assert [row["verdict"] for row in ran.rows.values()] == ["pass", "pass"], ran.rows
    assert ran.rows["WSASOCKET-050"]["observed"].startswith("WSAETIMEDOUT")
    assert ran.rows["WSASOCKET-050"]["provoked"] == "network-cut: 10.0.0.2:9"
    assert ran.rows["WSASOCKET-011"]["observed"] == "WSAENETDOWN (10050)"
    assert lab.done()[1:] == [
        "console network cut 10.0.0.2",
        "console network restore 10.0.0.2",
        "console network down",
        "console network up",
    ]


# --- without a device -----------------------------------------------------------------------


def network(folder: Path, cut: str, restore: str) -> Network:
    path = folder / "lab.ini"
    path.write_text(
        f"[panel]\nkind = serial\nport = /dev/ttyUSB0\npeer = 10.0.0.2:9\n"
        f"network-cut = sh -c 'echo cut >> log; {cut}'\n"
        f"network-restore = sh -c 'echo restore >> log; {restore}'\n"
    )
    found = network_of(load_lab(path).target("panel"))
    assert found is not None
    return found


def log(folder: Path) -> list[str]:
    return (folder / "log").read_text().split()


def test_it_comes_back_whatever_happens(tmp_path: Path) -> None:
    found = network(tmp_path, "true", "true")
    assert str(found.peer) == "10.0.0.2:9"
    with pytest.raises(KeyboardInterrupt), found.cut():
        raise KeyboardInterrupt
    assert log(tmp_path) == ["cut", "restore"]


def test_a_command_that_failed_may_have_done_half_of_it(tmp_path: Path) -> None:
    with (
        pytest.raises(LabError, match=r"network-cut: .* exit code 3$"),
        network(tmp_path, "exit 3", "true").cut(),
    ):
        pytest.fail("it is not cut")
    assert log(tmp_path) == ["cut", "restore"]


def test_giving_it_back_is_tried_again(tmp_path: Path) -> None:
    with network(tmp_path, "true", "test $(wc -l < log) -ge 3").cut():
        pass
    assert log(tmp_path) == ["cut", "restore", "restore"]


def test_a_network_that_stays_cut_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(LabError, match=r"network-restore: .* exit code 5$"),
        network(tmp_path, "true", "exit 5").cut(),
    ):
        pass
    assert log(tmp_path) == ["cut", "restore", "restore", "restore"]


def test_a_device_without_such_commands(tmp_path: Path) -> None:
    path = tmp_path / "lab.ini"
    path.write_text("[panel]\nkind = serial\nport = /dev/ttyUSB0\nrestart = x\n")
    assert network_of(load_lab(path).target("panel")) is None
