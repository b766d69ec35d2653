"""A device: runs programs, and says what it is."""

from harness.device.device import Device
from harness.device.info import DeviceInfo
from harness.device.line import LineReport

__all__ = ["Device", "DeviceInfo", "LineReport"]
