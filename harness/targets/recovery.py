"""The recovery ladder: what is tried, one thing after the other, when a device does not answer any more.

The first rungs are the session's and the agent's own: resend, reconnect, a new worker. Here are those of the
lab (docs/recovery.md): a new session, the agent started again, power off and on. A rung has done it when an
agent answers; that something was switched, or that a connection stands, proves nothing.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from harness.deadline import Deadline
from harness.errors import LabError, ProtocolError
from harness.targets.base import Reached, TargetConfig
from harness.targets.commands import run_command

_log = logging.getLogger(__name__)
RESTART = "restart"
NEW_SESSION, RESTART_AGENT, WAIT, POWER_CYCLE = "new session", "restart agent", "wait", "power cycle"
ANSWERS = "the agent answers"
"""The result of a rung that did it."""
BOOT_S = 60.0
"""Seconds from power to the agent's first answer, for a device of which nobody said."""


@dataclass(frozen=True, slots=True)
class RecoveryStep:
    """One rung that was tried. `time`: when it began, ISO 8601 in UTC; `reason`: why; `result`: `ANSWERS`, or
    what failed; `seconds`: until that was known."""

    time: str
    step: str
    reason: str
    result: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.time} {self.step} ({self.seconds:g} s): {self.result}"

    def as_dict(self) -> dict[str, object]:
        """For results."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Rung:
    """`act`: does it, raises LabError; `seconds`: how long an agent is waited for afterwards."""

    name: str
    act: Callable[[], object]
    seconds: float


def rungs_of(config: TargetConfig, reached: Reached) -> tuple[Rung, ...]:
    """What the lab has, the cheapest first; nothing if it has no means at all."""
    found: list[Rung] = []
    if (restart := config.commands.get(RESTART)) is not None:
        found.append(Rung(RESTART_AGENT, lambda: run_command(restart), config.timing.connect))
    if reached.cycle is not None:
        found.append(Rung(POWER_CYCLE, reached.cycle, config.boot or max(BOOT_S, config.timing.connect)))
    if not found and config.boot is not None:
        # Devices with a watchdog come back by themselves.
        found.append(Rung(WAIT, lambda: None, config.boot))
    return tuple(found)


class Ladder:
    """Climbed whenever a device is gone; `steps` is what was tried so far.

    `most`: how often in a row the device is brought back without a program coming to its end in between.
    """

    def __init__(self, name: str, rungs: Sequence[Rung], most: int) -> None:
        self.steps: list[RecoveryStep] = []
        self._name, self._rungs, self._most = name, rungs, most
        self._in_a_row = 0

    def __bool__(self) -> bool:
        """Is there anything to try?"""
        return bool(self._rungs) and self._most > 0

    def works(self) -> None:
        """A program came to its end."""
        self._in_a_row = 0

    def climb(
        self, gone: LabError, hello: Callable[[Deadline], object], *, first: Sequence[Rung] = ()
    ) -> str:
        """One rung after the other until `hello` finds an agent that answers; the name of the last rung.
        `first`: rungs below the usual ones.

        Raises `gone`, with what was tried as notes, when nothing helped; ProtocolError.
        """
        if self._in_a_row >= self._most:
            gone.add_note(
                f"  brought back {self._in_a_row} times in a row, and lost again each time before a program "
                f"came to its end"
            )
            raise gone
        self._in_a_row += 1
        for rung in (*first, *self._rungs):
            _log.warning("%s: %s; %s", self._name, gone, rung.name)
            begun, at = time.monotonic(), datetime.now(UTC)
            try:
                rung.act()
                hello(Deadline(rung.seconds))
            except LabError as failed:
                self._note(at, rung, gone, str(failed), time.monotonic() - begun)
                gone.add_note(f"  {rung.name}: {failed}")
                if isinstance(failed, ProtocolError):
                    raise
                continue
            self._note(at, rung, gone, ANSWERS, time.monotonic() - begun)
            return rung.name
        raise gone

    def began_anew(self, reason: str) -> None:
        """The session did it alone: an agent answered that knew nothing of the session before."""
        self.steps.append(RecoveryStep(_moment(datetime.now(UTC)), NEW_SESSION, reason, ANSWERS, 0.0))

    def _note(self, at: datetime, rung: Rung, gone: LabError, result: str, seconds: float) -> None:
        _log.warning("%s: %s: %s, after %.1f s", self._name, rung.name, result, seconds)
        self.steps.append(RecoveryStep(_moment(at), rung.name, str(gone), result, round(seconds, 1)))


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
