"""The emulated device and the agent on it, measured from a controller that does nothing else.

`python -m benchmarks.device CPU` prints a JSON object. Linux only: it reads /proc.
"""

import json
import os
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.deadline import Deadline
from harness.lab.model import builtin
from harness.links import dialer
from harness.program.text import parse
from harness.session.session import Session
from harness.targets import Reached, TargetConfig
from harness.targets.connection import configure, reach
from harness.winsock import symbols

_OPENING = 60.0
_MEMORY = 'call coredll!GlobalMemoryStatus(inout status[32] = x"20")'
_LOOPS = {
    "GetTickCount": (1, "deadline 600s\nrepeat {0} {{\n    call coredll!GetTickCount() fails never\n}}"),
    "WSASocketW and closesocket": (
        2,
        "deadline 600s\ncall ws2!WSAStartup(0x0202, scratch wsadata[512])\nrepeat {0} {{\n"
        "    s = ws2!WSASocketW(2, 1, 6, 0, 0, 1)\n    call ws2!closesocket(s)\n}}",
    ),
}
"""Programs that do little but call: calls in a turn, and the text with room for the number of turns."""
_TRIAL_TURNS = 500


@dataclass(frozen=True, slots=True)
class DeviceNumbers:
    """`start_up`: seconds from the start of the device's process to the agent's welcome; `ready`: of these,
    until the device was ready. `calls`: emulated calls per second, by what is called. `device_memory`: bytes
    that the device has committed with an idle agent on it, its two processes and what they share.
    `controller_memory`, `emulator_memory`: resident bytes of the two host processes.
    """

    cpu: str
    ready: float
    start_up: float
    calls: dict[str, float]
    device_memory: int
    controller_memory: int
    emulator_memory: int


def emulated(cpu: str, link: str) -> TargetConfig:
    """The built-in emulated device. `link`: tcp or serial."""
    return configure(builtin("emulated", "emulated"), cpu=cpu, link=link)


@contextmanager
def session_with(reached: Reached) -> Iterator[Session]:
    """A session with the agent of a reached device."""
    session = Session.open(dialer(reached.url), key=reached.key, deadline=Deadline(_OPENING))
    try:
        yield session
    finally:
        session.close()


def numbers(cpu: str, seconds: float) -> DeviceNumbers:
    """Start a device, measure it for about `seconds` in each of its loops, end it."""
    begun = time.perf_counter()
    with reach(emulated(cpu, "tcp")) as reached:
        ready = time.perf_counter() - begun
        with session_with(reached) as session:
            start_up = time.perf_counter() - begun
            status = session.run(parse(_MEMORY, symbols(), name="memory")).buffers["status"]
            total, free = struct.unpack_from("<2I", status, 8)
            return DeviceNumbers(
                cpu=cpu,
                ready=ready,
                start_up=start_up,
                calls={name: _calls(session, *loop, seconds) for name, loop in _LOOPS.items()},
                device_memory=total - free,
                controller_memory=_resident(os.getpid()),
                emulator_memory=sum(_resident(child) for child in _children()),
            )


def _calls(session: Session, calls: int, text: str, seconds: float) -> float:
    turns = _TRIAL_TURNS
    spent = _turns(session, text, turns)
    turns = max(1, round(turns / spent * seconds))
    return calls * turns / _turns(session, text, turns)


def _turns(session: Session, text: str, turns: int) -> float:
    program = parse(text.format(turns), symbols(), name="loop")
    begun = time.perf_counter()
    execution = session.run(program)
    spent = time.perf_counter() - begun
    if not execution.outcome.returned or execution.last.times != turns or not execution.last.ok:
        raise ValueError(f"{execution.outcome}: {execution.last}")
    return spent


def _children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def _resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"process {pid} says nothing about its memory")


if __name__ == "__main__":
    print(json.dumps(asdict(numbers(sys.argv[1], float(sys.argv[2])))), flush=True)
