"""What a lab has: its targets and defaults, as written in lab.ini (see docs/lab.md)."""

from harness.lab.loader import FILE_NAME, find_lab, load_lab
from harness.lab.model import Defaults, Lab, nearest
from harness.targets import TargetConfig

__all__ = ["FILE_NAME", "Defaults", "Lab", "TargetConfig", "find_lab", "load_lab", "nearest"]
