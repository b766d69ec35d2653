"""Programs on the real agent, on an emulated device: every operation, every outcome, a bad line."""

import zlib
from collections.abc import Iterator

import pytest

from harness.deadline import Deadline
from harness.device import Device
from harness.errors import ProgramError
from harness.lab import load_lab
from harness.links import dialer
from harness.links.fault import FaultDialer
from harness.program.model import Buffer, Call, Export, Program, pattern
from harness.program.result import SENTINEL, Execution, OutcomeKind
from harness.program.text import parse
from harness.session import Session, Timing
from harness.targets import connect, reach
from harness.winsock import symbols

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")

EMULATED = load_lab(None).targets["emulated"]


@pytest.fixture(scope="module", params=["tcp", "serial"])
def device(request: pytest.FixtureRequest) -> Iterator[Device]:
    with connect(EMULATED, link=request.param) as device:
        yield device


def run(device: Device, text: str) -> Execution:
    return device.run(parse(text, symbols()), deadline=Deadline(60))


def test_values_errors_and_buffers(device: Device) -> None:
    execution = run(
        device,
        """
        fresh
        bad = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
        call WSAStartup(0x0202, out wsadata[400])
        s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED)
        when ok { closed = closesocket(s) }
        family = WSASocketW(99, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0)
        when ok { skipped = closesocket(family) }
        call WSACleanup()
        """,
    )
    assert execution.outcome.returned
    assert execution.named("bad").error == 10093
    assert execution.named("s").ok
    assert execution.value("closed") == 0
    assert execution.named("family").error == 10047
    assert not execution.named("skipped").ran
    assert execution.buffers["wsadata"][:4] == b"\x02\x02\x02\x02"
    assert len(execution.buffers["wsadata"]) == 400


def test_fill_digest_store_and_load(device: Device) -> None:
    execution = run(
        device,
        """
        buffer out data[64]
        buffer scratch big[65536]
        fill &big, 65536, 7
        whole = digest &big, 65536
        half = digest &big, 1000
        rest = digest &big+1000, 64536, half
        fill &data, 16, 0
        store &data+20, 2, 0x1234
        x = data+20:1
        store &data+32, 4, x
        copied = digest &data+32, 1
        """,
    )
    assert execution.outcome.returned
    whole = pattern(7, 65536)
    assert execution.value("whole") == execution.value("rest") == zlib.crc32(whole)
    assert execution.value("half") == zlib.crc32(whole[:1000])
    data = bytearray(64)
    data[:16] = pattern(0, 16)
    data[20:22] = b"\x34\x12"
    data[32] = 0x34
    assert execution.buffers["data"] == data
    assert execution.value("copied") == zlib.crc32(b"\x34")


def test_loops(device: Device) -> None:
    execution = run(
        device,
        """
        sum = 0
        repeat 10 as i {
            repeat i as j {
                sum = sum + j
                tick = coredll!GetTickCount()
            }
        }
        buffer out result[4]
        store &result, 4, sum
        left = 5
        repeat 100 until left {
            left = left - 1
            down = coredll!GetTickCount()
        }
        repeat 100 as n until failure {
            gone = coredll!CloseHandle(0)
        }
        """,
    )
    assert execution.outcome.returned
    expected = sum(j for i in range(10) for j in range(i))
    assert execution.buffers["result"] == expected.to_bytes(4, "little")
    assert execution.named("tick").runs == ((45, None),)
    assert execution.named("down").runs == ((5, None),)
    [(count, error)] = execution.named("gone").runs
    assert count == 1
    assert error is not None


def test_kept_buffers_last_as_long_as_the_worker(device: Device) -> None:
    declare = "buffer keep 1 out kept[8]\n"
    assert run(device, "fresh\n" + declare + "store &kept, 4, 0x11223344").outcome.returned
    assert run(device, declare).buffers["kept"] == bytes.fromhex("4433221100000000")
    assert run(device, "fresh\n" + declare).buffers["kept"] == bytes(8)


