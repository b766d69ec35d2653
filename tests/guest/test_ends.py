"""However a run on QEMU ends: results are kept, and neither processes nor files stay behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from harness.conformance import Row
from harness.program.text import parse
from harness.results import RESULTS_FILE, read_results
from harness.targets import TargetConfig, configure
from harness.targets.qemu import started
from harness.winsock import symbols
from tests.guest.conftest import opened

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

PATIENCE_S = 240.0
SUITE = """\
*** Settings ***
Library    harness.robot.CEHarness
*** Test Cases ***
Before
    [Tags]    WSASOCKET-001
    Make A Socket
During
    [Tags]    WSASOCKET-002
    Make A Socket    sleep 300s
After
    [Tags]    WSASOCKET-004
    Make A Socket
Wrong
    [Tags]    WSASOCKET-012
    Make A Socket
*** Keywords ***
Make A Socket
    [Arguments]    ${more}=
    Run Program
    ...    deadline 600s
    ...    call WSAStartup(0x0202, scratch wsadata[512])
    ...    ${more}
    ...    tested = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
    ...    call closesocket(tested)
    ...    call WSACleanup()
    Outcome Should Conform
"""


def commands() -> dict[int, str]:
    """The command lines of all processes of ours, by number."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found[int(path.parent.name)] = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
    return found


def below(folder: Path) -> dict[int, str]:
    """Those that have to do with machines in that folder."""
    return {pid: line for pid, line in commands().items() if f"{folder}/ceharness-qemu-" in line}


def qemu(folder: Path) -> list[int]:
    return [
        pid
        for pid, line in below(folder).items()
        if line.startswith("/") and "qemu-system" in line.split()[0]
    ]


def wait_until(condition: object, what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, what
        time.sleep(0.1)


@contextmanager
def run_of_its_own(guest: TargetConfig, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path, Path]]:
    """`ceharness run` on the suite: its process, its results, and where it makes its machine."""
    temporary = tmp_path / "t"
    temporary.mkdir()
    (tmp_path / "suite.robot").write_text(SUITE, encoding="utf-8")
    (tmp_path / "lab.ini").write_text(
        f"[guest]\nkind = qemu\npreset = wine-guest\nimage = {guest.settings['image']}\nconnect = 4min\n",
        encoding="utf-8",
    )
    words = ["run", "guest", "--lab", tmp_path / "lab.ini", "--suites", tmp_path / "suite.robot"]
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *words, "--output", tmp_path / "out"],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process, tmp_path / "out", temporary
    finally:
        process.kill()
        process.communicate()
        wait_until(lambda: not below(temporary), f"still there: {below(temporary)}")


def rows(output: Path) -> list[Row]:
    path = output / RESULTS_FILE
    return read_results(path).rows if path.exists() and b"\n" in path.read_bytes() else []


def during(output: Path) -> bool:
    """Is the first test over, and so the second one under way?"""
    return len(rows(output)) == 1


def test_qemu_is_killed_in_mid_run(guest: TargetConfig, tmp_path: Path) -> None:
    with run_of_its_own(guest, tmp_path) as (process, output, temporary):
        wait_until(lambda: during(output) or process.poll() is not None, "the first test never ended")
        (pid,) = qemu(temporary)
        time.sleep(1)
        os.kill(pid, signal.SIGKILL)
        said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1, said
    before, lost, after, wrong = rows(output)
    assert [before.verdict, lost.verdict, after.verdict] == ["pass", "inconclusive", "pass"]
    assert "QEMU ended (signal 9)" in lost.reason
    assert "brought back since by: power cycle" in lost.reason
    (step,) = read_results(output / RESULTS_FILE).recovery
    assert (step.step, step.result) == ("power cycle", "the agent answers")
    assert (wrong.verdict, "device/001-Wrong-screen.png" in wrong.reason) == ("fail", True)
    assert (output / "device" / "001-Wrong-screen.png").read_bytes().startswith(b"\x89PNG")
    assert list(temporary.iterdir()) == []


def test_the_harness_is_killed_in_mid_run(guest: TargetConfig, tmp_path: Path) -> None:
    with run_of_its_own(guest, tmp_path) as (process, output, temporary):
        wait_until(lambda: during(output) or process.poll() is not None, "the first test never ended")
        assert qemu(temporary)
        process.kill()
        wait_until(lambda: not below(temporary), "something is left")
        wait_until(lambda: list(temporary.iterdir()) == [], "files are left")
    assert [row.verdict for row in rows(output)] == ["pass"]


def test_ctrl_c_in_mid_run(guest: TargetConfig, tmp_path: Path) -> None:
    with run_of_its_own(guest, tmp_path) as (process, output, temporary):
        wait_until(lambda: during(output) or process.poll() is not None, "the first test never ended")
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130, said
        assert not below(temporary)
    assert list(temporary.iterdir()) == []


def test_several_machines_at_once(guest: TargetConfig) -> None:
    """Each with a port, a key and files of its own."""
    program = parse("call WSAStartup(0x0202, scratch wsadata[512])\ncall WSACleanup()\n", symbols(8))
    with ExitStack() as stack:
        machines = [
            stack.enter_context(started(configure(guest, link=link))) for link in ("tcp", "serial", "tcp")
        ]
        devices = [stack.enter_context(opened(reached)) for _, reached in machines]
        assert len({device.url for device in devices}) == 3
        assert len({reached.key for _, reached in machines}) == 3
        for _ in range(2):
            for device in devices:
                assert device.run(program).calls[0].ok
                device.renew()
