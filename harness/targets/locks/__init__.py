"""Who uses which device: two runs never talk to one.

A command that opens a device which it did not start itself holds that device's lock: a lock of the operating
system's, so that a killed process holds nothing. A person can reserve a device for a time.
"""

from harness.targets.locks.address import device_address
from harness.targets.locks.claim import Claim
from harness.targets.locks.folder import VARIABLE, default_folder
from harness.targets.locks.lock import HELD, DeviceBusy, DeviceLock, State, held_here

__all__ = [
    "HELD",
    "VARIABLE",
    "Claim",
    "DeviceBusy",
    "DeviceLock",
    "State",
    "default_folder",
    "device_address",
    "held_here",
]
