"""How a device comes to exist: one file per kind, and `connect`, which is the same for all kinds.

with connect(load_lab().target("emulated"), cpu="mips") as device:
    device.run(program)
"""

from harness.targets.base import Key, Kind, Reached, TargetConfig, Timing
from harness.targets.connection import configure, connect, open_device, reach
from harness.targets.holding import device_lock, keep
from harness.targets.registry import KINDS, evidence_of, image_of, kind_of
from harness.targets.words import choice_words

__all__ = [
    "KINDS",
    "Key",
    "Kind",
    "Reached",
    "TargetConfig",
    "Timing",
    "choice_words",
    "configure",
    "connect",
    "device_lock",
    "evidence_of",
    "image_of",
    "keep",
    "kind_of",
    "open_device",
    "reach",
]
