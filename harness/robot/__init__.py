"""The Robot Framework library, `Library  harness.robot.CEHarness`: see docs/robot.md."""

from harness.robot.library import CEHarness

__all__ = ["CEHarness"]
