"""The finished executables at work: supervisor and worker on emulated CE devices, and on Wine."""

import json
import os
import shutil
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from controller import Controller
from core_driver import ROOT

from harness.agents import CPU_BUILDS, build_agents, executable
from harness.targets.emulator_process import start_emulator
from harness.wire.messages import Answer, OutcomeCode, Reason, Working

PORT = 5555
ACCESS_VIOLATION = 0xC0000005
GET_ERROR, SET_ERROR, STARTUP, SOCKET, CLOSE = range(5)
SLEEP, SETTER, NOTHING, END = 5, 6, 7, 8
EXPORTS = [
    [GET_ERROR, "ws2!WSAGetLastError", 0],
    [SET_ERROR, "ws2!WSASetLastError", 0],
    [STARTUP, "ws2!WSAStartup", 3],
    [SOCKET, "ws2!WSASocketW", 2, GET_ERROR, SET_ERROR],
    [CLOSE, "ws2!closesocket", 3, GET_ERROR, SET_ERROR],
    [SLEEP, "coredll!Sleep", 0],
    [SETTER, "coredll!SetLastError", 0],
    [NOTHING, "coredll!NoSuchExport", 0],
    [END, "coredll!TerminateProcess", 0],
]
TCP_SOCKET = [SOCKET, [2, 1, 6, 0, 0, 1]]
ON_WINE = pytest.param("wine", marks=pytest.mark.long)


@contextmanager
def on_wine(folder: Path) -> Iterator[str]:
    wine = shutil.which("wine64") or shutil.which("wine64", path="/usr/lib/wine")
    if sys.platform != "win32" and wine is None:
        pytest.skip("Wine is missing: apt-get install wine64")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    prefix = folder / "prefix"
    environment = {**os.environ, "WINEPREFIX": str(prefix), "WINEDEBUG": "-all", "DISPLAY": ""}
    line = [*([wine] if wine else []), str(executable("win32-x64")), f"link=tcp:{port}"]
    server = Path(wine).with_name("wineserver") if wine else None
    agent = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while agent.poll() is None:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield f"tcp://127.0.0.1:{port}"
    finally:
        agent.kill()
        agent.wait()
        if server is not None:
            subprocess.run([server, "-k"], env=environment, check=False)


@contextmanager
def on_emulator(cpu: str, start: str = f"link=tcp:{PORT}", **settings: object) -> Iterator[str]:
    copies = ((executable(CPU_BUILDS[cpu]), "\\ceagent.exe"), *settings.pop("copies", ()))  # type: ignore[misc]
    starts = (f"\\ceagent.exe {start}".strip(),)
    with start_emulator(cpu=cpu, copies=copies, starts=starts, timeout=60, **settings) as device:  # type: ignore[arg-type]
        if device.tcp:
            yield f"tcp://127.0.0.1:{device.tcp[str(PORT)]}"
        else:
            yield device.serial["COM1:"]


