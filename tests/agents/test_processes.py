"""The finished executables at work: supervisor and worker on emulated CE devices, and on Wine."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from controller import KEY, Controller
from running import (
    ACCESS_VIOLATION,
    CLOSE,
    END,
    EXPORTS,
    NOTHING,
    ON_WINE,
    PORT,
    SETTER,
    SLEEP,
    TCP_SOCKET,
    emulated,
    key_file,
    listening,
    on_emulator,
    startup,
)

from harness.agents import CPU_BUILDS, build_agents
from harness.wire.messages import Answer, OutcomeCode, Reason, Working


@pytest.fixture(scope="module", params=[*CPU_BUILDS, ON_WINE])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where to reach an agent over TCP that serves all tests of this module in turn."""
    with listening(request.param, tmp_path_factory.mktemp(request.param)) as url:
        yield url


@pytest.fixture
def agent(url: str, request: pytest.FixtureRequest) -> Iterator[Controller]:
    """A controller with a session of its own."""
    controller = Controller(url, session=zlib.crc32(request.node.nodeid.encode()) or 1)
    assert controller.welcome.next == 0
    controller.run([], [], EXPORTS)
    yield controller
    controller.close()


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


def test_buffers_are_aligned_for_numbers_of_eight_bytes(agent: Controller) -> None:
    # Some CPUs fault on others: MIPS II loads and stores doubles so.
    places = [{7: [9, [1, 0], 0]}, {6: [0, 0, 8, [9]]}, {7: [9, [2, 0], 0]}, {6: [0, 8, 8, [9]]}]
    (output,) = agent.run(places, [[16, True], [1, False], [1, False, b"", 7]]).outputs
    assert [int.from_bytes(output[at : at + 8], "little") % 8 for at in (0, 8)] == [0, 0]


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
        agent.number -= 1
        assert agent.run(steps, [[4, True, 1]]) == first
    assert agent.run([], [[4, True, 1]]).outputs == (b"\x01",)


def test_program_that_runs_is_being_worked_on(agent: Controller) -> None:
    agent.send([SLEEP, [500]])
    agent.number -= 1
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
    assert newer.welcome.next == agent.number
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


def test_program_that_gets_no_worker_is_refused_and_defines_nothing(tmp_path: Path) -> None:
    build_agents()
    root = tmp_path / "device"
    copies = [(key_file(tmp_path), "\\ceagent.key")]
    with emulated("arm", f"link=tcp:{PORT}", copies=copies, root=root) as device:
        tcp = device.event("ready")["tcp"]
        assert isinstance(tcp, dict)
        controller = Controller(f"tcp://127.0.0.1:{tcp[str(PORT)]}")
        controller.run([])
        (root / "ceagent.exe").unlink()
        refusal = controller.refused([], [], [[SETTER, "coredll!SetLastError", 0]], fresh=True)
        assert (refusal.reason, refusal.detail) == (Reason.WORKER, 2)
        assert controller.refused([SETTER, [0]]).reason == Reason.MALFORMED
        assert controller.refused([]).reason == Reason.WORKER
        controller.close()


@pytest.mark.parametrize("cpu", CPU_BUILDS)
@pytest.mark.parametrize("key", [KEY, None], ids=["with a key", "without"])
def test_serial_port(cpu: str, key: bytes | None, tmp_path: Path) -> None:
    build_agents()
    with on_emulator(cpu, tmp_path, "link=COM1: baud=57600", keyed=key is not None) as url:
        controller = Controller(url, key=key)
        controller.run([], [], EXPORTS)
        pattern = [{3: [0, 0, 4000, 1]}]
        assert len(controller.run(pattern, [[4000, True]]).outputs[0]) == 4000
        startup(controller)
        assert controller.run([*TCP_SOCKET, CLOSE, [[0]]]).errors == {}
        controller.close()


def test_image_without_winsock_and_without_a_fine_clock(tmp_path: Path) -> None:
    build_agents()
    with on_emulator("arm", tmp_path, "", variants=("no-ws2", "tick-counter"), keyed=False) as url:
        controller = Controller(url, key=None)
        assert controller.welcome.missing == ("ws2",)
        controller.run([], [], EXPORTS)
        answer = controller.run([SLEEP, [3], *TCP_SOCKET])
        assert answer.outcome is not None
        assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.UNRESOLVED, 1)
        assert answer.outcome.detail == 126
        assert answer.times[0] % 1000 == 0
        controller.close()


@pytest.mark.long
def test_tick_counter_that_wraps(tmp_path: Path) -> None:
    # 30 seconds after the device was switched on, whatever is going on then.
    build_agents()
    with on_emulator("arm", tmp_path, "link=COM1:", variants=("tick-wrap",), keyed=False) as url:
        controller = Controller(url, key=None)
        controller.run([], [], [*EXPORTS, [20, "coredll!GetTickCount", 0]])
        ticks = controller.run([20, []]).values[0]
        while ticks > 0x80000000:
            before = ticks
            assert controller.run([SLEEP, [1000]], deadline_ms=1500).outcome is None
            outcome = controller.run([SLEEP, [600_000]], deadline_ms=1000).outcome
            assert outcome is not None
            assert outcome.code == OutcomeCode.BLOCKED
            ticks = controller.run([20, []]).values[0]
            assert 1900 < (ticks - before) % (1 << 32) < 10_000
        controller.close()
