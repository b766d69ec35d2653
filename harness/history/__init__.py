"""What many runs tell together: what changed, where, since when, and whether it was the device or the lab.

history = History(entries(Path("results")))
for change in changes(history):
    print(change.target, change.requirement, change.kind, history.number(change.since), *change.alongside)
"""

from harness.history.changes import Change, Kind, changes
from harness.history.comparison import Comparison, RequirementChange, RowChange, Turn, compare
from harness.history.fingerprints import FingerprintChange, fingerprint_changes, fingerprints_between
from harness.history.lab_faults import LabEpisode, episodes, troubles
from harness.history.model import DeviceHistory, History, ImageHistory, Standing, word
from harness.history.surroundings import Difference, differences, system_of

__all__ = [
    "Change",
    "Comparison",
    "DeviceHistory",
    "Difference",
    "FingerprintChange",
    "History",
    "ImageHistory",
    "Kind",
    "LabEpisode",
    "RequirementChange",
    "RowChange",
    "Standing",
    "Turn",
    "changes",
    "compare",
    "differences",
    "episodes",
    "fingerprint_changes",
    "fingerprints_between",
    "system_of",
    "troubles",
    "word",
]
