"""The CPUs a device can have."""

from __future__ import annotations

from harness.emulator.cpu import arm, armv7, mips, x86
from harness.emulator.cpu.architecture import Architecture

CPUS: dict[str, Architecture] = {cpu.name: cpu for cpu in (arm.CPU, armv7.CPU, x86.CPU, mips.CPU)}
"""By the name used on the command line."""