@pytest.fixture(scope="module", params=[*CPU_BUILDS, ON_WINE])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where to reach an agent over TCP that serves all tests of this module in turn."""
    build_agents()
    with ExitStack() as stack:
        if request.param == "wine":
            yield stack.enter_context(on_wine(tmp_path_factory.mktemp("wine")))
        else:
            yield stack.enter_context(on_emulator(request.param))


@pytest.fixture
def agent(url: str, request: pytest.FixtureRequest) -> Iterator[Controller]:
    """A controller with a session of its own."""
    controller = Controller(url, session=zlib.crc32(request.node.nodeid.encode()) or 1)
    assert controller.welcome.next == 0
    controller.run([], [], EXPORTS)
    yield controller
    controller.close()


def startup(agent: Controller) -> None:
    assert agent.run([STARTUP, [0x0202, [0, 0]]], [[400, False]]).errors == {}


def test_calls_and_errors(agent: Controller) -> None:
    startup(agent)
    answer = agent.run([*TCP_SOCKET, CLOSE, [[0]], CLOSE, [[0]]])
    assert answer.outcome is None
    assert answer.errors == {2: 10038}
    assert answer.values[1] & 0xFFFFFFFF == 0


def test_worker_keeps_its_state_between_programs(agent: Controller) -> None:
    startup(agent)
    assert agent.run(TCP_SOCKET).errors == {}
    assert agent.run([], fresh=True).outcome is None
    assert agent.run(TCP_SOCKET).errors == {0: 10093}


def test_fresh_worker_forgets_kept_buffers_and_keeps_new_ones(agent: Controller) -> None:
    assert agent.run([{6: [0, 0, 4, 77]}], [[64, True, 3]]).outputs == (b"M",)
    assert agent.run([], [[64, True, 3]]).outputs == (b"M",)
    assert agent.run([{6: [0, 1, 4, 78]}], [[64, True, 3]], fresh=True).outputs == (b"\0N",)
    assert agent.run([], [[64, True, 3]]).outputs == (b"\0N",)


def test_fault_costs_a_worker_and_not_the_session(agent: Controller) -> None:
    pointer = [[0, 0]]
    exports = [[20, "coredll!GetSystemTime", 0]]
    for _ in range(3):
        answer = agent.run([20, pointer, 20, [0x10], 20, pointer], [[16, True]], exports)
        assert answer.outcome is not None
        assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.FAULTED, 1)
        assert answer.outcome.detail == ACCESS_VIOLATION
        assert len(answer.values) == 1
        assert len(answer.outputs[0]) > 0
    assert agent.run([SETTER, [0]]).outcome is None


def test_call_that_blocks_is_reported_and_its_worker_replaced(agent: Controller) -> None:
    answer = agent.run([SETTER, [0], SLEEP, [600_000], SETTER, [0]], deadline_ms=300)
    assert answer.outcome is not None
    assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.BLOCKED, 1)
    assert len(answer.values) == 1
    assert agent.run([SETTER, [0]]).outcome is None


def test_loop_without_end_is_ended_and_tells_its_turns(agent: Controller) -> None:
    answer = agent.run([{1: [0xFFFFFFFF, 9, None, [SETTER, [0]]]}], deadline_ms=300)
    assert answer.outcome is not None
    assert answer.outcome.code == OutcomeCode.BLOCKED
    ((call, count, error),) = answer.runs
    assert (call, error) == (0, None)
    assert count > 0


def test_worker_that_ends_itself(agent: Controller) -> None:
    pseudo = -1 if agent.welcome.limits.word == 8 else 0x42
    answer = agent.run([SETTER, [0], END, [pseudo, 5], SETTER, [0]])
    assert answer.outcome is not None
    assert (answer.outcome.code, answer.outcome.call, answer.outcome.detail) == (OutcomeCode.EXITED, 1, 5)


def test_unresolved_export(agent: Controller) -> None:
    answer = agent.run([SETTER, [0], NOTHING, []])
    assert answer.outcome is not None
    assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.UNRESOLVED, 1)
    assert answer.outcome.detail


def test_malformed_program_is_refused_and_the_next_one_runs(agent: Controller) -> None:
    assert agent.refused([SETTER, ["x"]]).reason == Reason.MALFORMED
    assert agent.run([SETTER, [0]]).outcome is None


def test_window_of_programs_is_answered_in_order(agent: Controller) -> None:
    first = agent.seq
    window = agent.welcome.limits.window
    for number in range(window):
        agent.send([{7: [9, number, 1000]}, SETTER, [[9]]])
    for number in range(window):
        assert agent.receive().seq == first + number  # type: ignore[union-attr]


def test_resent_program_is_not_run_again(agent: Controller) -> None:
    steps = [{7: [9, [0, 0, 4], 1]}, {6: [0, 0, 4, [9]]}]
    first = agent.run(steps, [[4, True, 1]])
    for _ in range(3):
        agent.seq -= 1
        assert agent.run(steps, [[4, True, 1]]) == first
    assert agent.run([], [[4, True, 1]]).outputs == (b"\x01",)


def test_program_that_runs_is_being_worked_on(agent: Controller) -> None:
    agent.send([SLEEP, [500]])
    agent.seq -= 1
    agent.send([SLEEP, [500]])
    assert agent.receive() == Working(agent.seq - 1)
    assert agent.receive().seq == agent.seq - 1  # type: ignore[union-attr]


def test_flood_of_frames_keeps_no_worker_past_its_deadline(agent: Controller) -> None:
    # Resends of a program that runs and asks for a deadline long before the last of them is looked at.
    resends = 2000
    agent.send([SLEEP, [600_000]], deadline_ms=50)
    agent.again(resends)
    replies = [agent.receive() for _ in range(1 + resends)]
    answers = sum(isinstance(reply, Answer) for reply in replies)
    assert answers > 1, "every resend was answered before the deadline was looked at"
    assert all(isinstance(reply, (Answer, Working)) for reply in replies)


def test_many_workers_one_after_the_other(agent: Controller) -> None:
    # More than a device of Windows CE has processes, or handles that an agent may leak.
    for number in range(100):
        assert agent.run([{6: [0, 0, 4, number]}], [[4, True]], fresh=True).outcome is None
    assert agent.run([SETTER, [0]]).outcome is None


def test_newest_connection_wins_and_resumes(agent: Controller, url: str) -> None:
    session = agent.welcome.session
    agent.run([{6: [0, 0, 4, 5]}], [[4, True, 1]])
    newer = Controller(url, session)
    assert newer.welcome.boot == agent.welcome.boot
    assert newer.welcome.next == agent.seq
    assert newer.run([], [[4, True, 1]]).outputs == (b"\x05",)
    with pytest.raises(EOFError):
        agent.receive()
    newer.close()


def test_new_session_ends_the_worker_of_the_old_one(agent: Controller, url: str) -> None:
    agent.run([{6: [0, 0, 4, 5]}], [[4, True, 1]])
    agent.send([SLEEP, [600_000]], deadline_ms=600_000)
    other = Controller(url, session=agent.welcome.session ^ 1 or 1)
    assert other.run([], [[4, True, 1]]).outputs == (b"",)
    other.close()


def test_console_text_and_damage_cost_nothing_but_themselves(agent: Controller) -> None:
    agent.raw(b"\r\nDebug: something happened\r\n\0\x05abc\0" + b"\x11" * 20000 + b"\0")
    assert agent.run([SETTER, [0]]).outcome is None


def test_program_that_gets_no_worker_is_refused_and_defines_nothing() -> None:
    build_agents()
    image = "\\ceagent.exe\0".encode("utf-16-le")
    with on_emulator("arm") as url:
        controller = Controller(url)
        answer = controller.run([0, [[0, 0]]], [[64, False, image]], [[0, "coredll!DeleteFileW", 1]])
        assert answer.errors == {}
        refusal = controller.refused([], [], [[SETTER, "coredll!SetLastError", 0]], fresh=True)
        assert (refusal.reason, refusal.detail) == (Reason.WORKER, 2)
        assert controller.refused([SETTER, [0]]).reason == Reason.MALFORMED
        assert controller.refused([]).reason == Reason.WORKER
        controller.close()


def test_settings_from_the_file_beside_the_executable(tmp_path: Path) -> None:
    build_agents()
    settings = tmp_path / "ceagent.ini"
    settings.write_text(f"# the line\r\nlink=tcp:{PORT}\r\nbaud=9600\r\n")
    with on_emulator("arm", "", copies=((settings, "\\ceagent.ini"),)) as url:
        controller = Controller(url)
        assert controller.welcome.missing == ()
        controller.close()


@pytest.mark.parametrize("cpu", CPU_BUILDS)
def test_serial_port(cpu: str) -> None:
    build_agents()
    with on_emulator(cpu, "link=COM1: baud=57600") as url:
        controller = Controller(url)
        controller.run([], [], EXPORTS)
        pattern = [{3: [0, 0, 4000, 1]}]
        assert len(controller.run(pattern, [[4000, True]]).outputs[0]) == 4000
        startup(controller)
        assert controller.run([*TCP_SOCKET, CLOSE, [[0]]]).errors == {}
        controller.close()


def test_image_without_winsock_and_without_a_fine_clock() -> None:
    build_agents()
    with on_emulator("arm", "", variants=("no-ws2", "tick-counter")) as url:
        controller = Controller(url)
        assert controller.welcome.missing == ("ws2",)
        controller.run([], [], EXPORTS)
        answer = controller.run([SLEEP, [3], *TCP_SOCKET])
        assert answer.outcome is not None
        assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.UNRESOLVED, 1)
        assert answer.outcome.detail == 126
        assert answer.times[0] % 1000 == 0
        controller.close()


@pytest.mark.parametrize(
    ("words", "reason", "code"),
    [
        ("link=COM9:", "cannot start: ", 2),
        ("lnk=COM1:", "cannot make sense of this setting: ", 87),
        ("link=tcp:70000", "cannot make sense of this setting: ", 87),
        ("link=tcp:4294972851", "cannot make sense of this setting: ", 87),
        ("baud=fast", "cannot make sense of this setting: ", 87),
        ("baud=4295082496", "cannot make sense of this setting: ", 87),
    ],
)
def test_agent_that_cannot_start_says_why_and_ends(words: str, reason: str, code: int) -> None:
    said = last_words(f"\\ceagent.exe {words}")
    assert said == (f"ceagent: {reason}{words.removeprefix('link=') if code == 2 else words}", code)


def test_settings_file_that_is_longer_than_the_agent_reads_is_not_cut_off(tmp_path: Path) -> None:
    settings = tmp_path / "ceagent.ini"
    settings.write_text("#" * 1010 + "\nlink=tcp:5555\n")
    said = last_words("\\ceagent.exe", "--copy", f"{settings}=\\ceagent.ini")
    assert said == ("ceagent: ceagent.ini is too long", 87)


def last_words(start: str, *arguments: str) -> tuple[str, int]:
    """What an agent that cannot start writes to the debug output, and its exit code."""
    build_agents()
    device = [sys.executable, "-m", "harness.emulator", "--copy", f"{executable('ce-armv4i')}=\\ceagent.exe"]
    process = subprocess.Popen(
        [*device, *arguments, "--start", start],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "console":
            said += event["text"]
        if event["event"] == "exit":
            break
    process.communicate(timeout=30)
    return said, event["code"]
