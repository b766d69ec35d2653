"""A target whose agent changes: sessions with one agent after the other, over the same link."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from harness.deadline import Deadline
from harness.errors import LinkError, LinkGone
from harness.targets import Reached, TargetConfig, open_device, reach
from harness.targets.device import TargetDevice

_PAUSE = 0.2
"""Seconds before a link is tried again that the device does not take at the moment."""


class Serving:
    """`device`: the agent that answers."""

    def __init__(self, config: TargetConfig, reached: Reached, stack: ExitStack) -> None:
        self.config, self._reached, self._stack = config, reached, stack
        self.device: TargetDevice = stack.enter_context(open_device(config, reached))

    def open_again(self, seconds: float) -> None:
        """End the session, and begin one with whoever answers within that time. Raises LabError."""
        self._stack.close()
        deadline = Deadline(seconds)
        while True:
            left = max(deadline.remaining(), 1.0)
            config = replace(self.config, timing=replace(self.config.timing, connect=left))
            try:
                self.device = self._stack.enter_context(open_device(config, self._reached))
            except LinkGone:
                raise
            except LinkError:
                if deadline.remaining() <= 0:
                    raise
                time.sleep(_PAUSE)  # a device says nobody when a port can be opened again
            else:
                return


@contextmanager
def serving(config: TargetConfig) -> Iterator[Serving]:
    """A reachable device. Leaving the context closes the session, ends what was started. Raises LabError."""
    with reach(config) as reached, ExitStack() as stack:
        yield Serving(config, reached, stack)
