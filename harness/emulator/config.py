"""What one device is like."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.emulator.exports import declare_variant

SEPARATE_WSA_ERROR = declare_variant(
    "separate-wsa-error",
    "GetLastError and WSAGetLastError read two slots; else they are the same one, as ws2.dll on CE has it",
)
CE_6 = declare_variant("ce-6", "GetVersionEx says 6.0, whose pages have a statement more; else 5.0")
WITHOUT_WS2 = declare_variant("no-ws2", "an image without ws2.dll")
WITHOUT_COUNTER = declare_variant(
    "tick-counter", "QueryPerformanceCounter counts milliseconds, as on boards without a finer counter"
)
NEAR_WRAP = declare_variant(
    "tick-wrap", "the tick counter wraps 10 seconds after power-on, as it does early on debug images"
)
WITHOUT_DEBUGGER = declare_variant(
    "no-debugger", "an image without the debugging functions: WaitForDebugEvent and its kin are not exported"
)
DEBUGGING_REFUSED = declare_variant(
    "debug-refused",
    "the debugging functions are there, but no process can be created or attached for debugging",
)
WITHOUT_RANDOM = declare_variant("no-random", "an image without CeGenRandom")
UNKILLABLE = declare_variant(
    "unkillable",
    "a driver keeps the threads that wait in it: TerminateProcess of a process that waits in a call of ws2 "
    "succeeds, its threads stand still, and it never ends",
)
ERROR_DIALOG = declare_variant(
    "error-dialog", "a crashed process without a debugger stays behind an error report until it is terminated"
)
UPCALLS_NAMED = declare_variant(
    "upcalls-named",
    "ws2.dll exports its upcalls by name too, as Ws2.lib suggests; else they are only pointers",
)


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of a device."""

    cpu: str
    root: Path
    """Host folder that is the device's root directory."""
    catalog: Path | None = None
    """Protocol catalog of its Winsock; None: the built-in one."""
    variants: frozenset[str] = frozenset()
    memory: int = 64 << 20
    """Bytes of memory for applications."""
    serial_ports: tuple[str, ...] = ("COM1:",)
    version: tuple[int, int, int] = (5, 0, 1400)
    """Version of Windows CE: major, minor, build."""
    platform: str = "ceharness"
    """What SystemParametersInfo names as platform type."""
    oem: str = "Emulated Windows CE device"
    dials: dict[tuple[str, int], int] = field(default_factory=dict)
    """Addresses and ports of the device's network that are loopback ports of the host."""
    idle: float = 30.0
    """Seconds without SystemIdleTimerReset after which a device that falls asleep does so."""
    start: tuple[str, ...] = field(default=())
    """Command lines run at boot."""
