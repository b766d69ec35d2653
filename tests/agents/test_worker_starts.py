"""Workers that do not come up, and one that cannot be ended."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pefile
import pytest
from controller import Controller
from running import END, EXPORTS, SETTER, SLEEP, STARTUP, Emulated, emulated

from harness.agents import CPU_BUILDS, build_agents, executable
from harness.deadline import Deadline
from harness.links import dialer
from harness.program.result import OutcomeKind
from harness.program.text import parse
from harness.session import Session
from harness.winsock import symbols
from harness.wire.messages import OutcomeCode, Reason, Refusal

SOCKET, BIND, RECEIVE, TIME = range(20, 24)
MORE = [
    [SOCKET, "ws2!socket", 2],
    [BIND, "ws2!bind", 3],
    [RECEIVE, "ws2!recv", 2],
    [TIME, "coredll!GetSystemTime", 0],
]
TIMEOUT, NO_MEMORY = 258, 8
EXIT_CODE = 42
AT_ONCE = {  # return 42, as the first thing that the process does
    "arm": bytes.fromhex("2A00A0E3 1EFF2FE1"),
    "armv7": bytes.fromhex("2A20 7047"),
    "x86": bytes.fromhex("B82A000000 C3"),
    "mips": bytes.fromhex("0800E003 2A000224"),
}
NEVER = {  # a jump to itself
    "arm": bytes.fromhex("FEFFFFEA"),
    "x86": bytes.fromhex("EBFE"),
}


def begins_with(cpu: str, code: bytes) -> bytes:
    """The agent's executable with other code where the system enters it."""
    source = executable(CPU_BUILDS[cpu])
    with pefile.PE(str(source)) as image:
        place = image.get_offset_from_rva(image.OPTIONAL_HEADER.AddressOfEntryPoint & ~1)
    content = bytearray(source.read_bytes())
    content[place : place + len(code)] = code
    return bytes(content)


@contextmanager
def served(
    cpu: str, root: Path | None = None, variants: Sequence[str] = (), *, odd: bool = False
) -> Iterator[tuple[Emulated, Controller]]:
    """A device, and a controller with a session on its agent that knows all the exports used here."""
    build_agents()
    with emulated(cpu, "link=COM1:", variants=variants, root=root, odd=odd) as device:
        serial = device.event("ready")["serial"]
        assert isinstance(serial, dict)
        with closing(Controller(serial["COM1:"], key=None)) as agent:
            agent.run([], [], EXPORTS + MORE)
            yield device, agent


def processes(device: Emulated) -> object:
    device.tell("census")
    return device.event("census")["processes"]


@pytest.mark.parametrize(
    "cpu", ["arm", "mips", *(pytest.param(cpu, marks=pytest.mark.long) for cpu in ("armv7", "x86"))]
)
@pytest.mark.parametrize("variants", [(), ("no-debugger",)])
def test_worker_that_ends_before_it_is_ready(cpu: str, variants: tuple[str, ...], tmp_path: Path) -> None:
    with served(cpu, tmp_path, variants) as (device, agent):
        (tmp_path / "ceagent.exe").write_bytes(begins_with(cpu, AT_ONCE[cpu]))
        for _ in range(3):
            refusal = agent.refused([SETTER, [0]], fresh=True)
            assert (refusal.reason, refusal.detail) == (Reason.WORKER, EXIT_CODE)
        assert processes(device) == 1
        shutil.copy(executable(CPU_BUILDS[cpu]), tmp_path / "ceagent.exe")
        assert agent.run([SETTER, [0]]).outcome is None


@pytest.mark.parametrize("cpu", ["arm", pytest.param("x86", marks=pytest.mark.long)])
def test_worker_that_is_not_ready_in_time(cpu: str, tmp_path: Path) -> None:
    with served(cpu, tmp_path) as (device, agent):
        (tmp_path / "ceagent.exe").write_bytes(begins_with(cpu, NEVER[cpu]))
        refusal = agent.refused([SETTER, [0]], fresh=True)
        assert (refusal.reason, refusal.detail) == (Reason.WORKER, TIMEOUT)
        assert processes(device) == 1
        shutil.copy(executable(CPU_BUILDS[cpu]), tmp_path / "ceagent.exe")
        assert agent.run([SETTER, [0]]).outcome is None


