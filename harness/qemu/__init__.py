"""Machines in QEMU: any `qemu-system-*`, managed over its monitor protocol."""

from harness.qemu.machine import Machine
from harness.qemu.monitor import MISSING
from harness.qemu.nk import Image, read_nk
from harness.qemu.wiring import COM, Wiring

__all__ = ["COM", "MISSING", "Image", "Machine", "Wiring", "read_nk"]