def test_the_sentinel_of_a_function_that_sets_no_code(device: Device) -> None:
    zero = run(device, "call coredll!GetLastError() fails never\ncall coredll!SetLastError(7) fails never")
    assert zero.outcome.returned
    # It "fails" by returning the sentinel that was set before it: nothing set another code.
    execution = run(device, "x = coredll!GetLastError() fails nonzero")
    assert execution.named("x").value == SENTINEL
    assert execution.named("x").set_no_code


@pytest.mark.parametrize(
    ("text", "kind", "call", "detail"),
    [
        ("deadline 300ms\ncall coredll!Sleep(100000)", OutcomeKind.BLOCKED, 0, None),
        ("call coredll!GetTickCount()\ncall coredll!RaiseException(0xC0000005, 0, 0, 0) fails never",
         OutcomeKind.FAULTED, 1, 0xC0000005),
        # 66 is the process that calls.
        ("call coredll!TerminateProcess(66, 7) fails zero", OutcomeKind.EXITED, 0, 7),
        ("call coredll!NoSuchThing(1) fails zero", OutcomeKind.UNRESOLVED, 0, 127),
        ("call nosuch!Thing(1) fails zero", OutcomeKind.UNRESOLVED, 0, 126),
        ("buffer out b[8]\nn = 9\nfill &b, n, 0\ncall coredll!GetTickCount()",
         OutcomeKind.OUT_OF_RANGE, 0, None),
    ],
)  # fmt: skip
def test_outcomes(device: Device, text: str, kind: OutcomeKind, call: int, detail: int | None) -> None:
    outcome = run(device, text).outcome
    assert (outcome.kind, outcome.call, outcome.detail) == (kind, call, detail)
    assert run(device, "call coredll!GetTickCount()").outcome.returned, "a new worker goes on"


def test_an_answer_that_does_not_fit_says_so(device: Device) -> None:
    execution = run(device, "buffer out big[20000]\nfill &big, 20000, 0\ncall coredll!GetTickCount()")
    assert execution.outcome.kind is OutcomeKind.OVERFLOW
    assert execution.last.ran
    assert execution.buffers == {}


def test_limits_are_refused_before_anything_runs(device: Device) -> None:
    arena = device.welcome.limits.arena
    with pytest.raises(ProgramError, match="bytes of buffers"):
        device.run(Program((), (Buffer("b", arena + 1),)))
    assert device.run(Program((), (Buffer("b", arena - 64),))).outcome.returned


def test_more_programs_than_numbers_with_a_full_window(device: Device) -> None:
    tick = Export("coredll!GetTickCount", known=True)
    executions = device.run_all([Program((Call(tick, result="t"),))] * 300)
    times = [execution.value("t") or 0 for execution in executions]
    assert times == sorted(times)


def test_info(device: Device) -> None:
    info = device.info()
    assert info.version is not None
    assert info.cpu == "ARM"
    assert info.unknown == {}
    assert info.ws2 is not None
    assert "WSASocketW" in info.ws2


@pytest.mark.parametrize("seed", [1, 2])
def test_each_program_runs_once_on_a_line_that_damages_a_third_of_its_frames(seed: int) -> None:
    """Every program adds one to a number on the device; at the end it is the count of programs."""
    add = parse(
        """
        buffer keep 1 out total[4]
        n = total+0:4
        n = n + 1
        store &total, 4, n
        """,
        symbols(),
    )
    timing = Timing(hello=0.05, resend_least=0.05, resend_most=0.2)
    with reach(EMULATED) as reached:
        line = dialer(f"fault+{reached.url}?flip=5e-3&drop=2e-3&dup=1e-3&cut=5e-4&seed={seed}")
        assert isinstance(line, FaultDialer)
        session = Session.open(line, key=reached.key, deadline=Deadline(60), timing=timing)
        executions = session.run_all([add] * 100)
        session.close()
    totals = [int.from_bytes(execution.buffers["total"], "little") for execution in executions]
    assert totals == list(range(1, 101))
    assert sum(line.counts.values()) > 20
    assert line.counts["cut"] > 0
    assert session.health.resends > 0
    assert session.health.bad_frames > 0