@pytest.mark.parametrize(
    ("cpu", "variants"),
    [("arm", ()), pytest.param("mips", ("no-debugger",), marks=pytest.mark.long)],
)
def test_worker_that_cannot_be_ended_keeps_its_memory(cpu: str, variants: tuple[str, ...]) -> None:
    with served(cpu, variants=("unkillable", *variants)) as (device, agent):
        assert agent.run([{6: [0, 0, 4, 7]}], [[4, True, 1]]).outputs == (b"\7",)
        blocking = [STARTUP, [0x0202, [0, 0]], SOCKET, [2, 2, 17], BIND, [[1], [1, 0], 16]]
        blocking += [RECEIVE, [[1], [0, 0], 4, 0]]
        address = [16, False, b"\2\0\0\0\x7f\0\0\1"]
        answer = agent.run(blocking, [[400, False], address], deadline_ms=300)
        assert answer.outcome is not None
        assert (answer.outcome.code, answer.outcome.call) == (OutcomeCode.BLOCKED, 3)
        device.said("a worker cannot be ended")
        # Another worker, with other memory: what was kept is gone, and all else works.
        assert agent.run([], [[4, True, 1]]).outputs == (b"",)
        assert agent.run([SLEEP, [600_000]], deadline_ms=1).outcome is not None
        assert agent.run([TIME, [0x10]]).outcome is not None
        assert agent.run([SETTER, [0]]).outcome is None
        assert processes(device) == 3


@pytest.mark.parametrize("cpu", ["arm", pytest.param("x86", marks=pytest.mark.long)])
def test_program_that_was_checked_for_the_memory_of_a_worker_that_keeps_it(cpu: str) -> None:
    with served(cpu, odd=True) as (device, agent):
        assert agent.run([SETTER, [0]]).outcome is None
        device.tell("freeze")
        device.event("frozen")
        # What an idle worker that neither leaves nor ends has is found out between check and start.
        steps = [SETTER, [1], {1: [3, 9, None, [SLEEP, [0]]]}, {6: [0, 0, 4, 7]}]
        answer = agent.run(steps, [[4, True]], fresh=True)
        assert (answer.outcome, answer.errors, answer.outputs) == (None, {}, (b"\7",))
        assert answer.runs == ((1, 3, None),)


@pytest.mark.long
def test_memory_that_cannot_be_had_is_tried_for_every_program_and_costs_nothing() -> None:
    with served("arm", odd=True) as (device, agent):
        assert agent.run([SETTER, [0]]).outcome is None
        device.tell("freeze")
        device.tell("views")
        device.event("no views")
        counts = []
        for fresh in (True, False, False, False):
            refusal = agent.refused([SETTER, [0]], fresh=fresh)
            assert (refusal.reason, refusal.detail) == (Reason.WORKER, NO_MEMORY)
            device.tell("census")
            counts.append(device.event("census")["handles"])
        assert counts[1:] == [counts[0]] * 3


@pytest.mark.parametrize("cpu", ["arm", pytest.param("x86", marks=pytest.mark.long)])
def test_worker_that_neither_comes_up_nor_can_be_ended(cpu: str, tmp_path: Path) -> None:
    with served(cpu, tmp_path, odd=True) as (device, agent):
        assert agent.run([END, [0x42, 7]]).outcome is not None
        (tmp_path / "ceagent.exe").write_bytes(begins_with(cpu, NEVER[cpu]))
        agent.send([SETTER, [0]])
        while processes(device) != 2:
            pass
        device.tell("freeze")
        refusal = agent.receive()
        assert isinstance(refusal, Refusal)
        assert (refusal.reason, refusal.detail) == (Reason.WORKER, TIMEOUT)
        # The next one has other memory, and finds the exports there that were defined before.
        shutil.copy(executable(CPU_BUILDS[cpu]), tmp_path / "ceagent.exe")
        assert agent.run([SETTER, [0]]).outcome is None


@pytest.mark.long
def test_session_hears_of_either_before_it_takes_the_device_for_silent(tmp_path: Path) -> None:
    short = parse("deadline 100ms\nfresh\nsleep 1ms", symbols())
    receiving = parse(
        """
        deadline 100ms
        call WSAStartup(0x0202, scratch wsadata[400])
        s = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0)
        call bind(s, in address = x"0200 0000 7F000001 00000000 00000000", 16)
        call recv(s, scratch data[4], 4, 0)
        """,
        symbols(),
    )
    build_agents()
    with emulated("x86", "link=COM1:", variants=["unkillable"], root=tmp_path) as device:
        serial = device.event("ready")["serial"]
        assert isinstance(serial, dict)
        with closing(Session.open(dialer(serial["COM1:"]), deadline=Deadline(60))) as session:
            outcome = session.run(receiving, deadline=Deadline(60)).outcome
            assert (outcome.kind, outcome.call) == (OutcomeKind.BLOCKED, 3)
            (tmp_path / "ceagent.exe").write_bytes(begins_with("x86", NEVER["x86"]))
            outcome = session.run(short, deadline=Deadline(60)).outcome
            assert outcome.kind is OutcomeKind.NOT_RUN
            assert "could not start a worker process" in outcome.reason
