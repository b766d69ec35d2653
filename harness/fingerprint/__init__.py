"""What a device's WSASocket answers to every triple of address family, type and protocol.

outcomes = OutcomeMap(EVERYTHING)
useless = Sweep(device, outcomes).run()
print(read_fingerprint(Path("panel.fingerprint")).outcomes.outcome(type, af, protocol))
"""

from harness.fingerprint.block import EVERYTHING, Block
from harness.fingerprint.compare import Change, Comparison, Region, compare
from harness.fingerprint.file import (
    SUFFIX,
    Fingerprint,
    body_of,
    identity,
    newest_fingerprint,
    read_fingerprint,
    write_fingerprint,
)
from harness.fingerprint.map import OutcomeMap
from harness.fingerprint.outcome import NOT_MEASURED, SUCCESS, in_words
from harness.fingerprint.sweep import Progress, Sweep

__all__ = [
    "EVERYTHING",
    "NOT_MEASURED",
    "SUCCESS",
    "SUFFIX",
    "Block",
    "Change",
    "Comparison",
    "Fingerprint",
    "OutcomeMap",
    "Progress",
    "Region",
    "Sweep",
    "body_of",
    "compare",
    "identity",
    "in_words",
    "newest_fingerprint",
    "read_fingerprint",
    "write_fingerprint",
]
