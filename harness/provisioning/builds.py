"""Which agent executable a device needs."""

from pathlib import Path

from harness.agents import CPU_BUILDS, executable, info
from harness.device import Device
from harness.errors import UsageError

_CPUS = {"ARM": "arm", "x86": "x86", "MIPS": "mips"}
_THUMB_2 = 8
"""Major version of Compact 2013, whose executables for ARM are Thumb-2."""


def cpu_of(device: Device) -> str:
    """The CPU (see `CPU_BUILDS`) whose executables a device runs: that of its agent, or what the device says
    of itself. Raises UsageError where there is no build for it; LabError."""
    build = device.welcome.build.split()[-1]
    for cpu, name in CPU_BUILDS.items():
        if name == build:
            return cpu
    facts = device.info()
    found = _CPUS.get(facts.cpu or "")
    if found is None or facts.platform_id not in (None, 3):
        raise UsageError(f"{device.name}: there is no agent to deploy for {facts}")
    return "armv7" if found == "arm" and (facts.major or 0) >= _THUMB_2 else found


def agent_for(cpu: str, file: Path | None) -> Path:
    """The executable for a CPU: the file, or the harness's own. Raises UsageError: it is for another."""
    path = executable(CPU_BUILDS[cpu]) if file is None else file
    found = info(path).cpu
    if found != cpu:
        raise UsageError(f"{path} is an executable for {found}; the device needs one for {cpu}")
    return path
